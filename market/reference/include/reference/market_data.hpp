// reference/market_data.hpp - what the market data adds to the shipped tables: measured round trips and input
// weights.
// Room:   market/reference (table maker); reads files, never writes them. Files: region_latency.csv,
//         zone_latency.csv, model_prices.csv of the market data directory; each may be absent.
#pragma once

#include <expected>
#include <filesystem>

#include "reference/tables.hpp"

namespace spillway {

struct DataApplied {
  int round_trips_measured{};  // directed pairs of places taken from region_latency.csv
  int round_trips_inside{};    // places whose own round trip comes from zone_latency.csv
  int latency_rows_unknown{};  // rows of places that the table does not hold
  int models_weighted{};       // models whose input weight comes from model_prices.csv
  int price_rows_used{};
  int price_rows_skipped{};  // blank, zero output price, suspect, not chat or completion, or not in the
                             // catalogue
};

/// Replaces estimated round trips by measured ones and input weights by the median input / output price
/// ratio. Broken rows are errors; an absent file leaves what the tables say.
[[nodiscard]] std::expected<DataApplied, TableError> apply_market_data(
    Tables&, std::filesystem::path const& directory);

}  // namespace spillway
