// market/reference.hpp - the versioned tables of the market: places, round trips, classes, tiers, models.
// Room:   market (vocabulary); sees the standard library only.
// Units:  microseconds, MiB, MB/s, 10^9 operations per second, per mille; integers only, estimates come from
//         the table maker.
// Rule:   tables arrive as sequenced commands; row n has id n, ids start at 1. Unknown values are told apart
//         from zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/ids.hpp"
#include "market/units.hpp"

namespace spillway {

enum class ProductKind : std::uint8_t { unset = 0, tokens = 1, capacity = 2 };

enum class PlaceKind : std::uint8_t {
  unset = 0,
  country = 1,
  region = 2,
  city = 3,
  site = 4,
  jurisdiction = 5
};

inline constexpr std::int32_t unknown_milli = -1;

struct Place {
  PlaceId id;
  PlaceId parent;  // none for a root
  PlaceKind kind{};
  std::string name;          // unique, e.g. "azure:westeurope", "cn:guangdong:shenzhen"
  std::string title;         // for people
  std::string country;       // ISO 3166 alpha-2, the jurisdiction
  std::int32_t lat_micro{};  // micro-degrees
  std::int32_t lon_micro{};
  std::int32_t pue_milli{unknown_milli};    // 1300 = 1.3
  std::int32_t green_milli{unknown_milli};  // share of green power, per mille
  friend bool operator==(Place const&, Place const&) = default;
};

/// A round trip between two leaves; `estimated` when computed from distance and not measured.
struct RoundTrip {
  std::int32_t rtt_us{-1};  // < 0: no path known
  bool estimated{};
  friend bool operator==(RoundTrip const&, RoundTrip const&) = default;
};

enum class Origin : std::uint8_t { unset = 0, us = 1, cn = 2, other = 3 };

struct AcceleratorClass {
  ClassId id;
  std::string name;   // "H100-SXM"
  std::string maker;  // "NVIDIA"
  Origin origin{};
  std::int32_t memory_mib{};
  std::int32_t bandwidth_mb_s{};
  std::int64_t fp16_gflops{};
  std::int64_t int8_gops{};  // 0: the part has no INT8 matrix rate
  std::int32_t smallest_part_milli{1000};
  std::int64_t micro_degrees_per_hour{};  // 1 degree = 312 dense FP16 TFLOPS for an hour
  bool calibrated{};                      // floors measured by somebody on this part
  friend bool operator==(AcceleratorClass const&, AcceleratorClass const&) = default;

  /// The class of hardware that the table does not know: it promises nothing, so all its figures are zero.
  /// Its units are proven by right answers alone and sold as capacity, by the figures that were measured.
  [[nodiscard]] bool unlisted() const {
    return memory_mib == 0 && bandwidth_mb_s == 0 && fp16_gflops == 0 && int8_gops == 0 &&
           micro_degrees_per_hour == 0;
  }
};

struct Tier {
  TierId id;
  std::string name;  // "fast", "standard", "warm", "cold"
  ProductKind product{};
  std::int64_t base_us{};  // tokens: first token promise without input; capacity: time to usable
  std::int64_t per_1k_input_us{};
  std::int32_t output_rate_min{};  // tokens per second
  std::int32_t input_max{};        // tokens
  std::int32_t output_max{};
  friend bool operator==(Tier const&, Tier const&) = default;
};

struct Model {
  ModelId id;
  std::string name;  // catalogue name, e.g. "deepseek-r1-distill-qwen-7b"
  std::int64_t parameters_millions{};
  std::int64_t active_millions{};
  std::int32_t bits_per_parameter{};  // precision: 16, 8, 4
  std::int64_t kv_bytes_per_token{};
  std::int32_t input_weight_milli{};     // median input/output price ratio, per mille
  std::int32_t bytes_per_token_milli{};  // the counter: UTF-8 bytes per token x 1000
  std::int32_t count_tolerance_milli{50};
  friend bool operator==(Model const&, Model const&) = default;
};

/// How a model sits on a class under a tier: `cards` accelerators together serve `slots` jobs at once.
struct Fit {
  std::int32_t cards{};
  std::int32_t slots{};
  friend bool operator==(Fit, Fit) = default;
};

/// The tables in force. Setters refuse malformed tables with a sentence; lookups by id are O(1).
class Reference {
 public:
  [[nodiscard]] std::optional<std::string> set_places(std::vector<Place> rows);
  [[nodiscard]] std::optional<std::string> set_round_trips(PlaceId from,
                                                           std::vector<RoundTrip> to_each_place);
  [[nodiscard]] std::optional<std::string> set_classes(std::vector<AcceleratorClass> rows);
  [[nodiscard]] std::optional<std::string> set_tiers(std::vector<Tier> rows);
  [[nodiscard]] std::optional<std::string> set_models(std::vector<Model> rows);
  [[nodiscard]] std::optional<std::string> set_relay(PlaceId place);  // one relay in this version

