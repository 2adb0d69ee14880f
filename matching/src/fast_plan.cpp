// matching/fast_plan.cpp - the walk of an order without doing it: what it would take, exactly, step by step.
// Room:   matching (pure); sees market.
// Rule:   the walk reads the ladders and remembers what it has drawn beside them, in space that the book
// keeps for it; nothing else of the book changes. Orders with lists, minimums or nearness, fill-or-kill and
// previews come this way; what is planned is then done.
#include <algorithm>

#include "fast_hot.hpp"
#include "market/check.hpp"

namespace spillway {

using namespace fast;

class FastBook::Planner {
 public:
  Planner(FastBook const& book, BookOrder const& order)
      : book_(book), order_(order), space_(book.space_), plan_(space_.plan) {
    plan_.steps.clear();
    plan_.cut = false;
    space_.ladders.clear();
    for (auto const g : book_.links_.of(book_.bid(order.signature)))
      if (book_.ladders_.best(g) <= limit_) space_.ladders.push_back(g);
  }
  ~Planner() {
    for (auto const n : space_.drafted) space_.drafts[n] = {};
    for (auto const t : space_.drawn_from) space_.drawn[t] = 0;
    for (auto const& [row, units] : space_.pools) space_.pool_rows[row] = 0;
    space_.drafted.clear(), space_.drawn_from.clear(), space_.shown_again.clear(), space_.pools.clear();
  }
  Planner(Planner const&) = delete;
  Planner& operator=(Planner const&) = delete;

  Plan const& walk() {
    plan_.open = static_cast<std::uint32_t>(order_.open.v);
    while (plan_.open > 0 && !plan_.cut) {
      auto const ask = best();
      if (ask.offer == 0) break;
      if (own(ask.offer)) {
        meet_self(ask.offer);
        continue;
      }
      plan_.steps.push_back({ask.offer, ask.lots, false});
      plan_.open -= ask.lots;
      draw(ask.offer, ask.lots);
    }
    return plan_;
  }

  /// Somebody would trade, be it the own firm.
  [[nodiscard]] bool finds_any() {
    plan_.open = static_cast<std::uint32_t>(order_.open.v);
    passes_own_ = false;
    return best().offer != 0;
  }

 private:
  struct Ask {
    Handle offer{};
    std::uint32_t lots{};
    Key key{no_key};
  };
  [[nodiscard]] bool own(Handle n) const {
    auto const firm = book_.owners_[order_.buyer.v].firm;
    return order_.self_trade != SelfTrade::allow && firm != 0 && firm == book_.firm_of(n);
  }

  void meet_self(Handle n) {
    if (order_.self_trade != SelfTrade::newest) {
      plan_.steps.push_back({n, 0, true});
      draft(n).gone = true;
    }
    plan_.cut = order_.self_trade != SelfTrade::oldest;
  }

  /// The first of each ladder that fills, and of those the best by price, nearness if asked, priority.
  [[nodiscard]] Ask best() const {
    Ask best;
    InstrumentId best_at;
    for (auto const g : space_.ladders) {
      auto const until = best.offer == 0 ? limit_ : last_of(rank_of(best.key));
      auto const ask = first_of(g, order_.prefer_near ? until : std::min(until, best.key));
      if (ask.offer == 0) continue;
      if (best.offer == 0 || better(ask.key, InstrumentId{g}, best.key, best_at))
        best = ask, best_at = InstrumentId{g};
    }
    return best;
  }

  [[nodiscard]] bool better(Key a, InstrumentId at_a, Key b, InstrumentId at_b) const {
    if (rank_of(a) != rank_of(b)) return a < b;
    if (order_.prefer_near) {
      auto const path_a = book_.eligibility_.path(order_.signature, at_a);
      auto const path_b = book_.eligibility_.path(order_.signature, at_b);
      if (path_a.has_value() != path_b.has_value()) return path_a.has_value();
      if (path_a && *path_a != *path_b) return *path_a < *path_b;
    }
    return a < b;
  }

  [[nodiscard]] Ask first_of(LadderId g, Key until) const {
    Ask found;
    for (auto t = book_.ladders_.head(g); t != 0; t = book_.ladders_.after(t)) {
      auto const& node = book_.nodes_[t];
      if (node.key > until) break;
      auto const n = node.is(node_extra) ? book_.extra_[t].primary : t;
      if (used_up(space_.drafts[n], t)) continue;
      if (auto const lots = fills(n); lots > 0) {
        found = {n, lots, node.key};
        break;
      }
    }
    for (auto const n : space_.shown_again) {  // behind everything at its price
      auto const& draft = space_.drafts[n];
      if (draft.shown_again == 0 || draft.gone || book_.ladder_of(n) != g) continue;
      if (draft.key > until || draft.key > found.key) continue;
      if (auto const lots = fills(n); lots > 0) found = {n, lots, draft.key};
    }
    return found;
  }

  [[nodiscard]] bool used_up(Draft const& draft, Handle tranche) const {
    if (draft.gone || draft.shown_again > 0) return true;
    return book_.nodes_[tranche].lots != 0 && space_.drawn[tranche] == book_.nodes_[tranche].lots;
  }

  /// As `fillable`, on what the walk has left of the offer.
  [[nodiscard]] std::uint32_t fills(Handle n) const {
    if (passes_own_ && own(n)) return 0;
    if (!book_.accepts(order_.providers.v, book_.nodes_[n].owner())) return 0;
    auto const& cold = book_.cold_[n];
    auto [oldest, all] = left(n);
    if (all == 0) return 0;
    auto const lot = book_.instruments_[book_.ladder_of(n)].lot;
    auto const order_min = std::min(static_cast<std::uint32_t>(order_.fill_min.v), plan_.open);
    auto const minimum = std::max({std::min(cold.fill_min, all), lot, order_min});
    auto lots = std::min({plan_.open, executable(n, all), std::max(oldest, minimum)});
    if (cold.fill_max > 0) lots = std::min(lots, cold.fill_max);
    lots -= lots % lot;
    return lots < minimum ? 0 : lots;
  }

