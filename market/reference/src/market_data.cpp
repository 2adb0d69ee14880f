// market/reference/src/market_data.cpp - measured round trips and price ratios from the market data.
#include "reference/market_data.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace spillway {
namespace {

using Good = std::expected<void, TableError>;

std::expected<std::int32_t, TableError> rtt_us(CsvTable const& table, CsvTable::Row const& row) {
  auto const us = scaled(table, row, "rtt_ms", 3);
  if (!us) return std::unexpected(us.error());
  if (*us < 0 || *us > 60'000'000)
    return std::unexpected(table.error(row, "a round trip takes 0 to 60000 ms"));
  return static_cast<std::int32_t>(*us);
}

/// Both directions may differ; where only one was measured it stands for the other as well.
Good apply_regions(Tables& tables, std::filesystem::path const& file, DataApplied& applied) {
  auto const table = read_csv(file, {"provider", "from_region", "to_region", "rtt_ms"});
  if (!table) return std::unexpected(table.error());
  for (auto const& row : table->rows) {
    auto const us = rtt_us(*table, row);
    if (!us) return std::unexpected(us.error());
    auto const& provider = table->at(row, "provider");
    auto const* from = tables.place_named(place_name(provider, table->at(row, "from_region")));
    auto const* to = tables.place_named(place_name(provider, table->at(row, "to_region")));
    if (!from || !to) {
      ++applied.latency_rows_unknown;
      continue;
    }
    tables.round_trips[from->id.v - 1u][to->id.v - 1u] = {*us, false};
    auto& back = tables.round_trips[to->id.v - 1u][from->id.v - 1u];
    if (back.estimated) back = {*us, false};
    ++applied.round_trips_measured;
  }
  return {};
}

/// A zone is named after its region ("us-south-dal10-a"); the median over its zone pairs is the region's own
/// round trip.
Good apply_zones(Tables& tables, std::filesystem::path const& file, DataApplied& applied) {
  auto const table = read_csv(file, {"provider", "from_zone", "to_zone", "rtt_ms"});
  if (!table) return std::unexpected(table.error());
  std::map<std::uint16_t, std::vector<std::int32_t>> inside;
  for (auto const& row : table->rows) {
    auto const us = rtt_us(*table, row);
    if (!us) return std::unexpected(us.error());
    auto const from = table->at(row, "provider") + ":" + table->at(row, "from_zone");
    auto const to = table->at(row, "provider") + ":" + table->at(row, "to_zone");
    for (auto const& place : tables.places)
      if (from.starts_with(place.name + "-") && to.starts_with(place.name + "-"))
        inside[place.id.v].push_back(*us);
  }
  for (auto& [place, us] : inside) {
    std::ranges::sort(us);
    tables.round_trips[place - 1u][place - 1u] = {us[(us.size() - 1) / 2], false};
    ++applied.round_trips_inside;
  }
  return {};
}

constexpr std::int64_t highest_micro_price = 1'000'000'000'000;  // per million tokens, in 10^-6: 10^6
constexpr std::int64_t most_input_weight_milli = 1'000'000;      // as market/reference allows a model

/// input / output price in per mille, rounded to the nearest.
std::int64_t ratio_milli(std::int64_t input, std::int64_t output) {
  return (input * 2'000 + output) / (2 * output);
}

Good apply_prices(Tables& tables, std::filesystem::path const& file, DataApplied& applied) {
  auto const table = read_csv(
      file, {"model", "mode", "usd_per_million_input_tokens", "usd_per_million_output_tokens", "suspect"});
  if (!table) return std::unexpected(table.error());
  std::map<std::uint16_t, std::vector<std::int64_t>> ratios;
  for (auto const& row : table->rows) {
    auto const& mode = table->at(row, "mode");
    auto const* model = tables.model_of(table->at(row, "model"));
    bool const blank = table->at(row, "usd_per_million_input_tokens").empty() ||
                       table->at(row, "usd_per_million_output_tokens").empty();
    ++applied.price_rows_skipped;
    if (!model || blank || table->at(row, "suspect") != "0" || (mode != "chat" && mode != "completion"))
      continue;
    auto const input = scaled(*table, row, "usd_per_million_input_tokens", 6);
    auto const output = scaled(*table, row, "usd_per_million_output_tokens", 6);
    if (!input) return std::unexpected(input.error());
    if (!output) return std::unexpected(output.error());
    if (*output <= 0 || *input < 0) continue;
    if (*input > highest_micro_price || *output > highest_micro_price)
      return std::unexpected(table->error(row, "a million tokens cost at most 1000000"));
    auto const milli = ratio_milli(*input, *output);
    if (milli > most_input_weight_milli)
      return std::unexpected(table->error(row, "the input price is more than 1000 times the output price"));
    ratios[model->id.v].push_back(milli);
    --applied.price_rows_skipped;
    ++applied.price_rows_used;
  }
  for (auto& [model, milli] : ratios) {
    std::ranges::sort(milli);
    tables.models[model - 1u].input_weight_milli = static_cast<std::int32_t>(milli[(milli.size() - 1) / 2]);
    ++applied.models_weighted;
  }
  return {};
}

}  // namespace

std::expected<DataApplied, TableError> apply_market_data(Tables& tables,
                                                         std::filesystem::path const& directory) {
  DataApplied applied;
  auto const step = [&](char const* name, auto apply) -> Good {
    auto const file = directory / name;
    return std::filesystem::exists(file) ? apply(tables, file, applied) : Good{};
  };
  if (auto good = step("region_latency.csv", apply_regions); !good) return std::unexpected(good.error());
  if (auto good = step("zone_latency.csv", apply_zones); !good) return std::unexpected(good.error());
  if (auto good = step("model_prices.csv", apply_prices); !good) return std::unexpected(good.error());
  return applied;
}

}  // namespace spillway
