// bench/matching/options.hpp - what one run of matching_bench is asked to do.
// Room:   bench; sees the standard library only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "common_workload.hpp"

namespace spillway::bench {

enum class Workload : std::uint8_t { common, bipartite, storm, offers, memory, growth, relink };

struct Options {
  Workload workload = Workload::common;
  std::string subject = "fast";  // the book that is measured: fast, plain
  std::uint32_t instruments = 1;
  std::uint32_t spacing = 1;     // grid steps between neighbouring ticks, 1 to 32
  std::uint32_t degree = 0;      // bipartite: every signature reaches exactly so many; 0: the mixture
  std::uint32_t conditions = 0;  // of a thousand orders, how many get one condition beyond their limit
  std::size_t commands = 0;      // timed; 0: what the workload prescribes
  std::uint32_t rounds = 5;      // of floor and book in turn
  std::uint64_t seed = reference_seed;
  bool skewed{};            // bipartite: a few instruments linked by all, a few signatures to half the market
  bool callgrind{};         // a small slice, for instruction counts
  bool quick{};             // so small that a test can run it
  std::string market_data;  // folder of offers.csv and offer_events.csv
  std::string json;         // file for the figures
};

[[nodiscard]] std::expected<Options, std::string> parse_options(int argc, char** argv);
[[nodiscard]] char const* usage();

}  // namespace spillway::bench
