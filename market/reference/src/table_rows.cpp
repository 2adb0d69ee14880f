// market/reference/src/table_rows.cpp - reads rows of the shipped tables into the vocabulary's structs.
#include "table_rows.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace spillway::table_rows {
namespace {

/// Reads the fields of one row and keeps the first fault, so that a row reads as a list of its columns.
class RowReader {
 public:
  RowReader(CsvTable const& table, CsvTable::Row const& row) : table_(table), row_(row) {}

  [[nodiscard]] std::string const& text(char const* column) const { return table_.at(row_, column); }
  [[nodiscard]] bool blank(char const* column) const { return text(column).empty(); }

  std::int64_t number(char const* column, int places = 0) {
    auto const value = scaled(table_, row_, column, places);
    if (value) return *value;
    fail(value.error().sentence);
    return 0;
  }
  std::int32_t number32(char const* column, int places = 0) {
    auto const value = number(column, places);
    if (value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max()) {
      fail(std::string(column) + " is too large");
      return 0;
    }
    return static_cast<std::int32_t>(value);
  }
  template <class Value, std::size_t n>
  Value one_of(char const* column, std::array<std::pair<char const*, Value>, n> const& words) {
    auto const at =
        std::ranges::find(words, text(column), [](auto const& word) { return std::string_view(word.first); });
    if (at != words.end()) return at->second;
    fail(std::string(column) + " \"" + text(column) + "\" is not a known word");
    return {};
  }
  void fail(std::string sentence) {
    if (!error_) error_ = table_.error(row_, std::move(sentence));
  }
  [[nodiscard]] std::optional<TableError> const& error() const { return error_; }

