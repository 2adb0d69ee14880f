// matching/steps.hpp - the step tables to which every limit of an order snaps before it is interned.
// Room:   matching (pure); sees market.
// Units:  microseconds, tokens, per mille.
// Rule:   a limit snaps to the stricter side, so a snapped order never accepts what its owner refused; steps
// are few, so
//         that orders share signatures.
#pragma once

#include <cstdint>

#include "market/units.hpp"

namespace spillway {

/// Latency limits: the highest of 1..9, then {10 12 15 20 25 30 40 50 60 80} x 10^e, that is not above
/// `limit`; 0 (no bound) stays 0. `limit` >= 0.
[[nodiscard]] Micros latency_step(Micros limit);

/// Input sizes: the lowest of 1000 x {1 2 3 4 6 8 12 16 24 ...} that is not below `input`; 0 stays 0.
/// `input` in [0, largest_input].
[[nodiscard]] Tokens input_step(Tokens input);
inline constexpr Tokens largest_input{1'000'000'000'000};

inline constexpr std::int32_t pue_step_milli = 50;     // 1000, 1050, 1100, ...
inline constexpr std::int32_t pue_least_milli = 1000;  // no building uses less than its computers do
inline constexpr std::int32_t pue_most_milli = 3000;   // limits above are this limit
inline constexpr std::int32_t green_step_milli = 50;   // 0, 50, ... 1000

/// `limit` >= pue_least_milli.
[[nodiscard]] std::int32_t pue_step(std::int32_t limit_milli);
/// `limit` in [0, 1000].
[[nodiscard]] std::int32_t green_step(std::int32_t limit_milli);

}  // namespace spillway
