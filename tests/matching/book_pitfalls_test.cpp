// tests/matching/book_pitfalls_test.cpp - what goes wrong in a bipartite book in particular: keys, bounds,
// minimums, links that change. Each pitfall has its name and a story that shows it.
#include <algorithm>

#include "scenario.hpp"

namespace spillway {
namespace {

using namespace rig;

class Pitfalls : public OnBothBooks {};
SPILLWAY_ON_BOTH_BOOKS(Pitfalls);

/// An offer of an instrument with one signature improves; an order of many instruments must see it at once.
TEST_P(Pitfalls, ABoundIsLoweredForEveryLinkedLadderAlsoWhenTheImprovingOneHasOneLink) {
  plays(R"(
    node 1 A us:east 9
    node 2 A cn:gd:sz 9
    order 1 by 7: 1000 @ 10 gtc within=cn:gd:sz      # sz is linked to one signature, then to two
    order 2 by 7: 1000 @ 11 gtc
    offer 3 by 9 node 1: 1000 @ 30
    offer 4 by 9 node 2: 1000 @ 20
    order 5 by 7: 1000 @ 25 ioc             -> 5 takes 1000@20 of 4, gone
    offer 6 by 9 node 2: 1000 @ 15
    order 7 by 7: 1000 @ 19 ioc             -> 7 takes 1000@15 of 6, gone
    offer 8 by 9 node 1: 1000 @ 11          -> 8 gives 1000@11 to 2, gone
    offer 9 by 9 node 2: 1000 @ 10          -> 9 gives 1000@10 to 1, gone
    order 10 by 7: 1000 @ 12 gtc            -> rests 1000
    offer 11 by 9 node 2: 1000 @ 12         -> 11 gives 1000@12 to 10, gone
  )");
}

/// Losing one's place gives a new sequence, though the id and perhaps the slot stay the same.
TEST_P(Pitfalls, TheSequenceIsThePriorityNotTheIdNorTheSlot) {
  plays(R"(
    node 1 A us:east unlimited
    order 1 by 7: 1000 @ 10 gtc
    order 2 by 7: 1000 @ 10 gtc
    amend order 1: 2000 @ 10                -> rests 2000          # more: behind 2
    offer 3 by 9 node 1: 1000 @ 10          -> 3 gives 1000@10 to 2, gone
    cancel order 1
    offer 4 by 9 node 1: 1000 @ 12 replenish
    offer 5 by 9 node 1: 1000 @ 12
    order 6 by 7: 1000 @ 12 ioc             -> 6 takes 1000@12 of 4, gone
    return 4: 1000                          -> done                # a new arrival, behind 5
    order 7 by 7: 2000 @ 12 ioc             -> 7 takes 1000@12 of 5, 7 takes 1000@12 of 4, gone
  )");
}

TEST_P(Pitfalls, AReturnBehindAnUnfilledPartHasTwoPlacesInTheQueue) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 2000 @ 12 replenish
    order 2 by 7: 1000 @ 12 ioc             -> 2 takes 1000@12 of 1, gone
    offer 3 by 9 node 1: 1000 @ 12
    return 1: 1000                          -> done
    order 4 by 7: 3000 @ 12 ioc -> 4 takes 1000@12 of 1, 4 takes 1000@12 of 3, 4 takes 1000@12 of 1, gone
  )");
}

/// The same price, another first in the queue: ties with other instruments are decided anew.
TEST_P(Pitfalls, TheKeyChangesWhenTheHeadOfTheBestLevelGoes) {
  plays(R"(
    node 1 A us:east unlimited
    node 2 A cn:gd:sz unlimited
    offer 1 by 9 node 1: 1000 @ 10
    offer 2 by 9 node 2: 1000 @ 10
    offer 3 by 9 node 1: 1000 @ 10
    cancel offer 1                                                 # now 2 is the oldest at ten
    order 4 by 7: 1000 @ 10 ioc             -> 4 takes 1000@10 of 2, gone
    offer 5 by 9 node 2: 1000 @ 10
    order 6 by 7: 2000 @ 10 ioc             -> 6 takes 1000@10 of 3, 6 takes 1000@10 of 5, gone
    order 7 by 7: 1000 @ 9 gtc within=us:east
    order 8 by 7: 1000 @ 9 gtc
    order 9 by 7: 1000 @ 9 gtc within=us:east
    cancel order 7
    offer 10 by 9 node 1: 2000 @ 9          -> 10 gives 1000@9 to 8, 10 gives 1000@9 to 9, gone
  )");
}

