// tests/matching/odd_wishes.hpp - predicates by the thousand, no two alike, and every instrument of the rig.
#pragma once

#include <array>
#include <vector>

#include "rig.hpp"

namespace spillway::rig {

/// All differ, below 3,000.
inline Predicate odd_wish(std::uint64_t n) {
  constexpr std::array<std::int64_t, 10> steps{10, 12, 15, 20, 25, 30, 40, 50, 60, 80};
  auto p = wants_capacity();
  p.network = Micros{1'000 * steps[n % 10]};
  p.ready = Micros{10'000'000 * steps[n / 10 % 10]};
  p.pue_max_milli = static_cast<std::int32_t>(1'200 + 50 * (n / 100 % 30));
  if (n % 2 == 0) p.classes = {class_a, class_b};
  if (n % 3 == 0) p.within = {us, cn_gd};
  if (n % 7 == 0) p.outside = {us_west, cn_nx};
  return p;
}

inline std::vector<Instrument> everything() {
  std::vector<Instrument> all;
  for (auto const c : {class_a, class_b, class_c})
    for (auto const p : {us_east, us_west, cn_sz, cn_gz, cn_nx}) {
      for (auto const t : {warm, cold}) all.push_back(capacity_of(c, p, t));
      for (auto const m : {model_small, model_tiny}) all.push_back(tokens_of(m, c, p));
    }
  return all;
}

}  // namespace spillway::rig
