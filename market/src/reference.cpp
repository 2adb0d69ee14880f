// market/reference.cpp - the tables in force: checked when set, looked up by row.
// Room:   market (vocabulary); sees the standard library only.
#include "market/reference.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace spillway {
namespace {

using Sentence = std::optional<std::string>;

template <class Row>
std::string row_text(Row const& row, char const* rule) {
  return "row " + std::to_string(row.id.v) + " (" + row.name + "): " + rule;
}

template <class Row>
Row const* find_named(std::vector<Row> const& rows, std::string_view name) {
  auto const at = std::ranges::find(rows, name, &Row::name);
  return at == rows.end() ? nullptr : &*at;
}

/// Rows that replace a table: ids from 1 without gaps, and what has an id keeps its name, because orders live
/// on.
template <class Row>
Sentence misnumbered(std::vector<Row> const& rows, std::vector<Row> const& before) {
  if (rows.empty()) return "the table has no rows";
  if (rows.size() > std::numeric_limits<typename decltype(Row::id)::rep>::max())
    return "the table has too many rows";
  if (rows.size() < before.size()) return "a new table keeps every row of the one before";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].id.v != i + 1) return row_text(rows[i], "ids count from 1 without gaps");
    if (rows[i].name.empty()) return row_text(rows[i], "a name is missing");
    if (i < before.size() && rows[i].name != before[i].name) return row_text(rows[i], "a row keeps its name");
  }
  return std::nullopt;
}

template <class Row, class Key>
Sentence repeated(std::vector<Row> const& rows, Key key) {
  auto sorted = std::vector<Row const*>{};
  for (auto const& row : rows) sorted.push_back(&row);
  auto const less = [&](Row const* a, Row const* b) { return key(*a) < key(*b); };
  std::ranges::sort(sorted, less);
  auto const twin = std::ranges::adjacent_find(sorted, [&](auto a, auto b) { return key(*a) == key(*b); });
  if (twin == sorted.end()) return std::nullopt;
  return row_text(**twin, "another row has this name");
}

bool milli_ok(std::int32_t milli, std::int32_t least, std::int32_t most) {
  return milli == unknown_milli || (milli >= least && milli <= most);
}

