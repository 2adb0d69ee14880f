// journal/frame.hpp - the grammar of one frame: what is between two frames on disk is nothing.
// Room:   journal; sees market/ids.hpp.
// Layout: u32 length | u32 crc | u8 type | 7 zero bytes | u64 seq | payload | zeros up to a multiple of 8;
// little endian.
//         length = 24 + payload bytes, without the zeros at the end; a length of 0 marks the end of what was
//         written. crc = CRC32C over the length and over all that follows the crc, the zeros at the end
//         included.
// Errors: parse_frame says why bytes are not a frame; it never reads beyond the span it is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "journal/bytes.hpp"
#include "market/ids.hpp"

namespace spillway {

/// On disk: DO NOT CHANGE.
enum class FrameType : std::uint8_t { entry = 1, seal = 2, records = 3 };

struct FrameView {
  FrameType type{};
  Seq seq{};
  std::span<std::byte const> payload;  // lives as long as the buffer it was parsed from
  std::uint64_t position = 0;          // of the frame's first byte in its stream; set by readers
};

enum class FrameFault : std::uint8_t {
  end_marker,  // a zero length
  cut_short,   // fewer bytes than the length says
  bad_length,  // smaller than a header or larger than largest_payload_bytes allows
  bad_type,
  bad_padding,  // bytes that must be zero are not
  bad_checksum,
};

inline constexpr std::size_t frame_header_bytes = 24;
inline constexpr std::size_t largest_payload_bytes = std::size_t{64} << 20;
/// Entries and seals are leaves of the tree, and the entry bundles of tlog-tiles have 16-bit lengths.
inline constexpr std::size_t largest_leaf_bytes = 65'535;

/// Bytes on disk of a frame with that payload: a multiple of 8.
[[nodiscard]] constexpr std::size_t frame_bytes(std::size_t payload_bytes) {
  return (frame_header_bytes + payload_bytes + 7) / 8 * 8;
}

/// Appends the frame to `out`.
void encode_frame(FrameType type, Seq seq, std::span<std::byte const> payload, std::vector<std::byte>& out);

/// Reads the frame at the front of `bytes`; the view's position is 0.
[[nodiscard]] std::expected<FrameView, FrameFault> parse_frame(std::span<std::byte const> bytes);

[[nodiscard]] char const* to_string(FrameFault fault);

/// CRC32C (Castagnoli). `crc` is the result over the bytes before, 0 at the start.
[[nodiscard]] std::uint32_t crc32c(std::span<std::byte const> bytes, std::uint32_t crc = 0);
/// The same by table alone; for machines without the instruction, and for the test that compares both.
[[nodiscard]] std::uint32_t crc32c_by_table(std::span<std::byte const> bytes, std::uint32_t crc = 0);

}  // namespace spillway
