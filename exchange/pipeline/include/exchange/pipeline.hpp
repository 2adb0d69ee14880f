// exchange/pipeline.hpp - the running exchange: inbox -> core -> journal -> release, with the follower behind
// it.
// Room:   exchange_pipeline; sees market, journal, exchange_core. Threads: core and journal, made here; the
//         follower has its own.
// Rule:   nothing is released before the fdatasync that covers it. Batches form from what queued during the
//         last flush.
// Errors: opening returns PipelineError; a failed write later ends the process (journal/log_writer.hpp).
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exchange/core.hpp"
#include "exchange/inbox.hpp"
#include "journal/bytes.hpp"
#include "journal/error.hpp"
#include "journal/segment_file.hpp"

namespace spillway {

class Follower;

/// One applied and durable entry, with what came of it.
struct Released {
  Entry entry;
  Cookie cookie;
  std::vector<Record> records;
  std::int64_t apply_ns{};
};
using ReleasedBatch = std::vector<Released>;

struct PipelineOptions {
  std::filesystem::path directory;
  std::filesystem::path archive{};                // where sealed segments were moved to; empty: nowhere
  std::string origin = "spillway.local/journal";  // name of the log in checkpoints
  std::uint64_t segment_bytes = usual_segment_bytes;
  std::uint64_t projection_map_bytes = std::uint64_t{16} << 30;  // made larger when it is full
  bool rebuild_projection{};                                     // forget the tables and make them again
  std::size_t orders_waiting_max = 16'384;
  /// New business is refused with `busy` while the follower is so far behind what is durable, in time and in
  /// entries: reads and fills that people wait for come from it. Below so many entries it is one step away.
  std::chrono::milliseconds follower_lag_max{1'000};
  std::uint64_t follower_lag_entries{256};
  /// A snapshot is written after so many entries or so long, whichever comes first; from `early` entries on
  /// where making one takes a tenth of the time at most; and at a stop behind `at_stop` entries. The two
  /// newest are kept.
  std::uint64_t snapshot_entries{1'000'000};
  std::chrono::seconds snapshot_every{600};
  std::uint64_t snapshot_early{125'000}, snapshot_at_stop{10'000};
  bool replay_all{};  // start from the first entry, whatever snapshots there are
  CoreLimits limits{};
  std::vector<Command> genesis;  // sequenced first when the journal is empty, by the exchange itself
  /// Called for every durable batch, in order, on the thread that made it durable: the journal's or the
  /// core's.
  std::function<void(std::shared_ptr<ReleasedBatch const>)> released;
  /// Called on the follower thread after it applied some entries: instruments whose book may look different.
  std::function<void(std::vector<InstrumentId> const&)> touched;
  /// One line of what happened, for the operator's log.
  std::function<void(std::string const&)> log;
};

enum class PipelineErrc : std::uint8_t { journal, damaged, replay, projection, genesis };
struct PipelineError {
  PipelineErrc code{};
  std::string message;  // one line that says what to do
};

/// What recovery found, for the operator.
struct StartReport {
  std::uint64_t entries{};   // of the journal
  std::uint64_t replayed{};  // of these, those behind the snapshot
  Seq snapshot;              // none: the whole journal was replayed
  std::uint64_t torn_bytes{};
  Micros gap{};  // since the last entry; 0 for a new journal
  bool fresh{};
};

/// Met before the disk is full: with fewer than 4 further segments for each stream no new business is taken,
/// with one or none only what is_operators. Looked at with each batch, and when somebody asks.
enum class DiskState : std::uint8_t { fine, cancel_only, operator_only };

struct PipelineCounters {
  std::uint64_t entries{}, batches{}, flushes{}, orders_refused_busy{};
  Seq durable, followed;
  Seq snapshot;  // the newest that was written or started from
  DiskState disk{};
};

class Pipeline {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<Pipeline>, PipelineError> open(PipelineOptions options);
  ~Pipeline();  // as stop()
  Pipeline(Pipeline const&) = delete;
  Pipeline& operator=(Pipeline const&) = delete;

  /// Picks the lane by the command. `none` when it was queued; `busy` (its lane is three quarters full, or
  /// the follower too far behind) or `capacity` (disk nearly full) or `server_stopping` otherwise, and
  /// nothing happened.
  [[nodiscard]] Refusal submit(Submission submission);

  [[nodiscard]] Follower& follower();
  [[nodiscard]] StartReport const& start() const;
  [[nodiscard]] PipelineCounters counters() const;
  /// What to enter so that the key in keys/log.next.key follows: refused with a sentence when that file does
  /// not hold the private half of `after`. Reads two small files; any thread.
  [[nodiscard]] std::expected<LogKeyChange, std::string> log_key_change(Bytes32 const& after,
                                                                        Micros overlap) const;
  [[nodiscard]] std::string verifier_key() const;  // vkey of the checkpoint signer

  struct Stopped {
    Seq last;
    Hash256 digest{};
  };
  /// Takes no more, finishes what is queued, writes the closing seal and the last checkpoint, joins the
  /// threads.
  Stopped stop();

 private:
  struct Impl;
  explicit Pipeline(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// New orders and offers wait in the lane that may be refused; all else is never refused.
[[nodiscard]] bool is_new_business(Command const& command);
/// By the operator or the exchange itself: the only commands taken when the disk is all but full.
[[nodiscard]] bool is_operators(Command const& command);

}  // namespace spillway
