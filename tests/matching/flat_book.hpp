// tests/matching/flat_book.hpp - the same market rules written a second time: flat vectors, every lot a row
// of its own, everything scanned again for every trade, the law recounted from the list of what runs. Slow,
// and shares no code with the book.
#pragma once

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "rig.hpp"

namespace spillway::rig {

class FlatBook {
 public:
  explicit FlatBook(Reference const& reference) : reference_(reference) {}

  void units(NodeId node, std::int32_t n) { units_[node] = n; }

  void post(BookOffer const& o, Instrument const& what, std::vector<Match>& out) {
    offers_.push_back({o, what, lot_of(what), {}});
    arrive(offers_.back(), o.price, o.quantity.v);
    offer_meets(o.id, out);
  }

  Lots place(BookOrder o, Predicate const& wish, std::vector<Match>& out) {
    if (o.tif == TimeInForce::fok) {
      auto draft = *this;
      std::vector<Match> ignored;
      if (draft.take(o, wish, ignored) > 0) return Lots{};
    }
    auto const first = out.size();
    o.open = Lots{take(o, wish, out)};
    if (o.open.v > 0 && (o.tif == TimeInForce::gtc || o.tif == TimeInForce::timed))
      orders_.push_back({o, wish, ++orders_seen_});
    for (auto i = first, last = out.size(); i < last; ++i) {
      auto const id = out[i].offer;
      auto const o2 = std::ranges::find(offers_, id, [](Offer const& x) { return x.terms.id; });
      if (o2 != offers_.end() && o2->rest() < o2->terms.fill_min.v) offer_meets(id, out);
    }
    return open(o.id);
  }

  void end(Match const& t) {
    running_[t.node][offers_seen_what_.at(t.offer)] -= t.lots.v;
    for (auto& o : offers_)
      if (o.terms.id == t.offer && o.terms.replenish) return_lots(o, t.lots.v);
  }

  void meet(NodeId node, std::vector<Match>& out) {
    std::vector<std::tuple<PriceIndex, std::uint64_t, OfferId>> queue;
    for (auto const& o : offers_)
      if (o.terms.node == node && !o.lots.empty()) queue.emplace_back(o.terms.price, o.oldest(), o.terms.id);
    std::ranges::sort(queue);
    for (auto const& [price, priority, id] : queue) offer_meets(id, out);
  }

  void cancel(OrderId id) {
    std::erase_if(orders_, [&](Order const& o) { return o.terms.id == id; });
  }
  void cancel(OfferId id) {
    std::erase_if(offers_, [&](Offer const& o) { return o.terms.id == id; });
  }

  Lots amend(OrderId id, PriceIndex limit, Lots lots, std::vector<Match>& out) {
    auto const it = std::ranges::find(orders_, id, [](Order const& o) { return o.terms.id; });
    if (limit == it->terms.limit && lots <= it->terms.open) return it->terms.open = lots;
    auto fresh = *it;
    orders_.erase(it);
    fresh.terms.limit = limit, fresh.terms.open = lots;
    return place(fresh.terms, fresh.wish, out);
  }

  void amend(OfferId id, PriceIndex price, Lots lots, std::vector<Match>& out) {
    auto& o = *std::ranges::find(offers_, id, [](Offer const& x) { return x.terms.id; });
    if (price == o.terms.price && lots.v <= o.rest()) {
      std::ranges::sort(o.lots);
      o.lots.resize(static_cast<std::size_t>(lots.v / o.lot));
    } else {
      arrive(o, price, lots.v);
    }
    offer_meets(id, out);
  }

  [[nodiscard]] Lots open(OrderId id) const {
    for (auto const& o : orders_)
      if (o.terms.id == id) return o.terms.open;
    return Lots{};
  }
  [[nodiscard]] std::optional<Lots> rest(OfferId id) const {
    for (auto const& o : offers_)
      if (o.terms.id == id) return Lots{o.rest()};
    return std::nullopt;
  }
  [[nodiscard]] std::size_t resting() const { return orders_.size(); }

 private:
  struct Offer {
    BookOffer terms;
    Instrument what;
    std::int64_t lot;
    std::vector<std::uint64_t> lots;  // the priority of each lot that is left
    [[nodiscard]] std::int64_t rest() const { return static_cast<std::int64_t>(lots.size()) * lot; }
    [[nodiscard]] std::uint64_t oldest() const { return *std::ranges::min_element(lots); }
  };
  struct Order {
    BookOrder terms;
    Predicate wish;
    std::uint64_t arrival;
  };

  [[nodiscard]] std::int64_t lot_of(Instrument const& what) const {
    return what.product == ProductKind::capacity ? reference_.find(what.klass)->smallest_part_milli : 1;
  }

