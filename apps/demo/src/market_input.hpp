// apps/demo/src/market_input.hpp - the data of one demonstration: real where there is any, else generated.
// Room:   apps, library demo; sees sim import and the reference tables. Reads files, never writes them.
// Errors: one sentence that names file and line; a broken row is never skipped silently.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "options.hpp"
#include "plan.hpp"
#include "sim/overlay.hpp"
#include "sim/trace.hpp"

namespace spillway::demo {

struct MarketInput {
  Tables tables;
  sim::Overlay overlay;
  sim::ImportedOffers offers;
  std::vector<sim::TraceRequest> trace;  // from --trace-start on
  ModelPrices prices;
  std::map<ModelId, PriceIndex> typical_price;  // what price caps are relative to
  std::filesystem::path directory;              // of market data; empty: there is none
  bool real{};                                  // offers, prices and trace are all published ones
  std::uint64_t seed{};
  std::vector<std::string> notes;  // one line each: what was read, what was left out, what was generated
};

/// The repository, where the engine and the overlay are.
[[nodiscard]] std::filesystem::path source_root();
[[nodiscard]] std::expected<MarketInput, std::string> read_market_input(DemoOptions const& options);

/// Distinct published output prices of each model of `tables`, read like sim/prices.hpp does; models without
/// any get their typical price.
[[nodiscard]] std::expected<ModelPrices, TableError> published_prices(
    Tables const& tables, std::map<ModelId, PriceIndex> const& typical,
    std::expected<CsvTable, TableError> const& rows);

}  // namespace spillway::demo
