// matching/fast_walk.cpp - an arriving order's walk over the asks of its signature.
// Room:   matching (pure); sees market.
#include <algorithm>
#include <utility>

#include "fast_hot.hpp"
#include "market/check.hpp"

namespace spillway {

using namespace fast;

namespace {

/// What the quick walk has no eyes for: lists, minimums, nearness.
bool needs_plan(BookOrder const& o) { return o.prefer_near || is_conditional(o); }

/// So often a walk looks at all keys as they come; if it still goes on then, it puts them in order.
constexpr std::uint32_t unordered_passes = 5;

}  // namespace

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
      take_out_head(at);
    else
      node.lots -= lots;
  }
  return true;
}

/// One pass over the keys: where the best stands, and how far it may be walked before another is better. Keys
/// come in any order, so a jump would be guessed wrong at each new best: there is none.
FastBook::Front FastBook::front_of(LadderId g) const {
  auto best = no_key, second = no_key;
  LadderId const nobody = 0;
  auto const* from = &nobody;
  for (auto const& at : links_.of(g)) {
    auto const key = ladders_.best(at);
    bool const better = key < best;
    auto const worse = better ? best : key;
    from = better ? &at : from;
    best = better ? key : best;
    second = worse < second ? worse : second;
  }
  return {best, second, *from, 1};
}

/// The partner whose best key this is, 0 when it is nobody's any more: no two keys of a side are equal.
LadderId FastBook::whose(LadderId g, Key key) const {
  for (auto const at : links_.of(g))
    if (ladders_.best(at) == key) return at;
  return 0;
}

/// What comes after `last`, from which all was taken that stood before the others. On a walk nothing gets
/// better but what an offer shows anew, in the ladder that was walked last. So the second of a pass comes
/// next without another pass, though only its head: what stands third was not kept, since half of the walks
/// end at the first and most others here. Looking at all keys once more is cheaper than putting them in
/// order; a walk that still goes on then does that.
FastBook::Front FastBook::front_after(Front const& last, LadderId g, Key limit) {
  if (last.second > limit) return {.best = std::min(last.second, ladders_.best(last.from))};
  if (last.passes > unordered_passes) return first_in_order();
  bool const only_head = last.second == last.best;
  if (auto const at = only_head ? 0 : whose(g, last.second); at != 0)
    return {last.second, last.second, at, last.passes};
  if (last.passes == unordered_passes) {
    put_in_order(g);
    return first_in_order();
  }
  auto front = front_of(g);
  front.passes = last.passes + 1;
  return front;
}

void FastBook::sift_down(std::uint32_t from) {
  auto const entry = in_order_[from];
  for (auto child = 2 * from + 1; child < ordered_; child = 2 * from + 1) {
    if (child + 1 < ordered_ && in_order_[child + 1].key < in_order_[child].key) ++child;
    if (entry.key <= in_order_[child].key) break;
    in_order_[from] = in_order_[child];
    from = child;
  }
  in_order_[from] = entry;
}

void FastBook::put_in_order(LadderId g) {
  ordered_ = 0;
  for (auto const at : links_.of(g)) in_order_[ordered_++] = {ladders_.best(at), at};
  for (auto i = ordered_ / 2; i-- > 0;) sift_down(i);
}

/// What stands first may have been walked: its key is read again. Keys that were seen are never behind the
/// true ones.
FastBook::Front FastBook::first_in_order() {
  for (;; sift_down(0)) {
    auto& first = in_order_[0];
    auto const key = ladders_.best(first.at);
    if (std::exchange(first.key, key) != key) continue;
    auto const left = ordered_ > 1 ? in_order_[1].key : no_key;
    auto const right = ordered_ > 2 ? in_order_[2].key : no_key;
    return {key, std::min(left, right), first.at, unordered_passes + 1};
  }
}

/// Best of many ladders. In one function with `take` and `arrive`: three entries and exits less per walk.
[[gnu::always_inline]] inline bool FastBook::take_best_of_many(Taker& taker, LadderId g, Key limit,
                                                               Matches& out) {
  auto front = front_of(g);
  while (front.best <= limit) {
    if (!take_from(taker, front.from, std::min(front.second, limit), out)) return false;
    if (taker.open == 0) return true;
    front = front_after(front, g, limit);
  }
  links_.raise_bound(g, rank_of(front.best));
  return true;
}

[[gnu::always_inline]] inline void FastBook::take(Taker& taker, Matches& out) {
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
    stuck = !take_best_of_many(taker, g, limit, out);
  }
  if (stuck) take_planned(taker, out);
}

/// After this the order has traded what it can, and rests or is gone.
Lots FastBook::arrive(BookOrder const& o, Matches& out) {
  auto const first = out.size();
  auto const firm = o.self_trade == SelfTrade::allow ? 0 : owners_[o.buyer.v].firm;
  Taker taker{o, firm, static_cast<std::uint32_t>(o.open.v)};
  take(taker, out);
  bool const rests = taker.open > 0 && may_rest(o.tif);
  if (rests) put_order(o, taker.open);
  if (!taker.special) return Lots{rests ? taker.open : 0};
  meet_again(first, out);
  return rests ? open_lots(o.id) : Lots{};
}

void FastBook::self_trade(Taker& taker, Handle offer) {
  if (taker.order.self_trade != SelfTrade::newest) drop(offer, EndReason::self_trade);
  if (taker.order.self_trade == SelfTrade::oldest) return;
  end({taker.order.id, {}, Lots{taker.open}, EndReason::self_trade});
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
  end({taker.order.id, {}, Lots{taker.open}, EndReason::self_trade});
  taker.open = 0;
}

}  // namespace spillway
