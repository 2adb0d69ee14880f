// bench/matching/runs.hpp - the workloads, one function each: they fill a report and say whether all checks
// held.
// Room:   bench; sees the standard library only.
#pragma once

#include "options.hpp"
#include "report.hpp"

namespace spillway::bench {

/// Whether everything that can be checked was as it must be; the report says what was not.
using Held = bool;

[[nodiscard]] Held run_common(Options const&, Report&);
[[nodiscard]] Held run_bipartite(Options const&, Report&);
[[nodiscard]] Held run_offers(Options const&, Report&);
[[nodiscard]] Held run_growth(Options const&, Report&);
[[nodiscard]] Held run_memory(Options const&, Report&);
[[nodiscard]] Held run_storm(Options const&, Report&);
[[nodiscard]] Held run_relink(Options const&, Report&);
/// The slice for instruction counts, inside valgrind.
[[nodiscard]] Held run_slice(Options const&);
[[nodiscard]] Held run_bipartite_slice(Options const&);
inline constexpr std::size_t slice_commands = 200'000;

}  // namespace spillway::bench
