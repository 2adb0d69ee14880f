// sim/random.hpp - seeded draws that are the same on every machine and with every library.
// Room:   sim/import; sees the standard library only.
// Source: SplitMix64 (Steele, Lea, Flood 2014) for the bits; Box-Muller for normal draws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace spillway::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits();
  /// In [0, 1).
  double uniform();
  /// In [0, n); n > 0. The bias is below n / 2^64.
  std::uint64_t below(std::uint64_t n);
  double normal();
  double lognormal(double mu, double sigma);
  /// An index of `weights` with a chance proportional to its weight; weights are not negative, their sum is
  /// above 0.
  std::size_t weighted(std::span<std::int64_t const> weights);

 private:
  std::uint64_t state_;
};

}  // namespace spillway::sim
