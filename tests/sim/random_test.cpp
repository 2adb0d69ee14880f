// tests/sim/random_test.cpp - the draws are the ones of SplitMix64, and keep their shapes.
#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace spillway::sim {
namespace {

TEST(Random, GivesTheKnownSequenceOfSplitMix64) {
  Random random{1234567};
  EXPECT_EQ(random.bits(), 6457827717110365317u);
  EXPECT_EQ(random.bits(), 3203168211198807973u);
}

TEST(Random, DrawsStayInTheirRange) {
  Random random{1};
  for (int i = 0; i < 100'000; ++i) {
    auto const u = random.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    ASSERT_LT(random.below(7), 7u);
    ASSERT_TRUE(std::isfinite(random.normal()));
    ASSERT_GT(random.lognormal(0, 2), 0);
  }
}

TEST(Random, NormalDrawsHaveMeanZeroAndSpreadOne) {
  Random random{2};
  double sum = 0, squares = 0;
  constexpr int n = 200'000;
  for (int i = 0; i < n; ++i) {
    auto const x = random.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(squares / n, 1, 0.02);
}

TEST(Random, WeightedDrawsFollowTheirWeightsAndNeverTakeAWeightOfZero) {
  Random random{3};
  std::array<std::int64_t, 4> const weights{1, 0, 3, 6};
  std::array<int, 4> drawn{};
  for (int i = 0; i < 100'000; ++i) ++drawn[random.weighted(weights)];
  EXPECT_EQ(drawn[1], 0);
  EXPECT_NEAR(drawn[0], 10'000, 600);
  EXPECT_NEAR(drawn[2], 30'000, 900);
  EXPECT_NEAR(drawn[3], 60'000, 1'000);
}

TEST(RandomDeathTest, NothingToChooseFromIsABug) {
  Random random{4};
  EXPECT_DEATH((void)random.below(0), "something to choose from");
}

}  // namespace
}  // namespace spillway::sim
