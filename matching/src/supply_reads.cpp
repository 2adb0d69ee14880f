// matching/supply_reads.cpp - what can be asked of the resting offers, and the walk that checks them.
// Room:   matching (pure); sees market.
#include <algorithm>
#include <tuple>

#include "market/check.hpp"
#include "matching/supply.hpp"

namespace spillway {

std::vector<OfferId> Supply::offers_of(NodeId node) const {
  std::vector<OfferId> offers;
  if (auto const it = by_node_.find(node); it != by_node_.end())
    offers.assign(it->second.begin(), it->second.end());
  auto const place_in_queue = [&](OfferId id) {
    auto const& offer = at(id);
    bool const exhausted = offer.tranches.empty();
    return std::tuple{exhausted, offer.terms.price, exhausted ? 0 : offer.tranches.front().priority, id};
  };
  std::sort(offers.begin(), offers.end(),
            [&](OfferId a, OfferId b) { return place_in_queue(a) < place_in_queue(b); });
  return offers;
}

bool Supply::price_taken(NodeId node, InstrumentId instrument, PriceIndex price) const {
  auto const it = by_node_.find(node);
  if (it == by_node_.end() || unlimited(node)) return false;
  return std::any_of(it->second.begin(), it->second.end(), [&](OfferId id) {
    auto const& terms = at(id).terms;
    return terms.instrument == instrument && terms.price == price;
  });
}

std::vector<Level> Supply::levels(InstrumentId instrument, std::size_t depth_max) const {
  std::vector<Level> levels;
  for (auto const& [key, id] : ladder(instrument)) {
    auto const lots = executable(at(id));
    if (lots.v == 0) continue;
    if (!levels.empty() && levels.back().price == key.price) {
      levels.back().lots += lots;
      continue;
    }
    if (levels.size() == depth_max) break;
    levels.push_back({key.price, lots});
  }
  return levels;
}

std::vector<BookState::Pool> Supply::pools() const {
  std::vector<BookState::Pool> rows;
  for (auto const& [node, of] : pools_)
    rows.push_back({node, of.pool.available_units(), of.pool.leased(), of.pool.units_under_jobs(),
                    of.pool.running_jobs()});
  return rows;
}

std::vector<BookState::Tranche> Supply::tranches() const {
  std::map<std::tuple<InstrumentId, PriceIndex, std::uint64_t>, BookState::Tranche> in_order;
  for (auto const& [id, offer] : offers_)
    for (auto const& tranche : offer.tranches)
      in_order.emplace(std::tuple{offer.terms.instrument, offer.terms.price, tranche.priority},
                       BookState::Tranche{offer.terms.instrument, offer.terms.price, id, tranche.lots});
  std::vector<BookState::Tranche> rows;
  for (auto const& [key, row] : in_order) rows.push_back(row);
  return rows;
}

Supply::Ladder const& Supply::ladder(InstrumentId instrument) const {
  static Ladder const nothing;
  auto const it = ladders_.find(instrument);
  return it == ladders_.end() ? nothing : it->second;
}

void Supply::check_invariants() const {
  std::size_t standing = 0;
  for (auto const& [id, offer] : offers_) {
    sw_check(by_node_.at(offer.terms.node).contains(id), "every offer is known by its node");
    sw_check(offer.terms.replenish || !offer.tranches.empty(),
             "an offer without rest is gone unless it replenishes");
    sw_check(offer.hidden.v >= 0 && offer.hidden.v % offer.lot.v == 0, "whole lots are hidden");
    sw_check(offer.hidden.v == 0 || (offer.terms.display.v > 0 && !offer.tranches.empty()),
             "lots are hidden behind a display that shows some");
    std::uint64_t older = 0;
    for (auto const& tranche : offer.tranches) {
      sw_check(tranche.lots.v > 0 && tranche.lots.v % offer.lot.v == 0, "a tranche holds whole lots");
      sw_check(tranche.priority > older && tranche.priority <= priority_, "tranches stand oldest first");
      older = tranche.priority;
    }
    if (offer.tranches.empty()) continue;
    ++standing;
    auto const entry = ladder(offer.terms.instrument).find(key_of(offer));
    sw_check(entry != ladder(offer.terms.instrument).end() && entry->second == id,
             "an offer stands at its oldest tranche");
  }
  for (auto const& [instrument, entries] : ladders_) {
    sw_check(entries.size() <= standing, "a ladder holds live offers only");
    standing -= entries.size();
  }
  sw_check(standing == 0, "every offer with rest stands in one ladder");
  for (auto const& [node, of] : pools_) of.pool.check_invariants();
}

}  // namespace spillway
