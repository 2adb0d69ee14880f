// matching/plain_book_offers.cpp - offers and pools: what comes or returns meets the resting orders first,
// then rests. Room:   matching (pure); sees market.
#include <algorithm>

#include "market/check.hpp"
#include "matching/plain_book.hpp"

namespace spillway {

void PlainBook::open_node(NodeId node, ClassId klass, PlaceId place, Pooling) {
  supply_.open_node(node, klass, place);
}

void PlainBook::set_available_units(NodeId node, std::int32_t units) {
  supply_.pool(node).set_available(units);
}

void PlainBook::vacate(NodeId node, InstrumentId instrument, Lots lots, OfferId source) {
  supply_.pool(node).vacate(eligibility_.instrument(instrument), lots);
  auto const* const offer = supply_.find(source);
  if (!offer || !offer->terms.replenish) return;
  sw_check(offer->terms.node == node && offer->terms.instrument == instrument,
           "lots return to where they came from");
  supply_.give_back(source, lots);
}

Book::Rest PlainBook::post(BookOffer const& offer, Matches& matches) {
  ended_.clear();
  if (supply_.find(offer.id)) return std::unexpected(Refusal::exists);
  if (supply_.price_taken(offer.node, offer.instrument, offer.price))
    return std::unexpected(Refusal::offer_price_taken);
  if (offer.fill_max.v != 0 && offer.fill_min > offer.fill_max) return std::unexpected(Refusal::malformed);
  newest_id_ = std::max(newest_id_, offer.id.v);
  supply_.add(offer, eligibility_.instrument(offer.instrument));
  meet_offer(offer.id, matches);
  return rest_lots(offer.id);
}

Book::Rest PlainBook::amend(ParticipantId who, OfferId id, PriceIndex price, Lots lots, Matches& matches) {
  ended_.clear();
  auto const* const live = supply_.find(id);
  if (!live) return std::unexpected(id.v > newest_id_ ? Refusal::unknown_id : Refusal::dead_id);
  auto const& offer = *live;
  if (who.some() && who != offer.terms.provider) return std::unexpected(Refusal::not_yours);
  bool const moves = price != offer.terms.price;
  if (moves && price_taken(offer.terms.node, offer.terms.instrument, price))
    return std::unexpected(Refusal::offer_price_taken);
  if (!moves && lots <= offer.rest())
    supply_.reduce_to(id, lots);  // less may lower the minimum, so it meets the orders too
  else
    supply_.renew(id, price, lots);
  meet_offer(id, matches);
  return rest_lots(id);
}

Refusal PlainBook::cancel(ParticipantId who, OfferId id) {
  auto const* const offer = supply_.find(id);
  if (!offer) return id.v > newest_id_ ? Refusal::unknown_id : Refusal::dead_id;
  if (who.some() && who != offer->terms.provider) return Refusal::not_yours;
  supply_.remove(id);
  return Refusal::none;
}

std::size_t PlainBook::cancel_instrument(InstrumentId) { return 0; }

std::size_t PlainBook::cancel_node(NodeId) { return 0; }

void PlainBook::meet(NodeId node, Matches& matches) {
  for (auto before = matches.size() + 1; before != matches.size();) {
    before = matches.size();
    for (auto const offer : supply_.offers_of(node)) meet_offer(offer, matches);
  }
}

void PlainBook::meet_offer(OfferId id, Matches& matches) {
  while (auto const* const offer = supply_.find(id)) {
    auto const bid = best_bid(*offer);
    if (!bid) break;
    matches.push_back(
        {bid->order, id, offer->terms.instrument, offer->terms.node, bid->lots, bid->key.limit, false});
    supply_.fill(id, bid->lots);
    demand_.reduce_to(bid->order, demand_.at(bid->order).terms.open - bid->lots);
  }
}

/// Highest limit over the signatures linked to the offer's instrument, then the earlier order. Orders that
/// the offer's minimum shuts out are stepped over and stay where they are.
std::optional<PlainBook::Bid> PlainBook::best_bid(RestingOffer const& offer) const {
  std::optional<Bid> best;
  for (auto const& [signature, ladder] : demand_.ladders()) {
    if (!eligibility_.edges(signature).contains(offer.terms.instrument)) continue;
    for (auto const& [key, order] : ladder) {
      if (key.limit < offer.terms.price || (best && best->key < key)) break;
      auto const lots = supply_.fillable(offer, demand_.at(order).terms.open);
      if (lots.v == 0) continue;
      best = Bid{order, key, lots};
      break;
    }
  }
  return best;
}

/// Fills since `first` may have left an offer with less than its minimum: now what is left is the minimum,
/// and an order that was too small before may be large enough.
void PlainBook::meet_lowered_minimums(std::size_t first, Matches& matches) {
  auto const last = matches.size();
  for (auto i = first; i < last; ++i) {
    auto const id = matches[i].offer;
    auto const* const offer = supply_.find(id);
    if (offer && offer->rest() < offer->terms.fill_min) meet_offer(id, matches);
  }
}

}  // namespace spillway
