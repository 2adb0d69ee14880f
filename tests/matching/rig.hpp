// tests/matching/rig.hpp - a small market to try things on: real tables, a real book, short words for both.
// Tables: places us{east, west}, cn{gd{sz, gz}, nx}, relay at us:east, no way known to cn:nx from us:west;
// class A (1 card
//         serves 3 jobs of model 1 fast), class B (2 cards serve 4; parts of 125), class C (large; parts of
//         500).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "matching/plain_book.hpp"

namespace spillway::rig {

inline constexpr PlaceId us{1}, us_east{2}, us_west{3}, cn{4}, cn_gd{5}, cn_sz{6}, cn_gz{7}, cn_nx{8};
inline constexpr ClassId class_a{1}, class_b{2}, class_c{3};
inline constexpr ModelId model_small{1}, model_big{2}, model_tiny{3};
inline constexpr TierId fast{1}, standard{2}, warm{3}, cold{4};
inline constexpr std::uint16_t places = 8, classes = 3, models = 3, tiers = 4;

inline Place place(PlaceId id, PlaceId parent, std::string name, std::int32_t pue, std::int32_t green) {
  return {.id = id,
          .parent = parent,
          .kind = parent.some() ? PlaceKind::region : PlaceKind::country,
          .name = name,
          .title = name,
          .country = "ZZ",
          .pue_milli = pue,
          .green_milli = green};
}

inline AcceleratorClass klass(ClassId id, std::string name, Origin origin, std::int32_t mib,
                              std::int32_t part) {
  return {.id = id,
          .name = name,
          .maker = "maker",
          .origin = origin,
          .memory_mib = mib,
          .bandwidth_mb_s = 1'000,
          .fp16_gflops = 1'000,
          .smallest_part_milli = part,
          .micro_degrees_per_hour = 1'000};
}

inline Model model(ModelId id, std::string name, std::int64_t millions) {
  return {.id = id,
          .name = name,
          .parameters_millions = millions,
          .active_millions = millions,
          .bits_per_parameter = 16,
          .kv_bytes_per_token = 65'536,
          .input_weight_milli = 250,
          .bytes_per_token_milli = 4'000};
}

inline Tier tier(TierId id, std::string name, ProductKind product, std::int64_t base_us,
                 std::int64_t per_1k_us, std::int32_t input_max) {
  return {.id = id,
          .name = name,
          .product = product,
          .base_us = base_us,
          .per_1k_input_us = per_1k_us,
          .output_rate_min = 5,
          .input_max = input_max,
          .output_max = input_max / 4};
}

inline void accept(std::optional<std::string> const& fault) { EXPECT_FALSE(fault) << *fault; }

inline Reference tables() {
  Reference r;
  accept(r.set_places({place(us, {}, "us", -1, -1), place(us_east, us, "us:east", 1200, 300),
                       place(us_west, us, "us:west", -1, 600), place(cn, {}, "cn", -1, -1),
                       place(cn_gd, cn, "cn:gd", -1, -1), place(cn_sz, cn_gd, "cn:gd:sz", 1300, -1),
                       place(cn_gz, cn_gd, "cn:gd:gz", 1310, 310), place(cn_nx, cn, "cn:nx", 1100, 900)}));
  // From each leaf to us, us:east, us:west, cn, cn:gd, sz, gz, nx.
  accept(r.set_round_trips(us_east, {{{-1}, {500}, {60'000}, {-1}, {-1}, {200'000}, {205'000}, {220'000}}}));
  accept(r.set_round_trips(us_west, {{{-1}, {61'000}, {500}, {-1}, {-1}, {150'000}, {155'000}, {-1}}}));
  accept(r.set_round_trips(cn_sz, {{{-1}, {201'000}, {151'000}, {-1}, {-1}, {500}, {4'000}, {-1}}}));
  accept(r.set_classes({klass(class_a, "A", Origin::us, 4'096, 1'000),
                        klass(class_b, "B", Origin::cn, 2'560, 125),
                        klass(class_c, "C", Origin::other, 16'384, 500)}));
  accept(r.set_tiers({tier(fast, "fast", ProductKind::tokens, 300'000, 100'000, 8'192),
                      tier(standard, "standard", ProductKind::tokens, 1'000'000, 300'000, 16'384),
                      tier(warm, "warm", ProductKind::capacity, 10'000'000, 0, 0),
                      tier(cold, "cold", ProductKind::capacity, 300'000'000, 0, 0)}));
  accept(r.set_models(
      {model(model_small, "small", 1'000), model(model_big, "big", 4'000), model(model_tiny, "tiny", 100)}));
  accept(r.set_relay(us_east));
  return r;
}

inline Instrument tokens_of(ModelId m, ClassId c, PlaceId p, TierId t = fast) {
  return {ProductKind::tokens, m, c, p, t};
}
inline Instrument capacity_of(ClassId c, PlaceId p, TierId t = warm) {
  return {ProductKind::capacity, {}, c, p, t};
}

inline Instrument const east = tokens_of(model_small, class_a, us_east);  // 3 slots a unit
inline Instrument const lease_east = capacity_of(class_a, us_east);

inline Predicate wants_tokens(std::vector<ModelId> accepted = {model_small}) {
  Predicate p;
  p.product = ProductKind::tokens;
  p.models = std::move(accepted);
  p.buyer_place = us_east;
  return p;
}
inline Predicate wants_capacity() {
  Predicate p;
  p.product = ProductKind::capacity;
  p.buyer_place = us_east;
  return p;
}

#ifdef SPILLWAY_RIG_FAST
inline constexpr BookKind kind = BookKind::fast;  // the same tests, compiled once for each book
#else
inline constexpr BookKind kind = BookKind::plain;
#endif

/// The book with names for what tests do all the time. Ids of orders and offers count up from 1 in one row.
class Market {
 public:
  explicit Market(BookKind which = kind, BookLimits const& limits = {})
      : own_book(make_book(which, reference, limits)), book(*own_book) {}

  Reference reference = tables();
  std::unique_ptr<Book> own_book;
  Book& book;
  std::vector<Match> matches;  // of the last command

  NodeId node(ClassId c, PlaceId p, std::int32_t units) {
    NodeId const id{++nodes_};
    book.open_node(id, c, p);
    book.set_available_units(id, units);
    return id;
  }

  OfferId offer(NodeId at, Instrument const& what, std::uint32_t price, std::int64_t lots,
                bool replenish = false, std::int64_t fill_min = 0, std::int64_t fill_max = 0) {
    OfferId const id{++ids_};
    matches.clear();
    book.post_offer({id, ParticipantId{9}, at, listed(what), PriceIndex{price}, Lots{lots}, Lots{fill_min},
                     Lots{fill_max}, replenish},
                    matches);
    book.check_invariants();
    return id;
  }

  OrderId order(Predicate const& what, std::uint32_t limit, std::int64_t lots,
                TimeInForce tif = TimeInForce::gtc, bool prefer_near = false) {
    OrderId const id{++ids_};
    matches.clear();
    book.place_order({id, buyer, signature(what), PriceIndex{limit}, Lots{lots}, tif, prefer_near}, matches);
    book.check_invariants();
    return id;
  }

  InstrumentId listed(Instrument const& what) { return book.list(what).value().id; }
  SignatureId signature(Predicate const& what) { return book.intern(buyer, what).value(); }

  void meet(NodeId at) {
    matches.clear();
    book.meet(at, matches);
    book.check_invariants();
  }

  /// One trade's capacity comes back, and its node meets the resting orders.
  void ends(Match const& trade, Lots lots) {
    book.vacate(trade.node, trade.instrument, lots, trade.offer);
    meet(trade.node);
  }
  void ends(Match const& trade) { ends(trade, trade.lots); }

  ParticipantId buyer{7};

 private:
  std::uint32_t nodes_{};
  std::uint64_t ids_{};
};

/// Units in use, counted from the list of what runs.
inline std::int64_t units_in_use(std::map<Instrument, std::int64_t> const& running,
                                 Reference const& reference) {
  std::int64_t units = 0, milli = 0;
  for (auto const& [what, lots] : running) {
    if (what.product == ProductKind::capacity) {
      milli += lots;
      continue;
    }
    auto const fit = *reference.fit(what.model, what.klass, what.tier);
    for (std::int64_t served = 0; served < lots; served += fit.slots) units += fit.cards;
  }
  for (; milli > 0; milli -= 1'000) ++units;
  return units;
}

/// (offer, lots, price) of each trade, for comparing at a glance.
using Fill = std::tuple<OfferId, std::int64_t, std::uint32_t>;
inline std::vector<Fill> fills(std::vector<Match> const& matches) {
  std::vector<Fill> all;
  for (auto const& m : matches) all.emplace_back(m.offer, m.lots.v, m.price.v);
  return all;
}

}  // namespace spillway::rig
