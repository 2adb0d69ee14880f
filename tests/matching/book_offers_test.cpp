// tests/matching/book_offers_test.cpp - what happens to an offer and its node. Covers supply.cpp and
// supply_reads.cpp, plain_book.cpp, plain_book_offers.cpp, book.cpp.
#include "rig.hpp"

namespace spillway {
namespace {

using namespace rig;

auto const east_tiny = tokens_of(model_tiny, class_a, us_east);

TEST(Offers, OfANodeShrinkTogetherAndGrowTogether) {
  Market m;
  auto const node = m.node(class_a, us_east, 2);
  auto const jobs = m.offer(node, east, 10, 6, true), leases = m.offer(node, lease_east, 10, 2'000, true);
  m.order(wants_tokens(), 10, 1);
  auto const job = m.matches.at(0);
  EXPECT_EQ(m.book.executable_lots(jobs).v, 5);
  EXPECT_EQ(m.book.executable_lots(leases).v, 1'000);
  EXPECT_EQ(m.book.rest_lots(leases).v, 2'000) << "its own rest is untouched";
  m.order(wants_capacity(), 10, 1'000);
  auto const lease = m.matches.at(0);
  EXPECT_EQ(m.book.executable_lots(jobs).v, 2);
  EXPECT_EQ(m.book.executable_lots(leases).v, 0);
  m.ends(job);
  EXPECT_EQ(m.book.executable_lots(leases).v, 1'000);
  m.ends(lease);
  EXPECT_EQ(m.book.executable_lots(jobs).v, 6);
  EXPECT_EQ(m.book.executable_lots(leases).v, 2'000);
}

TEST(Offers, GetReturnedLotsBackAtTheTailWhileTheUnfilledPartKeepsItsPlace) {
  Market m;
  auto const n1 = m.node(class_a, us_east, 9), n2 = m.node(class_a, us_east, 9);
  auto const first = m.offer(n1, lease_east, 10, 2'000, true);
  m.order(wants_capacity(), 10, 1'000);
  auto const lease = m.matches.at(0);
  auto const second = m.offer(n2, lease_east, 10, 1'000);
  m.ends(lease);
  EXPECT_EQ(m.book.rest_lots(first).v, 2'000);
  m.order(wants_capacity(), 10, 3'000);
  EXPECT_EQ(fills(m.matches),
            (std::vector<Fill>{{first, 1'000, 10}, {second, 1'000, 10}, {first, 1'000, 10}}));
}

TEST(Offers, ThatNobodyOvertookGetReturnedLotsBackInOnePiece) {
  Market m;
  auto const offer = m.offer(m.node(class_a, us_east, 9), lease_east, 10, 3'000, true);
  m.order(wants_capacity(), 10, 1'000);
  m.ends(m.matches.at(0));
  m.order(wants_capacity(), 10, 3'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{offer, 3'000, 10}}));
}

TEST(Offers, ReturnedLotsMeetWaitingOrdersFirstAtTheirLimit) {
  Market m;
  auto const node = m.node(class_a, us_east, 1);
  auto const offer = m.offer(node, lease_east, 10, 1'000, true);
  m.order(wants_capacity(), 10, 1'000);
  auto const lease = m.matches.at(0);
  auto const waiting = m.order(wants_capacity(), 15, 1'000);
  EXPECT_TRUE(m.matches.empty());
  m.ends(lease);
  ASSERT_EQ(fills(m.matches), (std::vector<Fill>{{offer, 1'000, 15}}));
  EXPECT_EQ(m.matches[0].order, waiting);
  EXPECT_FALSE(m.matches[0].taker_is_buyer);
}

TEST(Offers, ReturningCapacityLetsSiblingsMeetWaitingOrdersToo) {
  Market m;
  auto const node = m.node(class_a, us_east, 1);
  m.offer(node, lease_east, 10, 1'000);
  m.order(wants_capacity(), 10, 1'000);
  auto const lease = m.matches.at(0);
  auto const jobs = m.offer(node, east, 10, 3);
  auto const waiting = m.order(wants_tokens(), 10, 1);
  EXPECT_TRUE(m.book.rests(waiting));
  m.ends(lease);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{jobs, 1, 10}}));
}

TEST(Offers, WithoutReplenishingGoWithTheirLastLot) {
  Market m;
  auto const node = m.node(class_a, us_east, 2);
  auto const once = m.offer(node, lease_east, 10, 1'000), again = m.offer(node, lease_east, 11, 1'000, true);
  m.order(wants_capacity(), 11, 2'000);
  auto const trades = m.matches;
  EXPECT_FALSE(m.book.live(once));
  EXPECT_TRUE(m.book.live(again));
  EXPECT_EQ(m.book.rest_lots(again).v, 0);
  EXPECT_TRUE(m.book.price_taken(node, m.listed(lease_east), PriceIndex{11}));
  EXPECT_TRUE(m.book.asks(m.listed(lease_east), 9).empty());
  for (auto const& trade : trades) m.ends(trade);
  EXPECT_FALSE(m.book.live(once));
  EXPECT_EQ(m.book.rest_lots(again).v, 1'000);
}

TEST(Offers, CancelledWhileWorkRunsDoNotComeBack) {
  Market m;
  auto const node = m.node(class_a, us_east, 1);
  auto const offer = m.offer(node, lease_east, 10, 1'000, true);
  m.order(wants_capacity(), 10, 1'000);
  auto const lease = m.matches.at(0);
  m.book.cancel_offer(offer);
  m.ends(lease);
  EXPECT_FALSE(m.book.live(offer));
  EXPECT_EQ(m.book.pool(node).executable(lease_east).v, 1'000);
}

TEST(Offers, OfALostNodeAreSteppedOverAndComeBackWithTheirPlace) {
  Market m;
  auto const n1 = m.node(class_a, us_east, 2), n2 = m.node(class_a, us_east, 2);
  auto const first = m.offer(n1, lease_east, 10, 1'000), second = m.offer(n2, lease_east, 10, 2'000);
  m.book.set_available_units(n1, 0);
  EXPECT_EQ(m.book.executable_lots(first).v, 0);
  EXPECT_EQ(m.book.rest_lots(first).v, 1'000);
  EXPECT_EQ(m.book.asks(m.listed(lease_east), 9), (std::vector<Level>{{PriceIndex{10}, Lots{2'000}}}));
  m.order(wants_capacity(), 10, 1'000);
  EXPECT_EQ(m.matches.at(0).offer, second);
  m.book.set_available_units(n1, 2);
  m.meet(n1);
  m.order(wants_capacity(), 10, 1'000);
  EXPECT_EQ(m.matches.at(0).offer, first);
}

TEST(Offers, OfARegainedNodeMeetTheOrdersThatWaited) {
  Market m;
  auto const node = m.node(class_a, us_east, 0);
  m.offer(node, lease_east, 12, 1'000);
  auto const cheaper = m.offer(node, lease_east, 10, 1'000);
  m.order(wants_capacity(), 12, 1'000);
  EXPECT_TRUE(m.matches.empty());
  m.book.set_available_units(node, 1);
  m.meet(node);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{cheaper, 1'000, 12}}))
      << "its best offer, at the order's limit";
}

TEST(Offers, KeepWorkInProgressWhenUnitsAreLost) {
  Market m;
  auto const node = m.node(class_a, us_east, 2);
  auto const jobs = m.offer(node, east, 10, 6, true);
  m.order(wants_tokens(), 10, 1);
  auto const job = m.matches.at(0);
  m.book.set_available_units(node, 0);
  m.book.check_invariants();
  EXPECT_EQ(m.book.executable_lots(jobs).v, 0);
  EXPECT_EQ(m.book.pool(node).running_jobs(), 1);
  m.ends(job);
  EXPECT_EQ(m.book.rest_lots(jobs).v, 6);
  EXPECT_EQ(m.book.pool(node).running_jobs(), 0);
}

TEST(Offers, FillNoLessThanTheirMinimum) {
  Market m;
  auto const strict = m.offer(m.node(class_a, us_east, 9), lease_east, 10, 5'000, false, 3'000);
  auto const easy = m.offer(m.node(class_a, us_east, 9), lease_east, 11, 5'000);
  m.order(wants_capacity(), 11, 2'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{easy, 2'000, 11}})) << "stepped over";
  m.order(wants_capacity(), 10, 3'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{strict, 3'000, 10}}));
  m.order(wants_capacity(), 10, 2'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{strict, 2'000, 10}})) << "what is left is the minimum";
}

TEST(Offers, WhoseRestFallsBelowTheMinimumMeetOrdersThatWereTooSmall) {
  Market m;
  auto const strict = m.offer(m.node(class_a, us_east, 9), lease_east, 10, 5'000, false, 3'000);
  auto const small = m.order(wants_capacity(), 10, 2'000);
  EXPECT_TRUE(m.matches.empty());
  m.order(wants_capacity(), 10, 3'000, TimeInForce::ioc);
  ASSERT_EQ(fills(m.matches), (std::vector<Fill>{{strict, 3'000, 10}, {strict, 2'000, 10}}));
  EXPECT_EQ(m.matches[1].order, small);
  EXPECT_FALSE(m.book.live(strict));
}

TEST(Offers, WithAMaximumGiveALargeOrderSeveralFills) {
  Market m;
  auto const offer = m.offer(m.node(class_a, us_east, 9), lease_east, 10, 5'000, false, 0, 2'000);
  m.order(wants_capacity(), 10, 5'000);
  EXPECT_EQ(fills(m.matches),
            (std::vector<Fill>{{offer, 2'000, 10}, {offer, 2'000, 10}, {offer, 1'000, 10}}));
}

TEST(Offers, FillInWholeLotsOfTheirClass) {
  Market m;
  auto const whole = m.offer(m.node(class_a, us_east, 2), lease_east, 10, 2'000);
  auto const parts = m.offer(m.node(class_b, us_east, 2), capacity_of(class_b, us_east), 11, 2'000);
  auto const order = m.order(wants_capacity(), 11, 1'300);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{whole, 1'000, 10}, {parts, 250, 11}}));
  EXPECT_EQ(m.book.open_lots(order).v, 50) << "less than any lot: nobody can fill it";
}

TEST(Offers, AmendedToLessGiveUpTheirNewestLotsFirst) {
  Market m;
  auto const first = m.offer(m.node(class_a, us_east, 9), lease_east, 10, 2'000, true);
  m.order(wants_capacity(), 10, 1'000);
  auto const lease = m.matches.at(0);
  auto const second = m.offer(m.node(class_a, us_east, 9), lease_east, 10, 1'000);
  m.ends(lease);
  m.book.amend_offer(first, PriceIndex{10}, Lots{1'000}, m.matches);
  EXPECT_EQ(m.book.rest_lots(first).v, 1'000);
  m.order(wants_capacity(), 10, 2'000);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{first, 1'000, 10}, {second, 1'000, 10}}));
}

TEST(Offers, AmendedToMoreOrAnotherPriceGoToTheTail) {
  Market m;
  auto const n1 = m.node(class_a, us_east, 9), n2 = m.node(class_a, us_east, 9);
  auto const first = m.offer(n1, lease_east, 10, 1'000), second = m.offer(n2, lease_east, 10, 1'000);
  m.book.amend_offer(first, PriceIndex{10}, Lots{2'000}, m.matches);
  m.order(wants_capacity(), 10, 1'000);
  EXPECT_EQ(m.matches.at(0).offer, second);
  auto const third = m.offer(n2, lease_east, 11, 1'000);
  m.book.amend_offer(first, PriceIndex{11}, Lots{2'000}, m.matches);
  m.order(wants_capacity(), 11, 1'000);
  EXPECT_EQ(m.matches.at(0).offer, third);
}

TEST(Offers, AmendedAcrossTheBookTradeAtTheOrdersLimit) {
  Market m;
  auto const offer = m.offer(m.node(class_a, us_east, 9), lease_east, 20, 2'000);
  m.order(wants_capacity(), 15, 1'000);
  m.matches.clear();
  m.book.amend_offer(offer, PriceIndex{12}, Lots{2'000}, m.matches);
  EXPECT_EQ(fills(m.matches), (std::vector<Fill>{{offer, 1'000, 15}}));
  m.book.check_invariants();
}

TEST(Offers, OfANodeAreListedByPriceThenPlaceWithTheExhaustedLast) {
  Market m;
  auto const node = m.node(class_a, us_east, 9);
  auto const dear = m.offer(node, lease_east, 12, 1'000), jobs = m.offer(node, east, 11, 1, true),
             tiny = m.offer(node, east_tiny, 11, 1), cheap = m.offer(node, lease_east, 10, 1'000);
  EXPECT_EQ(m.book.offers_of(node), (std::vector<OfferId>{cheap, jobs, tiny, dear}));
  m.order(wants_tokens(), 11, 1);
  EXPECT_EQ(m.book.offers_of(node), (std::vector<OfferId>{cheap, tiny, dear, jobs}));
  EXPECT_TRUE(m.book.offers_of(NodeId{77}).empty());
}

TEST(Offers, AreShownAsExecutableLotsPerPrice) {
  Market m;
  auto const n1 = m.node(class_a, us_east, 2), n2 = m.node(class_a, us_east, 5);
  m.offer(n1, lease_east, 10, 4'000);
  m.offer(n2, lease_east, 10, 1'000);
  m.offer(n2, lease_east, 11, 3'000);
  auto const at = m.listed(lease_east);
  EXPECT_EQ(m.book.asks(at, 9),
            (std::vector<Level>{{PriceIndex{10}, Lots{3'000}}, {PriceIndex{11}, Lots{3'000}}}));
  EXPECT_EQ(m.book.asks(at, 1), (std::vector<Level>{{PriceIndex{10}, Lots{3'000}}}));
}

TEST(Offers, FollowTheTablesWhenTheyChange) {
  Market m;
  auto const node = m.node(class_a, us_east, 2);
  m.offer(node, lease_east, 10, 1'000);
  auto p = wants_capacity();
  p.origin = Origin::other;
  auto const waiting = m.order(p, 10, 1'000);
  EXPECT_TRUE(m.book.rests(waiting));
  auto rows = m.reference.classes();
  rows[0].origin = Origin::other;
  accept(m.reference.set_classes(rows));
  m.book.reference_changed();
  m.meet(node);
  EXPECT_FALSE(m.book.rests(waiting));
}

TEST(Offers, OnePerNodeInstrumentAndPrice) {
  Market m;
  auto const node = m.node(class_a, us_east, 2);
  m.offer(node, lease_east, 10, 1'000);
  EXPECT_FALSE(m.book.price_taken(node, m.listed(lease_east), PriceIndex{11}));
  BookOffer const again{
      OfferId{99}, ParticipantId{9}, node, m.listed(lease_east), PriceIndex{10}, Lots{1'000}, {}, {}, false};
  EXPECT_EQ(m.book.post(again, m.matches).error(), Refusal::offer_price_taken);
}

}  // namespace
}  // namespace spillway
