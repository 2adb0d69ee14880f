// matching/fast_offers.cpp - offers: what comes or returns meets the resting orders first, then rests.
// Room:   matching (pure); sees market.
#include <algorithm>
#include <bit>
#include <utility>

#include "fast_hot.hpp"
#include "market/check.hpp"

namespace spillway {

using namespace fast;

namespace {

std::uint32_t narrow(Lots lots) { return static_cast<std::uint32_t>(lots.v); }

}  // namespace

Refusal FastBook::check(BookOffer const& o, std::uint32_t& row) const {
  using enum Refusal;
  bool const negative = (o.quantity.v | o.fill_min.v | o.fill_max.v | o.display.v | o.expires.v) < 0;
  if (o.id.v - 1 >= id_limit - 1 || o.self_trade > SelfTrade::both || negative) return malformed;
  if (o.fill_max.v > 0 && o.fill_min > o.fill_max) return malformed;
  if (o.display > o.quantity || o.instrument.v - 1 >= eligibility_.instrument_count()) return malformed;
  if (o.provider.v - 1 >= limits_.participants) return unknown_participant;
  if (terms_[o.provider.v].no_provider) return role_missing;
  if (halted_) return halted;
  if (ids_.find(o.id.v) != 0) return exists;
  row = pool_row(o.node);
  if (row == 0) return node_unknown;
  auto const& at = instruments_[o.instrument.v];
  auto const& pool = pools_[row];
  if (at.site != pool.site) return malformed;
  if (o.quantity.v == 0) return quantity_zero;
  if (at.lot != 1) {
    auto const off = [&](Lots lots) { return lots.v % at.lot != 0; };
    if (off(o.quantity) || off(o.fill_min) || off(o.fill_max) || off(o.display)) return quantity_not_a_lot;
  }
  if (o.quantity > book_lots_max) return quantity_too_large;
  if (!on_grid(o.price)) return price_off_grid;
  if (o.expires.v != 0 && o.expires.v <= now_us_) return time_past;
  if (!pool.unlimited && price_taken(o.node, o.instrument, o.price)) return offer_price_taken;
  if (offers_ >= limits_.offers) return capacity;
  return none;
}

/// One that has more to mind than its quantity and its place in the queue.
bool FastBook::special(BookOffer const& o, std::uint32_t row) const {
  return !pools_[row].unlimited || o.replenish || o.fill_min.v > 1 || o.fill_max.v > 0 || o.display.v > 0 ||
         instruments_[o.instrument.v].lot != 1;
}

/// What most offers of unlimited pools are: no refusal, nothing to mind but price and quantity. Whatever else
/// an offer is, or is refused for, is found out by `post_unusual`, in its order. `offers_gate_` is 0 while
/// halted, while something stands in `ended()` and while conditional orders wait. The price is not looked at:
/// one off the grid, mirrored, seems to cross everything, and `post_crossing` looks.
[[gnu::always_inline]] inline bool FastBook::usual(BookOffer const& o, NodeRow const& node) const {
  auto const odd = o.fill_max.v | o.display.v | o.expires.v | (o.fill_min.v & ~std::int64_t{1});
  bool const switched = (static_cast<unsigned>(o.replenish) | static_cast<unsigned>(o.post_only)) != 0;
  if (odd != 0 || switched || o.self_trade > SelfTrade::both) return false;
  if (o.id.v <= newest_id_ || o.id.v > ids_.highest()) return false;  // newer than all: not live
  if (o.provider.v > limits_.participants || o.instrument.v > limits_.instruments) return false;
  if (std::bit_cast<std::uint64_t>(instruments_[o.instrument.v]) != ~node.plain) return false;
  if (static_cast<std::uint64_t>(o.quantity.v) - 1 >= static_cast<std::uint64_t>(book_lots_max.v))
    return false;
  return !terms_[o.provider.v].no_provider && offers_ < offers_gate_;
}

/// No call is made here but as the last step, which spares saving registers.
Book::Rest FastBook::post(BookOffer const& o, Matches& out) {
  if (o.node.v > limits_.nodes) return post_unusual(o, out);
  if (!usual(o, low_pool_rows_[o.node.v])) return post_unusual(o, out);
  auto const g = ask(o.instrument);
  if (links_.bound(g) <= mirrored(o.price.v)) return post_crossing(o, out);
  auto const& page = ladders_.near(g, o.price.v);
  auto& slot = ids_.slot_of(o.id.v);
  if (!page.holds(o.price.v) || slot != 0) return put_prepared(o);
  return put_usual(o, page.level_of(o.price.v), slot);
}

[[gnu::noinline]] Book::Rest FastBook::put_usual(BookOffer const& o, std::uint32_t level, Handle& slot) {
  auto const n = take_row();
  auto& [node, cold] = lines_[n];
  slot = n;
  newest_id_ = o.id.v;
  ++offers_;
  forget();
  cold.session = o.session.v;
  cold.id_high_terms = static_cast<std::uint32_t>(o.id.v >> 32 << term_bits) |
                       static_cast<std::uint32_t>(o.self_trade) << term_trade_shift;
  cold.row = low_pool_rows_[o.node.v].row;
  cold.set_only_fill_min(o.fill_min.v);
  forget();
  auto& event = feed_->next();
  event.key = node.key = key_of(o.price.v, ++ask_sequence_);
  event.id = o.id.v;
  node.id_low = static_cast<std::uint32_t>(o.id.v);
  event.lots = node.lots = narrow(o.quantity);
  event.where = o.instrument.v;
  auto const party = o.provider.v << node_owner_shift;
  event.party_and_kind = party + told_of(0, FeedKind::offer);
  node.owner_flags = party + (node_live | node_offer);
  forget();
  if (!ladders_.join(level, n, node)) return put_first(ask(o.instrument), level, n);
  return o.quantity;
}

/// See that of orders.
[[gnu::noinline]] Book::Rest FastBook::put_prepared(BookOffer const& o) {
  if (!on_grid(o.price)) return refuse_price(o);
  ids_.make_room(o.id.v);
  return put_usual(o, ladders_.level_of(ask(o.instrument), o.price.v), ids_.slot_of(o.id.v));
}

Book::Rest FastBook::refuse_price(BookOffer const& o) const {
  std::uint32_t row = 0;
  return std::unexpected(check(o, row));
}

[[gnu::noinline]] Book::Rest FastBook::post_crossing(BookOffer const& o, Matches& out) {
  if (!on_grid(o.price)) return refuse_price(o);
  auto const row = low_pool_rows_[o.node.v].row;
  newest_id_ = o.id.v;
  auto const key = key_of(o.price.v, ++ask_sequence_);
  bool cut = false;
  auto const rest = meet_passing(o, row, out, cut);
  if (cut || rest == 0) return Lots{};
  put_plain(o, row, rest, key);
  return Lots{rest};
}

[[gnu::noinline]] Book::Rest FastBook::post_unusual(BookOffer const& o, Matches& out) {
  begin();
  std::uint32_t row = 0;
  if (auto const why = check(o, row); why != Refusal::none) return std::unexpected(why);
  if (o.post_only && crosses(o, row)) return std::unexpected(Refusal::post_only_would_cross);
  newest_id_ = std::max(newest_id_, o.id.v);
  auto const n = rest_offer(o, row, narrow(o.quantity), key_of(o.price.v, ++ask_sequence_), special(o, row));
  meet_offer(n, out);
  return rest_lots(o.id);
}

/// A plain offer on its way in: it takes no row before something of it rests.
std::uint32_t FastBook::meet_passing(BookOffer const& o, std::uint32_t row, Matches& out, bool& cut) {
  auto const at = ask(o.instrument);
  auto const limit = last_of(mirrored(o.price.v));
  auto const firm = o.self_trade == SelfTrade::allow ? 0 : owners_[o.provider.v].firm;
  auto rest = narrow(o.quantity);
  auto front = front_of(at);
  for (; front.best <= limit; front = front_after(front, at, limit)) {
    auto const until = std::min(limit, front.second);
    for (auto best = front.best; rest > 0 && best <= until; best = ladders_.best(front.from)) {
      auto const n = ladders_.head(front.from);
      if (firm != 0 && firm == firm_of(n)) {
        if (o.self_trade != SelfTrade::newest) drop(n, EndReason::self_trade);
        if (o.self_trade == SelfTrade::oldest) continue;
        end({{}, o.id, Lots{rest}, EndReason::self_trade});
        cut = true;
        return 0;
      }
      auto const lots = std::min(rest, nodes_[n].lots);
      trade(out, {OrderId{ids_.id_of(n)}, o.id, o.instrument, pool_ids_[row], Lots{lots},
                  PriceIndex{mirrored(rank_of(best))}, false});
      rest -= lots;
      fill_order(n, lots);
    }
    if (rest == 0) return 0;
  }
  links_.raise_bound(at, rank_of(front.best));
  return rest;
}

/// A row with the offer's terms, in no ladder, index or list yet.
Handle FastBook::make_offer(BookOffer const& o, std::uint32_t row, std::uint32_t lots, Key key,
                            bool is_special) {
  auto const n = take_row();
  auto flags = o.provider.v << node_owner_shift | node_live | node_offer;
  auto terms = static_cast<std::uint32_t>(o.self_trade) << term_trade_shift;
  if (is_special) flags |= node_special;
  if (o.expires.v != 0) flags |= node_timed;
  if (o.post_only) terms |= term_post_only;
  if (o.replenish) terms |= term_replenish;
  auto const id_high = static_cast<std::uint32_t>(o.id.v >> 32);
  // Field by field: rows that are put together elsewhere are read back before they have left the processor.
  auto& [node, cold] = lines_[n];
  node.key = key, node.id_low = static_cast<std::uint32_t>(o.id.v), node.lots = lots;
  node.prev = 0, node.next = 0, node.level = 0, node.owner_flags = flags;
  cold.session = o.session.v, cold.expires_us = o.expires.v,
  cold.id_high_terms = id_high << term_bits | terms;
  cold.row = row, cold.fill_min = narrow(o.fill_min), cold.fill_max = narrow(o.fill_max);
  if (!is_special) return n;
  auto const seen = o.display.v > 0 ? std::min(narrow(o.display), lots) : lots;
  node.lots = seen;
  auto& extra = extra_[n];
  extra.newest = n, extra.younger = 0, extra.primary = 0, extra.sibling = 0;
  extra.shown = seen, extra.hidden = lots - seen, extra.display = narrow(o.display);
  extra.instrument = o.instrument.v;
  return n;
}

Handle FastBook::rest_offer(BookOffer const& o, std::uint32_t row, std::uint32_t lots, Key key,
                            bool is_special) {
  auto const n = make_offer(o, row, lots, key, is_special);
  ids_.insert(o.id.v, n);
  ++offers_;
  if (o.expires.v != 0) deadlines_.insert(n);
  if (is_special) {
    ++held_[o.instrument.v];
    auto& pool = pools_[row];
    if (!pool.unlimited) extra_[n].sibling = std::exchange(pool.first, n);
    seat(n);
  } else if (ladders_.append(ask(o.instrument), n)) {
    links_.improved(ask(o.instrument), o.price.v);
  }
  tell_offer(FeedKind::offer, n, o.instrument, nodes_[n].lots);
  return n;
}

void FastBook::erase_offer(Handle n) {
  if (!nodes_[n].is(node_special))
    return take_out_plain(n, InstrumentId{ladders_.ladder_of(nodes_[n])}, false);
  tell_offer(FeedKind::offer_gone, n, InstrumentId{extra_[n].instrument}, extra_[n].shown);
  ids_.erase(n);
  if (nodes_[n].is(node_timed)) deadlines_.erase(n);
  --offers_;
  clear_tranches(n);
  --held_[extra_[n].instrument];
  auto& pool = pools_[cold_[n].row];
  if (!pool.unlimited) {
    auto* link = &pool.first;
    while (*link != n) link = &extra_[*link].sibling;
    *link = extra_[n].sibling;
  }
  free_row(n);
}

Book::Rest FastBook::amend(ParticipantId who, OfferId id, PriceIndex price, Lots lots, Matches& out) {
  begin();
  if (halted_) return std::unexpected(Refusal::halted);
  auto const n = find(id);
  if (n == 0) return std::unexpected(unknown_or_dead(id.v));
  if (who.some() && who.v != nodes_[n].owner()) return std::unexpected(Refusal::not_yours);
  if (lots.v <= 0) return std::unexpected(Refusal::quantity_zero);
  InstrumentId const at{ladder_of(n)};
  if (lots.v % instruments_[at.v].lot != 0) return std::unexpected(Refusal::quantity_not_a_lot);
  if (lots > book_lots_max) return std::unexpected(Refusal::quantity_too_large);
  if (!on_grid(price)) return std::unexpected(Refusal::price_off_grid);
  auto const row = cold_[n].row;
  bool const moves = price.v != rank_of(nodes_[n].key);
  if (moves && price_taken(pools_[row].id, at, price)) return std::unexpected(Refusal::offer_price_taken);
  auto const wanted = narrow(lots), all = shown(n) + hidden(n);
  if (!moves && wanted <= all) {
    auto surplus = all - wanted;
    if (nodes_[n].is(node_special)) {
      auto const unseen = std::min(extra_[n].hidden, surplus);
      extra_[n].hidden -= unseen;
      surplus -= unseen;
      cut_newest(n, surplus);
    } else {
      nodes_[n].lots -= surplus;
    }
    tell_offer(FeedKind::offer, n, at, shown(n));
    meet_offer(n, out);
    return rest_lots(id);
  }
  bool const displays = nodes_[n].is(node_special) && extra_[n].display > 0;
  auto const terms = cold_[n].id_high_terms;
  BookOffer const renewed{.id = id,
                          .provider = ParticipantId{nodes_[n].owner()},
                          .node = pools_[row].id,
                          .instrument = at,
                          .price = price,
                          .quantity = lots,
                          .fill_min = Lots{cold_[n].fill_min},
                          .fill_max = Lots{cold_[n].fill_max},
                          .replenish = (terms & term_replenish) != 0,
                          .post_only = (terms & term_post_only) != 0,
                          .self_trade = trade_mode(n),
                          .display = Lots{displays ? extra_[n].display : 0},
                          .session = SessionId{cold_[n].session},
                          .expires = expiry_of(n)};
  if (renewed.post_only && crosses(renewed, row)) return std::unexpected(Refusal::post_only_would_cross);
  erase_offer(n);
  auto const fresh =
      rest_offer(renewed, row, wanted, key_of(price.v, ++ask_sequence_), special(renewed, row));
  meet_offer(fresh, out);
  return rest_lots(id);
}

// ---- meeting orders ----

bool FastBook::meet_some(NodeId node, Matches& out, std::size_t most) {
  begin();
  auto const row = pool_row(node);
  if (row == 0) return false;
  auto const enough = most < unbounded - out.size() ? out.size() + most : unbounded;
  list_rows_of(row, meeting_);
  picked_.clear();
  for (auto const n : meeting_) picked_.emplace_back(ids_.id_of(n), n);
  for (auto const& [id, was] : picked_)
    if (auto const n = find(OfferId{id}); n != 0) meet_offer(n, out, enough);
  return out.size() >= enough;
}

/// The offer arrives: it trades with resting orders for as long as one is found and there are fewer than
/// `most` trades.
void FastBook::meet_offer(Handle n, Matches& out, std::size_t most) {
  auto const id = ids_.id_of(n);
  InstrumentId const at{ladder_of(n)};
  auto const mode = trade_mode(n);
  auto const firm = mode == SelfTrade::allow ? 0 : firm_of(n);
  for (bool stays = true; stays && out.size() < most;) {
    auto const bid = best_bid(n);
    if (bid.order == 0) return;
    if (firm != 0 && firm == firm_of(bid.order)) {
      if (mode != SelfTrade::newest) drop(bid.order, EndReason::self_trade);
      if (mode == SelfTrade::oldest) continue;
      return drop(n, EndReason::self_trade);
    }
    trade(out, {OrderId{ids_.id_of(bid.order)}, OfferId{id}, at, pool_ids_[cold_[n].row], Lots{bid.lots},
                PriceIndex{mirrored(rank_of(bid.key))}, false});
    fill_order(bid.order, bid.lots);
    if (nodes_[n].is(node_special)) {
      stays = fill_offer(n, bid.lots);
    } else if (nodes_[n].lots > bid.lots) {
      nodes_[n].lots -= bid.lots;
    } else {
      take_out_plain(n, at, true);
      stays = false;
    }
  }
}

/// After an order's walk: an offer that was left with less than its minimum (now what is left is the minimum)
/// or that shows something new arrives once more, each at its first trade's turn.
void FastBook::meet_again(std::size_t first, Matches& out) {
  for (auto i = first, last = out.size(); i < last; ++i) {
    auto const id = out[i].offer;
    auto const n = find(id);
    if (n == 0 || !nodes_[n].is(node_special)) continue;
    auto const begin = out.begin() + static_cast<std::ptrdiff_t>(first);
    auto const here = out.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(begin, here, [&](Match const& m) { return m.offer == id; })) continue;
    if (extra_[n].shown < cold_[n].fill_min || extra_[n].display > 0) meet_offer(n, out);
  }
}

