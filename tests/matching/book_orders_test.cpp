// tests/matching/book_orders_test.cpp - what happens to an order. Covers demand.cpp, plain_book.cpp,
// plain_book_orders.cpp and plain_book_checks.cpp as well.
#include "rig.hpp"

namespace spillway {
namespace {

using namespace rig;

auto const lease_sz = capacity_of(class_a, cn_sz);

TEST(Orders, TakeTheLowestPriceThenTheEarliestOffer) {
  Market m;
  auto const n1 = m.node(class_a, us_east, 4), n2 = m.node(class_a, us_east, 4);
  auto const dear = m.offer(n1, lease_east, 12, 1'000);
  auto const early = m.offer(n1, lease_east, 11, 1'000);
  auto const late = m.offer(n2, lease_east, 11, 1'000);
  m.order(wants_capacity(), 12, 3'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{early, 1'000, 11}, {late, 1'000, 11}, {dear, 1'000, 12}}));
}

TEST(Orders, TradeAtTheRestingSidesPrice) {
  Market m;
  auto const node = m.node(class_a, us_east, 4);
  auto const cheap = m.offer(node, lease_east, 10, 1'000);
  m.order(wants_capacity(), 99, 1'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{cheap, 1'000, 10}}))
      << "the buyer's limit is better than needed";
  m.order(wants_capacity(), 50, 1'000);
  auto const late = m.offer(node, lease_east, 10, 1'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{late, 1'000, 50}})) << "the seller asked less than was bid";
  EXPECT_FALSE(m.matches[0].taker_is_buyer);
}

