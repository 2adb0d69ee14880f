// journal/src/tear.hpp - is what lies behind the last good frame an unfinished batch, or damage?
// Room:   journal, inside only. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "journal/frame.hpp"
#include "journal/log_reader.hpp"

namespace spillway {

/// Which frame may come next in a stream.
struct Continuity {
  StreamKind kind = StreamKind::entries;
  Seq last{};

  /// Why this frame cannot follow; empty if it can.
  [[nodiscard]] std::string objection(FrameView const& frame) const;
  void pass(FrameView const& frame) {
    if (frame.type != FrameType::seal) last = frame.seq;
  }
};

/// Offset behind the last byte that is not zero; `from` if there is none at or behind it.
[[nodiscard]] std::size_t end_of_written(ByteView segment, std::size_t from);

/// `segment` is the last one, `offset` where its frames end and `fault` why. A torn tail, nothing (all zero
/// from there), or the reason why this is damage.
[[nodiscard]] std::expected<std::optional<TornTail>, Damage> judge_tail(ByteView segment, std::size_t offset,
                                                                        FrameFault fault,
                                                                        Continuity const& expected);

}  // namespace spillway
