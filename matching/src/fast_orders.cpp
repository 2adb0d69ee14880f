// matching/fast_orders.cpp - orders: refusals, what rests, and who has how much at rest.
// Room:   matching (pure); sees market.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "fast_hot.hpp"
#include "market/check.hpp"

namespace spillway {

using namespace fast;

namespace {

/// Four bytes of an order that stand side by side: time in force, and three switches.
std::uint32_t words_of(BookOrder const& o) {
  static_assert(offsetof(BookOrder, post_only) == offsetof(BookOrder, tif) + 3);
  std::uint32_t words;
  std::memcpy(&words, reinterpret_cast<unsigned char const*>(&o) + offsetof(BookOrder, tif), sizeof words);
  return words;
}
constexpr std::uint32_t only(TimeInForce tif) {
  return std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{static_cast<std::uint8_t>(tif)});
}
constexpr auto plain_words = only(TimeInForce::gtc), timed_words = only(TimeInForce::timed);

}  // namespace

Refusal FastBook::why_not(BookOrder const& o) const {
  using enum Refusal;
  bool const negative = (o.open.v | o.fill_min.v | o.expires.v) < 0;
  bool const unknown_tif = o.tif == TimeInForce::unset || o.tif > TimeInForce::timed;
  bool const rests = may_rest(o.tif);
  if (o.id.v - 1 >= id_limit - 1 || unknown_tif || o.self_trade > SelfTrade::both || negative)
    return malformed;
  if (rests ? o.market : o.post_only) return malformed;
  if (o.fill_min > o.open && o.open.v > 0) return malformed;
  if (o.signature.some() && !eligibility_.interned(o.signature)) return malformed;
  if (o.providers.v > lists_.size()) return malformed;
  if (o.buyer.v - 1 >= limits_.participants) return unknown_participant;
  if (terms_[o.buyer.v].no_buyer) return role_missing;
  if (halted_) return halted;
  if (ids_.find(o.id.v) != 0) return exists;
  if (o.open.v == 0) return quantity_zero;
  auto const most =
      o.signature.some() ? largest_[o.signature.v] : static_cast<std::uint32_t>(book_lots_max.v);
  if (o.open.v > most) return quantity_too_large;
  if (!on_grid(o.limit)) return price_off_grid;
  if (o.market && o.limit == highest_price) return market_unprotected;
  if (o.expires.v != 0 && o.expires.v <= now_us_) return time_past;
  return none;
}

/// Only for orders that may rest.
Refusal FastBook::no_room(BookOrder const& o) const {
  auto const& owner = owners_[o.buyer.v];
  if (one_too_many(o.buyer, o.signature)) return Refusal::signature_limit;
  if (owner.resting_max != 0 && owner.resting >= owner.resting_max) return Refusal::resting_limit;
  return orders_ >= limits_.orders ? Refusal::capacity : Refusal::none;
}

/// What most orders are: no refusal, nothing to look up but the price. Whatever else an order is, or is
/// refused for, is found out by `place_unusual`, in its order. `quick` is 0 for whoever may not buy, for
/// nobody, and where several signatures are counted; `largest_` is 0 where none is interned, and
/// `orders_gate_` while halted or while something stands in `ended()`. The price is not looked at: one off
/// the grid, mirrored, is behind every page, so `place` comes to a function that looks.
[[gnu::always_inline]] inline bool FastBook::usual(BookOrder const& o) const {
  if (words_of(o) != plain_words) return false;
  if ((o.expires.v | o.providers.v) != 0 || static_cast<std::uint64_t>(o.fill_min.v) > 1) return false;
  if (o.self_trade > SelfTrade::both) return false;
  if (o.id.v <= newest_id_ || o.id.v > ids_.highest()) return false;  // newer than all: not live
  if (o.buyer.v > limits_.participants) return false;
  auto const& owner = owners_[o.buyer.v];
  if (owner.quick != o.signature.v || owner.resting > owner.resting_max - 1) return false;
  return static_cast<std::uint64_t>(o.open.v) - 1 < largest_[o.signature.v] && orders_ < orders_gate_;
}

