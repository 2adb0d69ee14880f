// exchange/src/stamp_clock.cpp - reads the clocks, here and nowhere else in the exchange.
#include "exchange/stamp_clock.hpp"

#include <algorithm>

namespace spillway {

using std::chrono::duration_cast;
using std::chrono::microseconds;

Stamp StampClock::wall() {
  return Stamp{duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

StampClock::StampClock(Stamp not_before)
    : base_(std::max(wall(), not_before)), start_(std::chrono::steady_clock::now()) {}

Stamp StampClock::now() const {
  return base_ + Micros{duration_cast<microseconds>(std::chrono::steady_clock::now() - start_).count()};
}

std::chrono::steady_clock::time_point StampClock::when(Stamp stamp) const {
  return start_ + microseconds((stamp - base_).v);
}

}  // namespace spillway
