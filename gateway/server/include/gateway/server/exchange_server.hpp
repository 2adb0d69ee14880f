// gateway/server/exchange_server.hpp - the exchange as a server: one port, one loop thread, the pipeline
// behind it.
// Room:   gateway, target server; sees market, attest, journal, exchange_pipeline, wire.
// Errors: start says in one line what is wrong and what to do; later faults end one session, never the
//         server.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attest/cap1.hpp"
#include "exchange/pipeline.hpp"

namespace spillway {

/// Epochs by the server's clock, each with one window in which every idle proven unit answers a light
/// challenge (docs/attestation.md). Rules 3; off by default.
struct CensusConfig {
  bool on{false};
  Micros epoch{600'000'000};
  Micros window_from{60'000'000}, window_to{540'000'000};  // its start is uniform between them
  Micros answer_within{2'000'000};                         // each message of a unit
  Micros again_after{30'000'000};  // within the window whoever was at work is called again so much later
  Micros late_after{500'000};      // a loop that comes by so late makes the call void
  /// About so often a node takes no new work until it is idle and all its units have answered a full
  /// challenge at one time; 0: never. Where it is not idle within `drain_within`, it is put off. Rules 4.
  Micros full_every{86'400'000'000};
  Micros drain_within{1'800'000'000};
  /// Transcripts of so many closed epochs are kept beside those of the open one; 0: all.
  std::uint32_t keep_epochs{144};
  bool probes{true};                                 // of units that are at work, each epoch; rules 5
  std::uint32_t workers{1};                          // threads that check openings, at least 1
  attest::Cap1Params light = attest::light_of_cpus;  // nothing retained
};

struct ServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                                           // 0 picks a free one
  bool plain_text = false;                                          // loopback only
  std::vector<std::string> server_names{"localhost", "127.0.0.1"};  // that a login may name
  std::filesystem::path tls_directory;                              // cert.pem and key.pem; made when missing
  std::string
      engine_note;  // what stands in for production engines, shown wherever work is shown; empty: nothing
  attest::Cap1Params challenge{};
  std::uint32_t challenges_at_once{1};
  /// A unit whose round trip to this server is longer than the table's for the place that its node claims,
  /// half as much again and 5 ms, is refused `place_unproven`.
  bool check_place = false;
  std::filesystem::path register_directory;  // who participants are; empty: register/ of the journal
  std::filesystem::path evidence_directory;  // where transcripts of proofs are kept; empty: nowhere
  CensusConfig census{};
  std::filesystem::path census_directory;  // where transcripts and seeds of censuses are kept; empty: nowhere
  // The OpenAI door: what an order gets when the request does not say.
  PriceIndex door_price_cap{highest_price};  // per million work tokens
  std::string door_buyer_place;              // a leaf of the place table
  Micros door_good_for{10'000'000};
  Micros login_within{30'000'000};  // a socket that has not logged in by then is closed
  /// A session that states what it sent and is so far behind with it may only cancel. `statements_required`:
  /// every session is such a one, otherwise those that say so at login.
  Micros statement_within{10'000'000};
  bool statements_required{false};
  std::function<void(std::string const&)> log;
};

class ExchangeServer {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<ExchangeServer>, std::string> start(
      ServerConfig config, PipelineOptions pipeline);
  ~ExchangeServer();
  ExchangeServer(ExchangeServer const&) = delete;
  ExchangeServer& operator=(ExchangeServer const&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] StartReport const& start_report() const;
  [[nodiscard]] std::string certificate()
      const;  // path of the certificate that clients may trust; empty on plain text
  /// Serves until request_stop; returns the last sequence and D.
  Pipeline::Stopped run();
  /// Safe from any thread and from a signal handler's thread.
  void request_stop();

 private:
  struct Impl;
  explicit ExchangeServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway
