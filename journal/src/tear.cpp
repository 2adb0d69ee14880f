// journal/src/tear.cpp - telling an unfinished batch from damage.
//
// A batch is written only after the sync of the batch before it. So what a crash may leave is: the unfinished
// batch, some of its sectors there and the others still zero, and nothing behind its seal. What was synced
// and then changed is not zero, or has later batches behind it: that is damage, and cutting it would forget
// acknowledged entries.
#include "tear.hpp"

#include <algorithm>

#include "zeros.hpp"

namespace spillway {
namespace {

constexpr std::size_t sector_bytes = 512;  // what a disk writes whole or not at all

bool plausible(FrameView const& frame, Continuity const& expected, std::size_t room) {
  bool const of_stream = (expected.kind == StreamKind::records) == (frame.type == FrameType::records);
  std::uint64_t const most_between = room / frame_header_bytes + 1;
  return of_stream && frame.seq.v >= expected.last.v && frame.seq.v - expected.last.v <= most_between;
}

struct Survivors {
  std::size_t first = 0;  // offset; 0: none
  bool frame_behind_seal = false;
};

/// Valid frames at or behind `offset`, wherever they start.
Survivors find_survivors(ByteView segment, std::size_t offset, Continuity const& expected) {
  Survivors found;
  bool sealed = false;
  std::size_t const end = end_of_written(segment, offset);
  while (offset + frame_header_bytes <= segment.size() && offset < end) {
    auto const frame = parse_frame(segment.subspan(offset));
    if (!frame || !plausible(*frame, expected, segment.size())) {
      offset += 8;
      continue;
    }
    if (found.first == 0) found.first = offset;
    found.frame_behind_seal = found.frame_behind_seal || sealed;
    sealed = sealed || frame->type == FrameType::seal;
    offset += frame_bytes(frame->payload.size());
  }
  return found;
}

/// Whether some sector between has all its bytes from `from` on still zero: it was never written.
bool misses_a_sector(ByteView segment, std::size_t from, std::size_t until) {
  for (std::size_t begin = from; begin < until;) {
    std::size_t const end = std::min(begin / sector_bytes * sector_bytes + sector_bytes, segment.size());
    if (all_zero(segment.subspan(begin, end - begin))) return true;
    begin = end;
  }
  return false;
}

}  // namespace

std::string Continuity::objection(FrameView const& frame) const {
  bool const seal = frame.type == FrameType::seal;
  if ((kind == StreamKind::records) != (frame.type == FrameType::records))
    return "a frame of a type that does not belong into this stream";
  std::uint64_t const expected = seal ? last.v : last.v + 1;
  if (frame.seq.v == expected) return {};
  return "sequence " + std::to_string(frame.seq.v) + " where " + std::to_string(expected) + " must come";
}

std::size_t end_of_written(ByteView segment, std::size_t from) {
  constexpr std::size_t step = 4096;
  std::size_t end = segment.size();
  while (end >= from + step && all_zero(segment.subspan(end - step, step))) end -= step;
  while (end > from && segment[end - 1] == std::byte{0}) --end;
  return end;
}

std::expected<std::optional<TornTail>, Damage> judge_tail(ByteView segment, std::size_t offset,
                                                          FrameFault fault, Continuity const& expected) {
  std::size_t const end = end_of_written(segment, offset);
  if (end == offset) return std::optional<TornTail>();
  Survivors const found = find_survivors(segment, offset + 8, expected);
  std::string const what = to_string(fault);
  if (found.first != 0) {
    std::string const where = ", but a valid frame lies behind it at byte " + std::to_string(found.first);
    bool const several_batches = expected.kind == StreamKind::entries && found.frame_behind_seal;
    if (several_batches || !misses_a_sector(segment, offset, found.first))
      return std::unexpected(Damage{"", offset, what + where});
  }
  return TornTail{"", offset, end - offset, what};
}

}  // namespace spillway
