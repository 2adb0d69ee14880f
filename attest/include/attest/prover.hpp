// attest/prover.hpp - a unit's side of CAP-1 as a step machine: messages in, messages out, over any
// transport.
// Room:   attest; sees the other attest headers. No clock, no transport, no randomness inside.
// Units:  memory in bytes.
// Errors: ProverRefusal: what the exchange asked for makes no sense now or is more than this unit allows.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "attest/backend.hpp"
#include "attest/messages.hpp"

namespace spillway::attest {

enum class ProverRefusal : std::uint8_t {
  params_invalid = 1,
  params_too_large,
  out_of_turn,
  opening_out_of_range,
  backend_failed
};
[[nodiscard]] std::string_view sentence(ProverRefusal refusal);

/// The honest prover; a back end multiplies, everything else is here. Usage: feed every message of the
/// exchange in order, send back what `answer` returns, before reading the next one. `answer(Challenge)`
/// computes all rounds (0.1 to 2 s), so call it off the I/O thread. One object serves one unit and any number
/// of challenges; it is not thread-safe and may move between threads.
class Prover {
 public:
  explicit Prover(UnitKey const& unit, std::int64_t memory_at_most_bytes = std::int64_t{1} << 30);
  Prover(UnitKey const& unit, Backend backend, std::uint32_t device = 0,
         std::int64_t memory_at_most_bytes = std::int64_t{1} << 30);
  ~Prover();
  Prover(Prover&&) noexcept;
  Prover& operator=(Prover&&) noexcept;

  /// Nothing to send after EpochParams and Verdict. A refused message changes nothing, but after
  /// backend_failed the prover waits for the next EpochParams.
  [[nodiscard]] std::expected<std::optional<AttestMessage>, ProverRefusal> answer(
      AttestMessage const& message);
  /// The back end's own words for the last backend_failed; empty before any.
  [[nodiscard]] std::string const& backend_failure() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spillway::attest
