// matching/fast_walk.cpp - an arriving order's walk over the asks of its signature.
// Room:   matching (pure); sees market.
#include <algorithm>

#include "fast_hot.hpp"
#include "market/check.hpp"

namespace spillway {

using namespace fast;

namespace {

/// What the quick walk has no eyes for: lists, minimums, nearness.
bool needs_plan(BookOrder const& o) { return o.prefer_near || is_conditional(o); }

/// From so many crossing ladders on, a walk that goes on keeps them in order.
constexpr std::uint32_t order_least = 4;

}  // namespace

void FastBook::take(Taker& taker, Matches& out) {
  auto const g = bid(taker.order.signature);
  auto const limit = last_of(taker.order.limit.v);
  bool stuck = false;
  if (links_.degree(g) == 1) {
    auto const only = links_.only(g);
    if (auto const best = ladders_.best(only); best > limit) return links_.raise_bound(g, rank_of(best));
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
    trade(out, {taker.order.id, OfferId{ids_.id_of(n)}, InstrumentId{at}, pool_ids_[cold_[n].row], Lots{lots},
                PriceIndex{rank_of(key)}, true});
    taker.open -= lots;
    if (special)
      taker.special = true, fill_offer(n, lots);
    else if (lots == node.lots)
      take_out_plain(n, InstrumentId{at}, true);  // the trade has told
    else
      node.lots -= lots;
  }
  return true;
}

/// One pass over the keys: where the best stands, and how far it may be walked before another is better. Keys
/// come in any order, so a jump would be guessed wrong at each new best: there is none.
FastBook::Front FastBook::front_of(LadderId g) const {
  Front front;
  for (auto const at : links_.of(g)) {
    auto const key = ladders_.best(at);
    front.second = std::min(front.second, std::max(front.best, key));
    front.from = key < front.best ? at : front.from;
    front.best = std::min(front.best, key);
  }
  return front;
}

/// The ladders of `g` that cross, side by side with their keys; returns the best key of the others.
Key FastBook::gather(LadderId g, Key limit) {
  std::uint32_t count = 0;
  Key beyond = no_key;
  for (auto const at : links_.of(g)) {
    auto const key = ladders_.best(at);
    crossing_[count] = {key, at};  // written over by the next unless it crosses
    count += static_cast<std::uint32_t>(key <= limit);
    beyond = std::min(beyond, key <= limit ? no_key : key);
  }
  crossings_ = walked_ = count;
  walks_ = 0;
  in_order_ = false;
  return beyond;
}

/// Reads the key of a ladder again; one that crosses no more gives its place to the last.
void FastBook::read_again(std::uint32_t i, Key limit, Key& beyond) {
  auto& entry = crossing_[i];
  entry.key = ladders_.best(entry.at);
  if (entry.key <= limit) return;
  beyond = std::min(beyond, entry.key);
  entry = crossing_[--crossings_];
}

/// Keys that were seen are never behind the true ones: on a walk nothing gets better but what an offer shows
/// anew, in the ladder that was walked last, whose key is read again. When none crosses there is no best.
/// Few ladders are walked, so at first looking at all keys is cheaper than keeping them in order; a walk that
/// goes on among many puts them in order.
FastBook::Front FastBook::next_crossing(Key limit, Key& beyond) {
  if (in_order_) return first_in_order(limit, beyond);
  if (walked_ < crossings_) read_again(walked_, limit, beyond);
  if (walks_++ > 0 && crossings_ >= order_least) {
    put_in_order();
    return first_in_order(limit, beyond);
  }
  while (crossings_ > 0) {
    Key best = no_key, second = no_key;
    std::uint32_t from = 0;
    for (std::uint32_t i = 0; i < crossings_; ++i) {
      auto const key = crossing_[i].key;
      second = std::min(second, std::max(best, key));
      from = key < best ? i : from;
      best = std::min(best, key);
    }
    walked_ = from;
    auto const at = crossing_[from].at;
    if (ladders_.best(at) == best) return {best, second, at};
    read_again(from, limit, beyond);
  }
  return {};
}

void FastBook::sift_down(std::uint32_t from) {
  auto const entry = crossing_[from];
  for (auto child = 2 * from + 1; child < crossings_; child = 2 * from + 1) {
    if (child + 1 < crossings_ && crossing_[child + 1].key < crossing_[child].key) ++child;
    if (entry.key <= crossing_[child].key) break;
    crossing_[from] = crossing_[child];
    from = child;
  }
  crossing_[from] = entry;
}

void FastBook::put_in_order() {
  in_order_ = true;
  for (auto i = crossings_ / 2; i-- > 0;) sift_down(i);
}

/// What stands first may have been walked: its key is read again.
FastBook::Front FastBook::first_in_order(Key limit, Key& beyond) {
  while (crossings_ > 0) {
    auto& first = crossing_[0];
    auto const key = ladders_.best(first.at);
    if (key == first.key) {
      auto const left = crossings_ > 1 ? crossing_[1].key : no_key;
      return {key, crossings_ > 2 ? std::min(left, crossing_[2].key) : left, first.at};
    }
    first.key = key;
    if (key > limit) {
      beyond = std::min(beyond, key);
      first = crossing_[--crossings_];
    }
    if (crossings_ > 0) sift_down(0);
  }
  return {};
}

/// Best of many ladders. Most orders are filled by the first that one pass over the keys finds; only then are
/// those that cross put side by side.
bool FastBook::take_best_of_many(Taker& taker, Matches& out) {
  auto const g = bid(taker.order.signature);
  auto const limit = last_of(taker.order.limit.v);
  auto const first = front_of(g);
  if (first.best > limit) {
    links_.raise_bound(g, rank_of(first.best));
    return true;
  }
  if (!take_from(taker, first.from, std::min(first.second, limit), out)) return false;
  if (taker.open == 0) return true;
  auto beyond = gather(g, limit);
  while (taker.open > 0) {
    auto const front = next_crossing(limit, beyond);
    if (front.best == no_key) {
      links_.raise_bound(g, rank_of(beyond));
      return true;
    }
    if (!take_from(taker, front.from, std::min(front.second, limit), out)) return false;
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
    trade(out, {taker.order.id, OfferId{ids_.id_of(n)}, InstrumentId{ladder_of(n)}, pool_ids_[cold_[n].row],
                Lots{step.lots}, PriceIndex{rank_of(nodes_[n].key)}, true});
    taker.open -= step.lots;
    if (nodes_[n].is(node_special)) {
      taker.special = true;
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
