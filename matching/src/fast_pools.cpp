// matching/fast_pools.cpp - special offers: tranches, displays, and the pools that they share.
// Room:   matching (pure); sees market.
// Rule:   an offer whose pool is used up leaves its ladder and comes back to the same place, so a walk meets
// only offers that could fill somebody.
#include <algorithm>
#include <bit>
#include <tuple>

#include "fast_hot.hpp"
#include "market/check.hpp"

namespace spillway {

using namespace fast;

void FastBook::open_node(NodeId node, ClassId klass, PlaceId place, Pooling pooling) {
  sw_check(node.some() && pool_row(node) == 0, "a node is opened once");
  sw_check(pools_.size() <= limits_.nodes, "there is room for one more node");
  auto const row = static_cast<std::uint32_t>(pools_.size());
  if (node.v <= limits_.nodes) {
    InstrumentRow const matching{1, site_of(klass, place)};
    bool const plain = pooling == Pooling::unlimited;
    low_pool_rows_[node.v] = {plain ? ~std::bit_cast<std::uint64_t>(matching) : 0, row};
  } else {
    pool_rows_.of(node.v) = row;
  }
  pool_ids_[row] = node;
  pools_.push_back(
      {node, pooling == Pooling::unlimited, site_of(klass, place), 0, NodePool{reference_, klass, place}});
}

void FastBook::set_available_units(NodeId node, std::int32_t units) {
  auto const row = pool_row(node);
  sw_check(row != 0, "the node is open");
  sw_check(!pools_[row].unlimited, "an unlimited pool counts no units");
  pools_[row].units.set_available(units);
  seat_all(row);
}

NodePool const& FastBook::pool(NodeId node) const {
  auto const row = pool_row(node);
  sw_check(row != 0, "the node is open");
  return pools_[row].units;
}

void FastBook::vacate(NodeId node, InstrumentId instrument, Lots lots, OfferId source) {
  auto const row = pool_row(node);
  sw_check(row != 0, "the node is open");
  auto& pool = pools_[row];
  if (!pool.unlimited) {
    pool.units.vacate(eligibility_.instrument(instrument), lots);
    sw_check(static_cast<std::uint64_t>(lots.v) <= held_[instrument.v],
             "no more of an instrument returns than was sold");
    held_[instrument.v] -= static_cast<std::uint64_t>(lots.v);
  }
  auto const n = find(source);
  bool const replenishes = n != 0 && (cold_[n].id_high_terms & term_replenish) != 0;
  // An id may be used again: what is live under it elsewhere is another offer.
  bool const its_own = replenishes && cold_[n].row == row && ladder_of(n) == ask(instrument);
  // No offer grows beyond what one may be: what is too much for it stays with the pool alone.
  auto const room =
      its_own ? book_lots_max.v - std::min(book_lots_max.v, std::int64_t{shown(n)} + hidden(n)) : 0;
  auto const count =
      its_own ? static_cast<std::uint32_t>(std::min(lots.v, room - room % instruments_[instrument.v].lot))
              : 0;
  if (count > 0) {
    if (extra_[n].display > 0) {
      extra_[n].hidden += count;
      show_next(n);
    } else {
      append_tranche(n, count);
    }
    if (pool.unlimited) seat(n);
    tell_offer(FeedKind::offer, n, instrument, shown(n));
  }
  if (!pool.unlimited) seat_all(row);  // it among them
}

// ---- what an offer can fill ----

std::uint32_t FastBook::shown(Handle n) const {
  return nodes_[n].is(node_special) ? extra_[n].shown : nodes_[n].lots;
}

std::uint32_t FastBook::hidden(Handle n) const { return nodes_[n].is(node_special) ? extra_[n].hidden : 0; }

LadderId FastBook::ladder_of(Handle n) const {
  return nodes_[n].is(node_special) ? extra_[n].instrument : ladders_.ladder_of(nodes_[n]);
}

std::uint32_t FastBook::executable(Handle n) const {
  auto const lots = shown(n);
  auto const& pool = pools_[cold_[n].row];
  if (lots == 0 || pool.unlimited) return lots;
  auto const most = pool.units.executable(eligibility_.instrument(InstrumentId{ladder_of(n)})).v;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(lots, most));
}

