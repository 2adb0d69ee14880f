// matching/supply.cpp - resting offers: tranches, ladders, fills.
// Room:   matching (pure); sees market.
#include "matching/supply.hpp"

#include <algorithm>

#include "market/check.hpp"

namespace spillway {

Lots RestingOffer::rest() const {
  Lots sum;
  for (auto const& tranche : tranches) sum += tranche.lots;
  return sum;
}

void Supply::open_node(NodeId node, ClassId klass, PlaceId place) {
  sw_check(node.some() && !pools_.contains(node), "a node is opened once");
  pools_.emplace(node, NodePool{*reference_, klass, place});
}

NodePool& Supply::pool(NodeId node) {
  auto const it = pools_.find(node);
  sw_check(it != pools_.end(), "the node is open");
  return it->second;
}

NodePool const& Supply::pool(NodeId node) const {
  auto const it = pools_.find(node);
  sw_check(it != pools_.end(), "the node is open");
  return it->second;
}

void Supply::add(BookOffer const& terms, Instrument const& instrument) {
  sw_check(terms.id.some() && !offers_.contains(terms.id), "an offer is posted once");
  sw_check(terms.quantity.v > 0 && on_grid(terms.price), "an offer has a quantity and a price of the grid");
  sw_check(pool(terms.node).klass() == instrument.klass && pool(terms.node).place() == instrument.place,
           "an offer stands where its node stands");
  bool const capacity = instrument.product == ProductKind::capacity;
  Lots const lot{capacity ? reference_->find(instrument.klass)->smallest_part_milli : 1};
  sw_check(terms.quantity.v % lot.v == 0, "a quantity is a multiple of the lot");
  auto& offer = offers_.emplace(terms.id, RestingOffer{terms, instrument, lot, {}}).first->second;
  by_node_[terms.node].insert(terms.id);
  append(offer, terms.quantity);
  enter(offer);
}

void Supply::remove(OfferId id) {
  auto const& offer = at(id);
  leave(offer);
  by_node_[offer.terms.node].erase(id);
  offers_.erase(id);
}

void Supply::reduce_to(OfferId id, Lots lots) {
  auto& offer = mutable_at(id);
  auto surplus = offer.rest() - lots;
  sw_check(lots.v > 0 && surplus.v >= 0 && lots.v % offer.lot.v == 0,
           "an offer is reduced to some of its rest");
  while (surplus.v > 0) {
    auto& newest = offer.tranches.back();
    auto const cut = std::min(newest.lots, surplus);
    newest.lots -= cut;
    surplus -= cut;
    if (newest.lots.v == 0) offer.tranches.pop_back();
  }
}

void Supply::renew(OfferId id, PriceIndex price, Lots lots) {
  auto& offer = mutable_at(id);
  sw_check(lots.v > 0 && lots.v % offer.lot.v == 0 && on_grid(price),
           "an offer has a quantity and a price of the grid");
  leave(offer);
  offer.tranches.clear();
  offer.terms.price = price;
  append(offer, lots);
  enter(offer);
}

void Supply::give_back(OfferId id, Lots lots) {
  auto& offer = mutable_at(id);
  sw_check(lots.v > 0, "something returns");
  leave(offer);
  append(offer, lots);
  enter(offer);
}

void Supply::fill(OfferId id, Lots lots) {
  auto& offer = mutable_at(id);
  sw_check(lots.v > 0 && lots <= offer.rest(), "a fill is no more than the offer's rest");
  pool(offer.terms.node).occupy(offer.instrument, lots);
  leave(offer);
  for (auto wanted = lots; wanted.v > 0;) {
    auto& oldest = offer.tranches.front();
    auto const cut = std::min(oldest.lots, wanted);
    oldest.lots -= cut;
    wanted -= cut;
    if (oldest.lots.v == 0) offer.tranches.erase(offer.tranches.begin());
  }
  enter(offer);
  if (offer.tranches.empty() && !offer.terms.replenish) remove(id);
}

RestingOffer const* Supply::find(OfferId id) const {
  auto const it = offers_.find(id);
  return it == offers_.end() ? nullptr : &it->second;
}

RestingOffer const& Supply::at(OfferId id) const {
  auto const* const offer = find(id);
  sw_check(offer, "the offer is live");
  return *offer;
}

Lots Supply::executable(RestingOffer const& offer) const {
  return std::min(offer.rest(), pool(offer.terms.node).executable(offer.instrument));
}

Lots Supply::fillable(RestingOffer const& offer, Lots wanted) const {
  auto const rest = offer.rest();
  if (rest.v == 0) return Lots{};
  auto const minimum = std::max(std::min(offer.terms.fill_min, rest), offer.lot);
  // A fill takes the oldest tranche at its turn; where the minimum asks for more, the next ones complete it.
  auto lots = std::min({wanted, executable(offer), std::max(offer.tranches.front().lots, minimum)});
  if (offer.terms.fill_max.v > 0) lots = std::min(lots, offer.terms.fill_max);
  lots = Lots{lots.v / offer.lot.v * offer.lot.v};
  return lots < minimum ? Lots{} : lots;
}

std::optional<Ask> Supply::best(InstrumentId instrument, PriceIndex limit, Lots wanted) const {
  for (auto const& [key, id] : ladder(instrument)) {
    if (key.price > limit) break;
    if (auto const lots = fillable(at(id), wanted); lots.v > 0) return Ask{id, key.price, key.priority, lots};
  }
  return std::nullopt;
}

RestingOffer& Supply::mutable_at(OfferId id) {
  auto const it = offers_.find(id);
  sw_check(it != offers_.end(), "the offer is live");
  return it->second;
}

Supply::AskKey Supply::key_of(RestingOffer const& offer) {
  return {offer.terms.price, offer.tranches.front().priority};
}

void Supply::enter(RestingOffer const& offer) {
  if (!offer.tranches.empty()) ladders_[offer.terms.instrument].emplace(key_of(offer), offer.terms.id);
}

void Supply::leave(RestingOffer const& offer) {
  if (!offer.tranches.empty()) ladders_[offer.terms.instrument].erase(key_of(offer));
}

void Supply::append(RestingOffer& offer, Lots lots) {
  // Nothing arrived since the offer's newest tranche: one place in the queue or two, nobody could tell them
  // apart.
  if (!offer.tranches.empty() && offer.tranches.back().priority == priority_)
    offer.tranches.back().lots += lots;
  else
    offer.tranches.push_back({++priority_, lots});
}

}  // namespace spillway
