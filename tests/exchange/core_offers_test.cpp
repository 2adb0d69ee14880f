// tests/exchange/core_offers_test.cpp - offers and what they are refused for: exchange/src/core_offers.cpp.
#include <functional>

#include "core_world.hpp"

namespace spillway {
namespace {

/// Each row breaks the offer in one more way; the earliest rule of refusal.hpp is the one that answers.
TEST(CoreOffers, AreRefusedInTheOrderOfTheList) {
  World w;
  auto const node = w.add_node(ada);
  auto c = w.token_offer(node, units(1));
  struct Row {
    Refusal why;
    std::function<void()> mend;
  };
  c.client = {}, c.quantity = Lots{}, c.price = PriceIndex{price_steps}, c.end = Stamp{1},
  c.node = NodeId{99};
  c.model = ModelId{9}, c.tier = warm;
  w.must(SetHalt{true});
  std::vector<Row> const rows{
      {Refusal::malformed, [&] { c.client = w.client(); }},
      {Refusal::halted, [&] { w.must(SetHalt{false}); }},
      {Refusal::quantity_zero, [&] { c.quantity = Lots{2'000'000}; }},
      {Refusal::quantity_too_large, [&] { c.quantity = Lots{4}; }},
      {Refusal::price_off_grid, [&] { c.price = units(1); }},
      {Refusal::time_past, [&] { c.end = {}; }},
      {Refusal::node_unknown, [&] { c.node = node; }},
      {Refusal::unknown_model, [&] { c.model = seven; }},
      {Refusal::unknown_tier, [&] { c.tier = fast; }},
      {Refusal::unit_unattested, [&] { w.must(World::proof(node, 0)); }},
      {Refusal::none, [] {}},
  };
  for (auto const& row : rows) {
    EXPECT_EQ(w.send(ada, c), row.why) << name(row.why);
    row.mend();
  }
}

TEST(CoreOffers, NeedAProviderAndItsOwnNode) {
  World w;
  auto const node = w.add_proven_node(ada);
  EXPECT_EQ(w.send(carl, w.token_offer(node, units(1))), Refusal::role_missing);
  EXPECT_EQ(w.send(system_itself, w.token_offer(node, units(1))), Refusal::role_missing);
  EXPECT_EQ(w.send(bert, w.token_offer(node, units(1))), Refusal::not_yours);
}

TEST(CoreOffers, StandAloneAtTheirPriceAndSixteenToANode) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, units(1)));
  EXPECT_EQ(w.send(ada, w.token_offer(node, units(1))), Refusal::offer_price_taken);
  for (int i = 2; i <= 16; ++i) w.offer(ada, w.token_offer(node, units(i)));
  EXPECT_EQ(w.send(ada, w.token_offer(node, units(17))), Refusal::offer_limit);
}

TEST(CoreOffers, ComeInLotsOfTheClass) {
  World w;
  auto const whole = w.add_proven_node(ada);
  auto c = w.capacity_offer(whole, units(1), 1);
  c.quantity = Lots{1'500};
  EXPECT_EQ(w.send(ada, c), Refusal::quantity_not_a_lot);
  auto const cut = w.add_proven_node(ada, 1, here, small);
  c = w.capacity_offer(cut, units(1), 1);
  c.quantity = Lots{250};
  EXPECT_EQ(w.send(ada, c), Refusal::none);
  c = w.token_offer(cut, units(1));
  c.tier = standard;
  EXPECT_EQ(w.send(ada, c), Refusal::none);
}

TEST(CoreOffers, TheFirstListsItsInstrument) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, units(1)));
  ASSERT_EQ(w.seen<record::InstrumentListed>().size(), 1u);
  EXPECT_EQ(w.seen<record::InstrumentListed>()[0].place, here.v);
  w.offer(ada, w.token_offer(node, units(2)));
  EXPECT_TRUE(w.seen<record::InstrumentListed>().empty());
}

TEST(CoreOffers, TakeRestingOrdersAtTheOrdersPrice) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.order(carl, w.token_order(units(3)));
  w.offer(ada, w.token_offer(node, units(1)));
  ASSERT_EQ(w.seen<record::Fill>().size(), 1u);
  EXPECT_EQ(w.seen<record::Fill>()[0].price, units(3).v);
  EXPECT_EQ(w.seen<record::Fill>()[0].taker_is_buyer, 0);
}

TEST(CoreOffers, AreAmendedAndCancelledByTheirOwner) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const offer = w.offer(ada, w.token_offer(node, units(5)));
  w.order(carl, w.token_order(units(3)));
  EXPECT_EQ(w.send(bert, AmendOffer{offer, units(3), Lots{4}}), Refusal::not_yours);
  EXPECT_EQ(w.send(ada, AmendOffer{OfferId{9'999}, units(3), Lots{4}}), Refusal::unknown_id);
  EXPECT_EQ(w.send(ada, AmendOffer{offer, units(3), Lots{0}}), Refusal::quantity_zero);
  EXPECT_EQ(w.send(ada, AmendOffer{offer, PriceIndex{price_steps}, Lots{1}}), Refusal::price_off_grid);
  EXPECT_EQ(w.send(ada, AmendOffer{offer, units(3), Lots{2}}), Refusal::none);
  EXPECT_EQ(w.seen<record::Fill>().size(), 1u) << "the new price meets who waits";
  EXPECT_EQ(w.core.offer(offer)->rest, Lots{1});
  EXPECT_EQ(w.send(bert, CancelOffer{offer}), Refusal::not_yours);
  EXPECT_EQ(w.send(ada, CancelOffer{offer}), Refusal::none);
  EXPECT_EQ(w.send(ada, CancelOffer{offer}), Refusal::dead_id);
  EXPECT_EQ(w.send(ada, AmendOffer{offer, units(3), Lots{2}}), Refusal::dead_id);
}

TEST(CoreOffers, EndAtTheirTimeAndWhenTheyAreUsedUp) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto c = w.token_offer(node, units(1), 1);
  c.end = w.now + seconds(5), c.replenish = false;
  auto const timed = w.offer(ada, c);
  c = w.token_offer(node, units(2), 1);
  c.replenish = false;
  auto const once = w.offer(ada, c);
  w.pass(seconds(5));
  EXPECT_EQ(w.core.offer(timed)->phase, OfferPhase::expired);
  w.order(carl, w.token_order(units(2)));
  EXPECT_EQ(w.core.offer(once)->phase, OfferPhase::exhausted);
  EXPECT_EQ(w.send(ada, CancelOffer{once}), Refusal::dead_id);
}

}  // namespace
}  // namespace spillway
