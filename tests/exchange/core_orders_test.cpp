// tests/exchange/core_orders_test.cpp - orders and what they are refused for: exchange/src/core_orders.cpp,
// core_order_checks.cpp, core_fills.cpp.
#include <functional>

#include "core_world.hpp"

namespace spillway {
namespace {

Nano const all{100 * nano_per_unit};

/// Each row breaks the order in one more way; the earliest rule of refusal.hpp is the one that answers.
TEST(CoreOrders, AreRefusedInTheOrderOfTheList) {
  World w;
  auto c = w.token_order(PriceIndex{price_steps}, TimeInForce::fok);
  c.client = {}, c.quantity = Lots{2}, c.input = Tokens{40'000}, c.output_max = Tokens{5'000};
  c.predicate.within = {here}, c.predicate.outside = {here};
  c.predicate.models = {ModelId{9}};
  w.must(SetHalt{true});
  struct Row {
    Refusal why;
    std::function<void()> mend;
  };
  std::vector<Row> const rows{
      {Refusal::malformed, [&] { c.client = w.client(); }},
      {Refusal::halted, [&] { w.must(SetHalt{false}); }},
      {Refusal::quantity_too_large, [&] { c.quantity = Lots{1}; }},
      {Refusal::price_off_grid, [&] { c.limit = highest_price; }},
      {Refusal::input_too_long, [&] { c.input = Tokens{1'000}; }},
      {Refusal::output_too_long, [&] { c.output_max = Tokens{2'000}; }},
      {Refusal::unknown_model, [&] { c.predicate.models = {seven}; }},
      {Refusal::predicate_empty, [&] { c.predicate.outside = {}; }},
      {Refusal::funds_short, [&] { c.limit = units(1); }},
      {Refusal::fok_unfillable, [&] { c.tif = TimeInForce::ioc; }},
      {Refusal::none, [] {}},
  };
  for (auto const& row : rows) {
    EXPECT_EQ(w.send(carl, c), row.why) << name(row.why);
    EXPECT_EQ(w.funds(carl), all) << "a refused order holds nothing";
    row.mend();
  }
}

TEST(CoreOrders, NeedABuyer) {
  World w;
  EXPECT_EQ(w.send(ada, w.token_order(units(1))), Refusal::role_missing);
  EXPECT_EQ(w.send(system_itself, w.token_order(units(1))), Refusal::role_missing);
}

TEST(CoreOrders, AMarketOrderNeedsProtection) {
  World w;
  auto c = w.token_order(PriceIndex{0}, TimeInForce::ioc);
  c.market = true;
  EXPECT_EQ(w.send(carl, c), Refusal::market_unprotected);
}

TEST(CoreOrders, AnIocOrderNeverRests) {
  World w;
  auto const id = w.order(carl, w.token_order(units(1), TimeInForce::ioc));
  EXPECT_EQ(w.core.order(id)->phase, OrderPhase::cancelled);
  EXPECT_EQ(w.last.records.back().head.code, static_cast<std::uint16_t>(Refusal::ioc_unfilled));
  EXPECT_EQ(w.funds(carl), all);
}

TEST(CoreOrders, FokIsAllOrNothingOverAnyNumberOfOffers) {
  World w;
  auto const first = w.add_proven_node(ada, 2);
  auto const second = w.add_proven_node(bert, 2);
  w.offer(ada, w.capacity_offer(first, units(1), 2));
  w.offer(bert, w.capacity_offer(second, units(2), 2));
  EXPECT_EQ(w.send(carl, w.capacity_order(units(2), 5, TimeInForce::fok)), Refusal::fok_unfillable);
  EXPECT_EQ(w.send(carl, w.capacity_order(units(2), 4, TimeInForce::fok)), Refusal::none);
  EXPECT_EQ(w.seen<record::Fill>().size(), 2u);
}

TEST(CoreOrders, ATimedOrderExpiresAndItsHoldGoesBack) {
  World w;
  auto c = w.token_order(units(1));
  auto const by_default = w.order(carl, c);
  c = w.token_order(units(1));
  c.good_for = seconds(60);
  auto const longer = w.order(carl, c);
  c.client = w.client(), c.good_for = seconds(121);
  EXPECT_EQ(w.send(carl, c), Refusal::time_too_long);
  EXPECT_EQ(w.core.order(by_default)->expires, w.now + seconds(10));
  w.pass(seconds(10));
  EXPECT_EQ(w.core.order(by_default)->phase, OrderPhase::expired);
  EXPECT_EQ(w.core.order(longer)->phase, OrderPhase::resting);
  w.pass(seconds(50));
  EXPECT_EQ(w.core.order(longer)->phase, OrderPhase::expired);
  EXPECT_EQ(w.funds(carl), all);
}

TEST(CoreOrders, AreCancelledByTheirOwnerOrTheGateway) {
  World w;
  auto const mine = w.order(carl, w.token_order(units(1)));
  auto const other = w.order(carl, w.token_order(units(1)));
  EXPECT_EQ(w.send(dora, CancelOrder{mine, CancelReason::asked}), Refusal::not_yours);
  EXPECT_EQ(w.send(carl, CancelOrder{mine, CancelReason::asked}), Refusal::none);
  EXPECT_EQ(w.send(carl, CancelOrder{mine, CancelReason::asked}), Refusal::dead_id);
  EXPECT_EQ(w.send(system_itself, CancelOrder{other, CancelReason::disconnected}), Refusal::none);
  EXPECT_EQ(w.last.records.back().head.code, static_cast<std::uint16_t>(CancelReason::disconnected));
  EXPECT_EQ(w.send(carl, CancelOrder{OrderId{9'999}, CancelReason::asked}), Refusal::unknown_id);
  EXPECT_EQ(w.funds(carl), all);
}

TEST(CoreOrders, AnAmendedLimitChangesTheHoldAndMayTrade) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, units(3)));
  auto const id = w.order(dora, w.token_order(units(2)));
  EXPECT_EQ(w.escrow(dora), Nano{1'515'000});
  EXPECT_EQ(w.send(carl, AmendOrder{id, units(1), {}}), Refusal::not_yours);
  EXPECT_EQ(w.send(dora, AmendOrder{id, units(1), Lots{2}}), Refusal::quantity_too_large);
  EXPECT_EQ(w.send(dora, AmendOrder{id, units(1), {}}), Refusal::none);
  EXPECT_EQ(w.escrow(dora), Nano{757'500});
  EXPECT_EQ(w.send(dora, AmendOrder{id, highest_price, {}}), Refusal::funds_short);
  EXPECT_EQ(w.send(dora, AmendOrder{id, units(4), {}}), Refusal::none);
  EXPECT_EQ(w.seen<record::Fill>().at(0).price, units(3).v) << "at the resting side's price";
  EXPECT_EQ(w.send(dora, AmendOrder{id, units(4), {}}), Refusal::dead_id);
}

TEST(CoreOrders, CapacityIsAmendedInLots) {
  World w;
  auto c = w.capacity_order(units(1), 2);
  c.predicate.classes = {small};
  c.quantity = Lots{250};
  auto const id = w.order(carl, c);
  EXPECT_EQ(w.send(carl, AmendOrder{id, units(1), Lots{100}}), Refusal::quantity_not_a_lot);
  EXPECT_EQ(w.send(carl, AmendOrder{id, units(1), Lots{0}}), Refusal::quantity_zero);
  EXPECT_EQ(w.send(carl, AmendOrder{id, units(1), Lots{750}}), Refusal::none);
  EXPECT_EQ(w.core.order(id)->open, Lots{750});
  auto whole = w.capacity_order(units(1), 1);
  whole.quantity = Lots{250};
  EXPECT_EQ(w.send(carl, whole), Refusal::quantity_not_a_lot) << "it accepts classes that can't be cut";
}

TEST(CoreOrders, AMissingMaximumBecomesTheTiers) {
  World w;
  auto c = w.token_order(units(1));
  c.output_max = {};
  EXPECT_EQ(w.core.order(w.order(carl, c))->terms.output_max, Tokens{2'048})
      << "the least of the tiers it may meet";
  c.client = w.client(), c.predicate.tier = standard;
  EXPECT_EQ(w.core.order(w.order(carl, c))->terms.output_max, Tokens{4'096});
}

TEST(CoreOrders, AskForNoTierThatCanNotServeThem) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, units(1)));  // fast: at most 8,192 in and 2,048 out
  auto c = w.token_order(units(1));
  c.output_max = Tokens{3'000};
  auto const id = w.order(carl, c);
  EXPECT_EQ(w.core.order(id)->phase, OrderPhase::resting);
  EXPECT_EQ(w.core.order(id)->terms.predicate.tier, standard);
  c = w.token_order(units(1));
  c.input = Tokens{10'000};
  EXPECT_EQ(w.core.order(w.order(carl, c))->phase, OrderPhase::resting);
}

TEST(CoreOrders, TheHoldWeighsInputByTheHeaviestModel) {
  World w;
  auto c = w.token_order(units(2));
  c.predicate.models = {seven, eight};
  w.order(carl, c);
  EXPECT_EQ(w.escrow(carl), Nano{2'000'000 + 20'000});  // 500 + 1000 x 0.5
}

TEST(CoreOrders, NoMoreRestThanAThousandOfAParticipant) {
  World w;
  w.check_every = 10'000;
  auto const cheap = w.capacity_order(PriceIndex{0}, 1);
  for (int i = 0; i < 1'000; ++i) {
    auto c = cheap;
    c.client = w.client();
    ASSERT_EQ(w.send(carl, c), Refusal::none);
  }
  auto c = cheap;
  c.client = w.client();
  EXPECT_EQ(w.send(carl, c), Refusal::resting_limit);
  c.tif = TimeInForce::ioc;
  EXPECT_EQ(w.send(carl, c), Refusal::none) << "what never rests is no burden";
}

TEST(CoreOrders, AFillTellsThePathItStandsOn) {
  World w;
  auto const node = w.add_proven_node(ada, 1, there);
  w.offer(ada, w.token_offer(node, units(1)));
  auto c = w.token_order(units(1));
  c.predicate.buyer_place = here;
  w.order(carl, c);
  EXPECT_EQ(w.seen<record::Fill>().at(0).path_us, 21'000);
  w.order(carl, w.token_order(units(1)));
  EXPECT_EQ(w.seen<record::Fill>().at(0).path_us, -1) << "the buyer named no place";
}

}  // namespace
}  // namespace spillway
