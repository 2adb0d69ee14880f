// bench/matching/measure.cpp - clocks and percentiles.
// Room:   bench; sees the standard library only.
#include "measure.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <numeric>

namespace spillway::bench {

namespace {

std::int64_t clock_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

StampScale measured_scale() {
  auto const start_ns = clock_ns(CLOCK_MONOTONIC);
  auto const start = stamp();
  while (clock_ns(CLOCK_MONOTONIC) - start_ns < 20'000'000) settle();
  auto const ticks = stamp() - start;
  auto const spent_ns = clock_ns(CLOCK_MONOTONIC) - start_ns;
  std::vector<std::uint64_t> empty(1'001);
  for (auto& bracket : empty) {
    auto const before = stamp();
    bracket = stamp() - before;
  }
  std::ranges::nth_element(empty, empty.begin() + 500);
  return {static_cast<double>(ticks) / static_cast<double>(spent_ns), empty[500]};
}

}  // namespace

std::int64_t thread_cpu_ns() { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size_pages{}, resident_pages{};
  statm >> size_pages >> resident_pages;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

std::int64_t page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

StampScale const& stamp_scale() {
  static StampScale const scale = measured_scale();
  return scale;
}

Percentiles Latencies::percentiles() const {
  if (ticks_.empty()) return {};
  auto const& scale = stamp_scale();
  auto sorted = ticks_;
  std::ranges::sort(sorted);
  auto const ns = [&](double ticks) {
    return std::max(0.0, ticks - static_cast<double>(scale.bracket_ticks)) / scale.ticks_per_ns;
  };
  auto const at = [&](std::size_t per_mille) {
    return ns(static_cast<double>(sorted[(sorted.size() - 1) * per_mille / 1'000]));
  };
  auto const sum = std::accumulate(sorted.begin(), sorted.end(), std::uint64_t{0});
  return {at(500), at(990), at(999), ns(static_cast<double>(sum) / static_cast<double>(sorted.size())),
          sorted.size()};
}

double Runs::least() const { return values.empty() ? 0 : *std::ranges::min_element(values); }

double Runs::median() const {
  if (values.empty()) return 0;
  auto sorted = values;
  std::ranges::sort(sorted);
  return sorted[sorted.size() / 2];
}

}  // namespace spillway::bench
