// market/reference/src/tables.cpp - puts the shipped tables together and checks them as the core will.
#include "reference/tables.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>

#include "market/check.hpp"
#include "reference/geo.hpp"
#include "table_rows.hpp"

namespace spillway {
namespace {

template <class Row>
Row const* named(std::vector<Row> const& rows, std::string_view name) {
  auto const at = std::ranges::find(rows, name, &Row::name);
  return at == rows.end() ? nullptr : &*at;
}

std::string_view ours_of(std::vector<Alias> const& aliases, std::string_view theirs) {
  auto const at = std::ranges::find(aliases, theirs, &Alias::theirs);
  return at == aliases.end() ? theirs : std::string_view(at->ours);
}

std::string lower(std::string_view text) {
  std::string low{text};
  std::ranges::transform(low, low.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return low;
}

/// The core's own checks, so that a table that loads here is never refused there.
std::expected<void, TableError> check_as_core(Tables const& tables) {
  Reference reference;
  if (auto fault = reference.set_places(tables.places))
    return std::unexpected(TableError{"places.csv", 0, *fault});
  if (auto fault = reference.set_classes(tables.classes))
    return std::unexpected(TableError{"classes.csv", 0, *fault});
  if (auto fault = reference.set_tiers(tables.tiers))
    return std::unexpected(TableError{"tiers.csv", 0, *fault});
  if (auto fault = reference.set_models(tables.models))
    return std::unexpected(TableError{"models.csv", 0, *fault});
  return {};
}

void estimate_round_trips(Tables& tables) {
  auto const leaf = tables.leaves();
  auto const n = tables.places.size();
  tables.round_trips.assign(n, std::vector<RoundTrip>(n));
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      if (leaf[a] && leaf[b])
        tables.round_trips[a][b] = estimated_round_trip(tables.places[a], tables.places[b]);
}

template <class Rows>
bool take(std::expected<Rows, TableError>&& read, Rows& into, std::expected<void, TableError>& good) {
  if (good && !read) good = std::unexpected(read.error());
  if (good) into = std::move(*read);
  return good.has_value();
}

std::expected<std::string, TableError> read_text(std::filesystem::path const& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return std::unexpected(
        TableError{path.string(), 0, "cannot be opened; the directory needs all five tables"});
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

Place const* Tables::place_named(std::string_view name) const { return named(places, name); }
AcceleratorClass const* Tables::class_of(std::string_view theirs) const {
  return named(classes, ours_of(class_aliases, theirs));
}
Model const* Tables::model_of(std::string_view theirs) const {
  auto const slash = theirs.rfind('/');
  auto const last = lower(slash == theirs.npos ? theirs : theirs.substr(slash + 1));
  return named(models, ours_of(model_aliases, last));
}

std::vector<bool> Tables::leaves() const {
  std::vector<bool> leaf(places.size(), true);
  for (auto const& place : places)
    if (place.parent.some()) leaf[place.parent.v - 1u] = false;
  return leaf;
}

std::expected<Tables, TableError> parse_tables(TableTexts const& texts) {
  Tables tables;
  std::expected<void, TableError> good;
  take(table_rows::places(texts.places), tables.places, good) &&
      take(table_rows::classes(texts.classes), tables.classes, good) &&
      take(table_rows::tiers(texts.tiers), tables.tiers, good) &&
      take(table_rows::models(texts.models), tables.models, good);
  if (good) good = table_rows::aliases(texts.aliases, tables);
  if (good) good = check_as_core(tables);
  if (!good) return std::unexpected(good.error());
  estimate_round_trips(tables);
  return tables;
}

Tables shipped_tables() {
  auto tables = parse_tables(shipped_table_texts());
  if (!tables)
    check_failed("market/reference/tables", 0, text(tables.error()).c_str(), "the shipped tables are valid");
  return std::move(*tables);
}

std::expected<Tables, TableError> load_tables(std::filesystem::path const& directory) {
  std::array<std::string, 5> contents;
  constexpr std::array names{"places.csv", "classes.csv", "tiers.csv", "models.csv", "aliases.csv"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto content = read_text(directory / names[i]);
    if (!content) return std::unexpected(content.error());
    contents[i] = std::move(*content);
  }
  return parse_tables({contents[0], contents[1], contents[2], contents[3], contents[4]});
}

std::string place_name(std::string_view provider, std::string_view region) {
  auto name = std::string(provider) + ":";
  if (provider != "vast") return name.append(region);
  auto const base = lower(region.substr(0, region.rfind(',')));  // without the continent
  auto const start = name.size();
  for (char const c : base) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      name += c;
    else if (name.size() > start && name.back() != '-')
      name += '-';
  }
  while (name.size() > start && name.back() == '-') name.pop_back();
  return name;
}

}  // namespace spillway
