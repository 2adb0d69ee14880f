// apps/demo/src/tally.hpp - what the buyers of a demonstration saw with their own eyes.
// Room:   apps, library demo.
#pragma once

#include <cstdint>

namespace spillway::demo {

struct Tally {
  std::uint64_t sent{}, completed{}, failed{};
  std::uint64_t refused{};    // the exchange said no
  std::uint64_t unfilled{};   // no offer in time at the price
  std::uint64_t unreached{};  // the exchange was down, or went down
  std::uint64_t in_flight{};
  std::uint64_t pieces{};  // of content, as they came
};

}  // namespace spillway::demo
