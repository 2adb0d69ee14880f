// matching/steps.cpp - snapping limits to the stricter side.
// Room:   matching (pure); sees market.
#include "matching/steps.hpp"

#include <algorithm>
#include <array>

#include "market/check.hpp"

namespace spillway {

namespace {

// About ten steps to the factor of ten: a limit loses at most a fifth by snapping.
constexpr std::array<std::int64_t, 10> mantissas{10, 12, 15, 20, 25, 30, 40, 50, 60, 80};

}  // namespace

Micros latency_step(Micros limit) {
  sw_check(limit.v >= 0, "a latency limit is not negative");
  if (limit.v < mantissas.front()) return limit;
  std::int64_t scale = 1;
  while (limit.v / scale >= 100) scale *= 10;
  auto const above = std::upper_bound(mantissas.begin(), mantissas.end(), limit.v / scale);
  return Micros{*(above - 1) * scale};
}

Tokens input_step(Tokens input) {
  sw_check(input.v >= 0 && input <= largest_input, "an input size is within its range");
  if (input.v == 0) return input;
  auto const thousands = (input.v + 999) / 1000;
  std::int64_t power = 1;
  while (power < thousands && power + power / 2 < thousands) power *= 2;
  return Tokens{1000 * (thousands <= power ? power : power + power / 2)};
}

std::int32_t pue_step(std::int32_t limit_milli) {
  sw_check(limit_milli >= pue_least_milli, "a PUE limit is at least 1");
  return std::min(limit_milli / pue_step_milli * pue_step_milli, pue_most_milli);
}

std::int32_t green_step(std::int32_t limit_milli) {
  sw_check(limit_milli >= 0 && limit_milli <= 1000, "a green limit is a share");
  return (limit_milli + green_step_milli - 1) / green_step_milli * green_step_milli;
}

}  // namespace spillway
