// market/price_grid.cpp - conversions between nano-units and steps of the price grid.
// Room:   market (vocabulary); sees the standard library only.
#include "market/price_grid.hpp"

#include <array>

#include "market/check.hpp"

namespace spillway {
namespace {

constexpr std::int64_t mantissa_min = 1'000;
constexpr std::uint32_t mantissas = 9'000;
constexpr std::uint32_t exponents = 11;
static_assert(price_steps == 1 + mantissas * exponents);
constexpr auto powers_of_ten = [] {
  std::array<std::int64_t, exponents> powers{1};
  for (std::size_t e = 1; e < exponents; ++e) powers[e] = 10 * powers[e - 1];
  return powers;
}();

/// Where a positive price lies: the step at or below it, and whether the price is exactly that step.
struct Located {
  PriceIndex below;
  bool exact{};
};

/// Prices under the smallest mantissa sit between zero and the first step; those above the grid on its last
/// step.
Located locate(std::int64_t price) {
  if (price < mantissa_min) return {PriceIndex{0}, price == 0};
  std::int64_t scale = 1;
  std::uint32_t e = 0;
  while (price / scale > 9'999) {
    if (++e == exponents) return {highest_price, false};
    scale *= 10;
  }
  auto const m = price / scale;
  return {PriceIndex{1 + mantissas * e + static_cast<std::uint32_t>(m - mantissa_min)}, m * scale == price};
}

}  // namespace

Nano price_of(PriceIndex p) {
  sw_check(on_grid(p), "a price index is on the grid wherever it is used");
  if (p.v == 0) return Nano{0};
  return Nano{(mantissa_min + (p.v - 1) % mantissas) * powers_of_ten[(p.v - 1) / mantissas]};
}

std::optional<PriceIndex> exact_step(Nano price) {
  if (price.v < 0) return std::nullopt;
  auto const at = locate(price.v);
  return at.exact ? std::optional{at.below} : std::nullopt;
}

std::optional<PriceIndex> step_at_or_above(Nano price) {
  if (price.v < 0 || price > price_of(highest_price)) return std::nullopt;
  auto const at = locate(price.v);
  return at.exact ? at.below : PriceIndex{at.below.v + 1};
}

std::optional<PriceIndex> step_at_or_below(Nano price) {
  if (price.v < 0) return std::nullopt;
  return locate(price.v).below;
}

}  // namespace spillway
