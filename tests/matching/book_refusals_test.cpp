// tests/matching/book_refusals_test.cpp - every refusal of the book, in the order in which they are tested: a
// command starts with all its faults, and each step repairs only the one that was named. Nothing changes.
#include <functional>

#include "scenario.hpp"

namespace spillway {
namespace {

using namespace rig;

class Refusals : public OnBothBooks {
 protected:
  struct Step {
    Refusal expected;
    std::function<void()> repair;
  };

  template <class Command>
  static void walk(Book& book, std::vector<Step> const& steps, Command command) {
    std::vector<Match> matches;
    for (auto const& [expected, repair] : steps) {
      auto const before = book.state();
      auto const got = command(matches);
      ASSERT_FALSE(got) << "expected " << name(expected);
      EXPECT_STREQ(name(got.error()), name(expected));
      EXPECT_TRUE(book.state() == before) << name(expected) << " changes nothing";
      EXPECT_TRUE(matches.empty());
      repair();
    }
    EXPECT_TRUE(command(matches)) << "with every fault repaired";
    book.check_invariants();
  }

  static Predicate nth_wish(int n) {
    auto p = wants_capacity();
    p.pue_max_milli = 1'000 + 50 * (n % 40);
    p.green_min_milli = 50 * (n / 40);
    return p;
  }
};
SPILLWAY_ON_BOTH_BOOKS(Refusals);

TEST_P(Refusals, OfAnOrderThatMayRestInPrecedence) {
  Market m{GetParam(),
           {.orders = 64, .offers = 8, .tranches = 8, .nodes = 4, .participants = 50, .provider_lists = 4}};
  auto const node = m.node(class_a, us_east, 4);
  m.offer(node, capacity_of(class_a, us_east), 10, 1'000);  // id 1
  std::vector<OrderId> resting;
  for (int n = 0; n < 64; ++n) resting.push_back(m.order(nth_wish(n), 5, 1'000));
  m.book.advance(Stamp{1'000});
  m.book.set_standing(m.buyer, {.resting_max = 64});
  m.book.set_standing(ParticipantId{8}, {.buyer = false});
  m.book.set_halted(true);

  BookOrder o;
  o.buyer = ParticipantId{51};
  o.tif = TimeInForce::gtc;
  o.limit = PriceIndex{price_steps};
  o.post_only = true;
  o.expires = Stamp{1'000};
  auto wish = nth_wish(64);
  wish.within = {PlaceId{99}};
  wish.outside = {us};
  std::vector<Step> const steps{
      {Refusal::malformed, [&] { o.id = OrderId{1}; }},
      {Refusal::unknown_participant, [&] { o.buyer = ParticipantId{8}; }},
      {Refusal::role_missing, [&] { o.buyer = m.buyer; }},
      {Refusal::halted, [&] { m.book.set_halted(false); }},
      {Refusal::exists, [&] { o.id = OrderId{500}; }},
      {Refusal::quantity_zero, [&] { o.open = book_lots_max + Lots{1}; }},
      {Refusal::quantity_too_large, [&] { o.open = Lots{1'000}; }},
      {Refusal::price_off_grid, [&] { o.limit = PriceIndex{10}; }},
      {Refusal::time_past, [&] { o.expires = Stamp{1'001}; }},
      {Refusal::unknown_place, [&] { wish.within = {us_east}; }},
      {Refusal::predicate_empty, [&] { wish.outside = {}; }},
      {Refusal::signature_limit, [&] { wish = nth_wish(6); }},
      {Refusal::resting_limit, [&] { m.book.set_standing(m.buyer, {.resting_max = 65}); }},
      {Refusal::capacity, [&] { m.book.cancel_order(resting[5]); }},
      {Refusal::post_only_would_cross, [&] { o.limit = PriceIndex{9}; }},
  };
  wish.pue_max_milli = 1'300;
  walk(m.book, steps, [&](auto& matches) { return m.book.enter(o, wish, matches); });
  EXPECT_TRUE(m.book.rests(o.id));
}

TEST_P(Refusals, OfAnOrderThatNeverRestsInPrecedence) {
  Market m{GetParam(),
           {.orders = 2, .offers = 8, .tranches = 8, .nodes = 4, .participants = 50, .provider_lists = 4}};
  auto const node = m.node(class_a, us_east, 4);
  m.offer(node, capacity_of(class_a, us_east), 10, 1'000);
  for (int n = 0; n < 2; ++n) m.order(wants_capacity(), 5, 1'000);
  m.book.set_standing(m.buyer, {.resting_max = 1});
  BookOrder o;
  o.id = OrderId{500};
  o.buyer = m.buyer;
  o.tif = TimeInForce::fok;
  o.market = true;
  o.open = Lots{2'000};
  o.limit = highest_price;
  auto const wish = wants_capacity();
  // Neither the resting limit nor a full table is in the way of what does not rest.
  walk(m.book,
       {{Refusal::market_unprotected, [&] { o.limit = PriceIndex{11}; }},
        {Refusal::fok_unfillable, [&] { o.open = Lots{1'000}; }}},
       [&](auto& matches) { return m.book.enter(o, wish, matches); });
}

TEST_P(Refusals, OfAMalformedOrderEachByItself) {
  Market m{GetParam()};
  BookOrder const good{.id = OrderId{5},
                       .buyer = m.buyer,
                       .signature = m.signature(wants_capacity()),
                       .limit = PriceIndex{10},
                       .open = Lots{1'000},
                       .tif = TimeInForce::gtc};
  using Spoil = void (*)(BookOrder&);
  for (Spoil const spoil : std::initializer_list<Spoil>{
           [](BookOrder& o) { o.id = {}; }, [](BookOrder& o) { o.tif = TimeInForce::unset; },
           [](BookOrder& o) { o.tif = static_cast<TimeInForce>(77); },
           [](BookOrder& o) { o.open = Lots{-1}; }, [](BookOrder& o) { o.open = Lots{INT64_MIN}; },
           [](BookOrder& o) { o.fill_min = Lots{-1}; }, [](BookOrder& o) { o.fill_min = Lots{1'001}; },
           [](BookOrder& o) { o.expires = Stamp{-1}; }, [](BookOrder& o) { o.market = true; },
           [](BookOrder& o) { o.post_only = true, o.tif = TimeInForce::ioc; },
           [](BookOrder& o) { o.signature = {}; },
           [](BookOrder& o) { o.signature = SignatureId{UINT32_MAX}; },
           [](BookOrder& o) { o.providers = ProviderListId{1}; },
           [](BookOrder& o) { o.self_trade = static_cast<SelfTrade>(4); }}) {
    auto o = good;
    spoil(o);
    std::vector<Match> matches;
    auto const got = m.book.place(o, matches);
    ASSERT_FALSE(got);
    EXPECT_STREQ(name(got.error()), "malformed");
  }
  std::vector<Match> matches;
  EXPECT_TRUE(m.book.place(good, matches));
}

TEST_P(Refusals, OfHugeQuantitiesDoNotOverflow) {
  Market m{GetParam()};
  auto const node = NodeId{70};
  m.book.open_node(node, class_a, us_east, Pooling::unlimited);
  std::vector<Match> matches;
  BookOffer offer{.id = OfferId{1},
                  .provider = ParticipantId{9},
                  .node = node,
                  .instrument = m.listed(capacity_of(class_a, us_east)),
                  .price = PriceIndex{10},
                  .quantity = Lots{INT64_MAX / 1'000 * 1'000},
                  .fill_min = {},
                  .fill_max = {}};
  EXPECT_EQ(m.book.post(offer, matches).error(), Refusal::quantity_too_large);
  offer.quantity = book_lots_max;
  EXPECT_EQ(m.book.post(offer, matches).value(), book_lots_max);
  BookOrder order{.id = OrderId{2},
                  .buyer = m.buyer,
                  .signature = m.signature(wants_capacity()),
                  .limit = PriceIndex{10},
                  .open = Lots{INT64_MAX},
                  .tif = TimeInForce::ioc};
  EXPECT_EQ(m.book.place(order, matches).error(), Refusal::quantity_too_large);
  order.open = book_lots_max;
  EXPECT_EQ(m.book.place(order, matches).value(), Lots{});
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(matches[0].lots, book_lots_max);
}

TEST_P(Refusals, OfATokenOrderForMoreThanOneJob) {
  plays(R"(
    node 1 A us:east 1
    offer 1 by 9 node 1: 3 @ 10 jobs
    order 2 by 7: 2 @ 10 timed jobs         -> refused quantity_too_large
    order 2 by 7: 1 @ 10 timed jobs         -> 2 takes 1@10 of 1, gone
    order 3 by 7: 1 @ 9 timed jobs
    amend order 3: 2 @ 9                    -> refused quantity_too_large
  )");
}

TEST_P(Refusals, OfAnOfferInPrecedence) {
  Market m{GetParam(),
           {.orders = 8, .offers = 1, .tranches = 8, .nodes = 4, .participants = 50, .provider_lists = 4}};
  auto const node = m.node(class_a, us_east, 4), elsewhere = m.node(class_b, us_west, 4);
  auto const taken = m.offer(node, capacity_of(class_a, us_east), 12, 1'000);  // id 1
  m.order(wants_capacity(), 11, 1'000);                                        // id 2
  m.book.advance(Stamp{1'000});
  m.book.set_standing(ParticipantId{8}, {.provider = false});
  m.book.set_halted(true);

  BookOffer o;
  o.provider = ParticipantId{51};
  o.node = NodeId{99};
  o.instrument = m.listed(capacity_of(class_a, us_east));
  o.price = PriceIndex{price_steps};
  o.post_only = true;
  o.expires = Stamp{1'000};
  std::vector<Step> const steps{
      {Refusal::malformed, [&] { o.id = OfferId{2}; }},
      {Refusal::unknown_participant, [&] { o.provider = ParticipantId{8}; }},
      {Refusal::role_missing, [&] { o.provider = ParticipantId{9}; }},
      {Refusal::halted, [&] { m.book.set_halted(false); }},
      {Refusal::exists, [&] { o.id = OfferId{500}; }},
      {Refusal::node_unknown, [&] { o.node = elsewhere; }},
      {Refusal::malformed, [&] { o.node = node; }},
      {Refusal::quantity_zero, [&] { o.quantity = book_lots_max + Lots{500}; }},
      {Refusal::quantity_not_a_lot, [&] { o.quantity = book_lots_max + Lots{1'000}; }},
      {Refusal::quantity_too_large, [&] { o.quantity = Lots{1'000}; }},
      {Refusal::price_off_grid, [&] { o.price = PriceIndex{12}; }},
      {Refusal::time_past, [&] { o.expires = Stamp{1'001}; }},
      {Refusal::offer_price_taken, [&] { o.price = PriceIndex{10}; }},
      {Refusal::capacity, [&] { m.book.cancel_offer(taken); }},
      {Refusal::post_only_would_cross, [&] { o.price = PriceIndex{12}; }},
  };
  walk(m.book, steps, [&](auto& matches) { return m.book.post(o, matches); });
  EXPECT_TRUE(m.book.live(o.id));
}

TEST_P(Refusals, OfAMalformedOfferEachByItself) {
  Market m{GetParam()};
  BookOffer const good{.id = OfferId{5},
                       .provider = ParticipantId{9},
                       .node = m.node(class_a, us_east, 4),
                       .instrument = m.listed(capacity_of(class_a, us_east)),
                       .price = PriceIndex{10},
                       .quantity = Lots{1'000},
                       .fill_min = {},
                       .fill_max = {}};
  using Spoil = void (*)(BookOffer&);
  std::vector<Match> matches;
  for (Spoil const spoil : std::initializer_list<Spoil>{
           [](BookOffer& o) { o.id = {}; }, [](BookOffer& o) { o.quantity = Lots{-1'000}; },
           [](BookOffer& o) { o.fill_min = Lots{-1'000}; }, [](BookOffer& o) { o.fill_max = Lots{-1'000}; },
           [](BookOffer& o) { o.display = Lots{-1'000}; }, [](BookOffer& o) { o.display = Lots{2'000}; },
           [](BookOffer& o) { o.expires = Stamp{-1}; }, [](BookOffer& o) { o.instrument = {}; },
           [](BookOffer& o) { o.instrument = InstrumentId{77}; },
           [](BookOffer& o) { o.fill_min = Lots{2'000}, o.fill_max = Lots{1'000}; },
           [](BookOffer& o) { o.self_trade = static_cast<SelfTrade>(4); }}) {
    auto o = good;
    spoil(o);
    auto const got = m.book.post(o, matches);
    ASSERT_FALSE(got);
    EXPECT_STREQ(name(got.error()), "malformed");
  }
  EXPECT_TRUE(m.book.post(good, matches));
}

TEST_P(Refusals, OfAmendsAndCancelsInPrecedence) {
  Market m{GetParam()};
  auto const node = m.node(class_a, us_east, 4);
  auto const offer = m.offer(node, capacity_of(class_a, us_east), 20, 1'000);
  auto const other = m.offer(node, capacity_of(class_a, us_east), 21, 1'000);
  auto const order = m.order(wants_capacity(), 10, 1'000);
  auto const dead = m.order(wants_capacity(), 10, 1'000);
  m.book.cancel_order(dead);
  m.book.set_halted(true);
  OrderId id{dead.v + 1};
  ParticipantId who{8};
  PriceIndex price{price_steps};
  Lots lots;
  walk(m.book,
       {{Refusal::halted, [&] { m.book.set_halted(false); }},
        {Refusal::unknown_id, [&] { id = dead; }},
        {Refusal::dead_id, [&] { id = order; }},
        {Refusal::not_yours, [&] { who = m.buyer; }},
        {Refusal::quantity_zero, [&] { lots = book_lots_max + Lots{1}; }},
        {Refusal::quantity_too_large, [&] { lots = Lots{2'000}; }},
        {Refusal::price_off_grid, [&] { price = PriceIndex{11}; }}},
       [&](auto& matches) { return m.book.amend(who, id, price, lots, matches); });
  OfferId at{dead.v + 1};
  who = ParticipantId{8}, price = PriceIndex{price_steps}, lots = {};
  m.book.set_halted(true);
  walk(m.book,
       {{Refusal::halted, [&] { m.book.set_halted(false); }},
        {Refusal::unknown_id, [&] { at = OfferId{dead.v}; }},
        {Refusal::dead_id, [&] { at = offer; }},
        {Refusal::not_yours, [&] { who = ParticipantId{9}; }},
        {Refusal::quantity_zero, [&] { lots = Lots{2'000'000'500}; }},
        {Refusal::quantity_not_a_lot, [&] { lots = Lots{2'000'000'000}; }},
        {Refusal::quantity_too_large, [&] { lots = Lots{2'000}; }},
        {Refusal::price_off_grid, [&] { price = PriceIndex{21}; }},
        {Refusal::offer_price_taken, [&] { price = PriceIndex{22}; }}},
       [&](auto& matches) { return m.book.amend(who, at, price, lots, matches); });
  EXPECT_EQ(m.book.cancel(ParticipantId{8}, OrderId{999}), Refusal::unknown_id);
  EXPECT_EQ(m.book.cancel(ParticipantId{8}, dead), Refusal::dead_id);
  EXPECT_EQ(m.book.cancel(ParticipantId{8}, order), Refusal::not_yours);
  EXPECT_EQ(m.book.cancel(ParticipantId{8}, other), Refusal::not_yours);
  EXPECT_EQ(m.book.cancel(m.buyer, order), Refusal::none);
  EXPECT_EQ(m.book.cancel(ParticipantId{9}, other), Refusal::none);
}

TEST_P(Refusals, OfPeopleAndLists) {
  Market m{GetParam(),
           {.orders = 8, .offers = 8, .tranches = 8, .nodes = 4, .participants = 50, .provider_lists = 2}};
  EXPECT_EQ(m.book.set_standing(ParticipantId{}, {}), Refusal::unknown_participant);
  EXPECT_EQ(m.book.set_standing(ParticipantId{51}, {}), Refusal::unknown_participant);
  EXPECT_EQ(m.book.set_standing(ParticipantId{50}, {}), Refusal::none);
  using enum Book::ListKind;
  std::vector<ParticipantId> named;
  EXPECT_EQ(m.book.intern_providers(only, named).error(), Refusal::malformed);
  for (std::uint32_t who = 1; who <= 17; ++who) named.push_back(ParticipantId{who});
  EXPECT_EQ(m.book.intern_providers(only, named).error(), Refusal::malformed);
  named.pop_back();
  auto const first = m.book.intern_providers(only, named);
  ASSERT_TRUE(first);
  std::reverse(named.begin(), named.end());
  EXPECT_EQ(m.book.intern_providers(only, named), first) << "equal lists share an id";
  EXPECT_NE(m.book.intern_providers(except, named), first);
  named[3] = {};
  EXPECT_EQ(m.book.intern_providers(only, named).error(), Refusal::malformed);
  named.resize(2);
  EXPECT_EQ(m.book.intern_providers(only, named).error(), Refusal::capacity);
}

/// Ten thousand instruments are too many for one order, and nothing that exists is no fault.
TEST_P(Refusals, OfPredicatesThatMatchTooMuch) {
  Market m{GetParam()};
  std::vector<Place> more;
  for (std::uint16_t i = 1; i <= 1'700; ++i)
    more.push_back(
        place(PlaceId{static_cast<std::uint16_t>(places + i)}, us, "us:" + std::to_string(i), -1, -1));
  accept(m.reference.set_places(more));
  auto const waiting = m.order(wants_capacity(), 10, 1'000);
  for (auto const& p : more)
    for (auto const klass : {class_a, class_b, class_c})
      for (auto const tier : {warm, cold}) m.listed(capacity_of(klass, p.id, tier));
  EXPECT_EQ(m.book.instrument_count(), 10'200u);
  EXPECT_EQ(m.book.intern(m.buyer, wants_capacity()).error(), Refusal::predicate_too_wide);
  EXPECT_TRUE(m.book.rests(waiting)) << "what rests already keeps what it accepts";
  auto nothing = wants_capacity();
  nothing.within = {cn};
  EXPECT_TRUE(m.book.rests(m.order(nothing, 10, 1'000))) << "nothing yet: it waits";
}

}  // namespace
}  // namespace spillway
