// sim/import/src/overlay.cpp - reads overlay.toml: lists of choices with weights, checked against the
// catalogue.
#include "sim/overlay.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>

namespace spillway::sim {
namespace {

/// Reads one document and keeps its first fault, so that the overlay below reads as a list of its keys.
class Reader {
 public:
  Reader(Tables const& tables, std::string file) : tables_(tables), file_(std::move(file)) {}

  void fail(toml::node const& at, std::string sentence) {
    if (!error_) error_ = TableError{file_, static_cast<int>(at.source().begin.line), std::move(sentence)};
  }
  [[nodiscard]] std::optional<TableError> const& error() const { return error_; }

  void only(toml::table const& table, std::initializer_list<std::string_view> keys) {
    for (auto const& [key, node] : table)
      if (std::ranges::find(keys, key.str()) == keys.end())
        fail(node, "the key \"" + std::string(key.str()) + "\" is not known here; check its spelling");
  }

  toml::table const& section(toml::table const& in, char const* key) {
    static toml::table const none;
    auto const* node = in.get(key);
    if (!node) fail(in, std::string("the section [") + key + "] is missing");
    if (node && !node->is_table()) fail(*node, std::string(key) + " is a section");
    return node && node->is_table() ? *node->as_table() : none;
  }

  /// An integer of a table within [least, most].
  std::int64_t integer(toml::table const& in, char const* key, std::int64_t least, std::int64_t most) {
    auto const* node = in.get(key);
    auto const value = node ? node->value_exact<std::int64_t>() : std::nullopt;
    if (!value || *value < least || *value > most) {
      fail(node ? *node : in, std::string(key) + " is a whole number from " + std::to_string(least) + " to " +
                                  std::to_string(most));
      return least;
    }
    return *value;
  }

  std::string text(toml::table const& in, char const* key) {
    auto const* node = in.get(key);
    auto value = node ? node->value_exact<std::string>() : std::nullopt;
    if (!value) fail(node ? *node : in, std::string(key) + " is a text in quotes");
    return value.value_or("");
  }

  /// A list of tables, each with a weight and what `value` reads from it.
  template <class Value>
  auto choices(toml::table const& in, char const* key, std::initializer_list<std::string_view> keys,
               Value value) {
    std::vector<Weighted<decltype(value(in))>> list;
    auto const* node = in.get(key);
    auto const* array = node ? node->as_array() : nullptr;
    if (!array || array->empty()) {
      fail(node ? *node : in, std::string(key) + " is a list with at least one choice { ..., weight = n }");
      return list;
    }
    for (auto const& item : *array) {
      auto const* choice = item.as_table();
      if (!choice) {
        fail(item, std::string("each choice of ") + key + " is a table { ..., weight = n }");
        continue;
      }
      only(*choice, keys);
      auto const weight = integer(*choice, "weight", 1, 1'000'000);
      list.push_back({value(*choice), weight});
    }
    return list;
  }

  PlaceId leaf(toml::table const& choice) {
    auto const name = text(choice, "place");
    auto const* place = tables_.place_named(name);
    if (place && tables_.leaves()[place->id.v - 1u]) return place->id;
    fail(choice, "\"" + name + "\" is not a place without places below it; list the places");
    return {};
  }
  ModelId model(toml::table const& choice) {
    auto const name = text(choice, "model");
    if (auto const* found = tables_.model_of(name)) return found->id;
    fail(choice, "the catalogue has no model \"" + name + "\"; list the models");
    return {};
  }
  TierId tier(toml::table const& choice, ProductKind product) {
    auto const name = text(choice, "tier");
    if (name == "any") return {};
    auto const at = std::ranges::find_if(
        tables_.tiers, [&](Tier const& tier) { return tier.name == name && tier.product == product; });
    if (at != tables_.tiers.end()) return at->id;
    fail(choice, "there is no tier \"" + name + "\" of this product; list the tiers");
    return {};
  }

