// tests/gateway/server_names_test.cpp - names of clients as ids of the tables, and bytes as tokens.
// Covers: names.cpp, and of relay.cpp the counter of tokens.
#include <gtest/gtest.h>

#include <random>

#include "names.hpp"
#include "reference/tables.hpp"
#include "relay.hpp"

namespace spillway {
namespace {

Reference const& tables() {
  static Reference const reference = [] {
    auto const shipped = shipped_tables();
    Reference r;
    EXPECT_EQ(r.set_places(shipped.places), std::nullopt);
    EXPECT_EQ(r.set_classes(shipped.classes), std::nullopt);
    EXPECT_EQ(r.set_tiers(shipped.tiers), std::nullopt);
    EXPECT_EQ(r.set_models(shipped.models), std::nullopt);
    return r;
  }();
  return reference;
}

msg::Wanted all_unknown() {
  msg::Wanted w;
  w.product = ProductKind::tokens;
  w.models = {"no such model"};
  w.classes = {"no such class"};
  w.within = {"nowhere"};
  w.outside = {"nowhere"};
  w.tier = "no such tier";
  w.buyer_place = "nowhere";
  return w;
}

Refusal refusal_of(msg::Wanted const& wanted) {
  auto const got = resolve(tables(), wanted);
  return got ? Refusal::none : got.error();
}

TEST(Names, TheFirstUnknownNameRefusesTheWholeInTheOrderOfTheList) {
  auto wanted = all_unknown();
  EXPECT_EQ(refusal_of(wanted), Refusal::unknown_model);
  wanted.models = {tables().models().front().name};
  EXPECT_EQ(refusal_of(wanted), Refusal::unknown_class);
  wanted.classes = {tables().classes().front().name};
  EXPECT_EQ(refusal_of(wanted), Refusal::unknown_place);
  wanted.within = {tables().places().front().name};
  EXPECT_EQ(refusal_of(wanted), Refusal::unknown_place);
  wanted.outside.clear();
  EXPECT_EQ(refusal_of(wanted), Refusal::unknown_tier);
  wanted.tier = "fast";
  EXPECT_EQ(refusal_of(wanted), Refusal::unknown_place);
  wanted.buyer_place = tables().places().front().name;
  EXPECT_EQ(refusal_of(wanted), Refusal::none);
}

TEST(Names, EveryRowOfEveryTableIsFoundByItsName) {
  for (auto const& model : tables().models()) {
    msg::Wanted wanted;
    wanted.product = ProductKind::tokens;
    wanted.models = {model.name};
    EXPECT_EQ(resolve(tables(), wanted)->models, std::vector{model.id});
  }
  for (auto const& place : tables().places()) {
    msg::Wanted wanted;
    wanted.within = {place.name};
    EXPECT_EQ(resolve(tables(), wanted)->within, std::vector{place.id});
  }
}

TEST(Names, ATierBelongsToItsProduct) {
  msg::Wanted wanted;
  wanted.product = ProductKind::capacity;
  wanted.tier = "fast";
  EXPECT_EQ(refusal_of(wanted), Refusal::unknown_tier);
  wanted.tier = "warm";
  EXPECT_EQ(refusal_of(wanted), Refusal::none);
}

TEST(Names, ALimitOfZeroOnTheWireIsNoLimit) {
  msg::Wanted wanted;
  auto const open = resolve(tables(), wanted);
  EXPECT_EQ(open->pue_max_milli, unknown_milli);
  EXPECT_EQ(open->green_min_milli, unknown_milli);
  EXPECT_FALSE(open->tier.some());
  EXPECT_FALSE(open->buyer_place.some());
  wanted.pue_max_milli = 1'200;
  wanted.green_min_milli = 500;
  EXPECT_EQ(resolve(tables(), wanted)->pue_max_milli, 1'200);
  EXPECT_EQ(resolve(tables(), wanted)->green_min_milli, 500);
}

TEST(Names, AnOrderCarriesItsInputIntoItsPredicate) {
  msg::PlaceOrder order;
  order.wanted.product = ProductKind::tokens;
  order.input = Tokens{1'234};
  EXPECT_EQ(resolve(tables(), order)->predicate.input, Tokens{1'234});
}

TEST(Names, AnOfferOfCapacityNeedsNoModelAndOneOfTokensDoes) {
  msg::PostOffer offer;
  offer.product = ProductKind::capacity;
  offer.tier = "cold";
  ASSERT_TRUE(resolve(tables(), offer));
  EXPECT_FALSE(resolve(tables(), offer)->model.some());
  offer.product = ProductKind::tokens;
  EXPECT_EQ(resolve(tables(), offer).error(), Refusal::unknown_tier);
  offer.tier = "standard";
  EXPECT_EQ(resolve(tables(), offer).error(), Refusal::unknown_model);
}

TEST(Names, ANodeStandsAtAKnownPlaceAndHasAKnownClass) {
  msg::RegisterNode node{0, ClientOrderId{1}, "nowhere", "nothing", 1};
  EXPECT_EQ(resolve(tables(), node).error(), Refusal::unknown_place);
  node.place = tables().places().front().name;
  EXPECT_EQ(resolve(tables(), node).error(), Refusal::unknown_class);
  node.klass = tables().classes().front().name;
  EXPECT_EQ(resolve(tables(), node)->klass, tables().classes().front().id);
}

TEST(TokenCounter, IsTheSmallestNumberOfTokensThatHoldsTheBytes) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    Model model;
    model.bytes_per_token_milli = static_cast<std::int32_t>(1 + random() % 20'000);
    auto const bytes = random() % (std::uint64_t{1} << (1 + random() % 40));
    auto const tokens = static_cast<std::uint64_t>(count_tokens(model, bytes).v);
    auto const per_token = static_cast<std::uint64_t>(model.bytes_per_token_milli);
    ASSERT_GE(tokens * per_token, bytes * 1000);
    if (tokens > 0) {
      ASSERT_LT((tokens - 1) * per_token, bytes * 1000);
    }
  }
}

TEST(TokenCounter, CountsNothingForNothingAndFourBytesATokenWhereTheTableIsSilent) {
  Model model;
  EXPECT_EQ(count_tokens(model, 0), Tokens{0});
  EXPECT_EQ(count_tokens(model, 1), Tokens{1});
  EXPECT_EQ(count_tokens(model, 4), Tokens{1});
  EXPECT_EQ(count_tokens(model, 5), Tokens{2});
}

}  // namespace
}  // namespace spillway
