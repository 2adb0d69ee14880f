// tests/matching/book_heap_test.cpp - the fast book's commands ask the heap for nothing, whatever is new in
// them. Covers fast_book.cpp, fast_plan.cpp, fast_pools.cpp, node_pool.cpp and links.cpp, with a counter in
// place of the library's operator new.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "../../bench/matching/allocations.hpp"
#include "matching/fast_book.hpp"
#include "odd_wishes.hpp"

namespace spillway {
namespace {

using namespace rig;

/// New signatures, instruments, lists and nodes, planned walks, jobs, tranches, displays, mass cancels: the
/// heap is asked for nothing between the first command and the last.
TEST(FastBookMemory, NoCommandAsksTheHeapForAnything) {
  auto const reference = tables();
  auto const all = everything();
  FastBook book{reference,
                {.orders = 2'000,
                 .offers = 500,
                 .tranches = 200,
                 .nodes = 100,
                 .participants = 64,
                 .provider_lists = 64,
                 .instruments = 20,
                 .signatures = 100,
                 .edges = 1'200}};
  FeedRing feed{8};
  book.set_feed(&feed);
  std::vector<Match> out, running;
  out.reserve(10'000);
  running.reserve(100'000);
  std::vector<Predicate> wishes;
  for (std::uint64_t n = 0; n < 3'000; ++n) wishes.push_back(odd_wish(n * 37));
  for (auto& wish : wishes)
    if (wish.pue_max_milli % 100 == 0) {
      wish = wants_tokens({model_small, model_tiny});
      wish.network = Micros{wish.network.v + 400'000};
    }
  std::mt19937_64 random{3};
  auto const below = [&](std::uint64_t n) { return random() % n; };
  std::uint64_t ids = 0, placed = 0, posted = 0, listed = 0, trades = 0, lists = 0;
  std::uint32_t nodes = 0;

  auto const before = bench::allocations();
  for (int i = 0; i < 30'000; ++i) {
    out.clear();
    if (i % 1'000 == 999) {  // a quiet night: everything ends
      for (std::uint64_t session = 1; session <= 5; ++session) book.cancel_session(SessionId{session});
      for (auto const& ended : running) book.vacate(ended.node, ended.instrument, ended.lots, ended.offer);
      running.clear();
    }
    auto const& what = all[below(all.size())];
    auto const dice = below(100);
    if (dice < 40) {
      auto const& wish = wishes[static_cast<std::size_t>(i) / 10 % wishes.size()];
      bool const tokens = wish.product == ProductKind::tokens;
      BookOrder o;
      o.id = OrderId{++ids};
      o.buyer = ParticipantId{1 + static_cast<std::uint32_t>(below(60))};
      o.limit = PriceIndex{static_cast<std::uint32_t>(5 + below(20))};
      o.open = Lots{tokens ? 1 : static_cast<std::int64_t>(125 * (1 + below(30)))};
      o.tif = static_cast<TimeInForce>(1 + below(4));
      o.prefer_near = below(3) == 0;
      o.fill_min = Lots{tokens || below(3) != 0 ? 0 : 125};
      o.self_trade = static_cast<SelfTrade>(below(4));
      if (lists > 0 && below(4) == 0)
        o.providers = ProviderListId{static_cast<std::uint32_t>(1 + below(lists))};
      if (o.tif >= TimeInForce::gtc) o.expires = Stamp{i + 1 + static_cast<std::int64_t>(below(400))};
      o.session = SessionId{1 + below(5)};
      placed += book.enter(o, wish, out).has_value();
    } else if (dice < 70) {
      auto const listing = book.list(what);
      if (!listing) continue;
      listed += listing->listed;
      BookOffer o;
      o.id = OfferId{++ids};
      o.provider = ParticipantId{1 + static_cast<std::uint32_t>(below(60))};
      o.instrument = listing->id;
      if (nodes < 90 && below(20) == 0) {
        ++nodes;
        book.open_node(NodeId{nodes}, what.klass, what.place,
                       nodes % 3 == 0 ? Pooling::unlimited : Pooling::attested);
        if (nodes % 3 != 0) book.set_available_units(NodeId{nodes}, 6);
      }
      for (std::uint32_t n = 1; n <= nodes; ++n)
        if (book.pool(NodeId{n}).klass() == what.klass && book.pool(NodeId{n}).place() == what.place)
          o.node = NodeId{n};
      auto const lot =
          what.product == ProductKind::tokens ? 1 : reference.find(what.klass)->smallest_part_milli;
      o.price = PriceIndex{static_cast<std::uint32_t>(5 + below(20))};
      o.quantity = Lots{lot * static_cast<std::int64_t>(1 + below(6))};
      o.display = Lots{below(3) == 0 ? lot : 0};
      o.replenish = below(2) == 0;
      o.self_trade = static_cast<SelfTrade>(below(4));
      o.session = SessionId{1 + below(5)};
      if (below(2) == 0) o.expires = Stamp{i + 1 + static_cast<std::int64_t>(below(400))};
      posted += book.post(o, out).has_value();
    } else if (dice < 80 && !running.empty()) {
      auto const ended = running.back();
      running.pop_back();
      book.vacate(ended.node, ended.instrument, ended.lots, ended.offer);
      book.meet(ended.node, out);
    } else if (dice < 85) {
      static_cast<void>(book.cancel({}, OrderId{ids - below(50)}));
    } else if (dice < 90) {
      static_cast<void>(book.amend({}, OrderId{ids - below(50)}, PriceIndex{20}, Lots{250}, out));
    } else if (dice < 92) {
      std::array const named{ParticipantId{static_cast<std::uint32_t>(1 + below(20))},
                             ParticipantId{static_cast<std::uint32_t>(1 + below(20))}};
      if (auto const list = book.intern_providers(static_cast<Book::ListKind>(below(2)), named))
        lists = std::max<std::uint64_t>(lists, list->v);
    } else if (dice < 93) {
      book.cancel_session(SessionId{1 + below(5)});
    } else {
      book.advance(Stamp{i});
    }
    trades += out.size();
    for (auto const& trade : out)
      if (trade.node.v % 3 != 0) running.push_back(trade);
  }
  auto const asked = bench::allocations() - before;
  book.check_invariants();
  EXPECT_EQ(asked, 0u);
  EXPECT_GT(placed, 5'000u);
  EXPECT_GT(posted, 1'000u);
  EXPECT_GT(listed, 100u);
  EXPECT_GT(trades, 1'000u);
  EXPECT_GT(lists, 30u);
  EXPECT_GT(nodes, 50u);
}

}  // namespace
}  // namespace spillway
