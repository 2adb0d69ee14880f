// tests/gateway/server_meters_test.cpp - what the server counts: percentiles near the exact ones, totals from
// records. Covers: meters.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "meters.hpp"

namespace spillway {
namespace {

std::int64_t exact(std::vector<std::int64_t> const& sorted, std::uint32_t per_mille) {
  auto const rank = std::max<std::size_t>((sorted.size() * per_mille + 999) / 1000, 1);
  return sorted[rank - 1];
}

TEST(Histogram, IsNeverBelowTheExactPercentileAndAtMostASixteenthAbove) {
  std::mt19937_64 random(20260101);
  for (int round = 0; round < 60; ++round) {
    Histogram histogram;
    std::vector<std::int64_t> values;
    auto const size = 1 + random() % 2'000;
    auto const bits = 1 + random() % 62;
    for (std::size_t i = 0; i < size; ++i) {
      // Every magnitude up to 2^bits is as likely as any other.
      values.push_back(static_cast<std::int64_t>(random() >> (64 - 1 - random() % bits)));
      histogram.add(values.back());
    }
    std::sort(values.begin(), values.end());
    ASSERT_EQ(histogram.count(), size);
    for (auto const per_mille : {0u, 1u, 250u, 500u, 900u, 990u, 999u, 1000u}) {
      auto const right = exact(values, per_mille);
      auto const told = histogram.at(per_mille);
      ASSERT_GE(told, right) << size << " values of " << bits << " bits, per mille " << per_mille;
      ASSERT_LE(told - right, right / 16)
          << size << " values of " << bits << " bits, per mille " << per_mille;
    }
  }
}

TEST(Histogram, IsExactBelowThirtyTwo) {
  for (std::int64_t value = 0; value < 32; ++value) {
    Histogram histogram;
    histogram.add(value);
    EXPECT_EQ(histogram.at(500), value);
  }
}

TEST(Histogram, HoldsTheLargestValueAndTakesNegativeOnesForZero) {
  Histogram histogram;
  EXPECT_EQ(histogram.at(500), 0) << "no samples";
  histogram.add(-5);
  EXPECT_EQ(histogram.at(1000), 0);
  histogram.add(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.at(1000), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.at(500), 0);
}

Released released(Command command, std::vector<Record> records, std::int64_t apply_ns = 0) {
  return {{Seq{1}, Stamp{1}, ParticipantId{1}, std::move(command)}, {}, std::move(records), apply_ns};
}

Record offer(std::uint64_t id, OfferPhase phase) {
  record::OfferState state;
  state.offer = id;
  state.phase = static_cast<std::uint8_t>(phase);
  return Record::of(state);
}

Record job(JobPhase phase, Fault fault, std::int64_t output) {
  record::JobState state;
  state.phase = static_cast<std::uint8_t>(phase);
  state.fault = static_cast<std::uint8_t>(fault);
  state.output = output;
  return Record::of(state);
}

TEST(Meters, RememberTheLargestNumberOfOffersLiveAtOnce) {
  Meters meters;
  meters.learn(released(PostOffer{}, {offer(1, OfferPhase::live)}));
  meters.learn(released(PostOffer{}, {offer(2, OfferPhase::live), offer(1, OfferPhase::live)}));
  meters.learn(released(CancelOffer{}, {offer(1, OfferPhase::cancelled)}));
  meters.learn(released(Tick{}, {offer(2, OfferPhase::exhausted)}));
  EXPECT_EQ(meters.offers_live.size(), 1u) << "an exhausted offer may be filled up again";
  meters.learn(released(Tick{}, {offer(2, OfferPhase::expired)}));
  EXPECT_TRUE(meters.offers_live.empty());
  EXPECT_EQ(meters.offers_most, 2u);
}

TEST(Meters, CountJobsByTheirOneEndAndTheirOutputOnce) {
  Meters meters;
  meters.learn(released(JobFirstToken{}, {job(JobPhase::streaming, Fault::unset, 7)}));
  meters.learn(released(JobCompleted{}, {job(JobPhase::completed, Fault::unset, 10)}));
  meters.learn(released(JobFailed{}, {job(JobPhase::failed, Fault::provider, 3)}));
  meters.learn(released(JobFailed{}, {job(JobPhase::failed, Fault::buyer, 0)}));
  EXPECT_EQ(meters.jobs_completed, 1u);
  EXPECT_EQ(meters.jobs_failed, 2u);
  EXPECT_EQ(meters.failed_by_fault[static_cast<std::size_t>(Fault::provider)], 1u);
  EXPECT_EQ(meters.failed_by_fault[static_cast<std::size_t>(Fault::buyer)], 1u);
  EXPECT_EQ(meters.output_tokens, 13);
}

TEST(Meters, CountARefusedOrderAsRefusedAndTimeItAllTheSame) {
  Meters meters;
  meters.learn(released(PlaceOrder{}, {Record::of(record::Refused{}, 50)}, 1'000));
  meters.learn(released(PlaceOrder{}, {Record::of(record::Accepted{})}, 2'000));
  meters.learn(released(PostOffer{}, {Record::of(record::Refused{}, 47)}, 3'000));
  EXPECT_EQ(meters.orders, 1u);
  EXPECT_EQ(meters.refused, 2u);
  EXPECT_EQ(meters.match_ns.count(), 2u);
}

}  // namespace
}  // namespace spillway
