// exchange/src/core_offers.cpp - offers: posted on proven units, amended, cancelled, ended.
#include "core_state.hpp"

namespace spillway {

using core::no;
using core::Offer;
using core::refuse;

namespace {

bool shaped(PostOffer const& c) {
  bool const tokens = c.product == ProductKind::tokens;
  if (!c.client.some() || (!tokens && c.product != ProductKind::capacity) || tokens != c.model.some())
    return false;
  if (c.fill_min.v < 0 || c.fill_max.v < 0 || c.end.v < 0) return false;
  return c.fill_max.v == 0 || c.fill_min <= c.fill_max;
}

Lots most(ProductKind product) {
  return product == ProductKind::tokens ? core::slots_max : core::capacity_lots_max;
}

Refusal bad_size(Lots quantity, Lots lot, Lots largest) {
  if (quantity.v <= 0) return Refusal::quantity_zero;
  if (quantity.v % lot.v != 0) return Refusal::quantity_not_a_lot;
  return quantity > largest ? Refusal::quantity_too_large : Refusal::none;
}

}  // namespace

Lots ExchangeCore::State::lot_of(ProductKind product, ClassId klass) const {
  auto const* const row = reference.find(klass);
  return product == ProductKind::capacity && row ? Lots{row->smallest_part_milli} : Lots{1};
}

Refusal ExchangeCore::State::bad_quantity(PostOffer const& c, Lots lot) {
  if (auto const why = bad_size(c.quantity, lot, most(c.product)); no(why)) return why;
  if (c.fill_min.v % lot.v != 0 || c.fill_max.v % lot.v != 0) return Refusal::quantity_not_a_lot;
  return c.fill_min > c.quantity ? Refusal::quantity_too_large : Refusal::none;
}

/// In the order of the list of refusals. A node that does not exist is looked up first but named in its turn.
Refusal ExchangeCore::State::why_not(ParticipantId who, PostOffer const& c) const {
  auto const* const node = at(nodes, c.node);
  if (halted) return Refusal::halted;
  if (live_offers >= limits.offers || offers.full()) return Refusal::capacity;
  if (node && node->provider != who) return Refusal::not_yours;
  if (auto const why = bad_quantity(c, lot_of(c.product, node ? node->klass : ClassId{})); no(why))
    return why;
  if (!on_grid(c.price)) return Refusal::price_off_grid;
  if (c.end.v != 0 && c.end <= now) return Refusal::time_past;
  if (!node || node->phase == NodePhase::gone) return Refusal::node_unknown;
  if (node->offers.count >= core::offers_per_node_max) return Refusal::offer_limit;
  auto const listed = book.eligibility().find({c.product, c.model, node->klass, node->place, c.tier});
  if (listed && book.price_taken(node->id, *listed, c.price)) return Refusal::offer_price_taken;
  if (c.model.some() && !reference.find(c.model)) return Refusal::unknown_model;
  auto const* const tier = reference.find(c.tier);
  if (!tier || tier->product != c.product) return Refusal::unknown_tier;
  if (c.model.some() && !reference.fit(c.model, node->klass, c.tier)) return Refusal::model_does_not_fit;
  if (node->units_waiting == 0) return Refusal::unit_unattested;  // as many as are proven
  return Refusal::none;
}

core::Reply ExchangeCore::State::on(ParticipantId who, PostOffer const& c) {
  if (!shaped(c)) return refuse(Refusal::malformed);
  if (auto const why = lacks(who, Role::provider); no(why)) return refuse(why);
  if (!genesis_done()) return refuse(Refusal::genesis_missing);
  if (may_be_known(member(who).client_ids, c.client))
    if (auto again = repeated(who, c)) return *again;
  if (offers.full()) make_room(who);
  if (auto const why = why_not(who, c); no(why)) return refuse(why);
  auto const& node = the(nodes, c.node);
  Instrument const named{c.product, c.model, node.klass, node.place, c.tier};
  auto const listing = book.list(named);
  if (!listing) return refuse(listing.error());

  if (listing->listed)
    emit(record::InstrumentListed{listing->id.v,
                                  c.model.v,
                                  node.klass.v,
                                  node.place.v,
                                  static_cast<std::uint8_t>(c.product),
                                  c.tier.v,
                                  0,
                                  {}});
  auto& offer = offers.add(OfferId{entry_seq.v});
  auto const row = offers.row_of(offer);
  offer.terms = c, offer.provider = who, offer.instrument = listing->id;
  offer.price = c.price, offer.quantity = c.quantity, offer.phase = OfferPhase::live, offer.posted = now;
  if (c.end.v != 0) offer.timer = timers.add(c.end, core::TimerKind::offer_end, offer.id.v);
  join_chains(offer);
  remember(the(participants, who), core::Handle{row | core::Handle::offer_bit});
  matches.clear();
  auto const rest = book.post_offer(
      {offer.id, who, c.node, listing->id, c.price, c.quantity, c.fill_min, c.fill_max, c.replenish},
      matches);
  touch(listing->id);
  if (matches.empty())
    show(offer, rest);
  else
    settle({}, offer.id);
  return Answer{offer.id.v};
}

Refusal ExchangeCore::State::why_not(ParticipantId who, AmendOffer const& c) const {
  if (auto const why = lacks(who, Role::provider); no(why)) return why;
  auto const* const offer = at(offers, c.offer);
  if (!offer) return Refusal::unknown_id;
  if (offer->phase != OfferPhase::live) return Refusal::dead_id;
  if (offer->provider != who) return Refusal::not_yours;
  auto const& terms = offer->terms;
  auto const lot = lot_of(terms.product, book.instrument(offer->instrument).klass);
  if (auto const why = bad_size(c.quantity, lot, most(terms.product)); no(why)) return why;
  if (!on_grid(c.price)) return Refusal::price_off_grid;
  bool const moves = c.price != offer->price;
  if (moves && book.price_taken(terms.node, offer->instrument, c.price)) return Refusal::offer_price_taken;
  return Refusal::none;
}

core::Reply ExchangeCore::State::on(ParticipantId who, AmendOffer const& c) {
  if (auto const why = why_not(who, c); no(why)) return refuse(why);
  auto& offer = the(offers, c.offer);
  offer.price = c.price;
  offer.quantity = c.quantity;
  matches.clear();
  auto const rest = book.amend_offer(c.offer, c.price, c.quantity, matches);
  touch(offer.instrument);
  if (matches.empty())
    show(offer, rest);
  else
    settle({}, c.offer);
  return Answer{c.offer.v};
}

core::Reply ExchangeCore::State::on(ParticipantId who, CancelOffer const& c) {
  if (who.some() && !participants.contains(who)) return refuse(Refusal::unknown_participant);
  auto* const offer = at(offers, c.offer);
  if (!offer) return refuse(Refusal::unknown_id);
  if (offer->phase != OfferPhase::live) return refuse(Refusal::dead_id);
  if (who.some() && offer->provider != who) return refuse(Refusal::not_yours);
  end_offer(*offer, OfferPhase::cancelled, static_cast<std::uint16_t>(CancelReason::asked));
  return Answer{c.offer.v};
}

void ExchangeCore::State::end_offer(Offer& offer, OfferPhase phase, std::uint16_t code) {
  timers.cancel(offer.timer);
  book.cancel_offer(offer.id);
  offer.phase = phase;
  leave_chains(offer);
  touch(offer.instrument);
  show(offer, Lots{}, code);
}

void ExchangeCore::State::join_chains(Offer& offer) {
  auto const row = offers.row_of(offer);
  the(nodes, offer.terms.node).offers.join(offers, row, &Offer::of_node);
  the(participants, offer.provider).offers.join(offers, row, &Offer::of_provider);
  on_instrument[offer.instrument.v].join(offers, row, &Offer::on_instrument);
  ++live_offers;
}

void ExchangeCore::State::leave_chains(Offer& offer) {
  auto const row = offers.row_of(offer);
  the(nodes, offer.terms.node).offers.leave(offers, row, &Offer::of_node);
  the(participants, offer.provider).offers.leave(offers, row, &Offer::of_provider);
  on_instrument[offer.instrument.v].leave(offers, row, &Offer::on_instrument);
  --live_offers;
}

void ExchangeCore::State::show(Offer const& offer) {
  show(offer, offer.phase == OfferPhase::live ? book.rest_lots(offer.id) : Lots{});
}

void ExchangeCore::State::show(Offer const& offer, Lots rest, std::uint16_t code) {
  auto& to = begin_record<record::OfferState>(code, offer.provider);
  to.offer = offer.id.v, to.client = offer.terms.client.v, to.rest_lots = rest.v;
  to.node = offer.terms.node.v, to.instrument = offer.instrument.v, to.price = offer.price.v;
  to.phase = static_cast<std::uint8_t>(offer.phase);
}

}  // namespace spillway
