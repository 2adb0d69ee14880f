// market/decimal.hpp - exact decimal text for money: what people type and read, without floating point.
// Room:   market (vocabulary); sees the standard library only.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "market/units.hpp"

namespace spillway {

enum class DecimalError : std::uint8_t { empty, not_a_number, too_many_places, too_large };
[[nodiscard]] char const* sentence(DecimalError);

/// "12.34" -> 12'340'000'000 nano-units. Optional leading '-', at most 9 places, no exponent, no blanks.
[[nodiscard]] std::expected<Nano, DecimalError> parse_money(std::string_view text);

/// All nine places cut after the last non-zero one, at least `places_min` of them: 1500000000 -> "1.50".
[[nodiscard]] std::string money_text(Nano amount, int places_min = 2);

/// "1.5" -> 1500 (thousandths); at most 3 places, not negative. Used for accelerator counts and ratios.
[[nodiscard]] std::expected<std::int64_t, DecimalError> parse_milli(std::string_view text);
[[nodiscard]] std::string milli_text(std::int64_t milli);

}  // namespace spillway
