// matching/plain_book_checks.cpp - what the plain book refuses, each list in the order in which it is tested.
// Room:   matching (pure); sees market.
#include <algorithm>

#include "market/check.hpp"
#include "matching/plain_book.hpp"

namespace spillway {

namespace {

bool is_known(TimeInForce tif) { return tif > TimeInForce::unset && tif <= TimeInForce::timed; }

}  // namespace

Standing PlainBook::standing(ParticipantId who) const {
  auto const it = standings_.find(who);
  return it == standings_.end() ? Standing{} : it->second;
}

Refusal PlainBook::ill_formed(BookOrder const& o) const {
  using enum Refusal;
  if (!o.id.some() || o.id.v > book_id_max || !is_known(o.tif) || o.self_trade > SelfTrade::both)
    return malformed;
  if (o.open.v < 0 || o.fill_min.v < 0 || o.expires.v < 0) return malformed;
  if (o.market && may_rest(o.tif)) return malformed;
  if (o.post_only && !may_rest(o.tif)) return malformed;
  if (o.open.v > 0 && o.fill_min > o.open) return malformed;
  if (o.signature.some() && !eligibility_.interned(o.signature)) return malformed;
  if (o.providers.v > provider_lists_.size()) return malformed;
  return none;
}

Refusal PlainBook::why_not(BookOrder const& o) const {
  using enum Refusal;
  if (auto const why = ill_formed(o); why != none) return why;
  if (!o.buyer.some() || o.buyer.v > limits_.participants) return unknown_participant;
  if (!standing(o.buyer).buyer) return role_missing;
  if (halted_) return halted;
  if (rests(o.id) || live(OfferId{o.id.v})) return exists;
  if (o.open.v == 0) return quantity_zero;
  bool const tokens = o.signature.some() && eligibility_.product(o.signature) == ProductKind::tokens;
  if (o.open > book_lots_max || (tokens && o.open.v > 1)) return quantity_too_large;
  if (!on_grid(o.limit)) return price_off_grid;
  if (o.market && o.limit == highest_price) return market_unprotected;
  if (o.expires.v != 0 && o.expires <= now_) return time_past;
  return none;
}

/// Only for orders that may rest.
Refusal PlainBook::no_room(BookOrder const& o) const {
  using enum Refusal;
  if (!may_rest(o.tif)) return none;
  bool const one_more = !demand_.uses(o.buyer, o.signature);
  if (one_more && demand_.signatures_of(o.buyer) >= live_signatures_max) return signature_limit;
  auto const resting_max = standing(o.buyer).resting_max;
  if (resting_max > 0 && demand_.orders_of(o.buyer) >= resting_max) return resting_limit;
  if (demand_.all().size() >= limits_.orders) return capacity;
  return none;
}

Refusal PlainBook::ill_formed(BookOffer const& o) const {
  using enum Refusal;
  if (!o.id.some() || o.id.v > book_id_max || o.self_trade > SelfTrade::both) return malformed;
  if (o.quantity.v < 0 || o.fill_min.v < 0 || o.fill_max.v < 0 || o.display.v < 0 || o.expires.v < 0)
    return malformed;
  if (o.fill_max.v > 0 && o.fill_min > o.fill_max) return malformed;
  if (o.display > o.quantity) return malformed;
  if (!o.instrument.some() || o.instrument.v > instrument_count()) return malformed;
  return none;
}

Refusal PlainBook::unfit(BookOffer const& o) const {
  using enum Refusal;
  if (auto const why = ill_formed(o); why != none) return why;
  if (!o.provider.some() || o.provider.v > limits_.participants) return unknown_participant;
  if (!standing(o.provider).provider) return role_missing;
  if (halted_) return halted;
  if (live(o.id) || rests(OrderId{o.id.v})) return exists;
  if (!supply_.has_node(o.node)) return node_unknown;
  auto const& what = instrument(o.instrument);
  if (what.klass != pool(o.node).klass() || what.place != pool(o.node).place()) return malformed;
  if (o.quantity.v == 0) return quantity_zero;
  auto const lot = supply_.lot_of(what).v;
  if (o.quantity.v % lot != 0 || o.fill_min.v % lot != 0 || o.fill_max.v % lot != 0 || o.display.v % lot != 0)
    return quantity_not_a_lot;
  if (o.quantity > book_lots_max) return quantity_too_large;
  if (!on_grid(o.price)) return price_off_grid;
  if (o.expires.v != 0 && o.expires <= now_) return time_past;
  if (price_taken(o.node, o.instrument, o.price)) return offer_price_taken;
  if (supply_.all().size() >= limits_.offers) return capacity;
  return none;
}

Refusal PlainBook::no_amend(ParticipantId who, ParticipantId owner, Lots lots, Lots lot, Lots most,
                            PriceIndex price) const {
  using enum Refusal;
  if (who.some() && who != owner) return not_yours;
  if (lots.v <= 0) return quantity_zero;
  if (lots.v % lot.v != 0) return quantity_not_a_lot;
  if (lots > most) return quantity_too_large;
  if (!on_grid(price)) return price_off_grid;
  return none;
}

Refusal PlainBook::not_there(std::uint64_t id) const {
  return id > newest_id_ ? Refusal::unknown_id : Refusal::dead_id;
}

/// Some offer would fill it now, its own firm's too.
bool PlainBook::crosses(BookOrder const& o) const { return best_ask(o, supply_, false).has_value(); }

/// Some order would fill it now, its own firm's too.
bool PlainBook::crosses(RestingOffer const& offer) {
  auto stranger = offer;
  stranger.terms.self_trade = SelfTrade::allow;
  return best_bid(stranger).has_value();
}

}  // namespace spillway
