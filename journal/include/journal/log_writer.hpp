// journal/log_writer.hpp - the single writer of one stream: frames are gathered, then written and synced
// together.
// Room:   journal; sees market/ids.hpp.
// Thread: append and commit belong to one thread at a time; durable_position, durable_seq, durable_frames and
//         further_segments may be read by any. The next segment is filled with zeros ahead by a thread of the
//         writer's own.
// Errors: opening returns JournalError. A failed write or sync is never survived: the fatal handler is
//         called; if it returns (in tests only) the writer stays failed, writes nothing more and
//         durable_position stands still.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "journal/digest.hpp"
#include "journal/error.hpp"
#include "journal/frame.hpp"
#include "journal/segment_file.hpp"

namespace spillway {

using FatalHandler = std::function<void(std::string_view what)>;

struct LogOptions {
  std::uint64_t segment_bytes = usual_segment_bytes;  // of segments made from now on; a multiple of 4096
  /// False: commit() writes without waiting for the disk. For records, which replay can make again.
  bool sync_each_commit = true;
  /// Frames known to have been synced, e.g. the size of the checkpoint: fewer found on disk is damage, not a
  /// torn tail.
  std::uint64_t synced_frames = 0;
  /// The last sequence known to have been synced, e.g. that of the records behind it: ending before it is
  /// damage too.
  Seq synced_seq{};
  /// Where sealed segments were moved to (archive.hpp); empty: nowhere. Nothing is written there.
  std::filesystem::path archive{};
  /// Recovery begins with the segment that holds this sequence; segments before it are believed, not read.
  Seq from{};
  /// Called for every valid frame found at open, in order: replay in the same pass as recovery. May be empty.
  std::function<void(FrameView const&)> each_frame{};
  /// Empty: message on standard error, then abort.
  FatalHandler fatal{};
};

/// What open() found. A tail is torn when the last batch was being written as the process or the machine
/// stopped.
struct RecoveryReport {
  std::uint64_t frames = 0;
  std::uint64_t segments = 0;
  Seq last_seq{};  // none: the stream is empty
  bool ends_with_seal = false;
  std::string torn_segment;       // empty: no tail was cut
  std::uint64_t torn_offset = 0;  // in that file
  std::uint64_t torn_bytes = 0;   // from there to the last byte that was not zero; now zeros
  std::string torn_reason;
};

class LogWriter {
 public:
  using Options = LogOptions;

  /// Scans the stream under `journal`/segments or /records, cuts a torn tail and goes on behind the last
  /// frame; makes the stream if it does not exist. Damage is refused with its place; nothing is changed on
  /// disk then.
  [[nodiscard]] static std::expected<LogWriter, JournalError> open(std::filesystem::path const& journal,
                                                                   StreamKind kind, Options options,
                                                                   RecoveryReport* report = nullptr);
  LogWriter(LogWriter&&) noexcept;
  LogWriter& operator=(LogWriter&&) noexcept;
  ~LogWriter();

  /// Gathers a frame for the next commit. An entry or record has the sequence after the last one, a seal
  /// repeats the last one. Leaves are at most largest_leaf_bytes, any frame at most half of a segment.
  void append(FrameType type, Seq seq, std::span<std::byte const> payload);

  /// Writes what was gathered in one run (two where a segment ends between) and syncs once.
  void commit();

  /// Without sync_each_commit: waits until everything that was committed is on disk.
  void sync();

  /// What is written but not yet in the hash of its segment: who hashes something else meanwhile may take
  /// blocks of it along (digest.hpp). Valid as long as the writer.
  [[nodiscard]] PendingHash* pending_hash();

  /// Everything before this position survives a power cut (without sync_each_commit: survives the process).
  [[nodiscard]] std::uint64_t durable_position() const;
  [[nodiscard]] Seq durable_seq() const;               // last entry or record before durable_position
  [[nodiscard]] std::uint64_t durable_frames() const;  // for entries: the size of the tree

  [[nodiscard]] std::uint64_t segment_bytes() const;
  /// How many further segments each of the two streams of a journal could still be given: finished spares,
  /// and what their one file system has free. One more may be in the making, which counts when it is done.
  [[nodiscard]] static std::uint64_t further_segments(LogWriter const& entries, LogWriter const& records);
  [[nodiscard]] bool failed() const;

 private:
  struct Impl;
  explicit LogWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway
