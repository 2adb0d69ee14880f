// journal/src/frame.cpp - writing and reading one frame.
#include "journal/frame.hpp"

#include <algorithm>

#include "endian.hpp"
#include "market/check.hpp"
#include "zeros.hpp"

namespace spillway {
namespace {

constexpr std::size_t crc_at = 4, type_at = 8, seq_at = 16;

std::uint32_t frame_crc(ByteView whole) {
  return crc32c(whole.subspan(type_at), crc32c(whole.first(crc_at)));
}

bool known_type(std::uint8_t type) { return type >= 1 && type <= 3; }

}  // namespace

void encode_frame(FrameType type, Seq seq, ByteView payload, std::vector<std::byte>& out) {
  sw_check(payload.size() <= largest_payload_bytes, "a frame's payload has a bounded size");
  std::size_t const start = out.size();
  out.resize(start + frame_bytes(payload.size()));
  std::byte* const at = out.data() + start;
  store_le(at, static_cast<std::uint32_t>(frame_header_bytes + payload.size()));
  at[type_at] = static_cast<std::byte>(type);
  store_le(at + seq_at, seq.v);
  std::ranges::copy(payload, at + frame_header_bytes);
  store_le(at + crc_at, frame_crc({at, frame_bytes(payload.size())}));
}

std::expected<FrameView, FrameFault> parse_frame(ByteView bytes) {
  if (bytes.size() < 4) return std::unexpected(FrameFault::cut_short);
  std::size_t const length = load_le<std::uint32_t>(bytes.data());
  if (length == 0) return std::unexpected(FrameFault::end_marker);
  if (length < frame_header_bytes || length > frame_header_bytes + largest_payload_bytes)
    return std::unexpected(FrameFault::bad_length);
  std::size_t const payload_bytes = length - frame_header_bytes;
  if (bytes.size() < frame_bytes(payload_bytes)) return std::unexpected(FrameFault::cut_short);
  ByteView const whole = bytes.first(frame_bytes(payload_bytes));
  if (load_le<std::uint32_t>(whole.data() + crc_at) != frame_crc(whole))
    return std::unexpected(FrameFault::bad_checksum);
  auto const type = std::to_integer<std::uint8_t>(whole[type_at]);
  if (!known_type(type)) return std::unexpected(FrameFault::bad_type);
  if (!all_zero(whole.subspan(type_at + 1, 7)) || !all_zero(whole.subspan(length)))
    return std::unexpected(FrameFault::bad_padding);
  return FrameView{static_cast<FrameType>(type), Seq{load_le<std::uint64_t>(whole.data() + seq_at)},
                   whole.subspan(frame_header_bytes, payload_bytes), 0};
}

char const* to_string(FrameFault fault) {
  switch (fault) {
    case FrameFault::end_marker:
      return "a length of zero";
    case FrameFault::cut_short:
      return "the frame is longer than what is left";
    case FrameFault::bad_length:
      return "no frame has such a length";
    case FrameFault::bad_type:
      return "unknown type of frame";
    case FrameFault::bad_padding:
      return "bytes that must be zero are not";
    case FrameFault::bad_checksum:
      return "the frame's checksum does not match";
  }
  return "unknown fault";
}

}  // namespace spillway
