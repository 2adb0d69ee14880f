// bench/census/agents.hpp - units that answer an exchange over loopback with real provers; some of them do
// not play fair.
// Room:   bench; sees attest.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "attest/backend.hpp"
#include "attest/messages.hpp"

namespace spillway::census {

/// Distinct per unit.
[[nodiscard]] attest::UnitKey key_of(std::uint32_t unit);
inline constexpr ClassId census_class{1};

/// Between an honest answer and its sending: may wait, may change it. `took` is what making it took.
using Manners = std::function<void(attest::AttestMessage const& asked, attest::AttestMessage& answer,
                                   std::chrono::microseconds took)>;

class Connection {
 public:
  explicit Connection(std::uint16_t port);  // to 127.0.0.1
  ~Connection();
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  /// One challenge of this unit to its verdict; nothing where the exchange went away.
  [[nodiscard]] std::optional<attest::Verdict> answer(std::uint32_t unit, attest::Backend const& backend,
                                                      Manners const& manners);

 private:
  int socket_;
};

enum class Spoil : std::uint8_t { none = 0, entry, path, place, chain };
inline constexpr std::uint8_t kinds_of_spoil = 4;

/// Which units spoil what: `spoiled` of them, drawn from `seed`.
[[nodiscard]] std::vector<Spoil> draw_spoils(std::uint32_t units, std::uint32_t spoiled, std::uint64_t seed);

/// Answers for the units first, first + step, ... over one connection, each to its verdict; what they spoil
/// is at a random place of the answer. False where the exchange went away.
[[nodiscard]] bool answer_for(std::uint16_t port, std::vector<Spoil> const& units, std::uint32_t first,
                              std::uint32_t step, std::uint64_t seed, attest::Backend const& backend);

}  // namespace spillway::census
