// market/price_grid.hpp - the one price grid of every ladder: 99,001 steps of four significant digits.
// Room:   market (vocabulary); sees the standard library only.
// Units:  nano-units per million work tokens (token products) or per accelerator-hour (capacity).
// Grid:   index 0 is zero; then m x 10^e with m = 1000..9999, e = 0..10 at index 1 + 9000 e + (m - 1000).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "market/units.hpp"

namespace spillway {

/// A step of the price grid. Matching sees nothing else of a price.
struct PriceIndex {
  std::uint32_t v{};
  constexpr PriceIndex() = default;
  constexpr explicit PriceIndex(std::uint32_t raw) : v(raw) {}
  friend constexpr auto operator<=>(PriceIndex, PriceIndex) = default;
};

inline constexpr std::uint32_t price_steps = 99'001;
inline constexpr PriceIndex highest_price{price_steps - 1};

[[nodiscard]] constexpr bool on_grid(PriceIndex p) { return p.v < price_steps; }

/// The price of a step in nano-units. `p` must be on the grid.
[[nodiscard]] Nano price_of(PriceIndex p);

/// The step that is exactly `price`, or nothing when the price lies between steps or outside the grid.
[[nodiscard]] std::optional<PriceIndex> exact_step(Nano price);

/// The lowest step not below `price` (importers round asks up); nothing above the grid or below zero.
[[nodiscard]] std::optional<PriceIndex> step_at_or_above(Nano price);

/// The highest step not above `price`; nothing below zero.
[[nodiscard]] std::optional<PriceIndex> step_at_or_below(Nano price);

}  // namespace spillway
