// sim/overlay.hpp - what no data set holds and somebody must state: where buyers are, what they pay, how fast
// they need it.
// Room:   sim/import; sees market and the reference tables. TOML stays inside.
// Rule:   the overlay is one small seeded file (sim/overlay.toml); views and summaries name it as a stand-in.
// Errors: file, line and what to do; unknown keys are errors, so that a typo never goes unheard.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "market/ids.hpp"
#include "market/units.hpp"
#include "reference/tables.hpp"
#include "sim/random.hpp"

namespace spillway::sim {

template <class T>
struct Weighted {
  T value{};
  std::int64_t weight{};
};

struct LatencyNeed {
  Micros network;  // 0: no bound
  Micros ready;    // 0: no bound
  friend bool operator==(LatencyNeed const&, LatencyNeed const&) = default;
};

struct Overlay {
  std::uint64_t seed{};
  std::vector<Weighted<PlaceId>> buyer_places;  // leaves
  std::vector<Weighted<ModelId>> models;
  std::vector<Weighted<TierId>> token_tiers;  // none: any
  std::vector<Weighted<std::int32_t>>
      token_cap_milli;  // price cap over the model's published price, per mille
  std::vector<Weighted<LatencyNeed>> latency;
  Micros capacity_every;  // mean time between capacity orders; 0: none
  std::vector<Weighted<TierId>> capacity_tiers;
  std::vector<Weighted<std::int32_t>> capacity_sizes;  // accelerators
  std::vector<Weighted<Micros>> capacity_terms;
  std::vector<Weighted<std::int32_t>>
      capacity_cap_milli;  // price cap over the best published price, per mille
};

/// What one buyer of a request wants besides the request itself.
struct TokenWish {
  PlaceId place;
  ModelId model;
  TierId tier;
  std::int32_t cap_milli{};
  LatencyNeed need;
};
struct CapacityWish {
  PlaceId place;
  TierId tier;
  std::int32_t accelerators{};
  Micros term;
  std::int32_t cap_milli{};
};

[[nodiscard]] std::expected<Overlay, TableError> read_overlay(Tables const&,
                                                              std::filesystem::path const& file);
[[nodiscard]] std::expected<Overlay, TableError> parse_overlay(Tables const&, std::string_view toml,
                                                               std::string file);

[[nodiscard]] TokenWish draw_token_wish(Overlay const&, Random&);
[[nodiscard]] CapacityWish draw_capacity_wish(Overlay const&, Random&);

}  // namespace spillway::sim
