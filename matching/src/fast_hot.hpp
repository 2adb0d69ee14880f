// matching/fast_hot.hpp - the few steps that every command takes, kept in the caller's code.
// Room:   matching (pure), internal.
#pragma once

#include <algorithm>

#include "market/check.hpp"
#include "matching/fast_book.hpp"

namespace spillway {

// ---- rows ----

[[gnu::always_inline]] inline fast::Handle FastBook::take_row() {
  if (free_ == 0) {
    sw_check(next_row_ < nodes_.size(), "rows for every order, offer and tranche within the limits");
    return next_row_++;
  }
  auto const n = free_;
  free_ = nodes_[n].next;
  return n;
}

[[gnu::always_inline]] inline void FastBook::free_row(Handle n) {
  nodes_[n].owner_flags = 0;
  nodes_[n].next = free_;
  free_ = n;
}

[[gnu::always_inline]] inline fast::Handle FastBook::find(OrderId id) const {
  auto const n = ids_.find(id.v);
  return n != 0 && !nodes_[n].is(fast::node_offer) ? n : 0;
}

[[gnu::always_inline]] inline fast::Handle FastBook::find(OfferId id) const {
  auto const n = ids_.find(id.v);
  return n != 0 && nodes_[n].is(fast::node_offer) ? n : 0;
}

// ---- the feed ----

[[gnu::always_inline]] inline void FastBook::tell_order(FeedKind kind, Handle n, SignatureId signature,
                                                        std::uint32_t lots) {
  if (feed_ == nullptr) return;
  auto const& node = nodes_[n];
  auto& event = feed_->next();
  event.order = ids_.id_of(n);
  event.offer = 0;
  event.instrument = 0;
  event.signature = signature.v;
  event.price = fast::mirrored(fast::rank_of(node.key));
  event.lots = lots;
  event.participant = node.owner();
  event.flags = static_cast<std::uint32_t>(kind) | feed_shared;
}

[[gnu::always_inline]] inline void FastBook::tell_offer(FeedKind kind, Handle n, InstrumentId at,
                                                        std::uint32_t lots) {
  if (feed_ == nullptr) return;
  auto const& node = nodes_[n];
  auto& event = feed_->next();
  event.order = 0;
  event.offer = ids_.id_of(n);
  event.instrument = at.v;
  event.signature = 0;
  event.price = fast::rank_of(node.key);
  event.lots = lots;
  event.participant = node.owner();
  event.flags = static_cast<std::uint32_t>(kind);
}

[[gnu::always_inline]] inline void FastBook::trade(Matches& out, Match const& match) {
  out.push_back(match);
  if (feed_ == nullptr) return;
  auto& event = feed_->next();
  event.order = match.order.v;
  event.offer = match.offer.v;
  event.instrument = match.instrument.v;
  event.signature = 0;
  event.price = match.price.v;
  event.lots = static_cast<std::uint32_t>(match.lots.v);
  event.participant = 0;
  event.flags =
      static_cast<std::uint32_t>(FeedKind::trade) | (match.taker_is_buyer ? feed_taker_is_buyer : 0);
}

// ---- how many rest, and under how many signatures ----

[[gnu::always_inline]] inline void FastBook::count_in(std::uint32_t who, std::uint32_t signature) {
  auto& owner = owners_[who];
  if (owner.signatures == 0)
    owner.signatures = 1, owner.signature = signature;
  else if (owner.counted != 0 || owner.signature != signature)
    count_several(who, signature);
  ++owner.resting;
}

[[gnu::always_inline]] inline void FastBook::count_out(std::uint32_t who, std::uint32_t signature) {
  auto& owner = owners_[who];
  if (owner.counted != 0 && live_signatures_.lower(std::uint64_t{who} << 32 | signature)) --owner.signatures;
  if (--owner.resting == 0) owner.signatures = 0, owner.counted = 0;
}

// ---- orders and plain offers: in and out ----

[[gnu::always_inline]] inline void FastBook::put_order(BookOrder const& o, std::uint32_t open,
                                                       bool conditional) {
  using namespace fast;
  auto const n = take_row();
  auto flags = o.buyer.v << node_owner_shift | node_live;
  if (conditional) flags |= node_special;
  if (o.expires.v != 0) flags |= node_timed;
  auto terms = static_cast<std::uint32_t>(o.self_trade) << term_trade_shift;
  if (o.tif == TimeInForce::timed) terms |= term_timed;
  if (o.prefer_near) terms |= term_near;
  if (o.post_only) terms |= term_post_only;
  auto const id_high = static_cast<std::uint32_t>(o.id.v >> 32);
  auto const rank = mirrored(o.limit.v);
  nodes_[n] = {key_of(rank, ++bid_sequence_), static_cast<std::uint32_t>(o.id.v), open, 0, 0, 0, flags};
  cold_[n] = {o.expires.v,
              o.session.v,
              id_high << term_bits | terms,
              o.signature.v,
              static_cast<std::uint32_t>(o.fill_min.v),
              o.providers.v};
  ids_.insert(o.id.v, n);
  ++orders_;
  count_in(o.buyer.v, o.signature.v);
  if (o.expires.v != 0) deadlines_.insert(n);
  waiting_ += conditional;
  bool const improves = ladders_.append(conditional ? waiting(o.signature) : bid(o.signature), n);
  if (improves && !conditional) links_.improved(bid(o.signature), rank);
  tell_order(FeedKind::bid, n, o.signature, open);
}

[[gnu::always_inline]] inline void FastBook::take_out_order(Handle n, bool told) {
  using namespace fast;
  auto const& node = nodes_[n];
  auto const owner_row = node.owner();
  auto const g = ladders_.ladder_of(node);
  SignatureId const signature{g - (node.is(node_special) ? 2 * side_ : side_)};
  if (!told) tell_order(FeedKind::bid_gone, n, signature, node.lots);
  ids_.erase(n);
  ladders_.remove(g, n);
  if ((node.owner_flags & (node_timed | node_special)) != 0) {
    if (node.is(node_timed)) deadlines_.erase(n);
    if (node.is(node_special)) --waiting_;
  }
  --orders_;
  count_out(owner_row, signature.v);
  free_row(n);
}

/// Not for special ones.
[[gnu::always_inline]] inline void FastBook::put_plain(BookOffer const& o, std::uint32_t row,
                                                       std::uint32_t lots, Key key) {
  using namespace fast;
  auto const n = take_row();
  auto flags = o.provider.v << node_owner_shift | node_live | node_offer;
  if (o.expires.v != 0) flags |= node_timed;
  auto terms = static_cast<std::uint32_t>(o.self_trade) << term_trade_shift;
  if (o.post_only) terms |= term_post_only;
  auto const id_high = static_cast<std::uint32_t>(o.id.v >> 32);
  nodes_[n] = {key, static_cast<std::uint32_t>(o.id.v), lots, 0, 0, 0, flags};
  cold_[n] = {o.expires.v,
              o.session.v,
              id_high << term_bits | terms,
              row,
              static_cast<std::uint32_t>(o.fill_min.v),
              0};
  ids_.insert(o.id.v, n);
  ++offers_;
  if (o.expires.v != 0) deadlines_.insert(n);
  if (ladders_.append(ask(o.instrument), n)) links_.improved(ask(o.instrument), o.price.v);
  tell_offer(FeedKind::offer, n, o.instrument, lots);
}

/// Not for special ones.
[[gnu::always_inline]] inline void FastBook::take_out_plain(Handle n, InstrumentId at, bool told) {
  auto const& node = nodes_[n];
  if (!told) tell_offer(FeedKind::offer_gone, n, at, node.lots);
  ids_.erase(n);
  if (node.is(fast::node_timed)) deadlines_.erase(n);
  --offers_;
  ladders_.remove(ask(at), n);
  free_row(n);
}

}  // namespace spillway
