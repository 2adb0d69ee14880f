// bench/matching/tables.cpp - makes the tables of a market for a benchmark.
// Room:   bench; sees market.
#include "tables.hpp"

#include <string>
#include <utility>
#include <vector>

#include "market/check.hpp"

namespace spillway::bench {

namespace {

std::vector<Place> places_of(MarketShape shape) {
  std::vector<Place> rows;
  for (std::uint16_t i = 0; i <= shape.places; ++i) {
    Place place;
    place.id = PlaceId{static_cast<std::uint16_t>(i + 1)};
    place.parent = i == 0 ? PlaceId{} : PlaceId{1};
    place.kind = i == 0 ? PlaceKind::country : PlaceKind::region;
    place.name = i == 0 ? "zz" : "zz:" + std::to_string(i);
    place.title = place.name;
    place.country = "ZZ";
    rows.push_back(std::move(place));
  }
  return rows;
}

std::vector<AcceleratorClass> classes_of(MarketShape shape) {
  std::vector<AcceleratorClass> rows;
  for (std::uint16_t i = 1; i <= shape.classes; ++i) {
    AcceleratorClass klass;
    klass.id = ClassId{i};
    klass.name = "class-" + std::to_string(i);
    klass.maker = "maker";
    klass.origin = Origin::other;
    klass.memory_mib = 1'024;
    klass.bandwidth_mb_s = 1'000;
    klass.fp16_gflops = 1'000;
    klass.smallest_part_milli = 1;
    klass.micro_degrees_per_hour = 1'000;
    rows.push_back(std::move(klass));
  }
  return rows;
}

Tier ready_in_a_minute() {
  Tier tier;
  tier.id = TierId{1};
  tier.name = "warm";
  tier.product = ProductKind::capacity;
  tier.base_us = 60'000'000;
  return tier;
}

void accept(std::optional<std::string> const& fault) {
  sw_check(!fault, "the tables of the benchmark are well made");
}

}  // namespace

MarketShape shape_of(std::uint32_t instruments) {
  std::uint32_t classes = 1;
  for (std::uint32_t n = 1; n * n <= instruments; ++n)
    if (instruments % n == 0) classes = n;
  return {static_cast<std::uint16_t>(classes), static_cast<std::uint16_t>(instruments / classes)};
}

Reference tables_of(MarketShape shape, bool round_trips) {
  Reference tables;
  accept(tables.set_places(places_of(shape)));
  accept(tables.set_classes(classes_of(shape)));
  accept(tables.set_tiers({ready_in_a_minute()}));
  if (round_trips) turn_round_trips(tables, shape, 0);
  return tables;
}

void turn_round_trips(Reference& tables, MarketShape shape, std::uint32_t turn) {
  for (std::uint16_t from = 2; from <= shape.places + 1; ++from) {
    std::vector<RoundTrip> row(std::size_t{shape.places} + 1);
    for (std::uint16_t to = 2; to <= shape.places + 1; ++to)
      row[to - 1u] = {.rtt_us = 500 + 1'000 * static_cast<std::int32_t>((from + to + turn) % 97),
                      .estimated = true};
    accept(tables.set_round_trips(PlaceId{from}, std::move(row)));
  }
}

Instrument instrument_of(MarketShape shape, std::uint32_t row) {
  return {.product = ProductKind::capacity,
          .model = {},
          .klass = shape.klass(row),
          .place = shape.place(row),
          .tier = TierId{1}};
}

Predicate predicate_of(MarketShape shape, std::uint32_t row) {
  Predicate only;
  only.product = ProductKind::capacity;
  only.classes = {shape.klass(row)};
  only.within = {shape.place(row)};
  return only;
}

Market separate_books(std::uint32_t books) {
  Market market{shape_of(books), {}, false};
  for (std::uint32_t row = 0; row < books; ++row)
    market.signatures.push_back(predicate_of(market.shape, row));
  return market;
}

}  // namespace spillway::bench
