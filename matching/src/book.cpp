// matching/book.cpp - instruments, signatures, reads, and the walk that checks the whole book.
// Room:   matching (pure); sees market.
#include "matching/book.hpp"

#include "market/check.hpp"

namespace spillway {

Book::Book(Reference const& reference) : eligibility_(reference), supply_(reference) {}

std::expected<Book::Listing, Refusal> Book::list(Instrument const& instrument) {
  auto const before = eligibility_.instrument_count();
  auto const id = eligibility_.list(instrument);
  if (!id) return std::unexpected(id.error());
  return Listing{*id, eligibility_.instrument_count() != before};
}

Instrument const& Book::instrument(InstrumentId id) const { return eligibility_.instrument(id); }

std::size_t Book::instrument_count() const { return eligibility_.instrument_count(); }

std::expected<SignatureId, Refusal> Book::intern(ParticipantId buyer, Predicate const& predicate) {
  auto const signature = eligibility_.intern(predicate);
  if (!signature) return signature;
  bool const one_more = !demand_.uses(buyer, *signature);
  if (one_more && demand_.signatures_of(buyer) >= live_signatures_max)
    return std::unexpected(Refusal::signature_limit);
  return signature;
}

void Book::reference_changed() { eligibility_.rebuild(); }

NodePool const& Book::pool(NodeId node) const { return supply_.pool(node); }

bool Book::rests(OrderId id) const { return demand_.find(id) != nullptr; }

bool Book::live(OfferId id) const { return supply_.find(id) != nullptr; }

Lots Book::open_lots(OrderId id) const {
  auto const* const order = demand_.find(id);
  return order ? order->terms.open : Lots{};
}

Lots Book::rest_lots(OfferId id) const {
  auto const* const offer = supply_.find(id);
  return offer ? offer->rest() : Lots{};
}

Lots Book::executable_lots(OfferId id) const {
  auto const* const offer = supply_.find(id);
  return offer ? supply_.executable(*offer) : Lots{};
}

std::vector<OfferId> Book::offers_of(NodeId node) const { return supply_.offers_of(node); }

bool Book::price_taken(NodeId node, InstrumentId instrument, PriceIndex price) const {
  return supply_.price_taken(node, instrument, price);
}

std::size_t Book::resting_orders_of(ParticipantId buyer) const { return demand_.orders_of(buyer); }

std::vector<Level> Book::asks(InstrumentId instrument, std::size_t depth_max) const {
  return supply_.levels(instrument, depth_max);
}

std::vector<Level> Book::bids(InstrumentId instrument, std::size_t depth_max) const {
  std::map<PriceIndex, Lots, std::greater<>> by_limit;
  for (auto const& [signature, ladder] : demand_.ladders()) {
    if (!eligibility_.edges(signature).contains(instrument)) continue;
    for (auto const& [key, order] : ladder) by_limit[key.limit] += demand_.at(order).terms.open;
  }
  std::vector<Level> levels;
  for (auto const& [limit, lots] : by_limit)
    if (levels.size() < depth_max) levels.push_back({limit, lots});
  return levels;
}

void Book::check_invariants() const {
  supply_.check_invariants();
  demand_.check_invariants();
  check_uncrossed();
}

void Book::check_uncrossed() const {
  for (auto const& [id, order] : demand_.all())
    for (auto const& [offer_id, offer] : supply_.all()) {
      if (offer.terms.price > order.terms.limit) continue;
      if (!eligibility_.edges(order.terms.signature).contains(offer.terms.instrument)) continue;
      sw_check(supply_.fillable(offer, order.terms.open).v == 0, "what can trade has traded");
    }
}

}  // namespace spillway