 private:
  CsvTable const& table_;
  CsvTable::Row const& row_;
  std::optional<TableError> error_;
};

constexpr std::array place_kinds{std::pair{"country", PlaceKind::country},
                                 std::pair{"region", PlaceKind::region}, std::pair{"city", PlaceKind::city},
                                 std::pair{"site", PlaceKind::site},
                                 std::pair{"jurisdiction", PlaceKind::jurisdiction}};
constexpr std::array origins{std::pair{"us", Origin::us}, std::pair{"cn", Origin::cn},
                             std::pair{"other", Origin::other}};
constexpr std::array yes_or_no{std::pair{"yes", true}, std::pair{"no", false}};
constexpr std::array products{std::pair{"tokens", ProductKind::tokens},
                              std::pair{"capacity", ProductKind::capacity}};

/// All rows through `make`, numbered from 1; the first fault ends it.
template <class Row, class Make>
Read<std::vector<Row>> read_rows(std::expected<CsvTable, TableError> const& table, Make make) {
  if (!table) return std::unexpected(table.error());
  std::vector<Row> rows;
  for (auto const& line : table->rows) {
    RowReader reader{*table, line};
    auto row = make(reader);
    if (rows.size() >= std::numeric_limits<typename decltype(Row::id)::rep>::max())
      reader.fail("the table is too long");
    if (reader.error()) return std::unexpected(*reader.error());
    row.id = decltype(row.id){static_cast<typename decltype(row.id)::rep>(rows.size() + 1)};
    rows.push_back(std::move(row));
  }
  return rows;
}

/// 312 dense FP16 TFLOPS for an hour are one degree, so a GFLOPS is 1000 / 312 micro-degrees; floored.
std::int64_t micro_degrees(std::int64_t fp16_gflops) { return fp16_gflops * 1'000 / 312; }

std::int32_t milli_or_unknown(RowReader& row, char const* column) {
  return row.blank(column) ? unknown_milli : row.number32(column, 3);
}

}  // namespace

Read<std::vector<Place>> places(std::string_view csv) {
  auto const table = parse_csv(csv, "places.csv",
                               {"name", "title", "country", "parent", "kind", "latitude", "longitude", "pue",
                                "green_share", "source"});
  std::map<std::string, PlaceId, std::less<>> known;
  return read_rows<Place>(table, [&](RowReader& row) {
    Place place;
    place.name = row.text("name");
    place.title = row.text("title");
    place.country = row.text("country");
    place.kind = row.one_of("kind", place_kinds);
    place.lat_micro = row.number32("latitude", 6);
    place.lon_micro = row.number32("longitude", 6);
    place.pue_milli = milli_or_unknown(row, "pue");
    place.green_milli = milli_or_unknown(row, "green_share");
    if (!row.blank("parent")) {
      auto const parent = known.find(row.text("parent"));
      if (parent == known.end())
        row.fail("the parent \"" + row.text("parent") + "\" does not stand above this row");
      if (parent != known.end()) place.parent = parent->second;
    }
    known.emplace(place.name, PlaceId{static_cast<std::uint16_t>(known.size() + 1)});
    return place;
  });
}

Read<std::vector<AcceleratorClass>> classes(std::string_view csv) {
  auto const table = parse_csv(csv, "classes.csv",
                               {"name", "maker", "origin", "memory_mib", "bandwidth_gb_s", "fp16_tflops",
                                "int8_tops", "calibrated", "source"});
  return read_rows<AcceleratorClass>(table, [](RowReader& row) {
    AcceleratorClass klass;
    klass.name = row.text("name");
    klass.maker = row.text("maker");
    klass.origin = row.one_of("origin", origins);
    klass.memory_mib = row.number32("memory_mib");
    klass.bandwidth_mb_s = row.number32("bandwidth_gb_s", 3);
    klass.fp16_gflops = row.number("fp16_tflops", 3);
    klass.int8_gops = row.number("int8_tops", 3);
    klass.calibrated = row.one_of("calibrated", yes_or_no);
    klass.micro_degrees_per_hour = micro_degrees(klass.fp16_gflops);
    return klass;
  });
}

Read<std::vector<Tier>> tiers(std::string_view csv) {
  auto const table = parse_csv(
      csv, "tiers.csv",
      {"name", "product", "base_us", "per_1k_input_us", "output_rate_min", "input_max", "output_max"});
  return read_rows<Tier>(table, [](RowReader& row) {
    Tier tier;
    tier.name = row.text("name");
    tier.product = row.one_of("product", products);
    tier.base_us = row.number("base_us");
    tier.per_1k_input_us = row.number("per_1k_input_us");
    tier.output_rate_min = row.number32("output_rate_min");
    tier.input_max = row.number32("input_max");
    tier.output_max = row.number32("output_max");
    return tier;
  });
}

Read<std::vector<Model>> models(std::string_view csv) {
  auto const table = parse_csv(csv, "models.csv",
                               {"name", "parameters_millions", "active_millions", "bits_per_parameter",
                                "kv_bytes_per_token", "input_weight", "bytes_per_token"});
  return read_rows<Model>(table, [](RowReader& row) {
    Model model;
    model.name = row.text("name");
    model.parameters_millions = row.number("parameters_millions");
    model.active_millions = row.number("active_millions");
    model.bits_per_parameter = row.number32("bits_per_parameter");
    model.kv_bytes_per_token = row.number("kv_bytes_per_token");
    model.input_weight_milli = row.number32("input_weight", 3);
    model.bytes_per_token_milli = row.number32("bytes_per_token", 3);
    return model;
  });
}

Read<void> aliases(std::string_view csv, Tables& tables) {
  auto const table = parse_csv(csv, "aliases.csv", {"kind", "theirs", "ours"});
  if (!table) return std::unexpected(table.error());
  auto const has = [](auto const& rows, std::string const& name) {
    return std::ranges::any_of(rows, [&](auto const& row) { return row.name == name; });
  };
  for (auto const& row : table->rows) {
    Alias alias{table->at(row, "theirs"), table->at(row, "ours")};
    auto const& kind = table->at(row, "kind");
    if (kind != "class" && kind != "model")
      return std::unexpected(table->error(row, "the kind is class or model"));
    bool const known = kind == "class" ? has(tables.classes, alias.ours) : has(tables.models, alias.ours);
    if (!known) return std::unexpected(table->error(row, "the catalogue has no \"" + alias.ours + "\""));
    (kind == "class" ? tables.class_aliases : tables.model_aliases).push_back(std::move(alias));
  }
  return {};
}

}  // namespace spillway::table_rows