TEST(Orders, NeverWalkThroughTheirOwnLimit) {
  Market m;
  auto const node = m.node(class_a, us_east, 4);
  auto const inside = m.offer(node, lease_east, 10, 1'000);
  auto const outside = m.offer(node, lease_east, 11, 1'000);
  auto const order = m.order(wants_capacity(), 10, 3'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{inside, 1'000, 10}}));
  EXPECT_EQ(m.book.open_lots(order).v, 2'000);
  EXPECT_EQ(m.book.rest_lots(outside).v, 1'000);
}

TEST(Orders, RestInPriorityOrderAndAreMetHighestFirst) {
  Market m;
  auto const low = m.order(wants_capacity(), 10, 1'000);
  auto const early = m.order(wants_capacity(), 20, 1'000);
  auto elsewhere = wants_capacity();
  elsewhere.within = {us};
  auto const late_of_other_signature = m.order(elsewhere, 20, 1'000);
  auto const node = m.node(class_a, us_east, 4);
  m.offer(node, lease_east, 5, 3'000);
  ASSERT_EQ(m.matches.size(), 3u);
  EXPECT_EQ(m.matches[0].order, early);
  EXPECT_EQ(m.matches[1].order, late_of_other_signature);
  EXPECT_EQ(m.matches[2].order, low);
  EXPECT_EQ(m.matches[2].price.v, 10u);
}

TEST(Orders, AcceptingFortyInstrumentsRestOnceAndTakeTheBestOfThem) {
  Market m;
  std::vector<Place> more;
  for (std::uint16_t i = 1; i <= 40; ++i)
    more.push_back(
        place(PlaceId{static_cast<std::uint16_t>(places + i)}, us, "us:" + std::to_string(i), -1, -1));
  accept(m.reference.set_places(more));
  std::vector<NodeId> nodes;
  for (auto const& p : more) nodes.push_back(m.node(class_a, p.id, 1));
  auto anywhere = wants_capacity();
  anywhere.within = {us};
  auto const waiting = m.order(anywhere, 50, 1'000);
  EXPECT_EQ(m.book.resting_orders_of(m.buyer), 1u);
  m.offer(nodes[17], capacity_of(class_a, more[17].id), 50, 1'000);
  ASSERT_EQ(m.matches.size(), 1u);
  EXPECT_EQ(m.matches[0].order, waiting);
  EXPECT_EQ(m.book.resting_orders_of(m.buyer), 0u);
  for (std::uint16_t i = 0; i < 40; ++i)
    if (i != 17) m.offer(nodes[i], capacity_of(class_a, more[i].id), 100u - i, 1'000);
  m.order(anywhere, 100, 1'000);
  EXPECT_EQ(m.matches.at(0).price.v, 61u) << "the fortieth asked least";
  EXPECT_EQ(m.book.eligibility().edges(m.signature(anywhere)).size(), 40u);
}

TEST(Orders, PreferNearOnlyAtEqualPrice) {
  Market m;
  auto const far = m.offer(m.node(class_a, cn_sz, 3), lease_sz, 10, 3'000);
  auto const near = m.offer(m.node(class_a, us_east, 3), lease_east, 10, 3'000);
  auto const node_nx = m.node(class_a, cn_nx, 1);
  m.order(wants_capacity(), 10, 1'000, TimeInForce::ioc);
  EXPECT_EQ(m.matches.at(0).offer, far) << "the earlier one";
  m.order(wants_capacity(), 10, 1'000, TimeInForce::ioc, true);
  EXPECT_EQ(m.matches.at(0).offer, near) << "the nearer one";
  auto const cheap = m.offer(node_nx, capacity_of(class_a, cn_nx), 9, 1'000);
  m.order(wants_capacity(), 10, 1'000, TimeInForce::ioc, true);
  EXPECT_EQ(m.matches.at(0).offer, cheap) << "price comes first";
}

TEST(Orders, AnUnknownPathIsTheFarthest) {
  Market m;
  auto const unknown = m.offer(m.node(class_a, cn_nx, 2), capacity_of(class_a, cn_nx), 10, 1'000);
  auto const known = m.offer(m.node(class_a, cn_sz, 2), lease_sz, 10, 1'000);
  auto p = wants_capacity();
  p.buyer_place = us_west;
  m.order(p, 10, 2'000, TimeInForce::ioc, true);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{known, 1'000, 10}, {unknown, 1'000, 10}}));
}

TEST(Orders, IocTakesWhatIsThereAndNeverRests) {
  Market m;
  auto const node = m.node(class_a, us_east, 4);
  m.offer(node, lease_east, 10, 1'000);
  auto const order = m.order(wants_capacity(), 10, 2'000, TimeInForce::ioc);
  EXPECT_EQ(m.matches.size(), 1u);
  EXPECT_FALSE(m.book.rests(order));
  m.offer(node, lease_east, 10, 1'000);
  EXPECT_TRUE(m.matches.empty());
}

TEST(Orders, FokFillsOverManyOffersAndLevelsOrNotAtAll) {
  Market m;
  auto const node = m.node(class_a, us_east, 3);
  auto const a = m.offer(node, lease_east, 10, 1'000), b = m.offer(node, lease_east, 11, 2'000);
  m.order(wants_capacity(), 11, 4'000, TimeInForce::fok);
  EXPECT_TRUE(m.matches.empty());
  EXPECT_EQ(m.book.rest_lots(a).v, 1'000);
  EXPECT_EQ(m.book.rest_lots(b).v, 2'000);
  m.order(wants_capacity(), 11, 3'000, TimeInForce::fok);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{a, 1'000, 10}, {b, 2'000, 11}}));
}

TEST(Orders, FokCountsUnitsAndNotOverlappingOffers) {
  Market m;
  auto const node = m.node(class_a, us_east, 2);
  m.offer(node, lease_east, 10, 2'000);
  m.offer(node, lease_east, 11, 2'000);
  m.order(wants_capacity(), 11, 3'000, TimeInForce::fok);
  EXPECT_TRUE(m.matches.empty()) << "four accelerators on offer, two to be had";
}

TEST(Orders, FokSeesThatAMinimumShutsItOut) {
  Market m;
  m.offer(m.node(class_a, us_east, 4), lease_east, 10, 1'000);
  m.offer(m.node(class_a, us_east, 4), lease_east, 10, 4'000, false, 3'000);
  m.order(wants_capacity(), 10, 3'000, TimeInForce::fok);
  EXPECT_TRUE(m.matches.empty()) << "one from the first leaves two, less than the second's minimum";
  m.order(wants_capacity(), 10, 4'000, TimeInForce::fok);
  EXPECT_EQ(m.matches.size(), 2u);
}

TEST(Orders, ADryRunChangesNothing) {
  Market m;
  auto const offer = m.offer(m.node(class_a, us_east, 4), lease_east, 10, 3'000);
  BookOrder const order{OrderId{900},     m.buyer, m.signature(wants_capacity()), PriceIndex{10}, Lots{2'000},
                        TimeInForce::ioc, false};
  auto const dry = m.book.dry_run(order);
  EXPECT_EQ(m.book.rest_lots(offer).v, 3'000);
  m.matches.clear();
  m.book.place_order(order, m.matches);
  EXPECT_EQ(m.matches, dry);
}

TEST(Orders, AmendedToLessKeepTheirPlace) {
  Market m;
  auto const first = m.order(wants_capacity(), 10, 2'000), second = m.order(wants_capacity(), 10, 1'000);
  m.matches.clear();
  EXPECT_EQ(m.book.amend_order(first, PriceIndex{10}, Lots{1'000}, m.matches).v, 1'000);
  m.offer(m.node(class_a, us_east, 4), lease_east, 10, 1'000);
  EXPECT_EQ(m.matches.at(0).order, first);
  EXPECT_TRUE(m.book.rests(second));
}

TEST(Orders, AmendedToMoreOrAnotherPriceGoToTheTail) {
  Market m;
  auto const first = m.order(wants_capacity(), 10, 1'000), second = m.order(wants_capacity(), 10, 1'000);
  m.book.amend_order(first, PriceIndex{10}, Lots{2'000}, m.matches);
  auto const node = m.node(class_a, us_east, 9);
  m.offer(node, lease_east, 10, 1'000);
  EXPECT_EQ(m.matches.at(0).order, second);
  auto const third = m.order(wants_capacity(), 10, 1'000);
  m.book.amend_order(first, PriceIndex{9}, Lots{1'000}, m.matches);
  m.book.amend_order(first, PriceIndex{10}, Lots{1'000}, m.matches);
  m.offer(node, lease_east, 10, 1'000);
  EXPECT_EQ(m.matches.at(0).order, third);
}

TEST(Orders, AmendedAcrossTheBookTradeInsteadOfCrossing) {
  Market m;
  auto const offer = m.offer(m.node(class_a, us_east, 4), lease_east, 20, 1'000);
  auto const order = m.order(wants_capacity(), 10, 2'000);
  m.matches.clear();
  EXPECT_EQ(m.book.amend_order(order, PriceIndex{25}, Lots{2'000}, m.matches).v, 1'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{offer, 1'000, 20}}));
  m.book.check_invariants();
}

TEST(Orders, ACancelInTheMiddleLeavesTheQueueWhole) {
  Market m;
  auto const a = m.order(wants_capacity(), 10, 1'000), b = m.order(wants_capacity(), 10, 1'000),
             c = m.order(wants_capacity(), 10, 1'000);
  m.book.cancel_order(b);
  m.offer(m.node(class_a, us_east, 4), lease_east, 10, 3'000);
  ASSERT_EQ(m.matches.size(), 2u);
  EXPECT_EQ(m.matches[0].order, a);
  EXPECT_EQ(m.matches[1].order, c);
  EXPECT_EQ(m.book.cancel(m.buyer, a), Refusal::dead_id) << "a filled order is no longer there to cancel";
}

TEST(Orders, ForTokensBuyExactlyOneJob) {
  Market m;
  m.offer(m.node(class_a, us_east, 1), east, 10, 3);
  m.order(wants_tokens(), 10, 1, TimeInForce::timed);
  EXPECT_EQ(m.matches.at(0).lots.v, 1);
  BookOrder const two{OrderId{99},      m.buyer, m.signature(wants_tokens()), PriceIndex{10}, Lots{2},
                      TimeInForce::gtc, false};
  EXPECT_EQ(m.book.place(two, m.matches).error(), Refusal::quantity_too_large);
}

TEST(Orders, MayUseSixtyFourSignaturesAtOnce) {
  Market m;
  std::vector<OrderId> resting;
  auto const nth = [](int n) {
    auto p = wants_capacity();
    p.pue_max_milli = 1'000 + 50 * (n % 40);
    p.green_min_milli = 50 * (n / 40);
    return p;
  };
  for (int n = 0; n < 64; ++n) resting.push_back(m.order(nth(n), 10, 1'000));
  EXPECT_EQ(m.book.intern(m.buyer, nth(64)).error(), Refusal::signature_limit);
  EXPECT_TRUE(m.book.intern(m.buyer, nth(5))) << "one that is live already";
  EXPECT_TRUE(m.book.intern(ParticipantId{8}, nth(64))) << "another participant";
  m.book.cancel_order(resting[3]);
  EXPECT_TRUE(m.book.intern(m.buyer, nth(64)));
}

TEST(Orders, AreShownOnEveryInstrumentThatTheyAccept) {
  Market m;
  auto const at_east = m.listed(lease_east), at_sz = m.listed(lease_sz);
  m.order(wants_capacity(), 10, 1'000);
  auto only_us = wants_capacity();
  only_us.within = {us};
  m.order(only_us, 10, 2'000);
  m.order(only_us, 12, 1'000);
  EXPECT_EQ(m.book.bids(at_east, 9),
            (std::vector<Level>{{PriceIndex{12}, Lots{1'000}}, {PriceIndex{10}, Lots{3'000}}}));
  EXPECT_EQ(m.book.bids(at_east, 1).size(), 1u);
  EXPECT_EQ(m.book.bids(at_sz, 9), (std::vector<Level>{{PriceIndex{10}, Lots{1'000}}}));
}

}  // namespace
}  // namespace spillway
