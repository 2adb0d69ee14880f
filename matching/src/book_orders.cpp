// matching/book_orders.cpp - orders: the walk over the asks of a signature, and what rests afterwards.
// Room:   matching (pure); sees market.
#include "market/check.hpp"
#include "matching/book.hpp"

namespace spillway {

namespace {

bool may_rest(TimeInForce tif) { return tif == TimeInForce::gtc || tif == TimeInForce::timed; }

}  // namespace

Lots Book::place_order(BookOrder const& order, std::vector<Match>& matches) {
  check_order(order);
  sw_check(!demand_.find(order.id), "an order is placed once");
  if (order.tif == TimeInForce::fok && !fills_wholly(order)) return Lots{};

  auto const first = matches.size();
  auto rest = order;
  rest.open = take(order, supply_, matches);
  if (!may_rest(order.tif)) rest.open = Lots{};
  if (rest.open.v > 0) demand_.rest(rest);
  meet_lowered_minimums(first, matches);
  return open_lots(order.id);
}

Lots Book::amend_order(OrderId id, PriceIndex limit, Lots lots, std::vector<Match>& matches) {
  auto const old = demand_.at(id).terms;
  sw_check(lots.v > 0, "an order is amended to something");
  if (limit == old.limit && lots <= old.open) {
    demand_.reduce_to(id, lots);
    return lots;
  }
  auto renewed = old;
  renewed.limit = limit;
  renewed.open = lots;
  demand_.remove(id);
  return place_order(renewed, matches);
}

void Book::cancel_order(OrderId id) { demand_.remove(id); }

std::vector<Match> Book::dry_run(BookOrder const& order) const {
  check_order(order);
  std::vector<Match> matches;
  auto draft = supply_;
  take(order, draft, matches);
  return matches;
}

/// The one walk: best ask after best ask, looked up anew after each fill because a fill shrinks its siblings
/// too.
Lots Book::take(BookOrder const& order, Supply& supply, std::vector<Match>& matches) const {
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

std::optional<Ask> Book::best_ask(BookOrder const& order, Lots open, Supply const& supply) const {
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

bool Book::nearer(BookOrder const& order, InstrumentId a, InstrumentId b) const {
  auto const path_a = eligibility_.path(order.signature, a);
  auto const path_b = eligibility_.path(order.signature, b);
  if (!path_a || !path_b) return path_a.has_value() && !path_b;  // an unknown path is the farthest
  return *path_a < *path_b;
}

bool Book::fills_wholly(BookOrder const& order) const {
  auto const ask = best_ask(order, order.open, supply_);
  if (!ask) return false;
  if (ask->lots == order.open) return true;  // the common case, without a draft
  Lots filled;
  for (auto const& match : dry_run(order)) filled += match.lots;
  return filled == order.open;
}

void Book::check_order(BookOrder const& order) const {
  sw_check(order.id.some() && order.open.v > 0 && on_grid(order.limit),
           "an order has a quantity and a limit of the grid");
  sw_check(order.tif != TimeInForce::unset, "an order says how long it is good");
  bool const tokens = eligibility_.predicate(order.signature).product == ProductKind::tokens;
  sw_check(!tokens || order.open.v == 1, "a token order buys exactly one job");
}

}  // namespace spillway
