// tests/matching/book_memory_test.cpp - a year of odd orders: nothing grows, nothing is asked of the heap,
// and what a full table holds is retired only when nobody uses it. Covers predicate_store.cpp,
// instrument_index.cpp and relink.cpp beside the books.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "matching/relink.hpp"
#include "odd_wishes.hpp"

namespace spillway {
namespace {

using namespace rig;

constexpr BookLimits small{.orders = 64,
                           .offers = 64,
                           .tranches = 64,
                           .nodes = 16,
                           .participants = 64,
                           .provider_lists = 8,
                           .instruments = 8,
                           .signatures = 8,
                           .edges = 40};

class BothBooks : public testing::TestWithParam<BookKind> {};
INSTANTIATE_TEST_SUITE_P(Plain, BothBooks, testing::Values(BookKind::plain));
INSTANTIATE_TEST_SUITE_P(Fast, BothBooks, testing::Values(BookKind::fast));

TEST_P(BothBooks, AYearOfOddOrdersUsesTheSameFewSignaturesAgain) {
  Market m{GetParam(), small};
  auto const stays = m.order(wants_capacity(), 5, 1'000);
  auto const kept = m.signature(wants_capacity());
  std::set<SignatureId> ids;
  for (std::uint64_t day = 0; day < 3'000; ++day) {
    auto const signature = m.book.intern(m.buyer, odd_wish(day));
    ASSERT_TRUE(signature) << name(signature.error());
    ASSERT_NE(*signature, kept) << "somebody rests there";
    ids.insert(*signature);
    auto const id = m.order(odd_wish(day), 5, 1'000);
    m.book.cancel_order(id);
  }
  EXPECT_EQ(ids.size(), small.signatures - 1u);
  EXPECT_EQ(m.book.eligibility().signature_count(), small.signatures);
  EXPECT_EQ(m.signature(wants_capacity()), kept);
  m.offer(m.node(class_a, us_east, 1), capacity_of(class_a, us_east), 5, 1'000);
  EXPECT_FALSE(m.book.rests(stays)) << "its edges were never lost";
}

TEST_P(BothBooks, AFullTableOfSignaturesInUseRefuses) {
  Market m{GetParam(), small};
  std::vector<OrderId> orders;
  for (std::uint64_t n = 0; n < small.signatures; ++n) orders.push_back(m.order(odd_wish(n), 5, 1'000));
  EXPECT_EQ(m.book.intern(m.buyer, odd_wish(99)).error(), Refusal::capacity);
  EXPECT_TRUE(m.book.intern(m.buyer, odd_wish(3))) << "a known one is found";
  m.book.cancel_order(orders[5]);
  auto const reused = m.book.intern(m.buyer, odd_wish(99));
  ASSERT_TRUE(reused);
  EXPECT_EQ(reused->v, 6u) << "only the empty one goes";
  EXPECT_TRUE(m.book.intern(m.buyer, odd_wish(5)))
      << "and the newcomer, as long as nothing rests there, goes in its turn";
}

TEST_P(BothBooks, AnInstrumentIsRetiredOnlyWithoutOffersAndWithNothingInUse) {
  Market m{GetParam(), small};
  auto const all = everything();
  auto const node = m.node(class_a, us_east, 4);
  auto const offered = capacity_of(class_a, us_east, warm), leased = capacity_of(class_a, us_east, cold);
  m.offer(node, offered, 10, 1'000);
  auto const sold = m.offer(node, leased, 11, 1'000);
  auto only_cold = wants_capacity();
  only_cold.tier = cold;
  m.order(only_cold, 11, 1'000);
  ASSERT_EQ(m.matches.size(), 1u);
  auto const lease = m.matches[0];
  EXPECT_FALSE(m.book.live(sold));

  auto const at_offered = m.listed(offered), at_leased = m.listed(leased);
  std::set<InstrumentId> ids;
  for (int round = 0; round < 200; ++round) {
    auto const& odd = all[static_cast<std::size_t>(round) % all.size()];
    if (odd == offered || odd == leased) continue;
    auto const listing = m.book.list(odd);
    if (!listing) {
      EXPECT_EQ(listing.error(), Refusal::model_does_not_fit);
      continue;
    }
    ASSERT_TRUE(listing->id != at_offered && listing->id != at_leased) << "somebody uses it";
    EXPECT_EQ(m.book.instrument(listing->id), odd);
    ids.insert(listing->id);
    m.book.check_invariants();
  }
  EXPECT_EQ(m.book.instrument_count(), small.instruments);
  EXPECT_EQ(ids.size(), small.instruments - 2u);

  m.ends(lease);
  bool used_again = false;
  for (std::size_t i = 0; i < 2 * all.size() && !used_again; ++i)
    if (auto const listing = m.book.list(all[i % all.size()]))
      used_again = listing->id == at_leased && all[i % all.size()] != leased;
  EXPECT_TRUE(used_again) << "an id is used again when nothing stands behind it";
}

TEST_P(BothBooks, AFullTableOfInstrumentsInUseRefuses) {
  auto limits = small;
  limits.instruments = 2;
  Market m{GetParam(), limits};
  auto const east = m.node(class_a, us_east, 4), west = m.node(class_b, us_west, 4);
  auto const offer = m.offer(east, capacity_of(class_a, us_east), 10, 1'000);
  m.offer(west, capacity_of(class_b, us_west), 10, 1'000);
  EXPECT_EQ(m.book.list(capacity_of(class_c, cn_nx)).error(), Refusal::capacity);
  m.book.cancel_offer(offer);
  auto const listing = m.book.list(capacity_of(class_c, cn_nx));
  ASSERT_TRUE(listing);
  EXPECT_TRUE(listing->listed);
  EXPECT_EQ(listing->id.v, 1u);
}

/// A retired instrument leaves every signature, and the new one joins those that accept it.
TEST_P(BothBooks, AnIdThatIsUsedAgainCarriesNoEdgesOver) {
  auto limits = small;
  limits.instruments = 1;
  Market m{GetParam(), limits};
  m.listed(capacity_of(class_a, us_east));
  auto chinese = wants_capacity();
  chinese.within = {cn};
  auto american = wants_capacity();
  american.within = {us};
  auto const in_cn = m.order(chinese, 10, 1'000);
  auto const in_us = m.order(american, 10, 1'000);
  auto const node = m.node(class_a, cn_sz, 4);
  m.offer(node, capacity_of(class_a, cn_sz), 9, 2'000);
  EXPECT_EQ(m.book.instrument_count(), 1u);
  EXPECT_FALSE(m.book.rests(in_cn));
  EXPECT_TRUE(m.book.rests(in_us)) << "the edge was that of another instrument";
}

/// Room for edges is made by those that nobody uses; what is in use stays, and then there is a refusal.
TEST_P(BothBooks, EdgesRunOutWithARefusalAndComeBackWithTheSignatures) {
  auto limits = small;
  limits.instruments = 16;
  limits.signatures = 64;
  limits.edges = 20;
  Market m{GetParam(), limits};
  for (auto const p : {us_east, us_west, cn_sz, cn_gz, cn_nx}) m.listed(capacity_of(class_a, p));
  std::vector<OrderId> orders;
  auto const wide = [](int n) {
    auto p = wants_capacity();
    p.ready = Micros{1'000'000 * (10 + 10 * n)};
    return p;
  };
  for (int n = 0; n < 4; ++n) orders.push_back(m.order(wide(n), 5, 1'000));
  EXPECT_EQ(m.book.eligibility().edge_count(), 20u);
  EXPECT_EQ(m.book.intern(m.buyer, wide(6)).error(), Refusal::capacity);
  EXPECT_EQ(m.book.list(capacity_of(class_b, us_east)).error(), Refusal::capacity);
  m.book.cancel_order(orders[1]);
  EXPECT_TRUE(m.book.intern(m.buyer, wide(6)));
  EXPECT_EQ(m.book.eligibility().edge_count(), 20u);
  BookOrder gone{OrderId{900}, m.buyer, SignatureId{2}, PriceIndex{5}, Lots{1'000}, TimeInForce::gtc};
  EXPECT_TRUE(m.book.place(gone, m.matches)) << "the id is the newcomer's";
  m.book.check_invariants();
}

// ---- other tables ----

void turn(Reference& tables, int round) {
  auto rows = tables.classes();
  rows[0].origin = round % 2 == 0 ? Origin::other : Origin::us;
  accept(tables.set_classes(rows));
  std::vector<RoundTrip> ways;
  for (int to = 0; to < places; ++to) ways.push_back({500 + 20'000 * ((to + round) % 7)});
  accept(tables.set_round_trips(us_east, ways));
}

/// Other tables, prepared in steps with listings and signatures coming and going in between, and adopted.
Refusal adopt_while_rows_come(Market& m, std::mt19937_64& random, int round) {
  auto const all = everything();
  auto wish = random() % 1'000;
  auto const come = [&] {
    static_cast<void>(m.book.list(all[random() % all.size()]));
    for (int i = 0; i < 3; ++i) static_cast<void>(m.book.intern(m.buyer, odd_wish(wish += 7)));
  };
  for (int i = 0; i < 12; ++i) come();
  auto next = m.reference;
  turn(next, round);
  auto relink = m.book.relink(next);
  for (int i = 0; i < round; ++i) {
    relink.step(random() % 9);
    if (i % 4 == 0) come();
  }
  m.reference = next;
  return m.book.adopt(relink);
}

/// Edges that have to be kept under the tables of now.
std::size_t edges_of(Eligibility const& eligibility, Reference const& tables) {
  std::size_t edges = 0;
  for (std::uint32_t s = 1; s <= eligibility.signature_count(); ++s) {
    SignatureId const id{s};
    for (std::uint32_t i = 1; eligibility.interned(id) && i <= eligibility.instrument_count(); ++i)
      edges += matches(eligibility.predicate(id), eligibility.instrument(InstrumentId{i}), tables);
  }
  return edges;
}

TEST_P(BothBooks, TablesPreparedBetweenCommandsAreRefusedOnlyWhenTheEdgesOfNowDoNotFit) {
  std::mt19937_64 random{12};
  int refused = 0, taken = 0;
  for (int round = 0; round < 60; ++round) {
    Market m{GetParam(), {.instruments = 24, .signatures = 40, .edges = 40}};
    auto const answer = adopt_while_rows_come(m, random, round);
    bool const fits = edges_of(m.book.eligibility(), m.reference) <= 40;
    ASSERT_EQ(answer, fits ? Refusal::none : Refusal::capacity) << "round " << round;
    ++(fits ? taken : refused);
    if (fits) m.book.check_invariants();
  }
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
}

/// Edge for edge what a book has that saw the new tables from its start.
TEST_P(BothBooks, TablesPreparedBetweenCommandsGiveTheEdgesOfABookThatAlwaysHadThem) {
  std::mt19937_64 random{11};
  for (int round = 0; round < 40; ++round) {
    BookLimits limits{.instruments = 24, .signatures = 40};
    Market m{GetParam(), limits};
    ASSERT_EQ(adopt_while_rows_come(m, random, round), Refusal::none);
    m.book.check_invariants();
    auto const& eligibility = m.book.eligibility();
    std::size_t edges = 0;
    for (std::uint32_t s = 1; s <= eligibility.signature_count(); ++s) {
      SignatureId const id{s};
      ASSERT_EQ(eligibility.degree(id), eligibility.edges(id).size());
      edges += eligibility.degree(id);
      if (!eligibility.interned(id)) continue;
      for (std::uint32_t i = 1; i <= eligibility.instrument_count(); ++i)
        ASSERT_EQ(eligibility.edges(id).contains(InstrumentId{i}),
                  matches(eligibility.predicate(id), eligibility.instrument(InstrumentId{i}), m.reference))
            << "round " << round << ", signature " << s << ", instrument " << i;
    }
    EXPECT_EQ(edges, eligibility.edge_count());
  }
}

TEST_P(BothBooks, TablesWithMoreEdgesThanTheLimitsAreRefusedAndNothingChanges) {
  auto limits = small;
  limits.edges = 1;
  Market m{GetParam(), limits};
  auto other = wants_capacity();
  other.origin = Origin::other;
  m.listed(capacity_of(class_c, us_east));
  auto const order = m.order(other, 10, 500);
  m.listed(capacity_of(class_a, us_east));
  auto const before = m.reference;
  turn(m.reference, 0);  // class A is of another origin now
  EXPECT_EQ(m.book.reference_changed(), Refusal::capacity);
  m.reference = before;
  m.book.check_invariants();
  m.offer(m.node(class_a, us_east, 1), capacity_of(class_a, us_east), 9, 1'000);
  EXPECT_TRUE(m.book.rests(order));
  m.offer(m.node(class_c, us_east, 1), capacity_of(class_c, us_east), 9, 500);
  EXPECT_FALSE(m.book.rests(order));
}

}  // namespace
}  // namespace spillway
