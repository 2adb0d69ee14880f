// apps/audit/src/stopwatch.hpp - how long a pass took: by the clock, and by what the process computed.
// Room:   apps, library audit, private.
// Units:  microseconds.
#pragma once

#include <chrono>
#include <ctime>

#include "market/units.hpp"

namespace spillway {

class Stopwatch {
 public:
  [[nodiscard]] Micros wall() const {
    using namespace std::chrono;
    return Micros{duration_cast<microseconds>(steady_clock::now() - started_).count()};
  }
  /// Of all threads, on a busy machine too.
  [[nodiscard]] Micros cpu() const {
    return Micros{(std::clock() - computed_) * (micros_per_second / CLOCKS_PER_SEC)};
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::clock_t computed_ = std::clock();
};

}  // namespace spillway
