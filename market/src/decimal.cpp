// market/decimal.cpp - decimal text to scaled integers and back.
// Room:   market (vocabulary); sees the standard library only.
#include "market/decimal.hpp"

#include <algorithm>

namespace spillway {
namespace {

struct Scale {
  int places;
  std::int64_t one;
};
constexpr Scale money_scale{9, nano_per_unit};
constexpr Scale milli_scale{3, 1'000};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Unsigned decimal text as a multiple of 10^-places.
std::expected<std::int64_t, DecimalError> parse_unsigned(std::string_view text, Scale scale) {
  if (text.empty()) return std::unexpected(DecimalError::empty);
  auto const dot = text.find('.');
  auto const whole = text.substr(0, dot);
  auto const places = dot == text.npos ? std::string_view{} : text.substr(dot + 1);
  if (whole.empty() || (dot != text.npos && places.empty()))
    return std::unexpected(DecimalError::not_a_number);
  if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(places, is_digit))
    return std::unexpected(DecimalError::not_a_number);
  if (places.size() > static_cast<std::size_t>(scale.places))
    return std::unexpected(DecimalError::too_many_places);

  std::int64_t value = 0;
  auto const add = [&value](char c) {
    return !__builtin_mul_overflow(value, std::int64_t{10}, &value) &&
           !__builtin_add_overflow(value, std::int64_t{c - '0'}, &value);
  };
  std::string digits{whole};
  digits.append(places).append(static_cast<std::size_t>(scale.places) - places.size(), '0');
  if (!std::ranges::all_of(digits, add)) return std::unexpected(DecimalError::too_large);
  return value;
}

/// Magnitude as unsigned, because the most negative amount has no positive twin.
std::string print(std::uint64_t magnitude, bool negative, Scale scale, int places_min) {
  auto const one = static_cast<std::uint64_t>(scale.one);
  auto places = std::to_string(magnitude % one);
  places.insert(0, static_cast<std::size_t>(scale.places) - places.size(), '0');
  auto const least = static_cast<std::size_t>(std::clamp(places_min, 0, scale.places));
  while (places.size() > least && places.back() == '0') places.pop_back();
  std::string text = negative ? "-" : "";
  text += std::to_string(magnitude / one);
  if (!places.empty()) text.append(".").append(places);
  return text;
}

}  // namespace

char const* sentence(DecimalError error) {
  switch (error) {
    case DecimalError::empty:
      return "a number is missing here";
    case DecimalError::not_a_number:
      return "write a plain decimal number such as 12.5, without exponent, sign or blanks";
    case DecimalError::too_many_places:
      return "write fewer decimal places";
    case DecimalError::too_large:
      return "write a smaller number";
  }
  return "write a plain decimal number such as 12.5";
}

std::expected<Nano, DecimalError> parse_money(std::string_view text) {
  bool const negative = text.starts_with('-');
  auto const magnitude = parse_unsigned(negative ? text.substr(1) : text, money_scale);
  if (!magnitude) return std::unexpected(magnitude.error());
  return Nano{negative ? -*magnitude : *magnitude};
}

std::string money_text(Nano amount, int places_min) {
  auto const bits = static_cast<std::uint64_t>(amount.v);
  return print(amount.v < 0 ? std::uint64_t{0} - bits : bits, amount.v < 0, money_scale, places_min);
}

std::expected<std::int64_t, DecimalError> parse_milli(std::string_view text) {
  return parse_unsigned(text, milli_scale);
}

std::string milli_text(std::int64_t milli) {
  auto const bits = static_cast<std::uint64_t>(milli);
  return print(milli < 0 ? std::uint64_t{0} - bits : bits, milli < 0, milli_scale, 0);
}

}  // namespace spillway
