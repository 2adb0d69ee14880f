// bench/matching/tally.hpp - what a book did with a stream, reduced to numbers that two books can be compared
// by.
// Room:   bench; sees the standard library only.
#pragma once

#include <cstdint>

namespace spillway::bench {

struct Tally {
  std::uint64_t trades{}, volume{}, notional{};
  std::uint64_t rejects{};  // cancels and replaces whose target was dead
  std::uint64_t refused{};  // what a book would not take although the stream is well formed: must stay 0
  std::uint64_t hash{1469598103934665603};

  /// One fill, in the order in which fills happen; prices are the maker's.
  void fill(std::uint64_t maker, std::uint64_t taker, std::uint64_t lots, std::uint64_t price) {
    ++trades, volume += lots, notional += price * lots;
    hash = (hash ^ (maker * 0x9E3779B97F4A7C15 + taker * 31 + lots)) * 1099511628211;
  }
  friend bool operator==(Tally const&, Tally const&) = default;
};

}  // namespace spillway::bench