/// Who is stepped over because of a minimum stays first, and is found again by whom it suits.
TEST_P(Pitfalls, AHeadThatIsSkippedForItsMinimumKeepsItsPlace) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 4000 @ 10 min=2000
    offer 2 by 9 node 1: 1000 @ 10
    order 3 by 7: 1000 @ 10 ioc             -> 3 takes 1000@10 of 2, gone
    offer 4 by 9 node 1: 1000 @ 10
    order 5 by 7: 2000 @ 10 ioc             -> 5 takes 2000@10 of 1, gone
    order 6 by 7: 1000 @ 9 gtc
    order 7 by 7: 3000 @ 9 gtc
    offer 8 by 9 node 1: 3000 @ 9 min=2000  -> 8 gives 3000@9 to 7, gone
    offer 9 by 9 node 1: 1000 @ 9           -> 9 gives 1000@9 to 6, gone
  )");
}

TEST_P(Pitfalls, FokBySumOfQuantitiesIsWrongWithMinimums) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 1000 @ 10
    offer 2 by 9 node 1: 4000 @ 10 min=3000
    order 3 by 7: 3000 @ 10 fok             -> refused fok_unfillable   # one of 1 leaves too little
    order 4 by 7: 4000 @ 10 fok             -> 4 takes 1000@10 of 1, 4 takes 3000@10 of 2, gone
    offer 5 by 9 node 1: 1000 @ 10
    order 6 by 7: 2000 @ 10 fok min=2000    -> refused fok_unfillable   # nowhere two from one offer
    order 7 by 7: 2000 @ 10 fok             -> 7 takes 1000@10 of 2, 7 takes 1000@10 of 5, gone
  )");
}

TEST_P(Pitfalls, FokCountsUnitsOfANodeAndNotItsOverlappingOffers) {
  plays(R"(
    node 1 A us:east 2
    offer 1 by 9 node 1: 2000 @ 10
    offer 2 by 9 node 1: 2000 @ 11
    offer 3 by 9 node 1: 6 @ 9 jobs
    order 4 by 7: 3000 @ 11 fok             -> refused fok_unfillable
    order 5 by 7: 1 @ 9 timed jobs          -> 5 takes 1@9 of 3, gone   # one unit now serves jobs
    order 6 by 7: 2000 @ 11 fok             -> refused fok_unfillable
    order 7 by 7: 1000 @ 11 fok             -> 7 takes 1000@10 of 1, gone
    asks of 1                               -> none
  )");
}

/// Hidden lots count for fill-or-kill, each slice in its turn.
TEST_P(Pitfalls, FokSeesWhatADisplayWillShow) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 3000 @ 10 display=1000
    offer 2 by 9 node 1: 1000 @ 10
    order 3 by 7: 5000 @ 10 fok             -> refused fok_unfillable
    order 4 by 7: 3000 @ 10 fok   -> 4 takes 1000@10 of 1, 4 takes 1000@10 of 2, 4 takes 1000@10 of 1, gone
  )");
}

/// Improve and cancel in turns: nothing stays behind that makes a walk see too much or too little.
TEST_P(Pitfalls, ABoundThatIsTooLowCostsALookAndNeverATrade) {
  plays(R"(
    node 1 A us:east unlimited
    node 2 A cn:gd:sz unlimited
    offer 1 by 9 node 1: 1000 @ 20
    offer 2 by 9 node 2: 1000 @ 10
    cancel offer 2
    order 3 by 7: 1000 @ 15 gtc             -> rests 1000
    offer 4 by 9 node 2: 1000 @ 16
    cancel offer 4
    offer 5 by 9 node 2: 1000 @ 16
    order 6 by 7: 1000 @ 16 gtc             -> 6 takes 1000@16 of 5, gone
    cancel order 3
    offer 7 by 9 node 2: 1000 @ 15          -> rests 1000
    order 8 by 7: 1000 @ 15 gtc             -> 8 takes 1000@15 of 7, gone
  )");
}

