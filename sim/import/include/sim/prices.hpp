// sim/prices.hpp - what the catalogue's models cost: the median of published output prices.
// Room:   sim/import; sees market and the reference tables.
// Units:  per million output tokens, rounded up to the grid; the work-token price, since output weighs one.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "market/price_grid.hpp"
#include "reference/tables.hpp"

namespace spillway::sim {

struct TokenPrice {
  ModelId model;
  PriceIndex price;
  int rows{};  // published prices behind the median; 0: from the model's size
};

/// One price for every model of the catalogue, in its order. Rows that are suspect, blank, free or of other
/// models do not count; a model without rows gets the price of its size.
[[nodiscard]] std::expected<std::vector<TokenPrice>, TableError> read_prices(
    Tables const&, std::filesystem::path const& file);
[[nodiscard]] std::expected<std::vector<TokenPrice>, TableError> parse_prices(Tables const&,
                                                                              std::string_view csv,
                                                                              std::string file);

/// Prices from sizes alone: 0.04 + 0.012 per billion active parameters, a line through the published medians.
[[nodiscard]] std::vector<TokenPrice> generated_prices(Tables const&);

}  // namespace spillway::sim