/// A fill takes the oldest tranche at its turn; where a minimum asks for more, the next ones complete it.
std::uint32_t FastBook::fillable(Handle n, std::uint32_t wanted, std::uint32_t order_min) const {
  if (!nodes_[n].is(node_special)) {
    auto const most = std::min(wanted, nodes_[n].lots);
    return most < std::min(order_min, wanted) ? 0 : most;
  }
  auto const all = extra_[n].shown;
  if (all == 0) return 0;
  auto const lot = instruments_[extra_[n].instrument].lot;
  auto const minimum = std::max({std::min(cold_[n].fill_min, all), lot, std::min(order_min, wanted)});
  auto lots = std::min({wanted, executable(n), std::max(nodes_[n].lots, minimum)});
  if (cold_[n].fill_max > 0) lots = std::min(lots, cold_[n].fill_max);
  lots -= lots % lot;
  return lots < minimum ? 0 : lots;
}

// ---- tranches ----

void FastBook::stand(Handle n, Handle earlier) {
  auto const g = nodes_[n].is(node_extra) ? extra_[extra_[n].primary].instrument : extra_[n].instrument;
  if (ladders_.insert(g, n, earlier)) links_.improved(g, rank_of(nodes_[n].key));
}

/// Lots arrive now. When nothing arrived since the offer's newest tranche, one place in the queue or two,
/// nobody could tell them apart. The ladder is left to `seat`, unless the offer stands in it already.
void FastBook::append_tranche(Handle n, std::uint32_t lots) {
  auto& extra = extra_[n];
  auto const newest = extra.newest;
  auto const price = rank_of(nodes_[n].key);
  bool const stands = nodes_[n].level != 0;
  bool const empty = extra.shown == 0;
  extra.shown += lots;
  if (empty) {
    nodes_[n].key = key_of(price, ++ask_sequence_);
    nodes_[n].lots = lots;
    return;
  }
  if ((nodes_[newest].key & (key_of(1, 0) - 1)) == ask_sequence_) {
    nodes_[newest].lots += lots;
    return;
  }
  if (tranches_ >= limits_.tranches) {  // no room for one more: the newest goes to the tail with them
    if (stands) ladders_.remove(newest);
    nodes_[newest].lots += lots;
    nodes_[newest].key = key_of(price, ++ask_sequence_);
    if (stands) stand(newest);
    return;
  }
  ++tranches_;
  auto const fresh = take_row();
  nodes_[fresh] = {key_of(price, ++ask_sequence_),    nodes_[n].id_low, lots, 0, 0, 0,
                   nodes_[n].owner_flags | node_extra};
  cold_[fresh] = cold_[n];
  extra_[fresh] = {.newest = 0,
                   .younger = 0,
                   .primary = n,
                   .sibling = 0,
                   .shown = 0,
                   .hidden = 0,
                   .display = 0,
                   .instrument = extra.instrument};
  extra_[newest].younger = fresh;
  extra.newest = fresh;
  if (stands) stand(fresh);
}

/// The oldest tranche is used up: the next takes over its row, so that the offer's row stays its oldest
/// tranche.
void FastBook::drop_front(Handle n) {
  auto& extra = extra_[n];
  if (nodes_[n].level != 0) ladders_.remove(n);
  auto const next = extra.younger;
  if (next == 0) return;
  nodes_[n].key = nodes_[next].key;
  nodes_[n].lots = nodes_[next].lots;
  if (nodes_[next].level != 0) ladders_.replace(next, n);
  extra.younger = extra_[next].younger;
  if (extra.newest == next) extra.newest = n;
  --tranches_;
  free_row(next);
}

