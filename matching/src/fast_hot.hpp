// matching/fast_hot.hpp - the few steps that every command takes, kept in the caller's code.
// Room:   matching (pure), internal.
#pragma once

#include <algorithm>

#include "market/check.hpp"
#include "matching/fast_book.hpp"

namespace spillway {

/// What comes after it reads memory again instead of keeping what came before in registers: with a step's few
/// values they suffice, and none has to be saved. Costs nothing itself.
inline void forget() { asm volatile("" ::: "memory"); }

[[nodiscard]] inline bool may_rest(TimeInForce tif) { return tif >= TimeInForce::gtc; }

// ---- rows ----

[[gnu::always_inline]] inline fast::Handle FastBook::take_row() {
  if (free_ == 0) {
    sw_check(next_row_ < lines_.size(), "rows for every order, offer and tranche within the limits");
    return next_row_++;
  }
  auto const n = free_;
  free_ = lines_[n].node.next;
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

[[gnu::always_inline]] inline void FastBook::tell(std::uint64_t id, Key key, std::uint32_t lots,
                                                  std::uint32_t where, std::uint32_t party_and_kind) {
  auto& event = feed_->next();
  event.id = id;
  event.key = key;
  event.lots = lots;
  event.where = where;
  event.party_and_kind = party_and_kind;
}

[[nodiscard]] inline std::uint32_t told_of(std::uint32_t participant, FeedKind kind,
                                           std::uint32_t flags = 0) {
  return participant << 8 | static_cast<std::uint32_t>(kind) | flags;
}

inline void FastBook::tell_order(FeedKind kind, Handle n, SignatureId signature, std::uint32_t lots) {
  tell(ids_.id_of(n), nodes_[n].key, lots, signature.v, told_of(nodes_[n].owner(), kind, feed_shared));
}

inline void FastBook::tell_offer(FeedKind kind, Handle n, InstrumentId at, std::uint32_t lots) {
  tell(ids_.id_of(n), nodes_[n].key, lots, at.v, told_of(nodes_[n].owner(), kind));
}

[[gnu::always_inline]] inline void FastBook::trade(Matches& out, Match const& match) {
  out.push_back(match);
  auto& event = feed_->next();
  event.id = match.offer.v;
  event.key = fast::key_of(match.price.v, 0);
  event.lots = static_cast<std::uint32_t>(match.lots.v);
  event.where = match.instrument.v;
  event.party_and_kind = told_of(0, FeedKind::trade, match.taker_is_buyer ? feed_taker_is_buyer : 0);
  event.traded = match.order.v;
}

// ---- plain offers: in and out ----

/// Not for special ones.
inline void FastBook::put_plain(BookOffer const& o, std::uint32_t row, std::uint32_t lots, Key key) {
  using namespace fast;
  auto const n = take_row();
  auto flags = o.provider.v << node_owner_shift | node_live | node_offer;
  if (o.expires.v != 0) flags |= node_timed;
  auto terms = static_cast<std::uint32_t>(o.self_trade) << term_trade_shift;
  if (o.post_only) terms |= term_post_only;
  auto const id_high = static_cast<std::uint32_t>(o.id.v >> 32);
  nodes_[n] = {key, static_cast<std::uint32_t>(o.id.v), lots, 0, 0, 0, flags};
  cold_[n] = {o.session.v,
              o.expires.v,
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

/// Not for special ones. The trade that took all of it has told.
inline void FastBook::take_out_head(LadderId at) {
  auto const n = ladders_.head(at);
  ids_.erase(n);
  if (nodes_[n].is(fast::node_timed)) deadlines_.erase(n);
  --offers_;
  ladders_.remove_head(at);
  free_row(n);
}

/// Not for special ones.
inline void FastBook::take_out_plain(Handle n, InstrumentId at, bool told) {
  auto const& node = nodes_[n];
  if (!told) tell_offer(FeedKind::offer_gone, n, at, node.lots);
  ids_.erase(n);
  if (node.is(fast::node_timed)) deadlines_.erase(n);
  --offers_;
  ladders_.remove(ask(at), n);
  free_row(n);
}

}  // namespace spillway