  /// The oldest tranche and all that is shown.
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> left(Handle n) const {
    auto const& draft = space_.drafts[n];
    if (!draft.begun) return {book_.nodes_[n].lots, book_.shown(n)};
    if (draft.gone) return {0, 0};
    if (draft.shown_again > 0) return {draft.shown_again, draft.shown_again};
    std::uint32_t oldest = 0;
    for (auto t = n; t != 0 && oldest == 0; t = younger(t)) oldest = rest_of(t);
    return {oldest, book_.shown(n) - draft.drawn};
  }
  [[nodiscard]] Handle younger(Handle t) const {
    return book_.nodes_[t].is(node_special) ? book_.extra_[t].younger : 0;
  }
  [[nodiscard]] std::uint32_t rest_of(Handle t) const { return book_.nodes_[t].lots - space_.drawn[t]; }

  [[nodiscard]] std::uint32_t executable(Handle n, std::uint32_t all) const {
    auto const row = book_.cold_[n].row;
    auto const& pool = book_.pools_[row];
    if (pool.unlimited) return all;
    auto const drawn = space_.pool_rows[row];
    auto const& units = drawn == 0 ? pool.units : space_.pools[drawn - 1].second;
    auto const most = units.executable(book_.eligibility_.instrument(InstrumentId{book_.ladder_of(n)})).v;
    return static_cast<std::uint32_t>(std::min<std::int64_t>(all, most));
  }

  Draft& draft(Handle n) {
    auto& d = space_.drafts[n];
    if (!d.begun) {
      d.begun = true;
      d.hidden = book_.hidden(n);
      space_.drafted.push_back(n);
    }
    return d;
  }

  NodePool& pool_of(std::uint32_t row) {
    auto& at = space_.pool_rows[row];
    if (at == 0) {
      space_.pools.emplace_back(row, book_.pools_[row].units);
      at = static_cast<std::uint32_t>(space_.pools.size());
    }
    return space_.pools[at - 1].second;
  }

  void draw(Handle n, std::uint32_t lots) {
    auto const row = book_.cold_[n].row;
    if (!book_.pools_[row].unlimited)
      pool_of(row).occupy(book_.eligibility_.instrument(InstrumentId{book_.ladder_of(n)}), Lots{lots});
    auto& d = draft(n);
    if (d.shown_again > 0) {
      d.shown_again -= lots;
      d.gone = d.shown_again == 0 && d.hidden == 0;
    } else {
      for (auto t = n; t != 0 && lots > 0; t = younger(t)) {
        auto const cut = std::min(rest_of(t), lots);
        if (cut == 0) continue;
        if (space_.drawn[t] == 0) space_.drawn_from.push_back(t);
        space_.drawn[t] += cut;
        d.drawn += cut;
        lots -= cut;
      }
      if (left(n).second > 0) return;
    }
    if (d.shown_again > 0 || d.hidden == 0) return;
    if (d.key == 0) space_.shown_again.push_back(n);
    d.shown_again = std::min(d.hidden, book_.extra_[n].display);
    d.hidden -= d.shown_again;
    d.key = key_of(rank_of(book_.nodes_[n].key), book_.ask_sequence_ + ++arrivals_);
  }

  FastBook const& book_;
  BookOrder const& order_;
  PlanSpace& space_;
  Plan& plan_;
  Key limit_{last_of(order_.limit.v)};
  bool passes_own_{order_.tif == TimeInForce::fok || order_.fill_min.v > 1};
  std::uint64_t arrivals_{};
};

FastBook::Plan const& FastBook::plan(BookOrder const& order) const { return Planner{*this, order}.walk(); }

bool FastBook::crosses(BookOrder const& order) const {
  auto const g = bid(order.signature);
  auto const single = links_.degree(g) == 1;
  if (single ? rank_of(ladders_.best(links_.only(g))) > order.limit.v : links_.bound(g) > order.limit.v)
    return false;
  return Planner{*this, order}.finds_any();
}

/// As if the offer stood already, alone and at the tail.
bool FastBook::crosses(BookOffer const& offer, std::uint32_t row) {
  auto stranger = offer;
  stranger.self_trade = SelfTrade::allow;
  auto const at = ask(offer.instrument);
  bool nobody = true;
  auto const limit = last_of(mirrored(offer.price.v));
  for (auto const g : links_.of(at))
    nobody = nobody && ladders_.best(g) > limit && (waiting_ == 0 || ladders_.best(g + side_) > limit);
  if (nobody) return false;
  auto const key = key_of(offer.price.v, ask_sequence_ + 1);
  auto const draft = make_offer(stranger, row, static_cast<std::uint32_t>(offer.quantity.v), key, true);
  bool const found = best_bid(draft).order != 0;
  free_row(draft);
  return found;
}

void FastBook::try_order(BookOrder const& order, Matches& out) const {
  sw_check(order.signature.some() && why_not(order) == Refusal::none, "an order that may be tried");
  auto const& planned = plan(order);
  for (auto const& step : planned.steps) {
    auto const n = step.offer;
    if (step.self) continue;
    out.push_back({order.id, OfferId{ids_.id_of(n)}, InstrumentId{ladder_of(n)}, pool_ids_[cold_[n].row],
                   Lots{step.lots}, PriceIndex{rank_of(nodes_[n].key)}, true});
  }
}

}  // namespace spillway
