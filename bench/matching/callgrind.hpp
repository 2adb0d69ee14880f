// bench/matching/callgrind.hpp - instruction counts of named slices, taken by running this program under
// valgrind.
// Room:   bench; sees the standard library only. Note: counts repeat to 0.1 % on any machine, which times do
//         not: gates look at counts.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace spillway::bench {

[[nodiscard]] bool under_valgrind();

/// While one lives, what runs is counted; its end writes the counts down under its name. Nothing outside
/// valgrind.
class CountedSlice {
 public:
  explicit CountedSlice(std::string name);
  ~CountedSlice();
  CountedSlice(CountedSlice const&) = delete;
  CountedSlice& operator=(CountedSlice const&) = delete;

 private:
  std::string name_;
};

struct SliceCounts {
  std::string name;
  std::uint64_t instructions{}, d1_misses{}, ll_misses{};  // misses of simulated caches of 32 KiB and 32 MiB
};

/// Runs this program again under callgrind with the same arguments, and reads what its slices wrote.
[[nodiscard]] std::expected<std::vector<SliceCounts>, std::string> count_slices(int argc, char** argv);

}  // namespace spillway::bench
