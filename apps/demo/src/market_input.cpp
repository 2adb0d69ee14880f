// apps/demo/src/market_input.cpp - finds the data, reads it, and says what stands in where there is none.
#include "market_input.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "sim/prices.hpp"

namespace spillway::demo {
namespace {

namespace fs = std::filesystem;
constexpr int generated_offer_rows = 1'900;
constexpr std::int64_t generated_trace_s = 3'600;
constexpr std::int64_t dearest_per_typical = 3;  // published prices beyond three medians would never trade

std::expected<fs::path, std::string> data_directory(DemoOptions const& options) {
  auto const* const named = std::getenv("SPILLWAY_DATA");
  auto const wanted = !options.market_data.empty() ? options.market_data : fs::path(named ? named : "");
  if (!wanted.empty()) {
    if (fs::is_directory(wanted)) return wanted;
    return std::unexpected("the market data directory " + wanted.string() +
                           " does not exist; name another one, or an empty one for generated data");
  }
  for (auto const& guess : {fs::path("../shared/data"), source_root() / "../shared/data"})
    if (fs::is_directory(guess)) return fs::weakly_canonical(guess);
  return fs::path();
}

std::string skipped(sim::ImportedOffers const& o) {
  std::string out;
  for (auto const& [count, why] : {std::pair{o.blank_price, "blank price"},
                                   {o.zero_price, "zero price"},
                                   {o.unknown_class, "unknown class"},
                                   {o.unknown_place, "unknown place"},
                                   {o.odd_count, "odd count"},
                                   {o.price_too_high, "price too high"}})
    if (count > 0) out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + why;
  return out.empty() ? "none skipped" : "skipped: " + out;
}

/// The file to read: the one named by the user, or that of the data directory if it is there; else empty.
fs::path file_for(fs::path const& named, MarketInput const& input, char const* name) {
  if (!named.empty() || input.directory.empty()) return named;
  return fs::exists(input.directory / name) ? input.directory / name : fs::path();
}

std::expected<void, std::string> take_offers(MarketInput& input, DemoOptions const& options) {
  auto const file = file_for(options.offers, input, "offers.csv");
  if (file.empty()) {
    input.offers = sim::generated_offers(input.tables, input.seed, generated_offer_rows);
    input.real = false;
    input.notes.push_back("offers: " + std::to_string(input.offers.rows) + " generated");
    return {};
  }
  auto offers = sim::read_offers(input.tables, file);
  if (!offers) return std::unexpected(text(offers.error()));
  input.offers = std::move(*offers);
  input.notes.push_back("offers: " + file.filename().string() + ", " + std::to_string(input.offers.rows) +
                        " rows, " + skipped(input.offers));
  return {};
}

std::expected<void, std::string> take_trace(MarketInput& input, DemoOptions const& options) {
  auto const file = file_for(options.trace, input, "llm_requests_azure_code.csv");
  if (file.empty()) {
    input.trace = sim::generated_trace(input.seed, generated_trace_s);
    input.real = false;
    input.notes.push_back("trace: " + std::to_string(input.trace.size()) + " requests generated");
  } else {
    auto trace = sim::read_trace(file);
    if (!trace) return std::unexpected(text(trace.error()));
    input.trace = std::move(*trace);
    input.notes.push_back("trace: " + file.filename().string() + ", " + std::to_string(input.trace.size()) +
                          " rows");
  }
  Micros const from{options.trace_start_s * micros_per_second};
  std::erase_if(input.trace, [&](auto const& request) { return request.arrival < from; });
  if (input.trace.empty())
    return std::unexpected("the trace has no request after --trace-start " +
                           std::to_string(options.trace_start_s) + "; start earlier or name another trace");
  return {};
}

std::expected<void, std::string> take_prices(MarketInput& input) {
  auto const file = file_for({}, input, "model_prices.csv");
  auto const typical =
      file.empty() ? sim::generated_prices(input.tables) : sim::read_prices(input.tables, file);
  if (!typical) return std::unexpected(text(typical.error()));
  for (auto const& price : *typical) input.typical_price[price.model] = price.price;
  auto prices =
      file.empty()
          ? published_prices(input.tables, input.typical_price, CsvTable{})
          : published_prices(input.tables, input.typical_price,
                             read_csv(file, {"model", "mode", "usd_per_million_output_tokens", "suspect"}));
  if (!prices) return std::unexpected(text(prices.error()));
  input.prices = std::move(*prices);
  input.real = input.real && !file.empty();
  input.notes.push_back(file.empty() ? "token prices: generated from model sizes"
                                     : "token prices: " + file.filename().string());
  return {};
}

}  // namespace

fs::path source_root() {
  if (fs::path const built_from = SPILLWAY_SOURCE_DIR; fs::exists(built_from / "sim/overlay.toml"))
    return built_from;
  std::error_code none;  // a build that was moved: the executable stands in build/<preset>/bin
  auto const executable = fs::read_symlink("/proc/self/exe", none);
  return executable.parent_path().parent_path().parent_path().parent_path();
}

std::expected<ModelPrices, TableError> published_prices(Tables const& tables,
                                                        std::map<ModelId, PriceIndex> const& typical,
                                                        std::expected<CsvTable, TableError> const& rows) {
  if (!rows) return std::unexpected(rows.error());
  std::map<ModelId, std::set<PriceIndex>> found;
  for (auto const& row : rows->rows) {
    auto const* const model = tables.model_of(rows->at(row, "model"));
    auto const& mode = rows->at(row, "mode");
    if (!model || (mode != "chat" && mode != "completion") || rows->at(row, "suspect") != "0" ||
        rows->at(row, "usd_per_million_output_tokens").empty())
      continue;
    auto const nano = scaled(*rows, row, "usd_per_million_output_tokens", 9);
    if (!nano) return std::unexpected(nano.error());
    auto const step = *nano > 0 ? step_at_or_above(Nano{*nano}) : std::nullopt;
    if (step && *nano <= dearest_per_typical * price_of(typical.at(model->id)).v)
      found[model->id].insert(*step);
  }
  ModelPrices prices;
  for (auto const& [model, price] : typical) {
    auto const& of_model = found[model];
    prices[model] =
        of_model.empty() ? std::vector{price} : std::vector<PriceIndex>(of_model.begin(), of_model.end());
  }
  return prices;
}

std::expected<MarketInput, std::string> read_market_input(DemoOptions const& options) {
  MarketInput input;
  input.tables = shipped_tables();
  input.real = true;
  auto const overlay = sim::read_overlay(input.tables, source_root() / "sim/overlay.toml");
  if (!overlay) return std::unexpected(text(overlay.error()));
  input.overlay = *overlay;
  input.seed = options.seed.value_or(overlay->seed);
  auto directory = data_directory(options);
  if (!directory) return std::unexpected(directory.error());
  input.directory = std::move(*directory);
  if (auto done = take_offers(input, options); !done) return std::unexpected(done.error());
  if (auto done = take_trace(input, options); !done) return std::unexpected(done.error());
  if (auto done = take_prices(input); !done) return std::unexpected(done.error());
  if (input.offers.offers.empty())
    return std::unexpected("no row of the offers can be used (" + skipped(input.offers) +
                           "); name another --offers file");
  return input;
}

}  // namespace spillway::demo
