// sim/import/src/random.cpp - SplitMix64 and the draws made from it.
#include "sim/random.hpp"

#include <cmath>
#include <numbers>

#include "market/check.hpp"

namespace spillway::sim {

std::uint64_t Random::bits() {
  auto z = state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

double Random::uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

std::uint64_t Random::below(std::uint64_t n) {
  sw_check(n > 0, "there is something to choose from");
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{bits()} * n) >> 64);
}

double Random::normal() {
  auto const radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double Random::lognormal(double mu, double sigma) { return std::exp(mu + sigma * normal()); }

std::size_t Random::weighted(std::span<std::int64_t const> weights) {
  std::int64_t sum = 0;
  for (auto const weight : weights) sum += weight;
  sw_check(sum > 0, "some weight is above zero");
  auto left = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(sum)));
  std::size_t at = 0;
  while (left >= weights[at]) left -= weights[at++];
  return at;
}

}  // namespace spillway::sim