/// No call is made here but as the last step, which spares saving registers.
Book::Rest FastBook::place(BookOrder const& o, Matches& out) {
  if (!usual(o)) return place_unusual(o, out);
  auto const g = bid(o.signature);
  if (links_.bound(g) <= o.limit.v) return place_crossing(o, out);
  auto const rank = mirrored(o.limit.v);
  auto const& page = ladders_.near(g, rank);
  auto& slot = ids_.slot_of(o.id.v);
  if (!page.holds(rank) || slot != 0) return put_prepared(o);
  return put_usual(o, page.level_of(rank), slot);
}

[[gnu::noinline]] Book::Rest FastBook::put_usual(BookOrder const& o, std::uint32_t level, Handle& slot) {
  auto const n = take_row();
  auto& [node, cold] = lines_[n];
  slot = n;
  newest_id_ = o.id.v;
  ++orders_;
  ++owners_[o.buyer.v].resting;
  forget();
  cold.session = o.session.v;
  cold.id_high_terms = static_cast<std::uint32_t>(o.id.v >> 32 << term_bits) |
                       static_cast<std::uint32_t>(o.self_trade) << term_trade_shift;
  cold.row = o.signature.v;
  cold.set_only_fill_min(o.fill_min.v);
  forget();
  auto& event = feed_->next();
  event.key = node.key = key_of(mirrored(o.limit.v), ++bid_sequence_);
  event.id = o.id.v;
  node.id_low = static_cast<std::uint32_t>(o.id.v);
  event.lots = node.lots = static_cast<std::uint32_t>(o.open.v);
  event.where = o.signature.v;
  auto const party = o.buyer.v << node_owner_shift;
  event.party_and_kind = party + told_of(0, FeedKind::bid, feed_shared);
  node.owner_flags = party + node_live;
  forget();
  if (!ladders_.join(level, n, node)) return put_first(bid(o.signature), level, n);
  return o.open;
}

/// Usual but for its id's slot, which an older one holds, or its page, which is not in front, or its price.
[[gnu::noinline]] Book::Rest FastBook::put_prepared(BookOrder const& o) {
  if (!on_grid(o.limit)) return std::unexpected(why_not(o));
  ids_.make_room(o.id.v);
  return put_usual(o, ladders_.level_of(bid(o.signature), mirrored(o.limit.v)), ids_.slot_of(o.id.v));
}

/// The first at its price. Where that is better than the best before, who is linked may cross now. It stands
/// apart from `put_usual` so that those who join others, most of them, save no register.
[[gnu::noinline]] Book::Rest FastBook::put_first(LadderId g, std::uint32_t level, Handle n) {
  if (ladders_.found(g, level, n)) links_.improved(g, rank_of(nodes_[n].key));
  return Lots{nodes_[n].lots};
}

[[gnu::noinline]] Book::Rest FastBook::place_crossing(BookOrder const& o, Matches& out) {
  if (!on_grid(o.limit)) return std::unexpected(why_not(o));
  newest_id_ = o.id.v;
  looks_ = conditional_looks_max;
  return arrive(o, out);
}

/// It is refused for nothing, though its signature is one of several of its buyer, or whoever sends it takes
/// it back in time: so the orders of an exchange. `why_not` and `no_room` come to the same in five times the
/// steps.
[[gnu::always_inline]] inline bool FastBook::certain(BookOrder const& o) const {
  auto const words = words_of(o);
  if (words != timed_words && words != plain_words) return false;
  if ((o.expires.v | o.providers.v) != 0 || static_cast<std::uint64_t>(o.fill_min.v) > 1) return false;
  if (o.self_trade > SelfTrade::both || !on_grid(o.limit)) return false;
  if (o.id.v <= newest_id_ || o.id.v > ids_.highest()) return false;  // newer than all: not live
  if (o.buyer.v - 1 >= limits_.participants || terms_[o.buyer.v].no_buyer) return false;
  if (owners_[o.buyer.v].resting > owners_[o.buyer.v].resting_max - 1) return false;
  if (!eligibility_.interned(o.signature) || one_too_many(o.buyer, o.signature)) return false;
  return static_cast<std::uint64_t>(o.open.v) - 1 < largest_[o.signature.v] && orders_ < orders_gate_;
}

