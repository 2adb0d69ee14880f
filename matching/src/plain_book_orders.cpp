// matching/plain_book_orders.cpp - orders: the walk over the asks of a signature, and what rests afterwards.
// Room:   matching (pure); sees market.
#include <algorithm>

#include "market/check.hpp"
#include "matching/plain_book.hpp"

namespace spillway {

namespace {

bool may_rest(TimeInForce tif) { return tif == TimeInForce::gtc || tif == TimeInForce::timed; }

}  // namespace

Book::Rest PlainBook::place(BookOrder const& order, Matches& matches) {
  ended_.clear();
  if (auto const why = why_not(order); why != Refusal::none) return std::unexpected(why);
  if (order.tif == TimeInForce::fok && !fills_wholly(order)) return std::unexpected(Refusal::fok_unfillable);

  newest_id_ = std::max(newest_id_, order.id.v);
  auto const first = matches.size();
  auto rest = order;
  rest.open = take(order, supply_, matches);
  if (!may_rest(order.tif)) rest.open = Lots{};
  if (rest.open.v > 0) demand_.rest(rest);
  meet_lowered_minimums(first, matches);
  return open_lots(order.id);
}

Book::Rest PlainBook::amend(ParticipantId who, OrderId id, PriceIndex limit, Lots lots, Matches& matches) {
  ended_.clear();
  auto const* const resting = demand_.find(id);
  if (!resting) return std::unexpected(id.v > newest_id_ ? Refusal::unknown_id : Refusal::dead_id);
  auto const old = resting->terms;
  if (who.some() && who != old.buyer) return std::unexpected(Refusal::not_yours);
  if (lots.v <= 0) return std::unexpected(Refusal::quantity_zero);
  if (!on_grid(limit)) return std::unexpected(Refusal::price_off_grid);
  if (limit == old.limit && lots <= old.open) {
    demand_.reduce_to(id, lots);
    return lots;
  }
  auto renewed = old;
  renewed.limit = limit;
  renewed.open = lots;
  demand_.remove(id);
  return place(renewed, matches);
}

Refusal PlainBook::cancel(ParticipantId who, OrderId id) {
  auto const* const resting = demand_.find(id);
  if (!resting) return id.v > newest_id_ ? Refusal::unknown_id : Refusal::dead_id;
  if (who.some() && who != resting->terms.buyer) return Refusal::not_yours;
  demand_.remove(id);
  return Refusal::none;
}

std::size_t PlainBook::cancel_session(SessionId) { return 0; }

void PlainBook::advance(Stamp now) {
  sw_check(now >= now_, "time does not go back");
  now_ = now;
}

Book::Matches PlainBook::dry_run(BookOrder const& order) const {
  sw_check(why_not(order) == Refusal::none, "an order that may be tried");
  Matches matches;
  auto draft = supply_;
  take(order, draft, matches);
  return matches;
}

/// The one walk: best ask after best ask, looked up anew after each fill because a fill shrinks its siblings
/// too.
Lots PlainBook::take(BookOrder const& order, Supply& supply, Matches& matches) const {
  auto open = order.open;
  while (open.v > 0) {
    auto const ask = best_ask(order, open, supply);
    if (!ask) break;
    auto const& terms = supply.at(ask->offer).terms;
    matches.push_back({order.id, ask->offer, terms.instrument, terms.node, ask->lots, ask->price, true});
    supply.fill(ask->offer, ask->lots);
    open -= ask->lots;
  }
  return open;
}

std::optional<Ask> PlainBook::best_ask(BookOrder const& order, Lots open, Supply const& supply) const {
  std::optional<Ask> best;
  InstrumentId best_at;
  eligibility_.edges(order.signature).for_each([&](InstrumentId at) {
    auto const ask = supply.best(at, best ? best->price : order.limit, open);
    if (!ask) return;
    bool wins = !best || ask->price < best->price;
    if (!wins) {
      bool const decided = order.prefer_near && nearer(order, at, best_at) != nearer(order, best_at, at);
      wins = decided ? nearer(order, at, best_at) : ask->priority < best->priority;
    }
    if (wins) best = ask, best_at = at;
  });
  return best;
}

bool PlainBook::nearer(BookOrder const& order, InstrumentId a, InstrumentId b) const {
  auto const path_a = eligibility_.path(order.signature, a);
  auto const path_b = eligibility_.path(order.signature, b);
  if (!path_a || !path_b) return path_a.has_value() && !path_b;  // an unknown path is the farthest
  return *path_a < *path_b;
}

bool PlainBook::fills_wholly(BookOrder const& order) const {
  auto const ask = best_ask(order, order.open, supply_);
  if (!ask) return false;
  if (ask->lots == order.open) return true;  // the common case, without a draft
  Lots filled;
  for (auto const& match : dry_run(order)) filled += match.lots;
  return filled == order.open;
}

Refusal PlainBook::why_not(BookOrder const& order) const {
  if (!order.id.some() || order.tif == TimeInForce::unset || !order.signature.some())
    return Refusal::malformed;
  if (!order.buyer.some()) return Refusal::unknown_participant;
  if (demand_.find(order.id)) return Refusal::exists;
  if (order.open.v <= 0) return Refusal::quantity_zero;
  bool const tokens = eligibility_.predicate(order.signature).product == ProductKind::tokens;
  if (tokens && order.open.v > 1) return Refusal::quantity_too_large;
  if (!on_grid(order.limit)) return Refusal::price_off_grid;
  return Refusal::none;
}

}  // namespace spillway
