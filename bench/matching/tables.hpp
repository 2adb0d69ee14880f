// bench/matching/tables.hpp - a market of so many classes and places, where one instrument is one (class,
// place).
// Room:   bench; sees market.
// Units:  the smallest part of every class is one lot, so that any quantity of a stream is a whole number of
//         lots.
#pragma once

#include <cstdint>
#include <vector>

#include "market/predicate.hpp"
#include "market/reference.hpp"

namespace spillway::bench {

struct MarketShape {
  std::uint16_t classes{}, places{};  // instruments = classes x places
  [[nodiscard]] std::uint32_t instruments() const { return std::uint32_t{classes} * places; }
  /// Instrument `row` from 0.
  [[nodiscard]] ClassId klass(std::uint32_t row) const {
    return ClassId{static_cast<std::uint16_t>(row % classes + 1)};
  }
  /// Places stand below one root, which is place 1.
  [[nodiscard]] PlaceId place(std::uint32_t row) const {
    return PlaceId{static_cast<std::uint16_t>(row / classes + 2)};
  }
};

/// The nearest to square with exactly so many instruments.
[[nodiscard]] MarketShape shape_of(std::uint32_t instruments);

/// Round trips between all places when `round_trips`; a few hundred places take megabytes.
[[nodiscard]] Reference tables_of(MarketShape, bool round_trips = false);

/// New round trips for every pair of places; each `turn` gives others.
void turn_round_trips(Reference&, MarketShape, std::uint32_t turn);

[[nodiscard]] Instrument instrument_of(MarketShape, std::uint32_t row);
/// Accepts exactly this instrument.
[[nodiscard]] Predicate predicate_of(MarketShape, std::uint32_t row);

/// Who may match whom in a stream: a sell names an instrument's row, a buy a signature's.
struct Market {
  MarketShape shape;
  std::vector<Predicate> signatures;
  bool round_trips{};  // the tables hold them; predicates may bound the network
};
/// Each instrument with one signature that accepts it alone: so many ordinary books side by side.
[[nodiscard]] Market separate_books(std::uint32_t books);

}  // namespace spillway::bench
