// exchange/follower.hpp - tails the durable log with the same core, checks every seal, keeps the projection,
// answers reads.
// Room:   exchange_pipeline; sees market, journal, exchange_core.
// Thread: its own. Queries run on it between entries; their results travel back by whatever the query does.
// Rule:   the core that takes orders is read by nobody. A seal that does not match stops the process: the
//         books are wrong.
// Errors: opening says in one line what is wrong with the log and what to do.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "exchange/core.hpp"
#include "exchange/projection.hpp"
#include "journal/digest.hpp"

namespace spillway {

struct Snapshot;

/// A core into which another thread reads a state: nobody else looks at it before `read` says how that went.
struct CoreBeingRead {
  std::unique_ptr<ExchangeCore> core{};
  std::future<std::expected<void, std::string>> read{};  // behind `core`: its end is waited for first
};

struct FollowerOptions {
  std::filesystem::path journal;    // the directory whose segments are tailed
  std::filesystem::path archive{};  // where sealed ones were moved to; empty: nowhere
  CoreLimits limits{};
  std::function<void(std::vector<InstrumentId> const&)> touched{};
  std::shared_ptr<Snapshot const> start{};  // replay begins behind it; null: with the first entry
  CoreBeingRead core{};                     // the state of `start`, where there is one
  std::filesystem::path snapshots{};        // where they are written; empty: nowhere
  std::uint64_t snapshot_entries{1'000'000};
  std::chrono::seconds snapshot_every{600};
  std::uint64_t snapshot_early{125'000}, snapshot_at_stop{10'000};  // as PipelineOptions has them
  std::function<void(std::string const&)> log{};
  /// Called beside the follower's thread: the state behind this sequence was exported for a snapshot.
  std::function<void(Seq, Hash256 const&)> digested{};
};

/// What a query sees: everything up to `seq`, nothing beyond.
struct FollowerView {
  Seq seq;
  Stamp stamp;
  ExchangeCore const& core;
  /// Committed up to `seq` first, which waits for the disk: the core is quicker where it has the answer.
  std::function<Projection const&()> const& projection;
};

class Follower {
 public:
  using Query = std::function<void(FollowerView const&)>;

  [[nodiscard]] static std::expected<std::unique_ptr<Follower>, std::string> open(FollowerOptions options,
                                                                                  Projection projection);
  ~Follower();
  Follower(Follower const&) = delete;
  Follower& operator=(Follower const&) = delete;

  /// The journal thread says how far the log is durable.
  void durable_to(std::uint64_t position, Seq seq);
  /// Runs `query` once everything up to `at_least` is applied. Dropped without a call when the follower stops
  /// first.
  void query(Seq at_least, Query query);
  [[nodiscard]] Seq applied() const;
  /// How far it is behind what is durable. Any thread; takes no lock.
  struct Lag {
    std::uint64_t entries{};
    std::chrono::nanoseconds age{};  // of the oldest durable batch that is not applied; 0: none waits
  };
  [[nodiscard]] Lag lag() const;
  /// The newest snapshot that is on disk, or that it started from.
  [[nodiscard]] Seq snapshot() const;
  /// Catches up with what is durable, commits, joins.
  void stop();

 private:
  struct Impl;
  explicit Follower(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway
