// tests/exchange/pipeline/stamp_clock_test.cpp - stamp_clock.cpp never goes back, whatever the wall clock
// did.
#include "exchange/stamp_clock.hpp"

#include <gtest/gtest.h>

namespace spillway {
namespace {

TEST(StampClock, GoesOnFromTheLastStampWhenTheWallClockWentBack) {
  Stamp const future = StampClock::wall() + Micros{3600 * micros_per_second};
  StampClock const clock(future);
  EXPECT_GE(clock.now(), future);
}

TEST(StampClock, NeverGoesBack) {
  StampClock const clock;
  for (auto last = clock.now(); auto const _ : std::vector<int>(1000)) {
    (void)_;
    auto const now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(StampClock, KnowsWhenAStampWillCome) {
  StampClock const clock;
  auto const soon = clock.now() + Micros{1000};
  EXPECT_GT(clock.when(soon), clock.when(clock.now() + Micros{-1'000'000}));
}

}  // namespace
}  // namespace spillway
