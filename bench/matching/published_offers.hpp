// bench/matching/published_offers.hpp - published GPU offers and their changes as books: wide, sparse and
// real.
// Room:   bench; sees market and the reader of tables.
// Units:  prices are steps of the grid, per accelerator-hour, rounded up. Files: offers.csv and
//         offer_events.csv of the market data. An instrument is (class, place); on demand and spot are
//         classes of their own. No source states stock or buyers: every offer has stock without end, and the
//         orders are drawn from the seed around the published prices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

#include "common_workload.hpp"
#include "tables.hpp"

namespace spillway::bench {

struct PublishedMarket {
  Market market;
  Stream stream;          // prefill: the offers of the first instant; timed: changes, and orders between them
  std::size_t offers{};   // rows of offers.csv that have a price
  std::size_t changes{};  // prices added, changed or removed by offer_events.csv, first instant included
  std::size_t instruments_used{};
  std::size_t prices{};  // different steps among all asks
};

/// `timed` commands at least; more when the events alone are more. Errors name file and line.
[[nodiscard]] std::expected<PublishedMarket, std::string> published_market(
    std::filesystem::path const& folder, std::size_t timed, std::uint64_t seed);

}  // namespace spillway::bench
