// tests/market/amounts_test.cpp - money rounding against exact arithmetic, and slices against wholes.
#include "market/amounts.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace spillway {
namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

PriceIndex any_price(std::mt19937_64& random) {
  return PriceIndex{std::uniform_int_distribution<std::uint32_t>{0, price_steps - 1}(random)};
}
std::int64_t any(std::mt19937_64& random, std::int64_t least, std::int64_t last) {
  return std::uniform_int_distribution<std::int64_t>{least, last}(random);
}

TEST(Amounts, DueForTokensIsTheFloorButNeverNothingForPaidWork) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 100'000; ++i) {
    auto const price = any_price(random);
    auto const work = any(random, 0, 1'000'000);
    auto const exact = Wide{price_of(price).v} * work;
    auto const due = due_for_tokens(price, Tokens{work}).v;
    if (exact == 0) {
      ASSERT_EQ(due, 0);
    } else if (exact < tokens_per_price) {
      ASSERT_EQ(due, 1);
    } else {
      ASSERT_TRUE(Wide{due} * tokens_per_price <= exact && exact < Wide{due + 1} * tokens_per_price);
    }
  }
}

TEST(Amounts, SlicesOfWorkPostExactlyWhatTheWholeOwes) {
  std::mt19937_64 random{2};
  for (int round = 0; round < 2'000; ++round) {
    auto const price = any_price(random);
    Tokens work;
    Nano posted;
    for (int slice = 0; slice < 20; ++slice) {
      work += Tokens{any(random, 0, 500)};
      auto const step = due_for_tokens(price, work) - posted;
      ASSERT_GE(step.v, 0) << "running totals never fall";
      posted += step;
    }
    ASSERT_EQ(posted, due_for_tokens(price, work));
    ASSERT_LE(posted, hold_for_tokens(price, work));
  }
}

TEST(Amounts, SlicesOfALeasePostExactlyWhatTheWholeOwes) {
  std::mt19937_64 random{3};
  for (int round = 0; round < 2'000; ++round) {
    auto const price = any_price(random);
    Lots const lots{any(random, 1, 1'000'000)};
    Micros used;
    Nano posted;
    for (int slice = 0; slice < 20; ++slice) {
      used += Micros{any(random, 0, 10'000'000)};
      auto const step = due_for_capacity(price, lots, used) - posted;
      ASSERT_GE(step.v, 0);
      posted += step;
    }
    auto const exact = Wide{price_of(price).v} * lots.v * used.v;
    auto const unit = Wide{milli_per_accelerator} * micros_per_hour;
    if (exact >= unit) {
      ASSERT_TRUE(posted.v == static_cast<std::int64_t>(exact / unit));
    }
    ASSERT_LE(posted, hold_for_capacity(price, lots, used));
    ASSERT_LE(hold_for_capacity(price, lots, used) - posted, Nano{1});
  }
}

TEST(Amounts, AnAcceleratorHourCostsItsPrice) {
  auto const price = *exact_step(Nano{2'790'000'000});
  EXPECT_EQ(due_for_capacity(price, Lots{1'000}, Micros{micros_per_hour}), Nano{2'790'000'000});
  EXPECT_EQ(due_for_capacity(price, Lots{8'000}, Micros{micros_per_hour}), Nano{8 * 2'790'000'000});
  EXPECT_EQ(due_for_tokens(price, Tokens{1'000'000}), Nano{2'790'000'000});
}

TEST(Amounts, FeesOfSlicesAddUpToTheFeeOfTheTotal) {
  std::mt19937_64 random{4};
  for (int round = 0; round < 2'000; ++round) {
    Nano total;
    Nano fees;
    for (int slice = 0; slice < 20; ++slice) {
      total += Nano{any(random, 0, 1'000'000)};
      fees += fee_due(total, 100) - fees;
    }
    ASSERT_EQ(fees.v, total.v / 100);
    ASSERT_GE(fee_due(total, 100), fee_due(total, 20));
  }
}

TEST(Amounts, TheLargestTotalsDoNotOverflow) {
  EXPECT_EQ(fee_due(Nano{most}, 10'000), Nano{most});
  EXPECT_EQ(hold_for_tokens(highest_price, Tokens{most}), Nano{most});
  EXPECT_EQ(hold_for_capacity(highest_price, Lots{most}, Micros{most}), Nano{most});
  EXPECT_EQ(hold_for_capacity(PriceIndex{0}, Lots{1'000}, Micros{most}), Nano{0});
  EXPECT_GT(hold_for_capacity(highest_price, Lots{10'000'000'000}, Micros{10'000'000'000'000}), largest_hold);
}

TEST(Amounts, HoldsRoundUp) {
  auto const price = *exact_step(Nano{1'001});
  EXPECT_EQ(hold_for_tokens(price, Tokens{1}), Nano{1});
  EXPECT_EQ(hold_for_tokens(price, Tokens{1'000'000}), Nano{1'001});
  EXPECT_EQ(hold_for_tokens(price, Tokens{1'000'001}), Nano{1'002});
  EXPECT_EQ(hold_for_tokens(price, Tokens{0}), Nano{0});
}

TEST(Amounts, InputCountsWithItsWeightRaisedToAWholeToken) {
  EXPECT_EQ(work_tokens(Tokens{1'000}, 250, Tokens{40}), Tokens{290});
  EXPECT_EQ(work_tokens(Tokens{1}, 250, Tokens{0}), Tokens{1});
  EXPECT_EQ(work_tokens(Tokens{0}, 250, Tokens{7}), Tokens{7});
  EXPECT_EQ(work_tokens(Tokens{9}, 0, Tokens{7}), Tokens{7});
}

TEST(AmountsDeathTest, NegativeWorkIsABugOfOurs) {
  EXPECT_DEATH((void)due_for_tokens(PriceIndex{1}, Tokens{-1}), "never negative");
  EXPECT_DEATH((void)due_for_tokens(highest_price, Tokens{most}), "fits 64 bits");
}

}  // namespace
}  // namespace spillway
