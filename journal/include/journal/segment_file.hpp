// journal/segment_file.hpp - one file of a stream: a header page, frames, zeros to the end.
// Room:   journal; sees market/ids.hpp.
// Units:  bytes. A *position* counts bytes of the whole stream: a segment's base + the offset in its file;
// the
//         zeros behind the last frame of a segment have no position.
// Errors: a header that does not verify is Damage; the caller adds the file's name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "journal/bytes.hpp"
#include "journal/error.hpp"
#include "market/ids.hpp"

namespace spillway {

/// On disk: DO NOT CHANGE. Entries and seals interleave in the first; the second has one frame per command.
enum class StreamKind : std::uint32_t { entries = 1, records = 2 };

inline constexpr std::size_t segment_header_bytes = 4096;
inline constexpr std::uint64_t smallest_segment_bytes = 2 * segment_header_bytes;
inline constexpr std::uint64_t largest_segment_bytes = std::uint64_t{1} << 30;
inline constexpr std::uint64_t usual_segment_bytes = std::uint64_t{64} << 20;

struct SegmentHeader {
  StreamKind kind = StreamKind::entries;
  std::uint64_t segment_bytes = 0;  // size of this file
  Seq first_seq{1};                 // of the next entry (or record) when the segment was made
  std::uint64_t first_frame =
      0;  // frames in all segments before: for entries the tree index of the first leaf
  std::uint64_t base_position = 0;   // used bytes of all segments before
  std::uint64_t previous_bytes = 0;  // used bytes of the segment before, its header included; 0 for the first
  Hash256 previous_hash{};           // BLAKE2b-256 over those bytes; zeros for the first
  friend bool operator==(SegmentHeader const&, SegmentHeader const&) = default;
};

using HeaderPage = std::array<std::byte, segment_header_bytes>;
[[nodiscard]] HeaderPage encode_header(SegmentHeader const& header);
[[nodiscard]] std::expected<SegmentHeader, Damage> parse_header(std::span<std::byte const> page);

/// "segments" or "records".
[[nodiscard]] char const* folder_of(StreamKind kind);
/// Twenty decimal digits.
[[nodiscard]] std::string segment_name(Seq first_seq);
/// Names of the segments of one stream in ascending order; files with other names are not ours to judge.
[[nodiscard]] std::expected<std::vector<std::string>, JournalError> list_segments(
    std::filesystem::path const& folder);

/// One segment of a stream, in the journal itself or in the archive that took it over (archive.hpp).
struct SegmentPlace {
  std::string name;
  std::filesystem::path file;
  bool archived = false;
};
/// The segments of one stream in ascending order: those under `journal`, and those that only `archive` has.
/// An archive that is named (not empty) must be there.
[[nodiscard]] std::expected<std::vector<SegmentPlace>, JournalError> find_segments(
    std::filesystem::path const& journal, std::filesystem::path const& archive, StreamKind kind);

}  // namespace spillway
