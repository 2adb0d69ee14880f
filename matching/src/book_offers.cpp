// matching/book_offers.cpp - offers and pools: what comes or returns meets the resting orders first, then
// rests. Room:   matching (pure); sees market.
#include "market/check.hpp"
#include "matching/book.hpp"

namespace spillway {

void Book::open_node(NodeId node, ClassId klass, PlaceId place) { supply_.open_node(node, klass, place); }

void Book::set_available_units(NodeId node, std::int32_t units) { supply_.pool(node).set_available(units); }

void Book::vacate(NodeId node, InstrumentId instrument, Lots lots, OfferId source) {
  supply_.pool(node).vacate(eligibility_.instrument(instrument), lots);
  auto const* const offer = supply_.find(source);
  if (!offer || !offer->terms.replenish) return;
  sw_check(offer->terms.node == node && offer->terms.instrument == instrument,
           "lots return to where they came from");
  supply_.give_back(source, lots);
}

void Book::post_offer(BookOffer const& offer, std::vector<Match>& matches) {
  sw_check(!supply_.price_taken(offer.node, offer.instrument, offer.price),
           "one offer of a node per instrument and price");
  sw_check(offer.fill_max.v == 0 || offer.fill_min <= offer.fill_max,
           "a minimum is no more than the maximum");
  supply_.add(offer, eligibility_.instrument(offer.instrument));
  meet_offer(offer.id, matches);
}

void Book::amend_offer(OfferId id, PriceIndex price, Lots lots, std::vector<Match>& matches) {
  auto const& offer = supply_.at(id);
  if (price == offer.terms.price && lots <= offer.rest()) {
    supply_.reduce_to(id, lots);  // less may lower the minimum, so it meets the orders too
  } else {
    bool const moves = price != offer.terms.price;
    sw_check(!moves || !price_taken(offer.terms.node, offer.terms.instrument, price),
             "one offer of a node per instrument and price");
    supply_.renew(id, price, lots);
  }
  meet_offer(id, matches);
}

void Book::cancel_offer(OfferId id) { supply_.remove(id); }

void Book::meet(NodeId node, std::vector<Match>& matches) {
  for (auto before = matches.size() + 1; before != matches.size();) {
    before = matches.size();
    for (auto const offer : supply_.offers_of(node)) meet_offer(offer, matches);
  }
}

void Book::meet_offer(OfferId id, std::vector<Match>& matches) {
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
std::optional<Book::Bid> Book::best_bid(RestingOffer const& offer) const {
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
void Book::meet_lowered_minimums(std::size_t first, std::vector<Match>& matches) {
  auto const last = matches.size();
  for (auto i = first; i < last; ++i) {
    auto const id = matches[i].offer;
    auto const* const offer = supply_.find(id);
    if (offer && offer->rest() < offer->terms.fill_min) meet_offer(id, matches);
  }
}

}  // namespace spillway