[[gnu::noinline]] Book::Rest FastBook::place_unusual(BookOrder const& o, Matches& out) {
  if (certain(o)) {
    newest_id_ = o.id.v;
    if (links_.bound(bid(o.signature)) <= o.limit.v) {
      looks_ = conditional_looks_max;
      return arrive(o, out);
    }
    put_order(o, static_cast<std::uint32_t>(o.open.v));
    return o.open;
  }
  begin();
  if (!o.signature.some()) return std::unexpected(Refusal::malformed);
  if (auto const why = why_not(o); why != Refusal::none) return std::unexpected(why);
  if (may_rest(o.tif)) {
    if (auto const why = no_room(o); why != Refusal::none) return std::unexpected(why);
    if (o.post_only && crosses(o)) return std::unexpected(Refusal::post_only_would_cross);
  }
  if (o.tif != TimeInForce::fok) {
    newest_id_ = std::max(newest_id_, o.id.v);
    return arrive(o, out);
  }
  auto const& planned = plan(o);
  if (planned.open != 0) return std::unexpected(Refusal::fok_unfillable);
  newest_id_ = std::max(newest_id_, o.id.v);
  Taker taker{o, 0, static_cast<std::uint32_t>(o.open.v)};
  auto const first = out.size();
  commit(taker, planned, out);
  meet_again(first, out);
  return Lots{};
}

void FastBook::put_order(BookOrder const& o, std::uint32_t open) {
  bool const conditional = is_conditional(o);
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
  cold_[n] = {o.session.v,
              o.expires.v,
              id_high << term_bits | terms,
              o.signature.v,
              static_cast<std::uint32_t>(o.fill_min.v),
              o.providers.v};
  ids_.insert(o.id.v, n);
  ++orders_;
  count_in(o.buyer.v, o.signature.v);
  if (o.expires.v != 0) deadlines_.insert(n);
  bool const improves = ladders_.append(conditional ? waiting(o.signature) : bid(o.signature), n);
  if (conditional) {
    ++waiting_;
    set_gates();
  } else if (improves) {
    links_.improved(bid(o.signature), rank);
  }
  tell_order(FeedKind::bid, n, o.signature, open);
}

void FastBook::take_out_order(Handle n, bool told) {
  auto const& node = nodes_[n];
  auto const owner_row = node.owner();
  SignatureId const signature{cold_[n].row};
  auto const g = node.is(node_special) ? waiting(signature) : bid(signature);
  if (!told) tell_order(FeedKind::bid_gone, n, signature, node.lots);
  ids_.erase(n);
  ladders_.remove(g, n);
  if (node.is(node_timed)) deadlines_.erase(n);
  if (node.is(node_special)) {
    --waiting_;
    set_gates();
  }
  --orders_;
  count_out(owner_row, signature.v);
  free_row(n);
}

// ---- how many rest, and under how many signatures ----

void FastBook::set_quick(std::uint32_t who) {
  auto const& terms = terms_[who];
  owners_[who].quick = terms.counted != 0 || terms.no_buyer ? 0 : terms.signature;
}

namespace {

std::uint64_t pair_of(std::uint32_t who, std::uint32_t signature) {
  return std::uint64_t{who} << 32 | signature;
}

}  // namespace

std::uint32_t FastBook::orders_under(std::uint32_t who, std::uint32_t signature) const {
  auto const& terms = terms_[who];
  for (auto const& cell : terms.few)
    if (cell.signature == signature) return cell.orders;
  return terms.in_table == 0 ? 0 : live_signatures_.at(pair_of(who, signature));
}