 private:
  Tables const& tables_;
  std::string file_;
  std::optional<TableError> error_;
};

constexpr std::int64_t milliseconds_most = 600'000;
constexpr std::int64_t seconds_most = 86'400;

std::vector<Weighted<std::int32_t>> caps(Reader& read, toml::table const& in) {
  return read.choices(in, "price_caps", {"factor_milli", "weight"}, [&](toml::table const& choice) {
    return static_cast<std::int32_t>(read.integer(choice, "factor_milli", 1, 1'000'000));
  });
}

void read_tokens(Reader& read, toml::table const& tokens, Overlay& overlay) {
  read.only(tokens, {"models", "tiers", "price_caps", "latency"});
  overlay.models = read.choices(tokens, "models", {"model", "weight"},
                                [&](toml::table const& choice) { return read.model(choice); });
  overlay.token_tiers = read.choices(tokens, "tiers", {"tier", "weight"}, [&](toml::table const& choice) {
    return read.tier(choice, ProductKind::tokens);
  });
  overlay.token_cap_milli = caps(read, tokens);
  overlay.latency =
      read.choices(tokens, "latency", {"network_ms", "ready_ms", "weight"}, [&](toml::table const& choice) {
        return LatencyNeed{Micros{read.integer(choice, "network_ms", 0, milliseconds_most) * 1'000},
                           Micros{read.integer(choice, "ready_ms", 0, milliseconds_most) * 1'000}};
      });
}

void read_capacity(Reader& read, toml::table const& capacity, Overlay& overlay) {
  read.only(capacity, {"every_s", "tiers", "sizes", "terms", "price_caps"});
  overlay.capacity_every = Micros{read.integer(capacity, "every_s", 0, seconds_most) * micros_per_second};
  overlay.capacity_tiers =
      read.choices(capacity, "tiers", {"tier", "weight"},
                   [&](toml::table const& choice) { return read.tier(choice, ProductKind::capacity); });
  overlay.capacity_sizes =
      read.choices(capacity, "sizes", {"accelerators", "weight"}, [&](toml::table const& choice) {
        return static_cast<std::int32_t>(read.integer(choice, "accelerators", 1, 1'000));
      });
  overlay.capacity_terms =
      read.choices(capacity, "terms", {"seconds", "weight"}, [&](toml::table const& choice) {
        return Micros{read.integer(choice, "seconds", 1, seconds_most) * micros_per_second};
      });
  overlay.capacity_cap_milli = caps(read, capacity);
}

}  // namespace

std::expected<Overlay, TableError> parse_overlay(Tables const& tables, std::string_view toml_text,
                                                 std::string file) {
  toml::table document;
  try {
    document = toml::parse(toml_text, file);
  } catch (toml::parse_error const& error) {
    return std::unexpected(TableError{file, static_cast<int>(error.source().begin.line),
                                      "not TOML: " + std::string(error.description())});
  }
  Reader read{tables, std::move(file)};
  Overlay overlay;
  read.only(document, {"seed", "buyers", "tokens", "capacity"});
  overlay.seed =
      static_cast<std::uint64_t>(read.integer(document, "seed", 0, std::numeric_limits<std::int64_t>::max()));
  auto const& buyers = read.section(document, "buyers");
  read.only(buyers, {"places"});
  overlay.buyer_places = read.choices(buyers, "places", {"place", "weight"},
                                      [&](toml::table const& choice) { return read.leaf(choice); });
  read_tokens(read, read.section(document, "tokens"), overlay);
  read_capacity(read, read.section(document, "capacity"), overlay);
  if (read.error()) return std::unexpected(*read.error());
  return overlay;
}

std::expected<Overlay, TableError> read_overlay(Tables const& tables, std::filesystem::path const& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in)
    return std::unexpected(
        TableError{file.string(), 0, "cannot be opened; check the path and its permissions"});
  std::string const content{std::istreambuf_iterator<char>{in}, {}};
  return parse_overlay(tables, content, file.filename().string());
}

}  // namespace spillway::sim
