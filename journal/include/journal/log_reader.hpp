// journal/log_reader.hpp - every frame of a stream in order, each byte checked on the way.
// Room:   journal; sees market/ids.hpp. Writes nothing.
// Checks: header chain (magic, sizes, positions, hash of the segment before), checksums, sequence continuity,
// zeros
//         behind the last frame of each segment.
// Errors: next() gives a frame, nothing at the end, or Damage; after Damage it gives the same Damage again.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "journal/digest.hpp"
#include "journal/error.hpp"
#include "journal/frame.hpp"
#include "journal/segment_file.hpp"

namespace spillway {

enum class ReadMode : std::uint8_t {
  /// A torn tail is the end of the stream and told by torn_tail(): for recovery, and beside a writer at work.
  allow_torn_tail,
  /// The same, but a segment's hash is not held against the next one's header: for who looks before a whole
  /// pass.
  glance,
  /// Anything but zeros behind the last frame is damage: for a journal that was closed in good order.
  strict,
};

/// Bytes behind the last frame of the last segment that the writer did not finish. A tail is torn, not
/// damaged, when no valid frame lies behind it; or when those behind it belong to the same unfinished batch
/// (none follows a seal) and what is missing was never written (the broken frame has a 512-byte sector that
/// is still all zero).
struct TornTail {
  std::string segment;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  // up to the last byte that is not zero
  std::string reason;
};

class LogReader {
 public:
  /// A stream without any segment is empty, not an error.
  /// `archive`: where sealed segments were moved to; empty: nowhere.
  /// `from`: begins with the segment that holds this sequence (the last one, when none does), whose header is
  /// believed; what lies before is not read. None: the first segment.
  [[nodiscard]] static std::expected<LogReader, JournalError> open(std::filesystem::path const& journal,
                                                                   StreamKind kind, ReadMode mode,
                                                                   std::filesystem::path const& archive = {},
                                                                   Seq from = {});
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;
  ~LogReader();

  /// The payload is valid until the next call.
  [[nodiscard]] std::expected<std::optional<FrameView>, Damage> next();

  /// Known once next() has returned nothing.
  [[nodiscard]] std::optional<TornTail> const& torn_tail() const;

  /// What is to be hashed of the segment that is read, up to the last frame: whoever hashes frames between
  /// two calls of next() can take it along. Lives as long as the reader, wherever that is moved.
  [[nodiscard]] PendingHash* pending_hash();

  /// State behind the last frame that next() returned.
  [[nodiscard]] std::uint64_t position() const;
  [[nodiscard]] std::uint64_t frames() const;
  [[nodiscard]] Seq last_seq() const;

  /// What a writer needs to go on; known once next() has returned nothing.
  struct End {
    SegmentHeader header{};
    std::string segment;       // empty: there is none
    std::uint64_t offset = 0;  // behind the last frame, in that file
    std::uint64_t segments = 0;
    bool ends_with_seal = false;
    bool archived = false;  // the last segment is not in the journal itself
  };
  [[nodiscard]] End end() const;

 private:
  struct Impl;
  explicit LogReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway
