// exchange/src/core_reply.hpp - what a handler answers, and the bounds of what one command may ask.
// Room:   exchange_core (pure), internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "market/ids.hpp"
#include "market/refusal.hpp"
#include "market/units.hpp"

namespace spillway {

namespace core {

/// What an applied command answers: the id that it made or concerned, and `exists` for a repeat.
struct Answer {
  std::uint64_t made{};
  Refusal code{Refusal::none};
};
using Reply = std::expected<Answer, Refusal>;

[[nodiscard]] inline auto refuse(Refusal why) { return std::unexpected(why); }
[[nodiscard]] inline bool no(Refusal why) { return why != Refusal::none; }

inline constexpr ParticipantId nobody{};
inline constexpr Lots one_job{1};
inline constexpr std::size_t offers_per_node_max = 16;
inline constexpr Lots capacity_lots_max{1'000'000};  // 1,000 accelerators
inline constexpr Lots slots_max{1'000'000};
inline constexpr Micros term_longest{30LL * 24 * micros_per_hour};
/// A lease without a term ends here; longer than that is another order.
inline constexpr Micros lease_longest{90LL * 24 * micros_per_hour};

}  // namespace core

}  // namespace spillway
