// matching/plain_book.cpp - instruments, signatures, people, time, reads, and the walk that checks it all.
// Room:   matching (pure); sees market.
#include "matching/plain_book.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "market/check.hpp"
#include "matching/relink.hpp"

namespace spillway {

PlainBook::PlainBook(Reference const& reference, BookLimits const& limits)
    : limits_(limits),
      eligibility_(reference, {limits.instruments, limits.signatures, limits.edges}),
      supply_(reference, limits.tranches) {}

std::expected<PlainBook::Listing, Refusal> PlainBook::list(Instrument const& instrument) {
  auto const listed = eligibility_.list(instrument, this);
  if (!listed) return std::unexpected(listed.error());
  return Listing{listed->id, listed->fresh};
}

std::expected<SignatureId, Refusal> PlainBook::intern(ParticipantId buyer, Predicate const& predicate) {
  auto const made = eligibility_.intern(predicate, this);
  if (!made) return std::unexpected(made.error());
  bool const one_more = !demand_.uses(buyer, made->id);
  if (one_more && demand_.signatures_of(buyer) >= live_signatures_max)
    return std::unexpected(Refusal::signature_limit);
  return made->id;
}

std::expected<ProviderListId, Refusal> PlainBook::intern_providers(ListKind kind,
                                                                   std::span<ParticipantId const> named) {
  ProviderList list{kind, {named.begin(), named.end()}};
  std::sort(list.who.begin(), list.who.end());
  list.who.erase(std::unique(list.who.begin(), list.who.end()), list.who.end());
  if (kind != ListKind::only && kind != ListKind::except) return std::unexpected(Refusal::malformed);
  if (named.empty() || named.size() > provider_list_max || !list.who.front().some())
    return std::unexpected(Refusal::malformed);
  auto known = std::find(provider_lists_.begin(), provider_lists_.end(), list);
  if (known == provider_lists_.end()) {
    if (provider_lists_.size() >= limits_.provider_lists) return std::unexpected(Refusal::capacity);
    known = provider_lists_.insert(provider_lists_.end(), list);
  }
  return ProviderListId{static_cast<std::uint32_t>(known - provider_lists_.begin() + 1)};
}

Relink PlainBook::relink(Reference const& next) const { return Relink{eligibility_, next, 0, false}; }

Refusal PlainBook::adopt(Relink& relink) {
  return eligibility_.adopt(relink) ? Refusal::none : Refusal::capacity;
}

bool PlainBook::idle(SignatureId id) const {
  return !demand_.ladders().contains(id) && !demand_.conditional_ladders().contains(id);
}

bool PlainBook::idle(InstrumentId id) const {
  for (auto const& [offer_id, offer] : supply_.all())
    if (offer.terms.instrument == id) return false;
  return supply_.in_use(id).v == 0;
}

Refusal PlainBook::set_standing(ParticipantId who, Standing const& standing) {
  if (!who.some() || who.v > limits_.participants) return Refusal::unknown_participant;
  standings_[who] = standing;
  return Refusal::none;
}

/// Participants of one firm, and of firms that are related to it, share a firm id.
bool PlainBook::related(ParticipantId a, ParticipantId b) const {
  auto const firm = standing(a).firm;
  return firm.some() && firm == standing(b).firm;
}

void PlainBook::begin_command() {
  ended_.clear();
  looks_left_ = conditional_looks_max;
}

void PlainBook::end_order(OrderId id, EndReason why) {
  ended_.push_back({id, {}, open_lots(id), why});
  demand_.remove(id);
}

void PlainBook::end_offer(OfferId id, EndReason why) {
  ended_.push_back({{}, id, rest_lots(id), why});
  supply_.remove(id);
}

std::size_t PlainBook::cancel_session(SessionId session) {
  begin_command();
  std::map<std::uint64_t, bool> ids;  // to whether it is an order
  for (auto const& [id, order] : demand_.all())
    if (session.some() && order.terms.session == session) ids.emplace(id.v, true);
  for (auto const& [id, offer] : supply_.all())
    if (session.some() && offer.terms.session == session) ids.emplace(id.v, false);
  for (auto const& [id, is_order] : ids) {
    if (is_order) end_order(OrderId{id}, EndReason::mass_cancelled);
    if (!is_order) end_offer(OfferId{id}, EndReason::mass_cancelled);
  }
  return ids.size();
}

std::size_t PlainBook::cancel_instrument(InstrumentId instrument) {
  begin_command();
  std::vector<OfferId> ids;
  for (auto const& [id, offer] : supply_.all())
    if (offer.terms.instrument == instrument) ids.push_back(id);
  for (auto const id : ids) end_offer(id, EndReason::mass_cancelled);
  return ids.size();
}

std::size_t PlainBook::cancel_node(NodeId node) {
  begin_command();
  std::vector<OfferId> ids;
  for (auto const& [id, offer] : supply_.all())
    if (offer.terms.node == node) ids.push_back(id);
  for (auto const id : ids) end_offer(id, EndReason::mass_cancelled);
  return ids.size();
}

void PlainBook::advance(Stamp now) {
  sw_check(now >= now_, "time does not go back");
  begin_command();
  now_ = now;
  auto const due = [&](Stamp expires) { return expires.v != 0 && expires <= now; };
  std::set<std::tuple<Stamp, std::uint64_t, bool>> leaving;  // when, id, whether it is an order
  for (auto const& [id, order] : demand_.all())
    if (due(order.terms.expires)) leaving.emplace(order.terms.expires, id.v, true);
  for (auto const& [id, offer] : supply_.all())
    if (due(offer.terms.expires)) leaving.emplace(offer.terms.expires, id.v, false);
  for (auto const& [when, id, is_order] : leaving) {
    if (is_order) end_order(OrderId{id}, EndReason::expired);
    if (!is_order) end_offer(OfferId{id}, EndReason::expired);
  }
}

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

void PlainBook::list_offers(NodeId node, std::vector<OfferId>& into) const { into = supply_.offers_of(node); }

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

BookState PlainBook::state() const {
  BookState state;
  state.orders = demand_.rows();
  state.tranches = supply_.tranches();
  for (auto const& [id, offer] : supply_.all()) state.offers.push_back({id, offer.terms.node, offer.hidden});
  state.pools = supply_.pools();
  return state;
}

void PlainBook::check_invariants() const {
  supply_.check_invariants();
  demand_.check_invariants();
  check_uncrossed();
}

/// But for conditional orders: nobody has to look at all of them.
void PlainBook::check_uncrossed() const {
  for (auto const& [signature, ladder] : demand_.ladders())
    for (auto const& [offer_id, offer] : supply_.all()) {
      if (!eligibility_.edges(signature).contains(offer.terms.instrument)) continue;
      for (auto const& [key, order] : ladder) {
        if (offer.terms.price > key.limit) break;
        sw_check(supply_.fillable(offer, demand_.at(order).terms.open, Lots{}).v == 0,
                 "what can trade has traded");
      }
    }
}

}  // namespace spillway
