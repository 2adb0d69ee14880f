// sim/offers.hpp - published GPU offers as capacity offers of our market, or generated ones where there is no
// data.
// Room:   sim/import; sees market and the reference tables. Reads files, never writes them.
// Units:  prices per accelerator-hour, rounded up to the grid.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/ids.hpp"
#include "market/price_grid.hpp"
#include "reference/tables.hpp"

namespace spillway::sim {

struct ImportedOffer {
  ClassId klass;
  PlaceId place;
  std::int32_t count{};  // accelerators of the published unit
  PriceIndex price;      // on demand
  std::optional<PriceIndex> spot;
  int line{};  // of the file; 0: generated
};

/// What was read, and why rows were left out: feeds hold rows that no market can use.
struct ImportedOffers {
  std::vector<ImportedOffer> offers;
  int rows{};
  int blank_price{};
  int zero_price{};
  int unknown_class{};
  int unknown_place{};
  int odd_count{};  // fractions of an accelerator, none, or more than 1000
  int price_too_high{};
};

/// Broken rows (a price or count that is no number) are errors naming the line; unusable ones are counted.
[[nodiscard]] std::expected<ImportedOffers, TableError> read_offers(Tables const&,
                                                                    std::filesystem::path const& file);
[[nodiscard]] std::expected<ImportedOffers, TableError> parse_offers(Tables const&, std::string_view csv,
                                                                     std::string file);

/// `count` offers whose classes, prices and unit sizes follow the statistics of the published ones
/// (2026-04-30).
[[nodiscard]] ImportedOffers generated_offers(Tables const&, std::uint64_t seed, int count);

}  // namespace spillway::sim