  void arrive(Offer& o, PriceIndex price, std::int64_t lots) {
    o.terms.price = price;
    o.lots.assign(static_cast<std::size_t>(lots / o.lot), ++tranches_seen_);
    offers_seen_what_[o.terms.id] = o.what;
  }

  void return_lots(Offer& o, std::int64_t lots) {
    bool const newest = !o.lots.empty() && *std::ranges::max_element(o.lots) == tranches_seen_;
    auto const priority = newest ? tranches_seen_ : ++tranches_seen_;
    o.lots.insert(o.lots.end(), static_cast<std::size_t>(lots / o.lot), priority);
  }

  [[nodiscard]] bool lawful(Offer const& o, std::int64_t more) const {
    auto const it = running_.find(o.terms.node);
    auto would_run = it == running_.end() ? std::map<Instrument, std::int64_t>{} : it->second;
    would_run[o.what] += more;
    auto const units = units_.find(o.terms.node);
    return units != units_.end() && units_in_use(would_run, reference_) <= units->second;
  }

  /// The largest fill that breaks no rule, found by trying.
  [[nodiscard]] std::int64_t largest_fill(Offer const& o, std::int64_t wanted) const {
    if (o.lots.empty()) return 0;
    auto const minimum = std::min(o.terms.fill_min.v, o.rest());
    auto const turn = std::ranges::count(o.lots, o.oldest()) * o.lot;
    std::int64_t best = 0;
    for (auto q = o.lot; q <= std::min(wanted, o.rest()); q += o.lot) {
      if (q > turn && q > (minimum + o.lot - 1) / o.lot * o.lot) break;
      if (o.terms.fill_max.v > 0 && q > o.terms.fill_max.v) break;
      if (q >= minimum && lawful(o, q)) best = q;
    }
    return best;
  }

  void trade(Offer& o, OrderId order, std::int64_t lots, PriceIndex price, bool buyer_takes, InstrumentId at,
             std::vector<Match>& out) {
    out.push_back({order, o.terms.id, at, o.terms.node, Lots{lots}, price, buyer_takes});
    std::ranges::sort(o.lots);
    o.lots.erase(o.lots.begin(), o.lots.begin() + lots / o.lot);
    running_[o.terms.node][o.what] += lots;
    if (auto const id = o.terms.id; o.lots.empty() && !o.terms.replenish) cancel(id);
  }

  std::int64_t take(BookOrder const& order, Predicate const& wish, std::vector<Match>& out) {
    auto open = order.open.v;
    for (;;) {
      Offer* best = nullptr;
      std::tuple<PriceIndex, std::int64_t, std::uint64_t> best_key;
      for (auto& o : offers_) {
        if (o.terms.price > order.limit || !matches(wish, o.what, reference_) || largest_fill(o, open) == 0)
          continue;
        auto const path = path_to(wish, o.what.place, reference_);
        auto const way = !order.prefer_near ? 0 : path ? path->v : INT64_MAX;
        std::tuple const key{o.terms.price, way, o.oldest()};
        if (!best || key < best_key) best = &o, best_key = key;
      }
      if (!best) return open;
      auto const lots = largest_fill(*best, open);
      open -= lots;
      trade(*best, order.id, lots, best->terms.price, true, best->terms.instrument, out);
    }
  }

  void offer_meets(OfferId id, std::vector<Match>& out) {
    for (;;) {
      auto const o = std::ranges::find(offers_, id, [](Offer const& x) { return x.terms.id; });
      if (o == offers_.end()) return;
      Order* best = nullptr;
      for (auto& order : orders_) {
        if (order.terms.limit < o->terms.price || !matches(order.wish, o->what, reference_)) continue;
        if (largest_fill(*o, order.terms.open.v) == 0) continue;
        bool const higher = best && order.terms.limit > best->terms.limit;
        bool const earlier = best && order.terms.limit == best->terms.limit && order.arrival < best->arrival;
        if (!best || higher || earlier) best = &order;
      }
      if (!best) return;
      auto const lots = largest_fill(*o, best->terms.open.v);
      auto const order = best->terms.id;
      best->terms.open -= Lots{lots};
      trade(*o, order, lots, best->terms.limit, false, o->terms.instrument, out);
      if (open(order).v == 0) cancel(order);
    }
  }

  Reference const& reference_;
  std::vector<Offer> offers_;
  std::vector<Order> orders_;
  std::map<NodeId, std::int32_t> units_;
  std::map<NodeId, std::map<Instrument, std::int64_t>> running_;
  std::map<OfferId, Instrument> offers_seen_what_;
  std::uint64_t tranches_seen_{}, orders_seen_{};
};

}  // namespace spillway::rig
