// tests/matching/steps_test.cpp - limits snap to the stricter side. Covers bitset.hpp as well.
#include "matching/steps.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "matching/bitset.hpp"

namespace spillway {
namespace {

TEST(Steps, NeverLoosenALimit) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 20'000; ++i) {
    auto const limit = static_cast<std::int64_t>(random() >> (1 + random() % 62));
    auto const step = latency_step(Micros{limit}).v;
    ASSERT_LE(step, limit);
    ASSERT_GE(step, limit / 10 * 7) << "a step costs less than a third of the limit";
    auto const input = limit % largest_input.v;
    ASSERT_GE(input_step(Tokens{input}).v, input);
    auto const milli = static_cast<std::int32_t>(limit % 1001);
    ASSERT_GE(green_step(milli), milli);
    ASSERT_LE(pue_step(pue_least_milli + milli), pue_least_milli + milli);
  }
}

TEST(Steps, AreFixedPointsOfSnapping) {
  std::mt19937_64 random{2};
  for (int i = 0; i < 20'000; ++i) {
    auto const value = static_cast<std::int64_t>(random() >> (1 + random() % 62));
    auto const latency = latency_step(Micros{value});
    ASSERT_EQ(latency_step(latency), latency);
    auto const input = input_step(Tokens{value % (largest_input.v / 2)});
    ASSERT_EQ(input_step(input), input);
  }
}

TEST(Steps, KeepAnAbsentBoundAbsentAndAStatedOneStated) {
  EXPECT_EQ(latency_step(Micros{0}).v, 0);
  EXPECT_EQ(input_step(Tokens{0}).v, 0);
  for (std::int64_t v = 1; v < 200; ++v) EXPECT_GT(latency_step(Micros{v}).v, 0);
}

TEST(Steps, AreTheRowsThatTheyPromise) {
  EXPECT_EQ(latency_step(Micros{9}).v, 9);
  EXPECT_EQ(latency_step(Micros{11}).v, 10);
  EXPECT_EQ(latency_step(Micros{1'999'999}).v, 1'500'000);
  EXPECT_EQ(latency_step(Micros{2'000'000}).v, 2'000'000);
  EXPECT_EQ(input_step(Tokens{1}).v, 1'000);
  EXPECT_EQ(input_step(Tokens{2'001}).v, 3'000);
  EXPECT_EQ(input_step(Tokens{4'001}).v, 6'000);
  EXPECT_EQ(input_step(Tokens{6'001}).v, 8'000);
  EXPECT_EQ(pue_step(1'299), 1'250);
  EXPECT_EQ(pue_step(9'000), pue_most_milli);
  EXPECT_EQ(green_step(901), 950);
}

TEST(InstrumentSet, IsASetOfNumbers) {
  std::mt19937_64 random{3};
  for (int round = 0; round < 200; ++round) {
    std::set<std::uint32_t> a, b;
    InstrumentSet bits_a, bits_b;
    for (auto n = random() % 60; n > 0; --n) {
      auto const id = static_cast<std::uint32_t>(random() % 400 + 1);
      if (random() % 2) a.insert(id), bits_a.insert(InstrumentId{id});
      if (random() % 3) b.insert(id % 150 + 1), bits_b.insert(InstrumentId{id % 150 + 1});
    }
    auto both = bits_a & bits_b;
    auto either = bits_a;
    either |= bits_b;
    auto only_a = bits_a;
    only_a -= bits_b;
    for (std::uint32_t id = 1; id < 500; ++id) {
      ASSERT_EQ(both.contains(InstrumentId{id}), a.contains(id) && b.contains(id));
      ASSERT_EQ(either.contains(InstrumentId{id}), a.contains(id) || b.contains(id));
      ASSERT_EQ(only_a.contains(InstrumentId{id}), a.contains(id) && !b.contains(id));
    }
    std::vector<std::uint32_t> seen;
    bits_a.for_each([&](InstrumentId id) { seen.push_back(id.v); });
    ASSERT_EQ(seen, std::vector<std::uint32_t>(a.begin(), a.end()));
    ASSERT_EQ(bits_a.size(), a.size());
    ASSERT_EQ(bits_a == bits_b, a == b);
    only_a |= both;
    ASSERT_EQ(only_a, bits_a);
  }
}

}  // namespace
}  // namespace spillway
