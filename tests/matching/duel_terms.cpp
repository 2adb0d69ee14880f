// tests/matching/duel_terms.cpp - what must hold of every trade of a duel by its two sides' own terms,
// without asking either book.
#include "duel.hpp"

namespace spillway::rig {

bool Duel::related(ParticipantId a, ParticipantId b) const {
  auto const firm_a = firms_.find(a), firm_b = firms_.find(b);
  if (firm_a == firms_.end() || firm_b == firms_.end()) return false;
  return firm_a->second.some() && firm_a->second == firm_b->second;
}

void Duel::check_terms(Match const& m) {
  auto& buys = orders_.at(m.order.v);
  auto const& sells = offers_.at(m.offer.v);
  EXPECT_GT(m.lots.v, 0) << "no trade of nothing";
  EXPECT_LE(m.price, buys.limit) << "never above the buyer's limit";
  EXPECT_GE(m.price, sells.price) << "never below the seller's price";
  EXPECT_EQ(m.price, m.taker_is_buyer ? sells.price : buys.limit) << "the resting side's price";

  EXPECT_LE(m.lots, buys.open) << "no more than is wanted";
  EXPECT_GE(m.lots, std::min(buys.fill_min, buys.open)) << "the buyer's minimum from one offer";
  EXPECT_EQ(m.lots.v % lot_of(books_[0]->instrument(m.instrument)).v, 0) << "whole lots";
  EXPECT_TRUE(sells.fill_max.v == 0 || m.lots <= sells.fill_max) << "the seller's maximum";
  EXPECT_TRUE(sells.display.v == 0 || m.lots <= sells.display) << "no more than is shown";
  buys.open -= m.lots;

  EXPECT_TRUE(m.node == sells.node && m.instrument == sells.instrument) << "where the offer stands";
  EXPECT_TRUE(buys.expires.v == 0 || buys.expires > now_) << "an order in time";
  EXPECT_TRUE(sells.expires.v == 0 || sells.expires > now_) << "an offer in time";
  if (buys.providers.some()) {
    bool const named = named_by_.at(buys.providers).contains(sells.provider);
    EXPECT_EQ(named, only_lists_.contains(buys.providers)) << "a provider that the order accepts";
  }
  auto const mode = m.taker_is_buyer ? buys.self_trade : sells.self_trade;
  EXPECT_TRUE(mode == SelfTrade::allow || !related(buys.buyer, sells.provider)) << "not with its own firm";
}

/// What came of an order at once.
void Duel::check_arrival(BookOrder const& order) {
  Lots taken;
  for (auto const& m : out_[0])
    if (m.taker_is_buyer && m.order == order.id) taken += m.lots;
  EXPECT_TRUE(!order.post_only || taken.v == 0) << "a post-only order takes nothing";
  bool const all = order.tif == TimeInForce::fok;
  EXPECT_TRUE(!all || taken == order.open) << "all or nothing";
  EXPECT_TRUE((!all && order.tif != TimeInForce::ioc) || !books_[0]->rests(order.id)) << "it never rests";
}

void Duel::check_arrival(BookOffer const& offer) {
  if (!offer.post_only) return;
  for (auto const& m : out_[0]) EXPECT_NE(m.offer, offer.id) << "a post-only offer gives nothing";
}

}  // namespace spillway::rig