/// Takes `lots` of what is shown, newest tranche first; something stays.
void FastBook::cut_newest(Handle n, std::uint32_t lots) {
  auto& extra = extra_[n];
  sw_check(lots < extra.shown, "something stays");
  extra.shown -= lots;
  while (lots > 0) {
    auto const newest = extra.newest;
    auto const cut = std::min(nodes_[newest].lots, lots);
    nodes_[newest].lots -= cut;
    lots -= cut;
    if (nodes_[newest].lots > 0) break;
    auto before = n;
    while (extra_[before].younger != newest) before = extra_[before].younger;
    extra_[before].younger = 0;
    extra.newest = before;
    if (nodes_[newest].level != 0) ladders_.remove(newest);
    --tranches_;
    free_row(newest);
  }
}

void FastBook::clear_tranches(Handle n) {
  while (extra_[n].younger != 0) drop_front(n);
  if (nodes_[n].level != 0) ladders_.remove(n);
  nodes_[n].lots = 0;
  extra_[n].shown = 0;
}

/// Brings hidden lots to the front when nothing is shown.
void FastBook::show_next(Handle n) {
  auto& extra = extra_[n];
  if (extra.shown != 0 || extra.hidden == 0) return;
  auto const lots = std::min(extra.display, extra.hidden);
  extra.hidden -= lots;
  append_tranche(n, lots);
}

// ---- pools ----

void FastBook::seat(Handle n) {
  bool const stands = nodes_[n].level != 0;
  bool const may = executable(n) > 0;
  if (stands == may) return;
  for (Handle t = n, older = 0; t != 0; older = t, t = extra_[t].younger) {
    if (may)
      stand(t, older);
    else
      ladders_.remove(t);
  }
}

void FastBook::seat_all(std::uint32_t row) {
  for (auto n = pools_[row].first; n != 0; n = extra_[n].sibling) seat(n);
}

bool FastBook::fill_offer(Handle n, std::uint32_t lots) {
  auto const row = cold_[n].row;
  auto& pool = pools_[row];
  auto& extra = extra_[n];
  sw_check(lots > 0 && lots <= extra.shown, "a fill is no more than what is shown");
  if (!pool.unlimited) {
    pool.units.occupy(eligibility_.instrument(InstrumentId{extra.instrument}), Lots{lots});
    held_[extra.instrument] += lots;
  }
  extra.shown -= lots;
  for (auto wanted = lots; wanted > 0;) {
    auto const cut = std::min(nodes_[n].lots, wanted);
    nodes_[n].lots -= cut;
    wanted -= cut;
    if (nodes_[n].lots == 0) drop_front(n);
  }
  show_next(n);
  bool const stays = extra.shown > 0 || (cold_[n].id_high_terms & term_replenish) != 0;
  if (stays) {
    if (pool.unlimited) seat(n);
    tell_offer(FeedKind::offer, n, InstrumentId{extra.instrument}, extra.shown);
  } else {
    erase_offer(n);
  }
  if (!pool.unlimited) seat_all(row);  // it among them, while it stays
  return stays;
}

/// By price, then priority; exhausted ones last, by id. Offers of unlimited pools are in no list: every row
/// is looked at.
void FastBook::list_rows_of(std::uint32_t row, std::vector<Handle>& offers) const {
  offers.clear();
  if (pools_[row].unlimited) {
    for (Handle n = 1; n < next_row_; ++n) {
      bool const offer = nodes_[n].is(node_live) && nodes_[n].is(node_offer) && !nodes_[n].is(node_extra);
      if (offer && cold_[n].row == row) offers.push_back(n);
    }
  } else {
    for (auto n = pools_[row].first; n != 0; n = extra_[n].sibling) offers.push_back(n);
  }
  auto const place = [this](Handle n) {
    bool const exhausted = nodes_[n].lots == 0;
    auto const price = rank_of(nodes_[n].key);
    return std::tuple{exhausted, price, exhausted ? Key{0} : nodes_[n].key, ids_.id_of(n)};
  };
  std::sort(offers.begin(), offers.end(), [&](Handle a, Handle b) { return place(a) < place(b); });
}

}  // namespace spillway
