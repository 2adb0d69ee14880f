// matching/plain_book.cpp - instruments, signatures, reads, and the walk that checks the whole book.
// Room:   matching (pure); sees market.
#include "matching/plain_book.hpp"

#include "market/check.hpp"

namespace spillway {

PlainBook::PlainBook(Reference const& reference, BookLimits const& limits)
    : limits_(limits), eligibility_(reference), supply_(reference) {}

std::expected<PlainBook::Listing, Refusal> PlainBook::list(Instrument const& instrument) {
  auto const before = eligibility_.instrument_count();
  auto const id = eligibility_.list(instrument);
  if (!id) return std::unexpected(id.error());
  return Listing{*id, eligibility_.instrument_count() != before};
}

std::expected<SignatureId, Refusal> PlainBook::intern(ParticipantId buyer, Predicate const& predicate) {
  auto const signature = eligibility_.intern(predicate);
  if (!signature) return signature;
  bool const one_more = !demand_.uses(buyer, *signature);
  if (one_more && demand_.signatures_of(buyer) >= live_signatures_max)
    return std::unexpected(Refusal::signature_limit);
  return signature;
}

std::expected<ProviderListId, Refusal> PlainBook::intern_providers(ListKind, std::span<ParticipantId const>) {
  return std::unexpected(Refusal::capacity);
}

void PlainBook::reference_changed() { eligibility_.rebuild(); }

Refusal PlainBook::set_standing(ParticipantId, Standing const&) { return Refusal::unknown_participant; }

void PlainBook::set_halted(bool) {}

NodePool const& PlainBook::pool(NodeId node) const { return supply_.pool(node); }

bool PlainBook::rests(OrderId id) const { return demand_.find(id) != nullptr; }

bool PlainBook::live(OfferId id) const { return supply_.find(id) != nullptr; }

Lots PlainBook::open_lots(OrderId id) const {
  auto const* const order = demand_.find(id);
  return order ? order->terms.open : Lots{};
}

Lots PlainBook::rest_lots(OfferId id) const {
  auto const* const offer = supply_.find(id);
  return offer ? offer->rest() : Lots{};
}

Lots PlainBook::executable_lots(OfferId id) const {
  auto const* const offer = supply_.find(id);
  return offer ? supply_.executable(*offer) : Lots{};
}

std::vector<OfferId> PlainBook::offers_of(NodeId node) const { return supply_.offers_of(node); }

bool PlainBook::price_taken(NodeId node, InstrumentId instrument, PriceIndex price) const {
  return supply_.price_taken(node, instrument, price);
}

std::size_t PlainBook::resting_orders_of(ParticipantId buyer) const { return demand_.orders_of(buyer); }

std::vector<Level> PlainBook::asks(InstrumentId instrument, std::size_t depth_max) const {
  return supply_.levels(instrument, depth_max);
}

std::vector<Level> PlainBook::bids(InstrumentId instrument, std::size_t depth_max) const {
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

BookState PlainBook::state() const { return {}; }

void PlainBook::check_invariants() const {
  supply_.check_invariants();
  demand_.check_invariants();
  check_uncrossed();
}

void PlainBook::check_uncrossed() const {
  for (auto const& [id, order] : demand_.all())
    for (auto const& [offer_id, offer] : supply_.all()) {
      if (offer.terms.price > order.terms.limit) continue;
      if (!eligibility_.edges(order.terms.signature).contains(offer.terms.instrument)) continue;
      sw_check(supply_.fillable(offer, order.terms.open).v == 0, "what can trade has traded");
    }
}

}  // namespace spillway
