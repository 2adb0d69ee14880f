// matching/supply.cpp - resting offers: tranches, ladders, fills.
// Room:   matching (pure); sees market.
#include "matching/supply.hpp"

#include <algorithm>

#include "market/check.hpp"

namespace spillway {

Lots RestingOffer::shown() const {
  Lots sum;
  for (auto const& tranche : tranches) sum += tranche.lots;
  return sum;
}

void Supply::open_node(NodeId node, ClassId klass, PlaceId place, Pooling pooling) {
  sw_check(node.some() && !pools_.contains(node), "a node is opened once");
  pools_.emplace(node, Pool{NodePool{*reference_, klass, place}, pooling});
}

bool Supply::unlimited(NodeId node) const {
  auto const it = pools_.find(node);
  sw_check(it != pools_.end(), "the node is open");
  return it->second.pooling == Pooling::unlimited;
}

NodePool& Supply::pool(NodeId node) {
  auto const it = pools_.find(node);
  sw_check(it != pools_.end(), "the node is open");
  return it->second.pool;
}

NodePool const& Supply::pool(NodeId node) const {
  auto const it = pools_.find(node);
  sw_check(it != pools_.end(), "the node is open");
  return it->second.pool;
}

Lots Supply::lot_of(Instrument const& instrument) const {
  if (instrument.product != ProductKind::capacity) return Lots{1};
  return Lots{reference_->find(instrument.klass)->smallest_part_milli};
}

/// What arrives now comes after everything so far.
RestingOffer Supply::draft(BookOffer const& terms, Instrument const& instrument) const {
  auto const shown = terms.display.v > 0 ? std::min(terms.display, terms.quantity) : terms.quantity;
  return {terms, instrument, lot_of(instrument), {{priority_ + 1, shown}}, terms.quantity - shown};
}

void Supply::add(BookOffer const& terms, Instrument const& instrument) {
  sw_check(terms.id.some() && !offers_.contains(terms.id), "an offer is posted once");
  sw_check(terms.quantity.v > 0 && on_grid(terms.price), "an offer has a quantity and a price of the grid");
  sw_check(pool(terms.node).klass() == instrument.klass && pool(terms.node).place() == instrument.place,
           "an offer stands where its node stands");
  auto& offer = offers_.emplace(terms.id, draft(terms, instrument)).first->second;
  sw_check(terms.quantity.v % offer.lot.v == 0, "a quantity is a multiple of the lot");
  ++priority_;
  by_node_[terms.node].insert(terms.id);
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
  auto const unseen = std::min(offer.hidden, surplus);
  offer.hidden -= unseen;
  surplus -= unseen;
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
  auto terms = offer.terms;
  terms.price = price;
  terms.quantity = lots;
  offer = draft(terms, offer.instrument);
  ++priority_;
  enter(offer);
}

void Supply::give_back(OfferId id, Lots lots) {
  auto& offer = mutable_at(id);
  sw_check(lots.v > 0, "something returns");
  leave(offer);
  if (offer.terms.display.v > 0) {
    offer.hidden += lots;
    show(offer);
  } else {
    append(offer, lots);
  }
  enter(offer);
}

void Supply::vacate(NodeId node, InstrumentId at, Instrument const& instrument, Lots lots) {
  pool(node).vacate(instrument, lots);
  sw_check(lots <= in_use_[at], "no more of an instrument returns than was sold");
  in_use_[at] -= lots;
}

Lots Supply::in_use(InstrumentId at) const {
  auto const it = in_use_.find(at);
  return it == in_use_.end() ? Lots{} : it->second;
}

void Supply::fill(OfferId id, Lots lots) {
  auto& offer = mutable_at(id);
  sw_check(lots.v > 0 && lots <= offer.shown(), "a fill is no more than what is shown");
  if (!unlimited(offer.terms.node)) {
    pool(offer.terms.node).occupy(offer.instrument, lots);
    in_use_[offer.terms.instrument] += lots;
  }
  leave(offer);
  for (auto wanted = lots; wanted.v > 0;) {
    auto& oldest = offer.tranches.front();
    auto const cut = std::min(oldest.lots, wanted);
    oldest.lots -= cut;
    wanted -= cut;
    if (oldest.lots.v == 0) offer.tranches.erase(offer.tranches.begin());
  }
  show(offer);
  enter(offer);
  if (offer.rest().v == 0 && !offer.terms.replenish) remove(id);
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
  if (unlimited(offer.terms.node)) return offer.shown();
  return std::min(offer.shown(), pool(offer.terms.node).executable(offer.instrument));
}

Lots Supply::fillable(RestingOffer const& offer, Lots wanted, Lots least) const {
  auto const shown = offer.shown();
  if (shown.v == 0) return Lots{};
  auto const minimum = std::max({std::min(offer.terms.fill_min, shown), offer.lot, std::min(least, wanted)});
  // A fill takes the oldest tranche at its turn; where a minimum asks for more, the next ones complete it.
  auto lots = std::min({wanted, executable(offer), std::max(offer.tranches.front().lots, minimum)});
  if (offer.terms.fill_max.v > 0) lots = std::min(lots, offer.terms.fill_max);
  lots = Lots{lots.v / offer.lot.v * offer.lot.v};
  return lots < minimum ? Lots{} : lots;
}

std::optional<Ask> Supply::best(InstrumentId instrument, Asker const& asker) const {
  for (auto const& [key, id] : ladder(instrument)) {
    if (key.price > asker.limit) break;
    auto const& offer = at(id);
    auto const lots = fillable(offer, asker.wanted, asker.least);
    if (lots.v > 0 && asker.accepts(offer)) return Ask{id, key.price, key.priority, lots};
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

/// Tranches beyond the first of each offer.
std::size_t Supply::extra_tranches() const {
  std::size_t extra = 0;
  for (auto const& [id, offer] : offers_)
    if (!offer.tranches.empty()) extra += offer.tranches.size() - 1;
  return extra;
}

void Supply::append(RestingOffer& offer, Lots lots) {
  // Nothing arrived since the offer's newest tranche: one place in the queue or two, nobody could tell them
  // apart.
  if (!offer.tranches.empty() && offer.tranches.back().priority == priority_) {
    offer.tranches.back().lots += lots;
  } else if (!offer.tranches.empty() && extra_tranches() >= extra_tranches_max_) {
    offer.tranches.back().lots += lots;  // no room for one more: the newest goes to the tail with them
    offer.tranches.back().priority = ++priority_;
  } else {
    offer.tranches.push_back({++priority_, lots});
  }
}

/// Brings hidden lots to the front when nothing is shown.
void Supply::show(RestingOffer& offer) {
  if (!offer.tranches.empty() || offer.hidden.v == 0) return;
  auto const lots = std::min(offer.terms.display, offer.hidden);
  offer.hidden -= lots;
  append(offer, lots);
}

}  // namespace spillway
