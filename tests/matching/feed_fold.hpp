// tests/matching/feed_fold.hpp - what a reader of the feed knows: offers, orders and trades folded from
// events alone, without asking the book.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "matching/book_types.hpp"
#include "matching/feed.hpp"

namespace spillway::rig {

class FeedFold {
 public:
  /// Everything that happened since; the trades of it are in `trades`.
  void read(FeedRing const& ring) {
    trades.clear();
    while (seen_ < ring.newest()) {
      auto const* const event = ring.at(++seen_);
      ASSERT_NE(event, nullptr) << "a reader that keeps up misses nothing";
      apply(*event);
    }
  }

  /// The fold has what the book has.
  void expect(BookState const& state) const {
    std::map<std::uint64_t, Resting> offered, wanted;
    for (auto const& t : state.tranches) {
      auto& offer = offered[t.offer.v];
      offer = {t.instrument.v, t.price.v, offer.lots + t.lots.v};
    }
    for (auto const& o : state.orders) wanted[o.id.v] = {o.signature.v, o.limit.v, o.open.v};
    EXPECT_EQ(offers_, offered) << "offers by their feed";
    EXPECT_EQ(orders_, wanted) << "orders by their feed";
  }

  std::vector<FeedEvent> trades;

 private:
  struct Resting {
    std::uint32_t at{};  // instrument, or signature
    std::uint32_t price{};
    std::int64_t lots{};
    friend bool operator==(Resting const&, Resting const&) = default;
  };
  using Side = std::map<std::uint64_t, Resting>;

  static void set(Side& side, std::uint64_t id, Resting const& now) {
    if (now.lots == 0) {
      side.erase(id);
    } else {
      side[id] = now;
    }
  }
  static void lower(Side& side, std::uint64_t id, std::int64_t lots) {
    auto const it = side.find(id);
    if (it == side.end()) return;  // it arrives, and does not rest yet
    EXPECT_LE(lots, it->second.lots) << "no more is traded than was told";
    it->second.lots -= lots;
    if (it->second.lots <= 0) side.erase(it);
  }

  void apply(FeedEvent const& e) {
    bool const shared = e.shared();
    switch (e.kind()) {
      case FeedKind::offer:
        EXPECT_TRUE(!shared && e.instrument().v != 0 && e.signature().v == 0);
        return set(offers_, e.offer().v, {e.instrument().v, e.price().v, e.lots});
      case FeedKind::offer_gone:
        EXPECT_TRUE(!shared);
        offers_.erase(e.offer().v);
        return;
      case FeedKind::bid:
        EXPECT_TRUE(shared && e.signature().v != 0 && e.instrument().v == 0);
        return set(orders_, e.order().v, {e.signature().v, e.price().v, e.lots});
      case FeedKind::bid_gone:
        EXPECT_TRUE(shared);
        orders_.erase(e.order().v);
        return;
      case FeedKind::trade:
        trades.push_back(e);
        lower(offers_, e.offer().v, e.lots);
        return lower(orders_, e.order().v, e.lots);
      case FeedKind::unset:
        break;
    }
    ADD_FAILURE() << "an event without a kind";
  }

  Side offers_, orders_;
  std::uint64_t seen_{};
};

}  // namespace spillway::rig
