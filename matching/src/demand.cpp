// matching/demand.cpp - resting orders in the ladders of their signatures.
// Room:   matching (pure); sees market.
#include "matching/demand.hpp"

#include <set>

#include "market/check.hpp"

namespace spillway {

void Demand::rest(BookOrder const& order) {
  sw_check(order.id.some() && order.open.v > 0 && !orders_.contains(order.id),
           "an order rests once, with something open");
  BidKey const key{order.limit, ++priority_};
  orders_.emplace(order.id, RestingOrder{order, key});
  ladders_of(order)[order.signature].emplace(key, order.id);
  ++live_[order.buyer][order.signature];
}

void Demand::remove(OrderId id) {
  auto const [terms, key] = at(id);
  auto& ladders = ladders_of(terms);
  auto const ladder = ladders.find(terms.signature);
  ladder->second.erase(key);
  if (ladder->second.empty()) ladders.erase(ladder);
  auto const counts = live_.find(terms.buyer);
  auto const count = counts->second.find(terms.signature);
  if (--count->second == 0) counts->second.erase(count);
  if (counts->second.empty()) live_.erase(counts);
  orders_.erase(id);
}

void Demand::reduce_to(OrderId id, Lots open) {
  auto const it = orders_.find(id);
  sw_check(it != orders_.end() && open.v >= 0 && open <= it->second.terms.open,
           "an order is reduced to some of its rest");
  if (open.v == 0) return remove(id);
  it->second.terms.open = open;
}

Demand::RestingOrder const* Demand::find(OrderId id) const {
  auto const it = orders_.find(id);
  return it == orders_.end() ? nullptr : &it->second;
}

Demand::RestingOrder const& Demand::at(OrderId id) const {
  auto const* const order = find(id);
  sw_check(order, "the order rests");
  return *order;
}

std::size_t Demand::orders_of(ParticipantId buyer) const {
  auto const counts = live_.find(buyer);
  if (counts == live_.end()) return 0;
  std::size_t orders = 0;
  for (auto const& [signature, count] : counts->second) orders += count;
  return orders;
}

std::size_t Demand::signatures_of(ParticipantId buyer) const {
  auto const counts = live_.find(buyer);
  return counts == live_.end() ? 0 : counts->second.size();
}

bool Demand::uses(ParticipantId buyer, SignatureId signature) const {
  auto const counts = live_.find(buyer);
  return counts != live_.end() && counts->second.contains(signature);
}

std::vector<BookState::Order> Demand::rows() const {
  std::vector<BookState::Order> rows;
  std::set<SignatureId> used;
  for (auto const& [id, order] : orders_) used.insert(order.terms.signature);
  for (auto const signature : used)
    for (bool const conditional : {false, true}) {
      auto const& ladders = conditional ? conditional_ : ladders_;
      auto const ladder = ladders.find(signature);
      if (ladder == ladders.end()) continue;
      for (auto const& [key, id] : ladder->second)
        rows.push_back({signature, conditional, key.limit, id, at(id).terms.open});
    }
  return rows;
}

void Demand::check_invariants() const {
  auto const standing = check_ladders(ladders_, false) + check_ladders(conditional_, true);
  sw_check(standing == orders_.size(), "every order rests once");
  std::size_t counted = 0;
  for (auto const& [buyer, counts] : live_) counted += orders_of(buyer);
  sw_check(counted == orders_.size(), "every order counts for its buyer");
}

std::size_t Demand::check_ladders(Ladders const& ladders, bool conditional) const {
  std::size_t standing = 0;
  for (auto const& [signature, ladder] : ladders) {
    sw_check(!ladder.empty(), "a ladder without orders is gone");
    standing += ladder.size();
    for (auto const& [key, id] : ladder) {
      auto const& order = at(id);
      sw_check(order.key == key && order.terms.signature == signature, "an order stands where it says");
      sw_check(order.terms.open.v > 0 && order.terms.limit == key.limit,
               "a resting order wants something at its limit");
      sw_check(is_conditional(order.terms) == conditional, "conditional orders queue by themselves");
    }
  }
  return standing;
}

}  // namespace spillway