  [[nodiscard]] std::vector<Place> const& places() const { return places_; }
  [[nodiscard]] std::vector<AcceleratorClass> const& classes() const { return classes_; }
  [[nodiscard]] std::vector<Tier> const& tiers() const { return tiers_; }
  [[nodiscard]] std::vector<Model> const& models() const { return models_; }
  [[nodiscard]] PlaceId relay() const { return relay_; }
  /// Of all classes, the smallest and the largest smallest part, in thousandths of an accelerator; without
  /// classes a whole one and a thousandth.
  [[nodiscard]] std::int32_t smallest_part() const { return smallest_part_; }
  [[nodiscard]] std::int32_t largest_part() const { return largest_part_; }

  // null when there is no such row
  [[nodiscard]] Place const* find(PlaceId id) const { return find_row(places_, id); }
  [[nodiscard]] AcceleratorClass const* find(ClassId id) const { return find_row(classes_, id); }
  [[nodiscard]] Tier const* find(TierId id) const { return find_row(tiers_, id); }
  [[nodiscard]] Model const* find(ModelId id) const { return find_row(models_, id); }
  [[nodiscard]] Place const* place_named(std::string_view name) const;
  [[nodiscard]] AcceleratorClass const* class_named(std::string_view name) const;
  [[nodiscard]] Tier const* tier_named(std::string_view name, ProductKind product) const;
  [[nodiscard]] Model const* model_named(std::string_view name) const;

  /// `inner` is `outer` or stands below it in the tree of places.
  [[nodiscard]] bool within(PlaceId inner, PlaceId outer) const;
  [[nodiscard]] bool is_leaf(PlaceId) const;
  /// The table's value; the other direction when only that is known; nothing when neither is.
  [[nodiscard]] std::optional<RoundTrip> round_trip(PlaceId a, PlaceId b) const;
  /// The way the bytes of a token job take: rtt(buyer, relay) + rtt(relay, place); nothing when unknown.
  [[nodiscard]] std::optional<Micros> path_through_relay(PlaceId buyer, PlaceId place) const;

  /// Nothing when no card count up to 16 holds the model with one slot of the tier's maximum tokens.
  [[nodiscard]] std::optional<Fit> fit(ModelId, ClassId, TierId) const;
  /// base + per_1k x ceil(input / 1000): first token promise of a token tier for this input.
  [[nodiscard]] static Micros promise(Tier const&, Tokens input);

 private:
  template <class Row, class Key>
  [[nodiscard]] static Row const* find_row(std::vector<Row> const& rows, Key id) {
    return id.some() && id.v <= rows.size() ? &rows[id.v - 1u] : nullptr;
  }

  static constexpr auto whole_part = static_cast<std::int32_t>(milli_per_accelerator);

  std::vector<Place> places_;
  std::vector<AcceleratorClass> classes_;
  std::vector<Tier> tiers_;
  std::vector<Model> models_;
  std::vector<std::vector<RoundTrip>> round_trips_;  // [from - 1][to - 1]
  std::vector<bool> has_children_;
  PlaceId relay_;
  std::int32_t smallest_part_{whole_part}, largest_part_{1};
};

}  // namespace spillway