/// What the order would get of the offer: 0 when a condition of either shuts it out.
std::uint32_t FastBook::fills(Handle order, Handle n) const {
  auto const& cold = cold_[order];
  if (!nodes_[order].is(node_special)) return fillable(n, nodes_[order].lots, 0);
  if (!accepts(cold.fill_max, nodes_[n].owner())) return 0;
  bool const passes = cold.fill_min > 1 && trade_mode(n) != SelfTrade::allow;
  if (passes && firm_of(n) != 0 && firm_of(n) == firm_of(order)) return 0;
  return fillable(n, nodes_[order].lots, cold.fill_min);
}

FastBook::Bid FastBook::best_bid(Handle n) {
  auto const limit = last_of(mirrored(rank_of(nodes_[n].key)));
  // Most offers whose lots return meet nobody: the bound says so before the pool is asked.
  if (waiting_ == 0 && links_.bound(ladder_of(n)) > rank_of(limit)) return {};
  if (fillable(n, static_cast<std::uint32_t>(book_lots_max.v), 0) == 0) return {};
  auto const firm = best_bid(ladder_of(n), limit, n);
  if (waiting_ == 0) return firm;
  if (firm.order != 0 && rank_of(firm.key) == 0) return firm;
  auto const waiting =
      best_waiting(ladder_of(n), firm.order != 0 ? key_of(rank_of(firm.key), 0) - 1 : limit, n);
  return waiting.order != 0 ? waiting : firm;
}

