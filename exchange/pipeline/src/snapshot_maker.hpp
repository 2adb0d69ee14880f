// exchange/src/snapshot_maker.hpp - when the follower writes a snapshot, and the thread that brings it to
// disk.
// Room:   exchange_pipeline, private.
// Thread: the follower's; written() any.
// Rule:   the state is exported on the follower's thread, at the end of a batch; it is hashed and written
//         beside it, one at a time. One that cannot be written is said; the next is tried when it is due.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "exchange/core.hpp"
#include "exchange/replay.hpp"
#include "journal/snapshot.hpp"

namespace spillway {

struct SnapshotSchedule {
  std::uint64_t entries{1'000'000};
  std::chrono::seconds every{600};
  std::uint64_t early{125'000};   // before their time, where they cost little
  std::uint64_t at_stop{10'000};  // a stop that leaves so many to be replayed writes one
};

/// Called on the thread that writes it when the state behind a sequence was exported and hashed.
using StateDigested = std::function<void(Seq, Hash256 const&)>;

class SnapshotMaker {
 public:
  SnapshotMaker(std::optional<SnapshotFolder> folder, SnapshotSchedule schedule,
                std::function<void(std::string const&)> log, StateDigested digested);
  ~SnapshotMaker() { finish(); }
  SnapshotMaker(SnapshotMaker const&) = delete;
  SnapshotMaker& operator=(SnapshotMaker const&) = delete;

  /// Before the first leaf: replay began behind this one.
  void resume(Snapshot const& from);
  /// Each frame's leaf, in order, and Frontier::finished() behind it.
  void leaf(Hash256 const& hash, std::span<Hash256 const> roots);
  /// Whether one should be made behind this batch: the one before is on disk, and the schedule says so.
  [[nodiscard]] bool due(ExchangeCore const& core) const;
  /// The same behind the last batch.
  [[nodiscard]] bool due_at_stop(ExchangeCore const& core) const;
  /// `position` is behind the seal that `replay` was fed last.
  void make(ExchangeCore const& core, Replayer const& replay, std::uint64_t position,
            std::vector<std::byte> aside);
  /// Waits for the file.
  void finish();
  [[nodiscard]] Seq written() const { return Seq{written_.load()}; }

 private:
  void write(Snapshot& made);

  std::optional<SnapshotFolder> folder_;
  SnapshotSchedule schedule_;
  std::function<void(std::string const&)> log_;
  StateDigested digested_;
  TileTree tiles_;
  Seq last_;    // of the last one that was begun
  Seq newest_;  // of those found: what is behind it would be the first to go
  std::chrono::steady_clock::time_point last_at_ = std::chrono::steady_clock::now();
  std::size_t state_bytes_{};                                // of that one
  std::atomic<std::chrono::steady_clock::duration> cost_{};  // of the last one, from its export to its name
  std::atomic<bool> writing_{};
  std::atomic<std::uint64_t> written_{};
  std::thread writer_;
};

}  // namespace spillway
