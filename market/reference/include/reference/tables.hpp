// reference/tables.hpp - the tables that the exchange ships: places, classes, tiers, models, and names that
// others use.
// Room:   market/reference (table maker); sees the standard library and the vocabulary.
// Source: market/reference/tables/*.csv; each row says where its figures come from.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "market/reference.hpp"
#include "reference/csv.hpp"

namespace spillway {

/// What a data source calls a class or a model of ours. Names of models: the last part of a path, in lower
/// case.
struct Alias {
  std::string theirs;
  std::string ours;
};

struct Tables {
  std::vector<Place> places;
  std::vector<AcceleratorClass> classes;
  std::vector<Tier> tiers;
  std::vector<Model> models;
  std::vector<Alias> class_aliases;
  std::vector<Alias> model_aliases;
  std::vector<std::vector<RoundTrip>>
      round_trips;  // [from - 1][to - 1]; of nodes that are not leaves: unknown

  [[nodiscard]] Place const* place_named(std::string_view name) const;
  [[nodiscard]] AcceleratorClass const* class_of(
      std::string_view theirs) const;                                  // null: not in the catalogue
  [[nodiscard]] Model const* model_of(std::string_view theirs) const;  // null: not in the catalogue
  [[nodiscard]] std::vector<bool> leaves() const;                      // [id - 1]
};

struct TableTexts {
  std::string_view places, classes, tiers, models, aliases;
};
/// The texts built into the binary; they live as long as the process.
[[nodiscard]] TableTexts shipped_table_texts();

/// Round trips are all estimated (see geo.hpp) until market data is applied.
[[nodiscard]] std::expected<Tables, TableError> parse_tables(TableTexts const&);
/// The shipped tables; they were tested, so a fault stops the process.
[[nodiscard]] Tables shipped_tables();
/// Tables of the same names from a directory.
[[nodiscard]] std::expected<Tables, TableError> load_tables(std::filesystem::path const& directory);

/// The name of a place as the market data knows it: ("vast", "Alberta, CA, NA") -> "vast:alberta-ca".
[[nodiscard]] std::string place_name(std::string_view provider, std::string_view region);

}  // namespace spillway