Sentence wrong(Place const& p) {
  if (p.name.empty()) return row_text(p, "a name is missing");
  if (p.parent.v >= p.id.v) return row_text(p, "the parent comes before the place");
  if (p.kind == PlaceKind::unset || p.kind > PlaceKind::jurisdiction)
    return row_text(p, "the kind is not known");
  if (p.country.size() != 2) return row_text(p, "the country has two letters");
  if (p.lat_micro < -90'000'000 || p.lat_micro > 90'000'000)
    return row_text(p, "the latitude is within 90 degrees");
  if (p.lon_micro < -180'000'000 || p.lon_micro > 180'000'000)
    return row_text(p, "the longitude is within 180 degrees");
  if (!milli_ok(p.pue_milli, 1'000, 10'000))
    return row_text(p, "the PUE lies between 1 and 10, or is unknown");
  if (!milli_ok(p.green_milli, 0, 1'000))
    return row_text(p, "the green share lies between 0 and 1, or is unknown");
  return std::nullopt;
}

Sentence wrong_figures(AcceleratorClass const& c) {
  if (c.unlisted()) return std::nullopt;
  if (c.memory_mib <= 0 || c.bandwidth_mb_s <= 0) return row_text(c, "memory and bandwidth are above zero");
  if (c.fp16_gflops <= 0 || c.int8_gops < 0)
    return row_text(c, "the rates are not negative, FP16 is above zero");
  if (c.micro_degrees_per_hour <= 0) return row_text(c, "degrees per hour are above zero");
  return std::nullopt;
}

Sentence wrong(AcceleratorClass const& c) {
  if (auto fault = wrong_figures(c)) return fault;
  if (c.smallest_part_milli <= 0 || 1'000 % c.smallest_part_milli != 0)
    return row_text(c, "the smallest part divides one accelerator");
  if (c.origin == Origin::unset || c.origin > Origin::other) return row_text(c, "the origin is not known");
  return std::nullopt;
}

Sentence wrong(Tier const& t) {
  if (t.product != ProductKind::tokens && t.product != ProductKind::capacity)
    return row_text(t, "the product is tokens or capacity");
  if (t.base_us <= 0 || t.base_us > 86'400'000'000)
    return row_text(t, "the time is above zero and under a day");
  if (t.per_1k_input_us < 0 || t.per_1k_input_us > 86'400'000'000)
    return row_text(t, "the time per thousand tokens is under a day");
  if (t.output_rate_min < 0) return row_text(t, "the rate is not negative");
  constexpr std::int32_t tokens_most = 100'000'000;
  if (t.product == ProductKind::tokens &&
      (t.input_max <= 0 || t.output_max <= 0 || t.input_max > tokens_most || t.output_max > tokens_most))
    return row_text(t, "a token tier states its largest input and output");
  return std::nullopt;
}

Sentence wrong(Model const& m) {
  constexpr std::int64_t parameters_most = 100'000'000;  // 10^14 parameters
  if (m.parameters_millions <= 0 || m.parameters_millions > parameters_most)
    return row_text(m, "the parameters are above zero and below 10^14");
  if (m.active_millions <= 0 || m.active_millions > m.parameters_millions)
    return row_text(m, "active parameters are above zero and at most all");
  if (m.bits_per_parameter <= 0 || m.bits_per_parameter > 64)
    return row_text(m, "a parameter has 1 to 64 bits");
  if (m.kv_bytes_per_token <= 0 || m.kv_bytes_per_token > (std::int64_t{1} << 30))
    return row_text(m, "the cache takes between a byte and a GiB per token");
  if (m.input_weight_milli < 0 || m.input_weight_milli > 1'000'000)
    return row_text(m, "the input weight lies between 0 and 1000");
  if (m.bytes_per_token_milli < 1'000) return row_text(m, "a token has at least one byte");
  if (m.count_tolerance_milli < 0 || m.count_tolerance_milli > 1'000)
    return row_text(m, "the tolerance lies between 0 and 1");
  return std::nullopt;
}

template <class Row>
Sentence first_wrong(std::vector<Row> const& rows) {
  for (auto const& row : rows)
    if (auto fault = wrong(row)) return fault;
  return std::nullopt;
}

template <class Row>
Sentence replace(std::vector<Row>& table, std::vector<Row> rows) {
  if (auto fault = misnumbered(rows, table)) return fault;
  if (auto fault = first_wrong(rows)) return fault;
  table = std::move(rows);
  return std::nullopt;
}

auto by_name = [](auto const& row) -> std::string const& { return row.name; };

}  // namespace

Sentence Reference::set_places(std::vector<Place> rows) {
  if (rows.empty()) return "the table has no rows";
  auto all = places_;
  for (auto& row : rows) {
    if (row.id.v != all.size() + 1) return row_text(row, "ids go on where the table ends");
    if (auto fault = wrong(row)) return fault;
    all.push_back(std::move(row));
  }
  if (auto fault = repeated(all, by_name)) return fault;
  has_children_.assign(all.size(), false);
  for (auto const& place : all)
    if (place.parent.some()) has_children_[place.parent.v - 1u] = true;
  places_ = std::move(all);
  return std::nullopt;
}

Sentence Reference::set_round_trips(PlaceId from, std::vector<RoundTrip> to_each_place) {
  if (find(from) == nullptr) return "round trips start at a place of the table";
  if (to_each_place.size() != places_.size())
    return "row " + std::to_string(from.v) + ": there is one round trip for each of the " +
           std::to_string(places_.size()) + " places";
  auto const too_long = [](RoundTrip const& way) { return way.rtt_us > 60'000'000; };
  if (std::ranges::any_of(to_each_place, too_long)) return "a round trip takes at most 60 seconds";
  round_trips_.resize(places_.size());
  round_trips_[from.v - 1u] = std::move(to_each_place);
  return std::nullopt;
}

Sentence Reference::set_classes(std::vector<AcceleratorClass> rows) {
  if (auto fault = repeated(rows, by_name)) return fault;
  if (std::ranges::count_if(rows, &AcceleratorClass::unlisted) > 1)
    return "one class at most is that of unlisted hardware, whose figures are all zero";
  if (auto fault = replace(classes_, std::move(rows))) return fault;
  smallest_part_ = whole_part, largest_part_ = 1;
  for (auto const& klass : classes_) {
    smallest_part_ = std::min(smallest_part_, klass.smallest_part_milli);
    largest_part_ = std::max(largest_part_, klass.smallest_part_milli);
  }
  return std::nullopt;
}

Sentence Reference::set_tiers(std::vector<Tier> rows) {
  if (auto fault = repeated(rows, [](Tier const& t) { return std::pair{t.product, t.name}; })) return fault;
  return replace(tiers_, std::move(rows));
}

Sentence Reference::set_models(std::vector<Model> rows) {
  if (auto fault = repeated(rows, by_name)) return fault;
  return replace(models_, std::move(rows));
}

Sentence Reference::set_relay(PlaceId place) {
  if (find(place) == nullptr) return "the relay stands at a place of the table";
  if (!is_leaf(place)) return "the relay stands at a place without places below it";
  relay_ = place;
  return std::nullopt;
}

Place const* Reference::place_named(std::string_view name) const { return find_named(places_, name); }
AcceleratorClass const* Reference::class_named(std::string_view name) const {
  return find_named(classes_, name);
}
Model const* Reference::model_named(std::string_view name) const { return find_named(models_, name); }

Tier const* Reference::tier_named(std::string_view name, ProductKind product) const {
  auto const at =
      std::ranges::find_if(tiers_, [&](Tier const& t) { return t.name == name && t.product == product; });
  return at == tiers_.end() ? nullptr : &*at;
}

bool Reference::within(PlaceId inner, PlaceId outer) const {
  if (find(outer) == nullptr) return false;
  auto at = inner;
  while (at.v > outer.v && find(at) != nullptr) at = find(at)->parent;  // parents have lower ids
  return at == outer;
}

bool Reference::is_leaf(PlaceId id) const { return find(id) != nullptr && !has_children_[id.v - 1u]; }

std::optional<RoundTrip> Reference::round_trip(PlaceId a, PlaceId b) const {
  auto const one_way = [this](PlaceId from, PlaceId to) -> RoundTrip {
    if (!from.some() || !to.some() || from.v > round_trips_.size()) return {};
    auto const& row = round_trips_[from.v - 1u];
    return to.v <= row.size() ? row[to.v - 1u] : RoundTrip{};
  };
  auto const there = one_way(a, b);
  if (there.rtt_us >= 0) return there;
  auto const back = one_way(b, a);
  return back.rtt_us >= 0 ? std::optional{back} : std::nullopt;
}

std::optional<Micros> Reference::path_through_relay(PlaceId buyer, PlaceId place) const {
  auto const to_relay = round_trip(buyer, relay_);
  auto const onward = round_trip(relay_, place);
  if (!to_relay || !onward) return std::nullopt;
  return Micros{std::int64_t{to_relay->rtt_us} + onward->rtt_us};
}

Micros Reference::promise(Tier const& tier, Tokens input) {
  auto const thousands = input.v <= 0 ? 0 : (input.v - 1) / 1'000 + 1;
  return Micros{tier.base_us + tier.per_1k_input_us * thousands};
}

}  // namespace spillway
