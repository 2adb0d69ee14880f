// sim/import/src/prices.cpp - medians of model_prices.csv per catalogue model.
#include "sim/prices.hpp"

#include <algorithm>

namespace spillway::sim {
namespace {

constexpr auto columns = {"model", "mode", "usd_per_million_output_tokens", "suspect"};
constexpr std::int64_t nano_base = 40'000'000;
constexpr std::int64_t nano_per_million_parameters = 12'000;

PriceIndex on_the_grid(std::int64_t nano) {
  auto const step = step_at_or_above(Nano{nano});
  return step ? *step : highest_price;
}

TokenPrice price_of_size(Model const& model) {
  return {model.id, on_the_grid(nano_base + nano_per_million_parameters * model.active_millions), 0};
}

bool countable(CsvTable const& table, CsvTable::Row const& row) {
  auto const& mode = table.at(row, "mode");
  return (mode == "chat" || mode == "completion") && table.at(row, "suspect") == "0" &&
         !table.at(row, "usd_per_million_output_tokens").empty();
}

std::expected<std::vector<TokenPrice>, TableError> take(Tables const& tables,
                                                        std::expected<CsvTable, TableError> const& table) {
  if (!table) return std::unexpected(table.error());
  std::vector<std::vector<std::int64_t>> published(tables.models.size());
  for (auto const& row : table->rows) {
    auto const* model = tables.model_of(table->at(row, "model"));
    if (!model || !countable(*table, row)) continue;
    auto const nano = scaled(*table, row, "usd_per_million_output_tokens", 9);
    if (!nano) return std::unexpected(nano.error());
    if (*nano > 0) published[model->id.v - 1u].push_back(*nano);
  }
  std::vector<TokenPrice> prices;
  for (auto const& model : tables.models) {
    auto& rows = published[model.id.v - 1u];
    std::ranges::sort(rows);
    prices.push_back(rows.empty() ? price_of_size(model)
                                  : TokenPrice{model.id, on_the_grid(rows[(rows.size() - 1) / 2]),
                                               static_cast<int>(rows.size())});
  }
  return prices;
}

}  // namespace

std::expected<std::vector<TokenPrice>, TableError> read_prices(Tables const& tables,
                                                               std::filesystem::path const& file) {
  return take(tables, read_csv(file, columns));
}

std::expected<std::vector<TokenPrice>, TableError> parse_prices(Tables const& tables, std::string_view csv,
                                                                std::string file) {
  return take(tables, parse_csv(csv, std::move(file), columns));
}

std::vector<TokenPrice> generated_prices(Tables const& tables) {
  std::vector<TokenPrice> prices;
  for (auto const& model : tables.models) prices.push_back(price_of_size(model));
  return prices;
}

}  // namespace spillway::sim
