// matching/plain_book_offers.cpp - offers and pools: what comes or returns meets the resting orders first,
// then rests.
// Room:   matching (pure); sees market.
#include <algorithm>
#include <set>

#include "market/check.hpp"
#include "matching/plain_book.hpp"

namespace spillway {

void PlainBook::open_node(NodeId node, ClassId klass, PlaceId place, Pooling pooling) {
  sw_check(supply_.node_count() < limits_.nodes, "there is room for one more node");
  supply_.open_node(node, klass, place, pooling);
}

void PlainBook::set_available_units(NodeId node, std::int32_t units) {
  sw_check(!supply_.unlimited(node), "an unlimited pool counts no units");
  supply_.pool(node).set_available(units);
}

void PlainBook::vacate(NodeId node, InstrumentId instrument, Lots lots, OfferId source) {
  if (!supply_.unlimited(node)) supply_.vacate(node, instrument, this->instrument(instrument), lots);
  auto const* const offer = supply_.find(source);
  if (!offer || !offer->terms.replenish) return;
  // An id may be used again: what is live under it elsewhere is another offer.
  if (offer->terms.node != node || offer->terms.instrument != instrument) return;
  // No offer grows beyond what one may be: what is too much for it stays with the pool alone.
  auto const room = book_lots_max.v - std::min(book_lots_max, offer->rest()).v;
  if (auto const back = std::min(lots.v, room - room % offer->lot.v); back > 0)
    supply_.give_back(source, Lots{back});
}

Book::Rest PlainBook::post(BookOffer const& offer, Matches& matches) {
  begin_command();
  if (auto const why = unfit(offer); why != Refusal::none) return std::unexpected(why);
  if (offer.post_only && crosses(supply_.draft(offer, instrument(offer.instrument))))
    return std::unexpected(Refusal::post_only_would_cross);

  newest_id_ = std::max(newest_id_, offer.id.v);
  supply_.add(offer, instrument(offer.instrument));
  meet_offer(offer.id, matches);
  return rest_lots(offer.id);
}

Book::Rest PlainBook::amend(ParticipantId who, OfferId id, PriceIndex price, Lots lots, Matches& matches) {
  begin_command();
  if (halted_) return std::unexpected(Refusal::halted);
  auto const* const offer = supply_.find(id);
  if (!offer) return std::unexpected(not_there(id.v));
  auto renewed = offer->terms;
  auto const why = no_amend(who, renewed.provider, lots, offer->lot, book_lots_max, price);
  if (why != Refusal::none) return std::unexpected(why);
  bool const moves = price != renewed.price;
  if (moves && price_taken(renewed.node, renewed.instrument, price))
    return std::unexpected(Refusal::offer_price_taken);
  if (!moves && lots <= offer->rest()) {
    supply_.reduce_to(id, lots);  // less may lower the minimum, so it meets the orders too
  } else {
    renewed.price = price;
    renewed.quantity = lots;
    if (renewed.post_only && crosses(supply_.draft(renewed, offer->instrument)))
      return std::unexpected(Refusal::post_only_would_cross);
    supply_.renew(id, price, lots);
  }
  meet_offer(id, matches);
  return rest_lots(id);
}

Refusal PlainBook::cancel(ParticipantId who, OfferId id) {
  auto const* const offer = supply_.find(id);
  if (!offer) return not_there(id.v);
  if (who.some() && who != offer->terms.provider) return Refusal::not_yours;
  supply_.remove(id);
  return Refusal::none;
}

bool PlainBook::meet_some(NodeId node, Matches& matches, std::size_t most) {
  begin_command();
  auto const enough = most < unbounded - matches.size() ? matches.size() + most : unbounded;
  for (auto const offer : supply_.offers_of(node)) meet_offer(offer, matches, enough);
  return matches.size() >= enough;
}

/// The offer arrives: it trades with resting orders for as long as one is found and there are fewer
/// than `most` trades.
void PlainBook::meet_offer(OfferId id, Matches& matches, std::size_t most) {
  while (auto const* const offer = supply_.find(id)) {
    if (matches.size() >= most) break;
    auto const bid = best_bid(*offer);
    if (!bid) break;
    auto const order = demand_.at(bid->order).terms;
    auto const mode = offer->terms.self_trade;
    if (mode != SelfTrade::allow && related(order.buyer, offer->terms.provider)) {
      if (mode != SelfTrade::newest) end_order(order.id, EndReason::self_trade);
      if (mode != SelfTrade::oldest) end_offer(id, EndReason::self_trade);
      continue;
    }
    matches.push_back(
        {order.id, id, offer->terms.instrument, offer->terms.node, bid->lots, order.limit, false});
    supply_.fill(id, bid->lots);
    demand_.reduce_to(order.id, order.open - bid->lots);
  }
}

/// Highest limit first, unconditional before conditional at one limit, then the earlier order.
std::optional<PlainBook::Bid> PlainBook::best_bid(RestingOffer const& offer) {
  if (supply_.fillable(offer, book_lots_max, Lots{}).v == 0) return std::nullopt;
  auto const firm = best_unconditional(offer);
  if (firm && firm->key.limit == highest_price) return firm;
  auto const above = firm ? PriceIndex{firm->key.limit.v + 1} : offer.terms.price;
  auto const conditional = best_conditional(offer, above);
  return conditional ? conditional : firm;
}

/// Over the signatures linked to the offer's instrument. Orders that the offer's minimum shuts out are
/// stepped over and stay where they are.
std::optional<PlainBook::Bid> PlainBook::best_unconditional(RestingOffer const& offer) const {
  std::optional<Bid> best;
  for (auto const& [signature, ladder] : demand_.ladders()) {
    if (!eligibility_.edges(signature).contains(offer.terms.instrument)) continue;
    for (auto const& [key, order] : ladder) {
      if (key.limit < offer.terms.price || (best && best->key < key)) break;
      auto const lots = supply_.fillable(offer, demand_.at(order).terms.open, Lots{});
      if (lots.v == 0) continue;
      best = Bid{order, key, lots};
      break;
    }
  }
  return best;
}

/// Every linked conditional order from `least_limit` up, best first, while the command has looks left.
std::optional<PlainBook::Bid> PlainBook::best_conditional(RestingOffer const& offer, PriceIndex least_limit) {
  if (looks_left_ == 0) return std::nullopt;
  std::map<Demand::BidKey, OrderId> queue;
  for (auto const& [signature, ladder] : demand_.conditional_ladders()) {
    if (!eligibility_.edges(signature).contains(offer.terms.instrument)) continue;
    for (auto const& [key, order] : ladder)
      if (key.limit >= least_limit) queue.emplace(key, order);
  }
  bool const shuns_own = offer.terms.self_trade != SelfTrade::allow;
  for (auto const& [key, id] : queue) {
    if (looks_left_ == 0) break;
    --looks_left_;
    auto const& order = demand_.at(id).terms;
    if (!accepts(order, offer.terms.provider)) continue;
    if (shuns_own && order.fill_min.v > 1 && related(order.buyer, offer.terms.provider)) continue;
    if (auto const lots = supply_.fillable(offer, order.open, order.fill_min); lots.v > 0)
      return Bid{id, key, lots};
  }
  return std::nullopt;
}

/// After an order's walk: an offer that was left with less than its minimum (now what is left is the minimum)
/// or that shows something new arrives once more, each at its first trade's turn.
void PlainBook::meet_what_changed(std::size_t first, Matches& matches) {
  std::set<OfferId> seen;
  for (auto i = first, last = matches.size(); i < last; ++i) {
    auto const id = matches[i].offer;
    auto const* const offer = supply_.find(id);
    if (!seen.insert(id).second || !offer) continue;
    if (offer->shown() < offer->terms.fill_min || offer->terms.display.v > 0) meet_offer(id, matches);
  }
}

}  // namespace spillway
