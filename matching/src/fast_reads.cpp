// matching/fast_reads.cpp - what can be asked of the fast book.
// Room:   matching (pure); sees market.
#include <algorithm>
#include <map>

#include "fast_hot.hpp"

namespace spillway {

using namespace fast;

bool FastBook::rests(OrderId id) const { return find(id) != 0; }

bool FastBook::live(OfferId id) const { return find(id) != 0; }

Lots FastBook::open_lots(OrderId id) const {
  auto const n = find(id);
  return Lots{n == 0 ? 0 : nodes_[n].lots};
}

Lots FastBook::rest_lots(OfferId id) const {
  auto const n = find(id);
  return n == 0 ? Lots{} : Lots{std::int64_t{shown(n)} + hidden(n)};
}

Lots FastBook::executable_lots(OfferId id) const {
  auto const n = find(id);
  return Lots{n == 0 ? 0 : executable(n)};
}

void FastBook::list_offers(NodeId node, std::vector<OfferId>& into) const {
  into.clear();
  auto const row = pool_row(node);
  if (row == 0) return;
  list_rows_of(row, meeting_);
  for (auto const n : meeting_) into.push_back(OfferId{ids_.id_of(n)});
}

bool FastBook::price_taken(NodeId node, InstrumentId at, PriceIndex price) const {
  auto const row = pool_row(node);
  if (row == 0 || pools_[row].unlimited) return false;
  for (auto n = pools_[row].first; n != 0; n = extra_[n].sibling)
    if (extra_[n].instrument == at.v && rank_of(nodes_[n].key) == price.v) return true;
  return false;
}

void FastBook::expect(OrderId id) const { __builtin_prefetch(&lines_[ids_.likely(id.v)], 1); }

void FastBook::expect(OfferId id) const {
  auto const n = ids_.likely(id.v);
  __builtin_prefetch(&lines_[n], 1);
  __builtin_prefetch(&extra_[n], 1);
  if (nodes_[n].is(node_offer)) __builtin_prefetch(&pools_[cold_[n].row], 1);  // the id may be an order's
}

void FastBook::expect(NodeId node) const {
  if (node.v <= limits_.nodes) __builtin_prefetch(&pools_[low_pool_rows_[node.v].row]);
}

std::size_t FastBook::resting_orders_of(ParticipantId who) const {
  return who.v <= limits_.participants ? owners_[who.v].resting : 0;
}

std::vector<Level> FastBook::asks(InstrumentId at, std::size_t depth_max) const {
  std::vector<Level> levels;
  if (!at.some() || at.v > eligibility_.instrument_count()) return levels;
  for (auto n = ladders_.head(ask(at)); n != 0; n = ladders_.after(n)) {
    if (nodes_[n].is(node_extra)) continue;
    PriceIndex const price{rank_of(nodes_[n].key)};
    Lots const lots{executable(n)};
    if (!levels.empty() && levels.back().price == price) {
      levels.back().lots += lots;
      continue;
    }
    if (levels.size() == depth_max) break;
    levels.push_back({price, lots});
  }
  return levels;
}

std::vector<Level> FastBook::bids(InstrumentId at, std::size_t depth_max) const {
  std::map<std::uint32_t, Lots> by_rank;
  for (auto const g : links_.of(ask(at)))
    for (auto n = ladders_.head(g); n != 0; n = ladders_.after(n))
      by_rank[rank_of(nodes_[n].key)] += Lots{nodes_[n].lots};
  std::vector<Level> levels;
  for (auto const& [rank, lots] : by_rank)
    if (levels.size() < depth_max) levels.push_back({PriceIndex{mirrored(rank)}, lots});
  return levels;
}

BookState FastBook::state() const {
  BookState state;
  for (std::uint32_t s = 1; s <= eligibility_.signature_count(); ++s)
    for (auto const g : {bid(SignatureId{s}), waiting(SignatureId{s})})
      for (auto n = ladders_.head(g); n != 0; n = ladders_.after(n))
        state.orders.push_back({SignatureId{s}, g != bid(SignatureId{s}), PriceIndex{price_of(nodes_[n])},
                                OrderId{ids_.id_of(n)}, Lots{nodes_[n].lots}});
  struct Spot {
    std::uint32_t at;
    Key key;
    Handle n;
  };
  std::vector<Spot> tranches;
  for (Handle n = 1; n < next_row_; ++n) {
    auto const& node = nodes_[n];
    if (!node.is(node_live) || !node.is(node_offer)) continue;
    if (node.lots > 0) tranches.push_back({ladder_of(n), node.key, n});
    if (!node.is(node_extra))
      state.offers.push_back({OfferId{ids_.id_of(n)}, pools_[cold_[n].row].id, Lots{hidden(n)}});
  }
  std::sort(tranches.begin(), tranches.end(),
            [](Spot const& a, Spot const& b) { return a.at != b.at ? a.at < b.at : a.key < b.key; });
  for (auto const& [at, key, n] : tranches)
    state.tranches.push_back(
        {InstrumentId{at}, PriceIndex{rank_of(key)}, OfferId{ids_.id_of(n)}, Lots{nodes_[n].lots}});
  std::sort(state.offers.begin(), state.offers.end(),
            [](auto const& a, auto const& b) { return a.id < b.id; });
  for (std::size_t row = 1; row < pools_.size(); ++row) {
    auto const& [id, unlimited, site, first, units] = pools_[row];
    state.pools.push_back(
        {id, units.available_units(), units.leased(), units.units_under_jobs(), units.running_jobs()});
  }
  std::sort(state.pools.begin(), state.pools.end(),
            [](auto const& a, auto const& b) { return a.node < b.node; });
  return state;
}

}  // namespace spillway
