// sim/import/src/offers.cpp - rows of offers.csv to offers per accelerator-hour.
#include "sim/offers.hpp"

namespace spillway::sim {
namespace {

constexpr std::int64_t count_most = 1'000;

/// The step at or above `nano` / `count`; nothing above the grid.
std::optional<PriceIndex> step_per_accelerator(std::int64_t nano, std::int64_t count) {
  return step_at_or_above(Nano{nano / count + (nano % count != 0 ? 1 : 0)});
}

/// Reads one row into `into`: an offer, or one more of a reason to leave it out.
std::expected<void, TableError> take_row(Tables const& tables, CsvTable const& table,
                                         CsvTable::Row const& row, ImportedOffers& into) {
  auto const* klass = tables.class_of(table.at(row, "accelerator"));
  if (!klass) return ++into.unknown_class, std::expected<void, TableError>{};
  auto const* place = tables.place_named(place_name(table.at(row, "provider"), table.at(row, "region")));
  if (!place) return ++into.unknown_place, std::expected<void, TableError>{};
  auto const milli = scaled(table, row, "accelerator_count", 3);
  if (!milli) return std::unexpected(milli.error());
  if (*milli <= 0 || *milli % 1'000 != 0 || *milli > count_most * 1'000)
    return ++into.odd_count, std::expected<void, TableError>{};
  if (table.at(row, "ondemand_usd_per_hour").empty())
    return ++into.blank_price, std::expected<void, TableError>{};
  auto const price = scaled(table, row, "ondemand_usd_per_hour", 9);
  if (!price) return std::unexpected(price.error());
  if (*price < 0) return std::unexpected(table.error(row, "a price is not negative"));
  if (*price == 0) return ++into.zero_price, std::expected<void, TableError>{};

  auto const count = *milli / 1'000;
  auto const step = step_per_accelerator(*price, count);
  if (!step) return ++into.price_too_high, std::expected<void, TableError>{};
  ImportedOffer offer{klass->id, place->id, static_cast<std::int32_t>(count), *step, std::nullopt, row.line};
  if (!table.at(row, "spot_usd_per_hour").empty()) {
    auto const spot = scaled(table, row, "spot_usd_per_hour", 9);
    if (!spot) return std::unexpected(spot.error());
    if (*spot > 0) offer.spot = step_per_accelerator(*spot, count);
  }
  into.offers.push_back(offer);
  return {};
}

std::expected<ImportedOffers, TableError> take(Tables const& tables,
                                               std::expected<CsvTable, TableError> const& table) {
  if (!table) return std::unexpected(table.error());
  ImportedOffers imported;
  for (auto const& row : table->rows) {
    ++imported.rows;
    if (auto good = take_row(tables, *table, row, imported); !good) return std::unexpected(good.error());
  }
  return imported;
}

constexpr auto columns = {
    "provider", "region", "accelerator", "accelerator_count", "ondemand_usd_per_hour", "spot_usd_per_hour"};

}  // namespace

std::expected<ImportedOffers, TableError> read_offers(Tables const& tables,
                                                      std::filesystem::path const& file) {
  return take(tables, read_csv(file, columns));
}

std::expected<ImportedOffers, TableError> parse_offers(Tables const& tables, std::string_view csv,
                                                       std::string file) {
  return take(tables, parse_csv(csv, std::move(file), columns));
}

}  // namespace spillway::sim
