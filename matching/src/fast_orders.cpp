// matching/fast_orders.cpp - orders: refusals, the walk over the asks of a signature, and what rests
// afterwards. Room:   matching (pure); sees market.
#include <algorithm>

#include "fast_hot.hpp"
#include "market/check.hpp"

namespace spillway {

using namespace fast;

namespace {

bool may_rest(TimeInForce tif) { return tif >= TimeInForce::gtc; }

/// What the quick walk has no eyes for: lists, minimums, nearness.
bool needs_plan(BookOrder const& o) { return o.prefer_near || is_conditional(o); }

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
  if (o.signature.v > eligibility_.signature_count() || o.providers.v > lists_.size()) return malformed;
  if (o.buyer.v - 1 >= limits_.participants) return unknown_participant;
  if (owners_[o.buyer.v].no_buyer != 0) return role_missing;
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
  if (owner.signatures >= live_signatures_max &&
      live_signatures_.at(std::uint64_t{o.buyer.v} << 32 | o.signature.v) == 0)
    return Refusal::signature_limit;
  if (owner.resting_max != 0 && owner.resting >= owner.resting_max) return Refusal::resting_limit;
  return orders_ >= limits_.orders ? Refusal::capacity : Refusal::none;
}

/// What most orders are: no refusal, nothing to look up but the price. Whatever else an order is, or is
/// refused for, is found out by `place_unusual`, in its order.
[[gnu::always_inline]] inline bool FastBook::usual(BookOrder const& o) const {
  if (o.tif == TimeInForce::fok || static_cast<unsigned>(o.tif) - 1u > 3u) return false;
  if ((static_cast<unsigned>(o.prefer_near) | static_cast<unsigned>(o.market) |
       static_cast<unsigned>(o.post_only) | o.providers.v) != 0)
    return false;
  if (o.self_trade > SelfTrade::both || static_cast<std::uint64_t>(o.fill_min.v) > 1) return false;
  if (o.expires.v != 0 && o.expires.v <= now_us_) return false;
  if (halted_ || o.id.v - 1 >= id_limit - 1 || o.limit.v >= price_steps) return false;
  if (o.signature.v > limits_.signatures || o.buyer.v - 1 >= limits_.participants) return false;
  if (static_cast<std::uint64_t>(o.open.v) - 1 >= largest_[o.signature.v]) return false;
  auto const& owner = owners_[o.buyer.v];
  bool const room = owner.resting <= owner.resting_max - 1 && orders_ < limits_.orders;
  return room && owner.signatures < live_signatures_max && owner.no_buyer == 0 && ids_.surely_free(o.id.v);
}

Book::Rest FastBook::place(BookOrder const& o, Matches& out) {
  begin();
  if (!usual(o)) return place_unusual(o, out);
  newest_id_ = std::max(newest_id_, o.id.v);
  auto const g = bid(o.signature);
  bool const passive = links_.degree(g) == 1 ? rank_of(ladders_.best(links_.only(g))) > o.limit.v
                                             : links_.bound(g) > o.limit.v;
  if (!passive) return arrive(o, out);
  if (o.tif == TimeInForce::ioc) return Lots{};
  put_order(o, static_cast<std::uint32_t>(o.open.v), false);
  return o.open;
}

[[gnu::noinline]] Book::Rest FastBook::place_unusual(BookOrder const& o, Matches& out) {
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
  auto const planned = plan(o);
  if (planned.open != 0) return std::unexpected(Refusal::fok_unfillable);
  newest_id_ = std::max(newest_id_, o.id.v);
  Taker taker{o, 0, static_cast<std::uint32_t>(o.open.v)};
  auto const first = out.size();
  commit(taker, planned, out);
  meet_again(first, out);
  return Lots{};
}

/// After this the order has traded what it can, and rests or is gone.
Lots FastBook::arrive(BookOrder const& o, Matches& out) {
  auto const first = out.size();
  auto const firm = o.self_trade == SelfTrade::allow ? 0 : owners_[o.buyer.v].firm;
  Taker taker{o, firm, static_cast<std::uint32_t>(o.open.v)};
  take(taker, out);
  bool const rests = taker.open > 0 && may_rest(o.tif);
  if (rests) rest_order(o, taker.open);
  if (out.size() == first) return Lots{rests ? taker.open : 0};
  meet_again(first, out);
  return rests ? open_lots(o.id) : Lots{};
}

void FastBook::erase_order(Handle n) { take_out_order(n, false); }

[[gnu::noinline]] void FastBook::rest_order(BookOrder const& o, std::uint32_t open) {
  put_order(o, open, is_conditional(o));
}

/// More than one signature: from now on every one is counted, until nothing rests.
[[gnu::noinline]] void FastBook::count_several(std::uint32_t who, std::uint32_t signature) {
  auto& owner = owners_[who];
  if (owner.counted == 0) live_signatures_.of(std::uint64_t{who} << 32 | owner.signature) = owner.resting;
  owner.counted = 1;
  if (++live_signatures_.of(std::uint64_t{who} << 32 | signature) == 1) ++owner.signatures;
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
          .expires = Stamp{cold.expires_us}};
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

// ---- the walk ----

void FastBook::take(Taker& taker, Matches& out) {
  auto const g = bid(taker.order.signature);
  auto const limit = last_of(taker.order.limit.v);
  bool stuck = false;
  if (links_.degree(g) == 1) {
    auto const only = links_.only(g);
    if (ladders_.best(only) > limit) return;
    if (needs_plan(taker.order)) return take_planned(taker, out);
    stuck = !take_from(taker, only, limit, out);
  } else {
    if (links_.bound(g) > taker.order.limit.v) return;
    if (needs_plan(taker.order)) return take_planned(taker, out);
    stuck = !take_best_of_many(taker, out);
  }
  if (stuck) take_planned(taker, out);
}

/// Fills from the head of one ladder while it is not behind `until`. False: its head can't fill this order,
/// and others may stand behind it.
bool FastBook::take_from(Taker& taker, LadderId at, Key until, Matches& out) {
  for (auto key = ladders_.best(at); key <= until && taker.open > 0; key = ladders_.best(at)) {
    auto n = ladders_.head(at);
    auto& node = nodes_[n];
    bool const special = node.is(node_special);
    if (special && node.is(node_extra)) return false;  // its offer was shut out at its oldest tranche
    auto const lots = special ? fillable(n, taker.open, 0) : std::min(taker.open, node.lots);
    if (lots == 0) return false;
    if (taker.firm != 0 && taker.firm == firm_of(n)) {
      self_trade(taker, n);
      continue;
    }
    trade(out, {taker.order.id, OfferId{ids_.id_of(n)}, InstrumentId{at}, pools_[cold_[n].row].id, Lots{lots},
                PriceIndex{rank_of(key)}, true});
    taker.open -= lots;
    if (special)
      fill_offer(n, lots);
    else if (lots == node.lots)
      take_out_plain(n, InstrumentId{at}, true);  // the trade has told
    else
      node.lots -= lots;
  }
  return true;
}

/// Best of many ladders: one scan for those that cross, then only among them. Nothing gets better on the way,
/// but what an offer shows anew, which joins a ladder that crossed already.
bool FastBook::take_best_of_many(Taker& taker, Matches& out) {
  auto const g = bid(taker.order.signature);
  auto const limit = last_of(taker.order.limit.v);
  short_.clear();
  Key beyond = no_key;
  for (auto const at : links_.of(g)) {
    auto const key = ladders_.best(at);
    if (key <= limit)
      short_.push_back(at);
    else
      beyond = std::min(beyond, key);
  }
  while (taker.open > 0) {
    Key best = no_key, second = no_key;
    LadderId from = 0;
    for (auto const at : short_) {
      auto const key = ladders_.best(at);
      second = std::min(second, std::max(key, best));
      if (key < best) best = key, from = at;
    }
    if (best > limit) {
      links_.raise_bound(g, rank_of(std::min(best, beyond)));
      return true;
    }
    if (!take_from(taker, from, std::min(second, limit), out)) return false;
  }
  return true;
}

void FastBook::self_trade(Taker& taker, Handle offer) {
  if (taker.order.self_trade != SelfTrade::newest) drop(offer, EndReason::self_trade);
  if (taker.order.self_trade == SelfTrade::oldest) return;
  ended_.push_back({taker.order.id, {}, Lots{taker.open}, EndReason::self_trade});
  taker.open = 0;
}

void FastBook::take_planned(Taker& taker, Matches& out) {
  auto rest = taker.order;
  rest.open = Lots{taker.open};
  commit(taker, plan(rest), out);
}

void FastBook::commit(Taker& taker, Plan const& planned, Matches& out) {
  for (auto const& step : planned.steps) {
    auto const n = step.offer;
    if (step.self) {
      drop(n, EndReason::self_trade);
      continue;
    }
    trade(out, {taker.order.id, OfferId{ids_.id_of(n)}, InstrumentId{ladder_of(n)}, pools_[cold_[n].row].id,
                Lots{step.lots}, PriceIndex{rank_of(nodes_[n].key)}, true});
    taker.open -= step.lots;
    if (nodes_[n].is(node_special)) {
      fill_offer(n, step.lots);
    } else if (step.lots == nodes_[n].lots) {
      take_out_plain(n, InstrumentId{ladder_of(n)}, true);
    } else {
      nodes_[n].lots -= step.lots;
    }
  }
  if (!planned.cut) return;
  ended_.push_back({taker.order.id, {}, Lots{taker.open}, EndReason::self_trade});
  taker.open = 0;
}

}  // namespace spillway
