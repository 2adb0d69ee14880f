// tests/market/decimal_test.cpp - decimal text survives the way there and back, and bad text names its fault.
#include "market/decimal.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace spillway {
namespace {

TEST(Decimal, WhatIsPrintedIsReadBack) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 100'000; ++i) {
    Nano const amount{static_cast<std::int64_t>(random()) >>
                      std::uniform_int_distribution<int>{0, 62}(random)};
    if (amount.v == std::numeric_limits<std::int64_t>::min()) continue;
    auto const read = parse_money(money_text(amount, i % 10));
    ASSERT_TRUE(read.has_value()) << money_text(amount);
    ASSERT_EQ(*read, amount);
    auto const milli = static_cast<std::int64_t>(random() >> 1);
    ASSERT_EQ(parse_milli(milli_text(milli)), milli);
  }
}

TEST(Decimal, MoneyPrintsAtLeastTwoPlacesAndNoIdleZeros) {
  EXPECT_EQ(money_text(Nano{1'500'000'000}), "1.50");
  EXPECT_EQ(money_text(Nano{0}), "0.00");
  EXPECT_EQ(money_text(Nano{1}), "0.000000001");
  EXPECT_EQ(money_text(Nano{-12'340'000'000}), "-12.34");
  EXPECT_EQ(money_text(Nano{3'000'000'000}, 0), "3");
  EXPECT_EQ(money_text(Nano{3'100'000'000}, 6), "3.100000");
  EXPECT_EQ(money_text(Nano{std::numeric_limits<std::int64_t>::min()}), "-9223372036.854775808");
}

TEST(Decimal, ReadsPlainNumbers) {
  EXPECT_EQ(parse_money("12.34"), Nano{12'340'000'000});
  EXPECT_EQ(parse_money("-0.5"), Nano{-500'000'000});
  EXPECT_EQ(parse_money("007"), Nano{7'000'000'000});
  EXPECT_EQ(parse_milli("1.5"), 1'500);
  EXPECT_EQ(parse_milli("0.333"), 333);
}

TEST(Decimal, NamesTheFaultOfBadText) {
  using enum DecimalError;
  for (auto const* text : {"", "-"}) EXPECT_EQ(parse_money(text).error(), empty) << text;
  for (auto const* text :
       {"a", "1e5", " 1", "1 ", "+1", "--1", ".5", "5.", ".", "1.2.3", "1,5", "0x10", "inf", "nan"})
    EXPECT_EQ(parse_money(text).error(), not_a_number) << text;
  EXPECT_EQ(parse_money("1.0000000000").error(), too_many_places);
  EXPECT_EQ(parse_money("9223372036.854775808").error(), too_large);
  EXPECT_EQ(parse_money("99999999999999999999999").error(), too_large);
  EXPECT_EQ(parse_milli("0.1234").error(), too_many_places);
  EXPECT_EQ(parse_milli("-1").error(), not_a_number);
  EXPECT_EQ(parse_money("9223372036.854775807"), Nano{std::numeric_limits<std::int64_t>::max()});
  for (auto const error : {empty, not_a_number, too_many_places, too_large})
    EXPECT_GT(std::string_view{sentence(error)}.size(), 10u);
}

}  // namespace
}  // namespace spillway
