// tests/sim/generators_test.cpp - generated offers and requests have the statistics they are fitted to, from
// one seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "shipped.hpp"
#include "sim/offers.hpp"
#include "sim/prices.hpp"
#include "sim/trace.hpp"

namespace spillway::sim {
namespace {

std::int64_t quantile(std::vector<std::int64_t> values, double q) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

TEST(GeneratedTrace, IsTheSameForOneSeedAndAnotherForAnother) {
  auto const at = [](std::uint64_t seed) {
    std::vector<std::int64_t> numbers;
    for (auto const& r : generated_trace(seed, 60))
      numbers.insert(numbers.end(), {r.arrival.v, r.prompt.v, r.generated.v});
    return numbers;
  };
  EXPECT_EQ(at(1), at(1));
  EXPECT_NE(at(1), at(2));
}

TEST(GeneratedTrace, HasTheRateTheBurstsAndTheSizesOfThePublishedOne) {
  auto const trace = generated_trace(20260501, 100'000);
  ASSERT_EQ(trace.size(), 257'000u);
  std::vector<std::int64_t> prompts, answers;
  double logs = 0, squares = 0;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    prompts.push_back(trace[i].prompt.v);
    answers.push_back(trace[i].generated.v);
    if (i == 0) continue;
    auto const gap = (trace[i].arrival - trace[i - 1].arrival).v;
    ASSERT_GE(gap, 0);
    auto const log = std::log(static_cast<double>(std::max<std::int64_t>(gap, 1)));
    logs += log;
    squares += log * log;
  }
  // With so long a tail the CV of a sample lies far below that of its law, so the law's is taken from the
  // logarithms.
  auto const n = static_cast<double>(trace.size() - 1);
  auto const variance = squares / n - (logs / n) * (logs / n);
  EXPECT_NEAR(std::sqrt(std::exp(variance) - 1), 13.2, 0.5) << "coefficient of variation of the gaps";
  EXPECT_LE(trace.back().arrival, Micros{100'000'000'000});
  EXPECT_NEAR(static_cast<double>(quantile(prompts, 0.5)), 1'469, 30);
  EXPECT_EQ(quantile(prompts, 0.99), 7'437);
  EXPECT_GE(quantile(prompts, 0), 3);
  EXPECT_EQ(quantile(answers, 0.5), 13);
  EXPECT_NEAR(static_cast<double>(quantile(answers, 0.99)), 252, 30);
  EXPECT_EQ(quantile(answers, 0), 6);
  EXPECT_LE(quantile(answers, 1), 1'899);
}

TEST(GeneratedTrace, OfNoSecondsIsEmpty) { EXPECT_TRUE(generated_trace(1, 0).empty()); }

TEST(GeneratedOffers, SpreadOverPlacesAndClassesAtPublishedPrices) {
  auto const generated = generated_offers(tables(), 7, 4'000);
  ASSERT_EQ(generated.offers.size(), 4'000u);
  std::set<PlaceId> places;
  std::set<ClassId> classes;
  std::vector<std::int64_t> l4, h100;
  for (auto const& offer : generated.offers) {
    ASSERT_TRUE(on_grid(offer.price) && offer.price.v > 0);
    ASSERT_TRUE(offer.spot && *offer.spot <= offer.price);
    ASSERT_TRUE(offer.count >= 1 && offer.count <= 8);
    places.insert(offer.place);
    classes.insert(offer.klass);
    if (offer.klass == tables().class_of("L4")->id) l4.push_back(price_of(offer.price).v);
    if (offer.klass == tables().class_of("H100-SXM")->id) h100.push_back(price_of(offer.price).v);
  }
  EXPECT_GE(places.size(), 100u);
  EXPECT_EQ(classes.size(), 12u);
  EXPECT_NEAR(static_cast<double>(quantile(l4, 0.5)) / 1e9, 1.05, 0.05);
  EXPECT_NEAR(static_cast<double>(quantile(h100, 0.5)) / 1e9, 7.89, 0.8);
  EXPECT_LE(quantile(h100, 1), 23'330'000'000);
}

TEST(GeneratedOffers, AHundredOffersReachTwentyPlaces) {
  std::set<PlaceId> places;
  for (auto const& offer : generated_offers(tables(), 1, 120).offers) places.insert(offer.place);
  EXPECT_GE(places.size(), 20u);
}

TEST(GeneratedPrices, GrowWithTheModel) {
  auto const prices = generated_prices(tables());
  auto const price = [&](char const* name) {
    return price_of(prices[tables().model_of(name)->id.v - 1u].price).v;
  };
  EXPECT_LT(price("deepseek-r1-distill-qwen-1.5b"), price("deepseek-r1-distill-qwen-7b"));
  EXPECT_LT(price("deepseek-r1-distill-qwen-7b"), price("deepseek-r1-distill-llama-70b"));
}

}  // namespace
}  // namespace spillway::sim
