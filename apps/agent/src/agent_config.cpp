// apps/agent/src/agent_config.cpp - reads the file, strictly: a key that nobody knows is a mistake, not a
// wish.
#include "apps/agent/agent_config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>

#include "market/decimal.hpp"

namespace spillway {
namespace {

struct Wrong {
  std::string sentence;
};

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  [[noreturn]] void fail(toml::node const* at, std::string const& why) const {
    auto const line = at ? ", line " + std::to_string(at->source().begin.line) : "";
    throw Wrong{file_ + line + ": " + why};
  }
  void only(toml::table const& table, std::initializer_list<std::string_view> known) const {
    for (auto const& [key, node] : table)
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        fail(&node,
             "the key \"" + std::string(key.str()) + "\" is unknown here; remove it or correct its name");
  }
  std::string text(toml::table const& table, std::string_view key, bool needed = false) const {
    auto const* const node = table.get(key);
    if (!node && needed) fail(&table, "\"" + std::string(key) + "\" is missing");
    if (node && !node->is_string()) fail(node, "\"" + std::string(key) + "\" must be text in quotes");
    return node ? *node->value<std::string>() : std::string();
  }
  std::int64_t whole(toml::table const& table, std::string_view key, std::int64_t otherwise,
                     std::int64_t most) const {
    auto const* const node = table.get(key);
    if (!node) return otherwise;
    auto const value = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
    if (!value || *value < 0 || *value > most)
      fail(node, "\"" + std::string(key) + "\" must be a whole number from 0 to " + std::to_string(most));
    return *value;
  }
  toml::table const& section(toml::table const& table, std::string_view key) const {
    auto const* const node = table.get_as<toml::table>(key);
    if (!node) fail(&table, "the section [" + std::string(key) + "] is missing");
    return *node;
  }

  AgentOffer offer(toml::table const& t) const {
    only(t, {"product", "model", "engine_model", "tier", "price", "slots", "units"});
    AgentOffer o;
    auto const product = text(t, "product", true);
    if (product != "tokens" && product != "capacity")
      fail(t.get("product"), "product must be \"tokens\" or \"capacity\"");
    o.product = product == "tokens" ? ProductKind::tokens : ProductKind::capacity;
    o.tier = text(t, "tier", true);
    o.model = text(t, "model", o.product == ProductKind::tokens);
    o.engine_model = text(t, "engine_model");
    o.price = price(t);
    o.slots = whole(t, "slots", 0, 1'000'000);
    auto const units =
        parse_milli(text(t, "units", o.product == ProductKind::capacity).empty() ? "0" : text(t, "units"));
    if (!units)
      fail(t.get("units"), "units must be a number of accelerators in quotes, such as \"2\" or \"0.5\"");
    o.units_milli = *units;
    return o;
  }

  PriceIndex price(toml::table const& t) const {
    auto const money = parse_money(text(t, "price", true));
    auto const step = money ? exact_step(*money) : std::nullopt;
    if (!step)
      fail(t.get("price"), "price must be decimal text of at most four significant digits, such as \"2.79\"");
    return *step;
  }

  AgentNode node(toml::table const& t) const {
    only(t, {"label", "place", "class", "units", "offer"});
    AgentNode n;
    n.label = static_cast<std::uint64_t>(whole(t, "label", 0, 1'000'000'000));
    if (n.label == 0) fail(&t, "each node needs a label from 1; keep it over restarts");
    n.place = text(t, "place", true);
    n.klass = text(t, "class", true);
    n.units = static_cast<std::uint16_t>(whole(t, "units", 1, 1024));
    if (auto const* const offers = t.get_as<toml::array>("offer"))
      for (auto const& row : *offers) {
        if (!row.is_table()) fail(&row, "write each offer as [[node.offer]]");
        n.offers.push_back(offer(*row.as_table()));
      }
    return n;
  }

  AgentConfig config(toml::table const& root) const {
    only(root, {"exchange", "engine", "lease", "node"});
    AgentConfig c;
    auto const& exchange = section(root, "exchange");
    only(exchange, {"url", "trust", "credentials", "post_bonds"});
    c.exchange_url = text(exchange, "url", true);
    c.trust = text(exchange, "trust");
    c.credentials = text(exchange, "credentials", true);
    if (auto const* const bonds = exchange.get("post_bonds")) {
      if (!bonds->is_boolean()) fail(bonds, "post_bonds must be true or false");
      c.post_bonds = bonds->as_boolean()->get();
    }
    if (auto const* const engine = root.get_as<toml::table>("engine")) {
      only(*engine, {"url", "slots", "note", "silence_ms"});
      c.engine_url = text(*engine, "url", true);
      c.engine_slots = whole(*engine, "slots", 1, 1'000'000);
      c.engine_note = text(*engine, "note");
      c.engine_silence_ms = whole(*engine, "silence_ms", 8000, 600'000);
    }
    if (auto const* const lease = root.get_as<toml::table>("lease")) {
      only(*lease, {"start_hook", "end_hook"});
      c.lease_start_hook = text(*lease, "start_hook");
      c.lease_end_hook = text(*lease, "end_hook");
    }
    auto const* const nodes = root.get_as<toml::array>("node");
    if (!nodes || nodes->empty()) fail(&root, "at least one [[node]] is needed");
    for (auto const& row : *nodes) {
      if (!row.is_table()) fail(&row, "write each node as [[node]]");
      c.nodes.push_back(node(*row.as_table()));
      auto const same = [&](AgentNode const& n) { return n.label == c.nodes.back().label; };
      if (std::count_if(c.nodes.begin(), c.nodes.end(), same) > 1)
        fail(&row, "another node has this label already; give each node its own");
    }
    return c;
  }

 private:
  std::string file_;
};

}  // namespace

std::expected<AgentConfig, std::string> load_agent_config(std::filesystem::path const& file) {
  try {
    auto const root = toml::parse_file(file.string());
    return Reader(file.string()).config(root);
  } catch (toml::parse_error const& e) {
    if (e.source().begin.line == 0)
      return std::unexpected(file.string() + " can't be read: " + std::string(e.description()));
    return std::unexpected(file.string() + ", line " + std::to_string(e.source().begin.line) + ": " +
                           std::string(e.description()));
  } catch (Wrong const& wrong) {
    return std::unexpected(wrong.sentence);
  }
}

}  // namespace spillway
