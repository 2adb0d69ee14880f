// matching/plain_book_orders.cpp - orders: the walk over the asks of a signature, and what rests afterwards.
// Room:   matching (pure); sees market.
#include <algorithm>

#include "market/check.hpp"
#include "matching/plain_book.hpp"

namespace spillway {

Book::Rest PlainBook::place(BookOrder const& order, Matches& matches) {
  begin_command();
  if (!order.signature.some()) return std::unexpected(Refusal::malformed);
  if (auto const why = why_not(order); why != Refusal::none) return std::unexpected(why);
  if (auto const why = no_room(order); why != Refusal::none) return std::unexpected(why);
  if (order.post_only && crosses(order)) return std::unexpected(Refusal::post_only_would_cross);
  if (order.tif == TimeInForce::fok && !fills_wholly(order)) return std::unexpected(Refusal::fok_unfillable);

  newest_id_ = std::max(newest_id_, order.id.v);
  return arrive(order, matches);
}

/// After this the order has traded what it can, and rests or is gone.
Lots PlainBook::arrive(BookOrder const& order, Matches& matches) {
  auto const taken = take(order, supply_);
  auto const first = matches.size();
  matches.insert(matches.end(), taken.matches.begin(), taken.matches.end());
  ended_.insert(ended_.end(), taken.ended.begin(), taken.ended.end());
  auto rest = order;
  rest.open = taken.open;
  if (rest.open.v > 0 && may_rest(order.tif)) demand_.rest(rest);
  meet_what_changed(first, matches);
  return open_lots(order.id);
}

Book::Rest PlainBook::amend(ParticipantId who, OrderId id, PriceIndex limit, Lots lots, Matches& matches) {
  begin_command();
  if (halted_) return std::unexpected(Refusal::halted);
  auto const* const resting = demand_.find(id);
  if (!resting) return std::unexpected(not_there(id.v));
  auto const old = resting->terms;
  bool const tokens = eligibility_.product(old.signature) == ProductKind::tokens;
  auto const most = tokens ? Lots{1} : book_lots_max;
  if (auto const why = no_amend(who, old.buyer, lots, Lots{1}, most, limit); why != Refusal::none)
    return std::unexpected(why);
  if (limit == old.limit && lots <= old.open) {
    demand_.reduce_to(id, lots);
    return lots;
  }
  auto renewed = old;
  renewed.limit = limit;
  renewed.open = lots;
  if (renewed.post_only && crosses(renewed)) return std::unexpected(Refusal::post_only_would_cross);
  demand_.remove(id);
  return arrive(renewed, matches);
}

Refusal PlainBook::cancel(ParticipantId who, OrderId id) {
  auto const* const resting = demand_.find(id);
  if (!resting) return not_there(id.v);
  if (who.some() && who != resting->terms.buyer) return Refusal::not_yours;
  demand_.remove(id);
  return Refusal::none;
}

void PlainBook::try_order(BookOrder const& order, Matches& matches) const {
  sw_check(order.signature.some() && why_not(order) == Refusal::none, "an order that may be tried");
  auto draft = supply_;
  matches = take(order, draft).matches;
}

/// The one walk: best ask after best ask, looked up anew after each fill because a fill shrinks its siblings
/// too. All or nothing, and a minimum, can't stop half way: they step over offers of their own firm.
PlainBook::Taken PlainBook::take(BookOrder const& order, Supply& supply) const {
  Taken taken;
  taken.open = order.open;
  bool const pass_own = order.tif == TimeInForce::fok || order.fill_min.v > 1;
  while (taken.open.v > 0) {
    auto asker = order;
    asker.open = taken.open;
    auto const ask = best_ask(asker, supply, pass_own);
    if (!ask) break;
    auto const terms = supply.at(ask->offer).terms;
    if (order.self_trade != SelfTrade::allow && !pass_own && related(order.buyer, terms.provider)) {
      if (order.self_trade != SelfTrade::newest) {
        taken.ended.push_back({{}, terms.id, supply.at(terms.id).rest(), EndReason::self_trade});
        supply.remove(terms.id);
      }
      if (order.self_trade != SelfTrade::oldest) {
        taken.ended.push_back({order.id, {}, taken.open, EndReason::self_trade});
        taken.open = Lots{};
      }
      continue;
    }
    taken.matches.push_back({order.id, terms.id, terms.instrument, terms.node, ask->lots, ask->price, true});
    supply.fill(terms.id, ask->lots);
    taken.open -= ask->lots;
  }
  return taken;
}

/// `pass_own`: offers with which the order must not trade are stepped over instead of being found.
std::optional<Ask> PlainBook::best_ask(BookOrder const& order, Supply const& supply, bool pass_own) const {
  bool const shuns_own = pass_own && order.self_trade != SelfTrade::allow;
  Asker asker{order.limit, order.open, order.fill_min, [&](RestingOffer const& offer) {
                if (shuns_own && related(order.buyer, offer.terms.provider)) return false;
                return accepts(order, offer.terms.provider);
              }};
  std::optional<Ask> best;
  InstrumentId best_at;
  eligibility_.edges(order.signature).for_each([&](InstrumentId at) {
    if (best) asker.limit = best->price;
    auto const ask = supply.best(at, asker);
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
  auto const ask = best_ask(order, supply_, true);
  if (!ask) return false;
  if (ask->lots == order.open) return true;  // the common case, without a draft
  auto draft = supply_;
  return take(order, draft).open.v == 0;
}

bool PlainBook::accepts(BookOrder const& order, ParticipantId provider) const {
  if (!order.providers.some()) return true;
  auto const& list = provider_lists_[order.providers.v - 1];
  bool const listed = std::binary_search(list.who.begin(), list.who.end(), provider);
  return listed == (list.kind == ListKind::only);
}

}  // namespace spillway
