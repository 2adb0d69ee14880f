// bench/census/exchange.hpp - the exchange's side of a census: a session per unit, all open at once, each
// connection read by a worker thread that verifies while it reads.
// Room:   bench; sees attest.
// Units:  CPU time in microseconds of the workers' threads, bytes of TCP payload.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "attest/session.hpp"

namespace spillway::census {

struct Report {
  std::vector<std::optional<attest::Outcome>> outcomes;  // by unit
  std::int64_t worker_cpu_us{};                          // reading and verifying
  std::int64_t session_cpu_us{};                         // inside the sessions alone
  std::uint64_t bytes_in{}, bytes_out{};
  std::uint64_t bytes_passed_over{};  // came after a session had ended
};

/// Waits an hour for each answer and demands no speed: for units of one machine that take turns.
[[nodiscard]] attest::SessionConfig patient(attest::Cap1Params const& params);

/// Listens on 127.0.0.1 from its making; hold() takes `connections`, each by its own worker, until they end.
class Exchange {
 public:
  /// Units 0 .. units - 1, all challenged by `config`; beacon, seeds and nonces follow from `seed`.
  Exchange(attest::SessionConfig const& config, std::uint32_t units, std::uint64_t seed);
  ~Exchange();
  Exchange(Exchange const&) = delete;
  Exchange& operator=(Exchange const&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Report hold(std::uint32_t connections);

 private:
  void serve(int socket, Report& report);

  int listener_;
  std::uint16_t port_{};
  std::vector<std::unique_ptr<attest::ChallengeSession>> sessions_;  // a unit is on one connection only
  std::vector<std::optional<attest::Outcome>> outcomes_;
};

}  // namespace spillway::census
