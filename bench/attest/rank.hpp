// bench/attest/rank.hpp - ranks with ties, and Spearman's correlation of two rankings.
// Room:   bench; sees the standard library.
// Source: Spearman 1904; ties share their mean rank.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace spillway::bench {

/// Rank 1 is the largest; equal values share the mean of their places.
inline std::vector<double> ranks(std::vector<double> const& values) {
  std::vector<double> out;
  for (auto const v : values) {
    auto const above = std::ranges::count_if(values, [v](double w) { return w > v; });
    auto const equal = std::ranges::count(values, v);
    out.push_back(static_cast<double>(above) + static_cast<double>(equal + 1) / 2);
  }
  return out;
}

/// From -1 to 1; 0 where one side does not vary. Both sides have the same length.
inline double rank_correlation(std::vector<double> const& a, std::vector<double> const& b) {
  auto const x = ranks(a), y = ranks(b);
  auto const mean = static_cast<double>(x.size() + 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

}  // namespace spillway::bench
