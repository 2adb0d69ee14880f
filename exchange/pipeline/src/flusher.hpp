// exchange/src/flusher.hpp - at the log: writes each batch with its seal, syncs once, then releases it.
// Room:   exchange_pipeline, private.
// Thread: the journal's, or the core's while it has the turn (open_batch.hpp).
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>

#include "exchange/outcome_chain.hpp"
#include "exchange/pipeline.hpp"
#include "journal/log_writer.hpp"
#include "journal/merkle.hpp"
#include "journal/tiles.hpp"
#include "log_signer.hpp"
#include "open_batch.hpp"

namespace spillway {

class Flusher {
 public:
  struct Durable {
    std::uint64_t position{};
    Seq seq;
  };

  Flusher(LogWriter entries, LogWriter records, OutcomeChain chain, Frontier tree, TileWriter tiles,
          LogSigner signer, std::filesystem::path checkpoint,
          std::function<void(std::shared_ptr<ReleasedBatch const>)> released,
          std::function<void(Durable)> durable, std::function<void(std::string const&)> log);

  void run(OpenBatch& batch);
  /// Durable, then released. `batch` is left without its entries.
  void write(Batch& batch);
  /// What follows from the log and nobody waits for: records, tiles, checkpoint, a look at the disk. Put off
  /// while more is waiting for the log, but not for long.
  void follow_up(bool more_waiting);
  /// After run(): an empty seal that covers the last batch's outcomes, and the last checkpoint.
  void close();

  [[nodiscard]] OutcomeChain const& chain() const { return chain_; }
  [[nodiscard]] Durable durable_now() const { return {entries_.durable_position(), entries_.durable_seq()}; }
  /// Any thread. Looks again when nothing was written for a while: room may have been made meanwhile.
  [[nodiscard]] DiskState disk();
  [[nodiscard]] std::uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t entries() const { return count_.load(std::memory_order_relaxed); }

 private:
  void append_seal();
  void write_tiles();
  void write_checkpoint();
  [[nodiscard]] std::expected<void, JournalError> publish();
  void say(std::string const& line) const;
  void look_at_disk();
  void tell_disk();

  LogWriter entries_, records_;
  OutcomeChain chain_;
  Frontier tree_;
  TileWriter tiles_;
  LogSigner signer_;
  std::filesystem::path checkpoint_;
  std::function<void(std::shared_ptr<ReleasedBatch const>)> released_;
  std::function<void(Durable)> durable_;
  std::function<void(std::string const&)> log_;
  std::chrono::steady_clock::time_point followed_up_{};
  std::uint64_t unfollowed_{};  // entries since follow_up
  bool keys_moved_{};           // since the last checkpoint
  bool checkpoint_late_{};      // the last one could not be kept, and that was said
  std::chrono::steady_clock::time_point last_checkpoint_{};
  std::atomic<DiskState> disk_{DiskState::fine};
  std::atomic<std::chrono::steady_clock::duration> looked_at_disk_{};
  DiskState told_disk_{DiskState::fine};
  std::atomic<std::uint64_t> batches_{}, count_{};
};

}  // namespace spillway
