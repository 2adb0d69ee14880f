// bench/matching/measure.hpp - CPU time of this thread, time-stamp brackets around single commands, resident
// memory.
// Room:   bench; sees the standard library only.
// Units:  nanoseconds and bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spillway::bench {

[[nodiscard]] std::int64_t thread_cpu_ns();
[[nodiscard]] std::int64_t resident_bytes();
[[nodiscard]] std::int64_t page_faults();  // of this process, that no disk had to answer

/// Nothing the compiler knew before this line may be kept in registers, or moved across it.
inline void settle() { asm volatile("" ::: "memory"); }

/// Serialised reads of the processor's time stamp (elsewhere: of the monotonic clock).
inline std::uint64_t stamp() {
#if defined(__x86_64__)
  std::uint32_t low, high;
  asm volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
  return (std::uint64_t{high} << 32) | low;
#else
  return static_cast<std::uint64_t>(thread_cpu_ns());
#endif
}

/// Ticks of `stamp` per nanosecond, and what an empty bracket costs; measured once (about 20 ms).
struct StampScale {
  double ticks_per_ns;
  std::uint64_t bracket_ticks;
};
[[nodiscard]] StampScale const& stamp_scale();

struct Percentiles {
  double p50_ns{}, p99_ns{}, p999_ns{}, mean_ns{};
  std::size_t samples{};
};

/// Isolated latencies: the fences keep commands from overlapping, so their mean is above the CPU time per
/// command.
class Latencies {
 public:
  explicit Latencies(std::size_t samples_max = 0) { ticks_.reserve(samples_max); }
  void add(std::uint64_t ticks) { ticks_.push_back(static_cast<std::uint32_t>(ticks)); }
  void add(Latencies const& others) {
    ticks_.insert(ticks_.end(), others.ticks_.begin(), others.ticks_.end());
  }
  /// The bracket's own cost removed; zeros without samples.
  [[nodiscard]] Percentiles percentiles() const;

 private:
  std::vector<std::uint32_t> ticks_;
};

/// Smallest and middle of some runs.
struct Runs {
  std::vector<double> values;
  void add(double value) { values.push_back(value); }
  [[nodiscard]] double least() const;
  [[nodiscard]] double median() const;
};

}  // namespace spillway::bench
