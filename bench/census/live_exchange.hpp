// bench/census/live_exchange.hpp - the exchange server itself on loopback, in a thread of its own: real TLS,
// real journal; and a provider's program that proves one unit to it, honestly or not.
// Room:   bench; sees the gateway, the journal and attest.
// Errors: std::runtime_error where the bench can't go on.
// Units:  floors per second and in bytes; times in microseconds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "attest/floors.hpp"
#include "cheats.hpp"
#include "gateway/client/credentials.hpp"
#include "gateway/server/exchange_server.hpp"

namespace spillway::census {

struct LiveOptions {
  attest::Cap1Params params;
  std::optional<attest::Floors> floors;  // of the one class that units claim; not set: there are hardly any
  std::uint32_t providers = 1;           // each with one unit; as many challenges run at once
  bool check_place = false;
};

/// Whether this exchange server compares round trips with the place that a node claims.
[[nodiscard]] bool server_checks_place();

/// What the journal and the registry behind it say of one unit in the end.
struct Journalled {
  std::uint16_t reason{};  // 0: UnitAttested, else that of UnitRejected
  friend bool operator==(Journalled const&, Journalled const&) = default;
};

class LiveExchange {
 public:
  explicit LiveExchange(LiveOptions const& options);
  ~LiveExchange();
  LiveExchange(LiveExchange const&) = delete;
  LiveExchange& operator=(LiveExchange const&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] Credentials const& provider(std::uint32_t number) const { return providers_[number]; }
  [[nodiscard]] std::string certificate() const { return server_->certificate(); }
  /// Stops it and reads its journal: the last verdict of each node.
  [[nodiscard]] std::map<std::uint32_t, Journalled> stop();

 private:
  void start(LiveOptions const& options);

  std::filesystem::path directory_;
  std::vector<Credentials> providers_;
  std::unique_ptr<ExchangeServer> server_;
  std::thread thread_;
};

struct LiveVerdict {
  std::uint32_t node{};
  std::uint16_t reason{};  // 0: admitted
  attest::Measured measured{};
  bool offer_taken{};  // an offer of the node reached the book
};

/// Logs in by `port` (the exchange's, or a proxy's), registers a node at `place` (empty: where the relay is),
/// proves its unit with this back end by this program, and posts an offer.
[[nodiscard]] LiveVerdict prove_live(LiveExchange const& exchange, std::uint16_t port, std::uint32_t number,
                                     std::string const& place, attest::Backend const& backend,
                                     Program const& program);

/// A place of the table so far from the relay, or the next one farther away; by name.
[[nodiscard]] std::string place_at(Micros round_trip);

}  // namespace spillway::census
