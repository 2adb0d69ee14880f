// exchange/src/snapshot_maker.hpp - when the follower writes a snapshot, and the thread that brings it to
// disk.
// Room:   exchange_pipeline, private.
// Thread: the follower's; written() any.
// Rule:   the state is exported on the follower's thread, at the end of a batch; files are written beside it,
//         one at a time. A snapshot that cannot be written is said and tried again when the next one is due.
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
};

/// Called on the follower's thread when the state behind a sequence was exported.
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
  /// Whether one should be made behind this batch: the schedule says so, and the one before is on disk.
  [[nodiscard]] bool due(ExchangeCore const& core) const;
  /// `position` is behind the seal that `replay` was fed last.
  void make(ExchangeCore const& core, Replayer const& replay, std::uint64_t position,
            std::vector<std::byte> aside);
  /// Waits for the file.
  void finish();
  [[nodiscard]] Seq written() const { return Seq{written_.load()}; }

 private:
  std::optional<SnapshotFolder> folder_;
  SnapshotSchedule schedule_;
  std::function<void(std::string const&)> log_;
  StateDigested digested_;
  TileTree tiles_;
  Seq last_;  // of the last one that was begun
  std::chrono::steady_clock::time_point last_at_ = std::chrono::steady_clock::now();
  std::atomic<bool> writing_{};
  std::atomic<std::uint64_t> written_{};
  std::thread writer_;
};

/// The newest snapshot that is whole, of this program's layout and of this journal. It is imported into
/// `core`, which is new. Each one that is refused is said; nothing: replay begins with the first entry.
[[nodiscard]] std::optional<Snapshot> start_from_snapshot(std::filesystem::path const& journal,
                                                          std::filesystem::path const& archive,
                                                          ExchangeCore& core,
                                                          std::function<void(std::string const&)> const& log);

}  // namespace spillway
