// market/amounts.cpp - price times quantity, in 128 bits, floored for what is due and raised for what is
// held.
// Room:   market (vocabulary); sees the standard library only.
#include "market/amounts.hpp"

#include <algorithm>
#include <limits>

#include "market/check.hpp"

namespace spillway {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t capacity_unit = milli_per_accelerator * micros_per_hour;
/// One accelerator-hour price times this many thousandths and microseconds stays far inside 128 bits.
constexpr std::int64_t lots_most = 10'000'000'000;
constexpr std::int64_t used_most = 10'000'000'000'000;

/// `product` >= 0. Most fit 64 bits, where dividing by a number that the compiler knows is a multiplication.
template <std::uint64_t by>
Wide divided(Wide product) {
  return product <= most ? Wide{static_cast<std::uint64_t>(product) / by} : product / by;
}

template <std::int64_t unit>
Nano floored(Wide product) {
  auto const due = divided<unit>(product);
  sw_check(due <= most, "what is due fits 64 bits: a hold bounds it");
  return Nano{product > 0 ? std::max<std::int64_t>(1, static_cast<std::int64_t>(due)) : 0};
}

template <std::int64_t unit>
Nano raised(Wide product) {
  return Nano{static_cast<std::int64_t>(std::min<Wide>(divided<unit>(product + unit - 1), most))};
}

}  // namespace

Nano due_for_tokens(PriceIndex price, Tokens work) {
  sw_check(work.v >= 0, "work is never negative");
  return floored<tokens_per_price>(Wide{price_of(price).v} * work.v);
}

Nano due_for_capacity(PriceIndex price, Lots lots, Micros used) {
  sw_check(lots.v >= 0 && lots.v <= lots_most, "a lease has between nothing and 10^10 lots");
  sw_check(used.v >= 0 && used.v <= used_most, "a lease runs between nothing and 10^13 us");
  return floored<capacity_unit>(Wide{price_of(price).v} * lots.v * used.v);
}

Nano fee_due(Nano total, std::int32_t bps) {
  sw_check(total.v >= 0 && bps >= 0 && bps <= 10'000, "fees are a share of a running total");
  return Nano{static_cast<std::int64_t>(divided<10'000>(Wide{total.v} * bps))};
}

Nano hold_for_tokens(PriceIndex price, Tokens work) {
  sw_check(work.v >= 0, "work is never negative");
  return raised<tokens_per_price>(Wide{price_of(price).v} * work.v);
}

Nano hold_for_capacity(PriceIndex price, Lots lots, Micros used) {
  sw_check(lots.v >= 0 && used.v >= 0, "capacity and time are never negative");
  if (price.v != 0 && (lots.v > lots_most || used.v > used_most))
    return Nano{most};  // beyond any hold's limit
  return raised<capacity_unit>(Wide{price_of(price).v} * lots.v * used.v);
}

Tokens work_tokens(Tokens input, std::int32_t input_weight_milli, Tokens output) {
  sw_check(input.v >= 0 && output.v >= 0 && input_weight_milli >= 0, "tokens and weights are never negative");
  auto const work = Wide{output.v} + divided<1'000>(Wide{input.v} * input_weight_milli + 999);
  sw_check(work <= most, "doors bound tokens, so work fits 64 bits");
  return Tokens{static_cast<std::int64_t>(work)};
}

}  // namespace spillway
