// market/amounts.hpp - where prices meet quantities: the only home of money rounding.
// Room:   market (vocabulary); sees the standard library only.
// Units:  money nano-units; tokens; accelerator time in thousandths of an accelerator times microseconds.
// Rule:   amounts are differences of floored running totals, so that slices add up to the whole (market.md,
// "Amounts").
#pragma once

#include "market/price_grid.hpp"
#include "market/units.hpp"

namespace spillway {

/// Owed in all for `work` work tokens at `price` per million, floored; non-zero work at a non-zero price owes
/// >= 1.
[[nodiscard]] Nano due_for_tokens(PriceIndex price, Tokens work);

/// Owed in all for `lots` thousandths of an accelerator over `used`, at `price` per accelerator-hour; same
/// rule.
[[nodiscard]] Nano due_for_capacity(PriceIndex price, Lots lots, Micros used);

/// floor(total * bps / 10000); `total` >= 0, bps in [0, 10000].
[[nodiscard]] Nano fee_due(Nano total, std::int32_t bps);

/// ceil(price x work / million): what a hold must cover for `work` work tokens.
[[nodiscard]] Nano hold_for_tokens(PriceIndex price, Tokens work);

/// ceil of the same for capacity.
[[nodiscard]] Nano hold_for_capacity(PriceIndex price, Lots lots, Micros used);

/// Work tokens = output + ceil(input x weight / 1000); weight in per mille of the output price.
[[nodiscard]] Tokens work_tokens(Tokens input, std::int32_t input_weight_milli, Tokens output);

}  // namespace spillway
