// bench/matching/bipartite.hpp - the market of 2,000 instruments and 500 signatures, and the stream that runs
// on it.
// Room:   bench; sees market.
// Rule:   every book has the same mid, so that prices tie everywhere: the hard case. A sell names an
//         instrument, a buy a signature; the popular instruments are the ones that many signatures accept and
//         that get most offers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common_workload.hpp"
#include "tables.hpp"

namespace spillway::bench {

struct BipartiteShape {
  std::uint16_t classes = 40, places = 50;  // 2,000 instruments
  std::uint32_t signatures = 500;
  std::uint32_t degree{};  // every signature accepts exactly so many instruments; 0: the mixture of degrees
  bool skewed{};           // 5 instruments accepted by all, and every tenth signature accepts 1,000
};

/// Mixture: 1 instrument (10 %), 2-8 (30), 9-16 (30), 17-64 (25), 65-256 (5).
[[nodiscard]] Market bipartite_market(BipartiteShape const&, std::uint64_t seed);

struct BipartiteSize {
  std::size_t prefill = 200'000, timed = 1'000'000;
};
/// `Command::book` is a signature's row (buy) or an instrument's row (sell). Mix: 42 % passive, 40 % cancels,
/// 9 % replaces, 9 % aggressive (half of them immediate-or-cancel).
[[nodiscard]] Stream bipartite_stream(Market const&, BipartiteSize, std::uint64_t seed);

/// Instruments per signature row, and signatures per instrument row.
struct Degrees {
  std::vector<std::uint32_t> of_signature, of_instrument;
};
[[nodiscard]] Degrees degrees_of(Market const&);

}  // namespace spillway::bench