std::uint32_t& FastBook::count_under(std::uint32_t who, std::uint32_t signature) {
  auto& terms = terms_[who];
  for (auto& cell : terms.few)
    if (cell.signature == signature) return cell.orders;
  auto const pair = pair_of(who, signature);
  if (terms.in_table != 0 && live_signatures_.at(pair) != 0) return live_signatures_.of(pair);
  for (auto& cell : terms.few)
    if (cell.signature == 0) {
      cell.signature = signature;
      return cell.orders;
    }
  ++terms.in_table;
  return live_signatures_.of(pair);
}

bool FastBook::lower_under(std::uint32_t who, std::uint32_t signature) {
  auto& terms = terms_[who];
  for (auto& cell : terms.few) {
    if (cell.signature != signature) continue;
    if (--cell.orders != 0) return false;
    cell = {};
    return true;
  }
  bool const gone = live_signatures_.lower(pair_of(who, signature));
  if (gone) --terms.in_table;
  return gone;
}

/// From the second signature on every one is counted, until nothing rests.
void FastBook::count_in(std::uint32_t who, std::uint32_t signature) {
  auto& owner = owners_[who];
  auto& terms = terms_[who];
  if (owner.resting == 0) {
    terms.signature = signature;
    set_quick(who);
  } else if (terms.counted != 0 || terms.signature != signature) {
    if (terms.counted == 0) {
      count_under(who, terms.signature) = owner.resting;
      terms.counted = 1, terms.signatures = 1;
    }
    if (++count_under(who, signature) == 1) ++terms.signatures;
    set_quick(who);
  }
  ++owner.resting;
}

void FastBook::count_out(std::uint32_t who, std::uint32_t signature) {
  auto& owner = owners_[who];
  auto& terms = terms_[who];
  --owner.resting;
  if (terms.counted == 0) return;
  if (lower_under(who, signature)) --terms.signatures;
  if (owner.resting != 0) return;
  terms.counted = 0;
  set_quick(who);
}

void FastBook::fill_order(Handle n, std::uint32_t lots) {
  if (nodes_[n].lots == lots) return take_out_order(n, true);  // the trade has told
  nodes_[n].lots -= lots;
}

BookOrder FastBook::terms_of(Handle n) const {
  auto const& node = nodes_[n];
  auto const& cold = cold_[n];
  auto const terms = cold.id_high_terms;
  return {.id = OrderId{ids_.id_of(n)},
          .buyer = ParticipantId{node.owner()},
          .signature = SignatureId{cold.row},
          .limit = PriceIndex{price_of(node)},
          .open = Lots{node.lots},
          .tif = (terms & term_timed) != 0 ? TimeInForce::timed : TimeInForce::gtc,
          .prefer_near = (terms & term_near) != 0,
          .market = false,
          .post_only = (terms & term_post_only) != 0,
          .self_trade = trade_mode(n),
          .providers = ProviderListId{cold.fill_max},
          .fill_min = Lots{cold.fill_min},
          .session = SessionId{cold.session},
          .expires = expiry_of(n)};
}

Book::Rest FastBook::amend(ParticipantId who, OrderId id, PriceIndex limit, Lots lots, Matches& out) {
  begin();
  if (halted_) return std::unexpected(Refusal::halted);
  auto const n = find(id);
  if (n == 0) return std::unexpected(unknown_or_dead(id.v));
  if (who.some() && who.v != nodes_[n].owner()) return std::unexpected(Refusal::not_yours);
  if (lots.v <= 0) return std::unexpected(Refusal::quantity_zero);
  if (lots.v > largest_[cold_[n].row]) return std::unexpected(Refusal::quantity_too_large);
  if (!on_grid(limit)) return std::unexpected(Refusal::price_off_grid);
  auto renewed = terms_of(n);
  if (limit == renewed.limit && lots <= renewed.open) {
    nodes_[n].lots = static_cast<std::uint32_t>(lots.v);
    tell_order(FeedKind::bid, n, renewed.signature, nodes_[n].lots);
    return lots;
  }
  renewed.limit = limit;
  renewed.open = lots;
  if (renewed.post_only && crosses(renewed)) return std::unexpected(Refusal::post_only_would_cross);
  erase_order(n);
  return arrive(renewed, out);
}

}  // namespace spillway
