// tests/market/price_grid_test.cpp - properties of the grid over every step, and of prices between steps.
#include "market/price_grid.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace spillway {
namespace {

constexpr Nano above_all{std::numeric_limits<std::int64_t>::max()};

TEST(PriceGrid, EveryStepIsAPriceThatLeadsBackToTheStep) {
  for (std::uint32_t i = 0; i < price_steps; ++i) {
    auto const price = price_of(PriceIndex{i});
    ASSERT_EQ(exact_step(price), PriceIndex{i});
    ASSERT_EQ(step_at_or_above(price), PriceIndex{i});
    ASSERT_EQ(step_at_or_below(price), PriceIndex{i});
  }
}

TEST(PriceGrid, PricesRiseWithTheStep) {
  for (std::uint32_t i = 1; i < price_steps; ++i)
    ASSERT_LT(price_of(PriceIndex{i - 1}), price_of(PriceIndex{i})) << i;
}

TEST(PriceGrid, HasTheStepsThatTheMarketPageStates) {
  EXPECT_EQ(price_of(PriceIndex{0}), Nano{0});
  EXPECT_EQ(price_of(PriceIndex{1}), Nano{1'000});
  EXPECT_EQ(price_of(PriceIndex{9'000}), Nano{9'999});
  EXPECT_EQ(price_of(PriceIndex{9'001}), Nano{10'000});
  EXPECT_EQ(price_of(highest_price), Nano{99'990'000'000'000});
  EXPECT_TRUE(on_grid(highest_price));
  EXPECT_FALSE(on_grid(PriceIndex{price_steps}));
}

TEST(PriceGrid, APriceBetweenStepsIsBracketedByNeighbours) {
  std::mt19937_64 random{20260501};
  for (int i = 0; i < 200'000; ++i) {
    auto const bits = std::uniform_int_distribution<int>{0, 46}(random);
    Nano const price{static_cast<std::int64_t>(random() & ((std::uint64_t{1} << bits) - 1))};
    if (price > price_of(highest_price)) continue;
    auto const below = step_at_or_below(price);
    auto const above = step_at_or_above(price);
    ASSERT_TRUE(below && above) << price.v;
    ASSERT_LE(price_of(*below), price);
    ASSERT_GE(price_of(*above), price);
    auto const exact = exact_step(price);
    ASSERT_EQ(above->v - below->v, exact ? 0u : 1u) << price.v;
    if (exact) {
      ASSERT_EQ(*exact, *below);
    }
  }
}

TEST(PriceGrid, HasNoStepOutsideItsRange) {
  EXPECT_EQ(exact_step(Nano{-1}), std::nullopt);
  EXPECT_EQ(step_at_or_above(Nano{-1}), std::nullopt);
  EXPECT_EQ(step_at_or_below(Nano{-1}), std::nullopt);
  EXPECT_EQ(exact_step(above_all), std::nullopt);
  EXPECT_EQ(step_at_or_above(price_of(highest_price) + Nano{1}), std::nullopt);
  EXPECT_EQ(step_at_or_above(above_all), std::nullopt);
  EXPECT_EQ(step_at_or_below(above_all), highest_price);
}

TEST(PriceGridDeathTest, StopsOnAStepOutsideTheGrid) {
  EXPECT_DEATH((void)price_of(PriceIndex{price_steps}), "on the grid");
}

}  // namespace
}  // namespace spillway