/// Orders that the offer's minimum shuts out are stepped over and stay where they are.
FastBook::Bid FastBook::best_bid(LadderId at, Key limit, Handle n) {
  Bid best;
  auto nearest = no_key;
  for (auto const g : links_.of(at)) {
    auto const most = std::min(limit, best.key);
    nearest = std::min(nearest, ladders_.best(g));
    if (ladders_.best(g) > most) continue;
    for (auto order = ladders_.head(g); order != 0 && nodes_[order].key <= most;
         order = ladders_.after(order)) {
      auto const lots = fillable(n, nodes_[order].lots, 0);
      if (lots == 0) continue;
      best = {order, lots, nodes_[order].key};
      break;
    }
  }
  if (nearest > limit) links_.raise_bound(at, rank_of(nearest));
  return best;
}

/// Conditional orders of every linked signature, best first, while the command has looks left.
FastBook::Bid FastBook::best_waiting(LadderId at, Key limit, Handle n) {
  short_.clear();
  for (auto const g : links_.of(at))
    if (auto const w = g + side_; ladders_.best(w) <= limit) short_.push_back(ladders_.head(w));
  while (looks_ > 0 && !short_.empty()) {
    auto const earlier = [this](Handle a, Handle b) { return nodes_[a].key < nodes_[b].key; };
    auto const first = std::min_element(short_.begin(), short_.end(), earlier);
    auto const order = *first;
    --looks_;
    if (auto const lots = fills(order, n); lots > 0) return {order, lots, nodes_[order].key};
    auto const next = ladders_.after(order);
    if (next != 0 && nodes_[next].key <= limit)
      *first = next;
    else
      short_.erase(first);
  }
  return {};
}

}  // namespace spillway
