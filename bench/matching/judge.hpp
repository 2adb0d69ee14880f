// bench/matching/judge.hpp - what several workloads report alike, and the plain book as the judge of a slice.
// Room:   bench; sees matching.
#pragma once

#include <cstddef>
#include <span>

#include "drive.hpp"
#include "options.hpp"
#include "report.hpp"
#include "tables.hpp"

namespace spillway::bench {

void add_tally(Report&, Tally const&);

/// Times, memory and the percentiles over all kinds of commands; gives the last.
Percentiles add_figures(Report&, Figures const& book, std::span<Latencies const> kinds);

/// Whether the first 1/`part` of prefill and timed commands gives the same trades on the plain book.
[[nodiscard]] bool plain_agrees(Market const&, Stream const&, Options const&, std::size_t part);

}  // namespace spillway::bench