TEST_P(Pitfalls, AReferenceChangeLinksAndUnlinksWhatRests) {
  Market m{GetParam()};
  auto const node = m.node(class_a, us_east, 4);
  auto const at = capacity_of(class_a, us_east);
  m.offer(node, at, 10, 1'000);
  auto chinese = wants_capacity();
  chinese.origin = Origin::other;
  auto const waiting = m.order(chinese, 10, 1'000);
  EXPECT_TRUE(m.book.rests(waiting));
  auto const as_it_was = m.reference.classes();
  auto rows = as_it_was;
  rows[0].origin = Origin::other;
  accept(m.reference.set_classes(rows));
  m.book.reference_changed();
  m.meet(node);
  EXPECT_FALSE(m.book.rests(waiting)) << "a new link is used";
  auto const late = m.order(chinese, 10, 1'000);
  EXPECT_TRUE(m.book.rests(late));
  accept(m.reference.set_classes(as_it_was));
  m.book.reference_changed();
  m.offer(node, at, 9, 1'000);
  EXPECT_TRUE(m.book.rests(late)) << "a link that is gone is not used";
  accept(m.reference.set_classes(rows));
  m.book.reference_changed();
  m.meet(node);
  EXPECT_FALSE(m.book.rests(late));
}

/// An instrument that is listed after the orders that accept it.
TEST_P(Pitfalls, ALateInstrumentIsLinkedToEverySignatureThatAcceptsIt) {
  plays(R"(
    order 1 by 7: 1000 @ 10 gtc
    order 2 by 7: 1000 @ 11 gtc within=us:east
    order 3 by 7: 1000 @ 12 gtc within=cn
    node 1 A us:east 9
    offer 4 by 9 node 1: 3000 @ 10          -> 4 gives 1000@11 to 2, 4 gives 1000@10 to 1, rests 1000
    node 2 A cn:gd:sz 9
    offer 5 by 9 node 2: 1000 @ 10          -> 5 gives 1000@12 to 3, gone
  )");
}

/// One instrument, 256 signatures with resting orders: the best of all of them, by price and then by age.
TEST_P(Pitfalls, APopularInstrumentFindsTheBestOfManySignatures) {
  Market m{GetParam()};
  std::vector<OrderId> orders;
  std::vector<Match> trades;
  for (std::uint32_t n = 0; n < 256; ++n) {
    auto p = wants_capacity();
    p.network = Micros{1'000 * (1 + n % 9) * (n % 2 == 0 ? 10 : 100)};
    p.pue_max_milli = static_cast<std::int32_t>(1'200 + 50 * (n / 9));
    auto const signature = m.book.intern(ParticipantId{100 + n}, p).value();
    BookOrder o;
    o.id = OrderId{1'000 + n};
    o.buyer = ParticipantId{100 + n};
    o.signature = signature;
    o.limit = PriceIndex{10 + n % 3};
    o.open = Lots{1'000};
    o.tif = TimeInForce::gtc;
    m.book.place_order(o, trades);
    orders.push_back(o.id);
  }
  EXPECT_GT(m.book.eligibility().signature_count(), 100u);
  m.offer(m.node(class_a, us_east, 300), capacity_of(class_a, us_east), 10, 256'000);
  ASSERT_EQ(m.matches.size(), 256u);
  for (std::size_t i = 1; i < m.matches.size(); ++i) {
    auto const &a = m.matches[i - 1], &b = m.matches[i];
    EXPECT_TRUE(a.price > b.price || (a.price == b.price && a.order < b.order)) << i;
  }
}

/// Six offers for each of twelve instruments, so that the best price wanders; every third one shows a part.
std::vector<Fill> offers_everywhere(Market& m, bool displays) {
  std::vector<Fill> made;
  for (std::uint32_t round = 0; round < 6; ++round)
    for (auto const klass : {class_a, class_b, class_c})
      for (auto const at : {us_east, us_west, cn_sz, cn_nx}) {
        auto const n = static_cast<std::uint32_t>(made.size());
        BookOffer o;
        o.id = OfferId{1'000 + n};
        o.provider = ParticipantId{9};
        o.node = m.node(klass, at, 6);
        o.instrument = m.listed(capacity_of(klass, at));
        o.price = PriceIndex{10 + 4 * round + (5 * n + round) % 4};
        o.quantity = Lots{displays && n % 3 == 0 ? 3'000 : 1'000};
        if (o.quantity.v > 1'000) o.display = Lots{1'000};
        m.book.post_offer(o, m.matches);
        made.emplace_back(o.id, o.quantity.v, o.price.v);
      }
  return made;
}

TEST_P(Pitfalls, ALongWalkOverManyInstrumentsNeverTakesAWorseOneFirst) {
  Market m{GetParam()};
  auto expected = offers_everywhere(m, false);
  std::ranges::stable_sort(expected, {}, [](Fill const& f) { return std::get<2>(f); });
  auto const half = static_cast<std::ptrdiff_t>(expected.size() / 2);
  m.order(wants_capacity(), 100, half * 1'000);
  EXPECT_EQ(fills(m.matches), std::vector(expected.begin(), expected.begin() + half));
  m.order(wants_capacity(), 100, 100'000);
  EXPECT_EQ(fills(m.matches), std::vector(expected.begin() + half, expected.end()));
}

TEST(BookPitfalls, ALongWalkMeetsWhatIsShownAnewInItsTurn) {
  Market m{BookKind::fast}, plain{BookKind::plain};
  for (auto* const each : {&m, &plain}) {
    offers_everywhere(*each, true);
    each->order(wants_capacity(), 100, 200'000);
  }
  EXPECT_EQ(fills(m.matches), fills(plain.matches));
  EXPECT_GT(m.matches.size(), 100u);
}

/// Signatures whose orders are all gone, and odd ones by the thousand: what rests is not disturbed.
TEST_P(Pitfalls, AnEmptySignatureComesBackAsItWas) {
  Market m{GetParam()};
  auto const node = m.node(class_a, us_east, 900);
  for (int round = 0; round < 40; ++round) {
    auto p = wants_capacity();
    p.pue_max_milli = 1'200 + 50 * (round % 20);
    auto const order = m.order(p, 10, 1'000);
    EXPECT_TRUE(m.book.rests(order));
    if (round % 2 == 0) {
      m.book.cancel_order(order);
      continue;
    }
    m.offer(node, capacity_of(class_a, us_east), 10, 1'000);
    ASSERT_EQ(m.matches.size(), 1u);
    EXPECT_EQ(m.matches[0].order, order);
  }
  EXPECT_EQ(m.book.state().orders.size(), 0u);
}

/// The last page of prices has room for some that are none.
TEST_P(Pitfalls, APriceBehindTheLastIsRefusedThoughItsPageIsThere) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 1 @ 99000 jobs
    offer 2 by 9 node 1: 1 @ 99001 jobs     -> refused price_off_grid
    order 3 by 7: 1 @ 0 gtc jobs            -> rests 1
    order 4 by 7: 1 @ 99001 gtc jobs        -> refused price_off_grid
    offer 5 by 9 node 1: 1 @ 99007 jobs     -> refused price_off_grid
    order 6 by 7: 1 @ 99000 gtc jobs        -> 6 takes 1@99000 of 1, gone
    order 7 by 7: 1 @ 4294967295 gtc jobs   -> refused price_off_grid
    offer 8 by 9 node 1: 1 @ 4294967295 jobs -> refused price_off_grid
  )");
}

/// What a command ended is told once, also when the next is one of the usual kind.
TEST_P(Pitfalls, WhatEndedIsForgottenByTheNextCommand) {
  plays(R"(
    firm 7 3
    firm 9 3
    node 1 A us:east unlimited
    order 1 by 7: 1 @ 5 gtc jobs            -> rests 1
    offer 2 by 9 node 1: 2 @ 10 jobs        -> rests 2
    order 3 by 7: 1 @ 10 gtc jobs newest    -> 3 ends self_trade 1, gone
    order 4 by 7: 1 @ 5 gtc jobs            -> rests 1
    order 5 by 7: 1 @ 11 gtc jobs oldest    -> 2 ends self_trade 2, rests 1
    offer 6 by 9 node 1: 1 @ 20 jobs        -> rests 1
    offer 7 by 9 node 1: 1 @ 5 jobs both    -> 5 ends self_trade 1, 7 ends self_trade 1, gone
    order 8 by 8: 1 @ 20 gtc jobs           -> 8 takes 1@20 of 6, gone
  )");
}

/// Ids are found by their lower 32 bits, until one needs more.
TEST_P(Pitfalls, AWideIdIsNotTakenForOneWithTheSameLowerBits) {
  plays(R"(
    node 1 A us:east unlimited
    order 6 by 7: 1 @ 5 gtc jobs
    order 7 by 7: 1 @ 5 gtc jobs
    cancel order 6                          -> done
    order 4294967303 by 7: 1 @ 6 gtc jobs   -> rests 1      # 7 and 2 to the 32nd
    offer 4294967304 by 9 node 1: 1 @ 20 jobs
    offer 4294967305 by 9 node 1: 1 @ 20 jobs
    cancel offer 8                          -> refused dead_id
    cancel offer 4294967304 by 9            -> done
    cancel order 7 by 7                     -> done
    cancel order 7 by 7                     -> refused dead_id
    cancel order 4294967303 by 7            -> done
    order 4294967306 by 7: 1 @ 20 ioc jobs  -> 4294967306 takes 1@20 of 4294967305, gone
  )");
}

/// Two tables that are full: returned lots find a place all the same, at the tail.
TEST_P(Pitfalls, APoolThatRunsOutRefusesOrMakesDoAndNeverForgets) {
  plays(R"(
    node 1 A us:east unlimited
    offer 1 by 9 node 1: 2000 @ 10 replenish
    offer 2 by 9 node 1: 1000 @ 10
    order 3 by 7: 1000 @ 10 ioc             -> 3 takes 1000@10 of 1, gone
    return 1: 1000                          -> done         # no tranche left: all of 1 goes behind 2
    asks of 1                               -> 3000@10
    order 4 by 7: 3000 @ 10 ioc             -> 4 takes 1000@10 of 2, 4 takes 2000@10 of 1, gone
  )",
        {.orders = 4, .offers = 2, .tranches = 0, .nodes = 2, .participants = 64, .provider_lists = 2});
}

}  // namespace
}  // namespace spillway
