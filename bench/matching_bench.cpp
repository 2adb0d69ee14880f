// bench/matching_bench.cpp - what one command costs the order book, beside a bare ladder in the same run.
//
//   matching_bench [workload] [--callgrind] [--json FILE] ...        (--help names them all)
//
// Every run prints its workload, the check values of what it did, and its percentiles; it ends with 1 when a
// check value is not what it must be, for then the times mean nothing.
#include <cstdio>
#include <cstring>

#include "matching/callgrind.hpp"
#include "matching/runs.hpp"

using namespace spillway::bench;

namespace {

/// From outside valgrind: run inside, then print what was counted.
bool report_counts(Options const& options, int argc, char** argv, Report& report) {
  auto const slices = count_slices(argc, argv);
  if (!slices) {
    std::fprintf(stderr, "matching_bench: %s\n", slices.error().c_str());
    return false;
  }
  auto const commands = options.quick ? 2'000 : slice_commands;
  report.add("workload", "callgrind");
  report.add("instruments", options.instruments);
  report.add("commands", std::uint64_t{commands});
  for (auto const& slice : *slices) {
    auto const each = [&](std::uint64_t n) { return static_cast<double>(n) / static_cast<double>(commands); };
    report.add(slice.name + "_instructions", each(slice.instructions));
    report.add(slice.name + "_d1_misses", each(slice.d1_misses));
    report.add(slice.name + "_ll_misses", each(slice.ll_misses));
  }
  return true;
}

bool run(Options const& options, int argc, char** argv, Report& report) {
  if (options.callgrind)
    return under_valgrind() ? run_slice(options) : report_counts(options, argc, argv, report);
  switch (options.workload) {
    case Workload::common:
      return run_common(options, report);
    case Workload::bipartite:
      return run_bipartite(options, report);
    case Workload::offers:
      return run_offers(options, report);
    case Workload::growth:
      return run_growth(options, report);
    case Workload::memory:
      return run_memory(options, report);
    case Workload::storm:
      return run_storm(options, report);
    case Workload::relink:
      return run_relink(options, report);
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) return std::printf("%s", usage()), 0;
  auto const options = parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "matching_bench: %s\n%s", options.error().c_str(), usage());
    return 2;
  }
  Report report;
  bool const held = run(*options, argc, argv, report);
  report.print();
  if (!options->json.empty() && !under_valgrind() && !report.write_json(options->json)) {
    std::fprintf(stderr, "matching_bench: cannot write %s\n", options->json.c_str());
    return 1;
  }
  if (!held)
    std::fprintf(stderr, "matching_bench: what was done is not what must be done; the times mean nothing\n");
  return held ? 0 : 1;
}
