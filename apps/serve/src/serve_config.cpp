// apps/serve/src/serve_config.cpp - reads the file strictly: a key that nobody knows is a mistake, not a
// wish.
#include "apps/serve/serve_config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "attest/session.hpp"
#include "market/decimal.hpp"

namespace spillway {
namespace {

struct Wrong {
  std::string sentence;
};

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void read(toml::table const& t, ServeConfig& c) const {
    only(t, {"rules", "market", "journal", "memory", "server", "door", "challenge", "census", "engine"});
    if (auto const* const s = section(t, "rules")) rules(*s, c.rules);
    if (auto const* const s = section(t, "market")) market(*s, c);
    if (auto const* const s = section(t, "journal")) journal(*s, c);
    if (auto const* const s = section(t, "memory")) memory(*s, c);
    if (auto const* const s = section(t, "server")) server(*s, c.server);
    if (auto const* const s = section(t, "door")) door(*s, c.server);
    if (auto const* const s = section(t, "challenge")) challenge(*s, c.server);
    if (auto const* const s = section(t, "census")) census(*s, c.server.census);
    if (auto const* const s = section(t, "engine")) {
      only(*s, {"note"});
      text(*s, "note", c.server.engine_note);
    }
  }
  [[nodiscard]] std::string at(std::int64_t line, std::string const& why) const {
    return file_ + ", line " + std::to_string(line) + ": " + why;
  }

 private:
  [[noreturn]] void fail(toml::node const& node, std::string const& why) const {
    throw Wrong{at(static_cast<std::int64_t>(node.source().begin.line), why)};
  }
  void only(toml::table const& table, std::initializer_list<std::string_view> known) const {
    for (auto const& [key, node] : table)
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
        std::string list;
        for (auto const name : known) list += (list.empty() ? "" : ", ") + std::string(name);
        fail(node, "\"" + std::string(key.str()) + "\" is unknown here; there are " + list);
      }
  }
  toml::table const* section(toml::table const& table, std::string_view key) const {
    auto const* const node = table.get(key);
    if (node && !node->is_table()) fail(*node, "\"" + std::string(key) + "\" must be a section");
    return node ? node->as_table() : nullptr;
  }
  void text(toml::table const& table, std::string_view key, std::string& into) const {
    auto const* const node = table.get(key);
    if (!node) return;
    if (!node->is_string()) fail(*node, "\"" + std::string(key) + "\" must be text in quotes");
    into = *node->value<std::string>();
  }
  template <class Int>
  void whole(toml::table const& table, std::string_view key, Int& into, std::int64_t least,
             std::int64_t most) const {
    auto const* const node = table.get(key);
    if (!node) return;
    auto const value = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
    if (!value || *value < least || *value > most)
      fail(*node, "\"" + std::string(key) + "\" must be a whole number from " + std::to_string(least) +
                      " to " + std::to_string(most));
    into = static_cast<Int>(*value);
  }
  void ms(toml::table const& table, std::string_view key, Micros& into) const {
    constexpr std::int64_t a_day = 86'400'000;
    std::int64_t value = into.v / 1000;
    whole(table, key, value, 1, a_day);
    if (table.contains(key)) into = Micros{value * 1000};
  }
  void flag(toml::table const& table, std::string_view key, bool& into) const {
    auto const* const said = table.get(key);
    if (!said) return;
    if (!said->is_boolean()) fail(*said, "\"" + std::string(key) + "\" must be true or false");
    into = *said->value<bool>();
  }
  void seconds(toml::table const& table, std::string_view key, Micros& into) const {
    constexpr std::int64_t a_month = 30 * 86'400;
    std::int64_t value = into.v / micros_per_second;
    whole(table, key, value, 0, a_month);
    if (table.contains(key)) into = Micros{value * micros_per_second};
  }
  void money(toml::table const& table, std::string_view key, Nano& into) const {
    if (!table.contains(key)) return;
    std::string typed;
    text(table, key, typed);
    auto const amount = parse_money(typed);
    if (!amount || amount->v < 0)
      fail(*table.get(key), "\"" + std::string(key) + "\" must be an amount in quotes, such as \"0.01\"");
    into = *amount;
  }

  void rules(toml::table const& t, Rules& r) const {
    only(t, {"acknowledgement_ms", "first_token_slack_ms", "silence_ms", "node_grace_ms",
             "lease_ready_slack_ms", "lease_slice_ms", "usage_mark", "attestation_validity_ms",
             "token_order_default_ms", "token_order_longest_ms", "taker_fee_bps", "maker_rebate_bps",
             "sla_rebate_milli", "class_scale", "bond_per_unit", "bond_hold_ms"});
    ms(t, "acknowledgement_ms", r.acknowledgement);
    ms(t, "first_token_slack_ms", r.first_token_slack);
    ms(t, "silence_ms", r.silence);
    ms(t, "node_grace_ms", r.node_grace);
    ms(t, "lease_ready_slack_ms", r.lease_ready_slack);
    ms(t, "lease_slice_ms", r.lease_slice);
    ms(t, "attestation_validity_ms", r.attestation_validity);
    ms(t, "token_order_default_ms", r.token_order_default);
    ms(t, "token_order_longest_ms", r.token_order_longest);
    money(t, "usage_mark", r.usage_mark);
    if (r.usage_mark > largest_hold)
      fail(*t.get("usage_mark"), "\"usage_mark\" is more than one order holds");
    whole(t, "taker_fee_bps", r.taker_fee_bps, 0, 10'000);
    whole(t, "maker_rebate_bps", r.maker_rebate_bps, 0, 10'000);
    whole(t, "sla_rebate_milli", r.sla_rebate_milli, 0, 1'000);
    whole(t, "class_scale", r.class_scale, 1, 1'000'000'000'000);
    money(t, "bond_per_unit", r.bond_per_unit);
    if (r.bond_per_unit > largest_hold)
      fail(*t.get("bond_per_unit"), "\"bond_per_unit\" is more than one order holds");
    ms(t, "bond_hold_ms", r.bond_hold);
    if (r.lease_slice.v % micros_per_second != 0)
      fail(*t.get("lease_slice_ms"), "\"lease_slice_ms\" must be whole seconds, such as 10000");
    if (r.token_order_default > r.token_order_longest)
      fail(t, "\"token_order_default_ms\" (" + std::to_string(r.token_order_default.v / 1000) +
                  ") can't be larger than \"token_order_longest_ms\" (" +
                  std::to_string(r.token_order_longest.v / 1000) + ")");
    if (r.maker_rebate_bps > r.taker_fee_bps)
      fail(t, "the maker's rebate can't be larger than the taker's fee, which pays for it");
  }
  void market(toml::table const& t, ServeConfig& c) const {
    only(t, {"relay", "guarantee_fund", "bytes_per_token_milli"});
    text(t, "relay", c.relay);
    money(t, "guarantee_fund", c.guarantee_fund);
    if (!t.contains("bytes_per_token_milli")) return;
    std::int32_t value{};
    whole(t, "bytes_per_token_milli", value, 1, 1'000'000);
    c.bytes_per_token_milli = value;
  }
  void journal(toml::table const& t, ServeConfig& c) const {
    only(t, {"segment_mib", "snapshot_entries", "snapshot_every_s"});
    whole(t, "segment_mib", c.segment_mib, 1, 1'024);
    whole(t, "snapshot_entries", c.snapshot_entries, 1, 1'000'000'000);
    whole(t, "snapshot_every_s", c.snapshot_every_s, 1, 86'400);
  }
  void memory(toml::table const& t, ServeConfig& c) const {
    only(t, {"resident_rows"});
    whole(t, "resident_rows", c.resident_rows, 0, 16'000'000);
  }
  void server(toml::table const& t, ServerConfig& s) const {
    only(t, {"names", "statements"});
    std::string statements = "asked";
    text(t, "statements", statements);
    s.statements_required = statements == "required";
    if (!s.statements_required && statements != "asked")
      fail(*t.get("statements"), "\"statements\" must be \"asked\" or \"required\"");
    auto const* const names = t.get("names");
    if (!names) return;
    auto const* const list = names->as_array();
    if (!list || list->empty() || !list->is_homogeneous<std::string>())
      fail(*names, "\"names\" must be a list of the host names that clients dial, each in quotes");
    s.server_names.clear();
    for (auto const& name : *list) s.server_names.push_back(*name.value<std::string>());
  }
  void door(toml::table const& t, ServerConfig& s) const {
    only(t, {"price_cap", "buyer_place", "good_for_ms"});
    text(t, "buyer_place", s.door_buyer_place);
    ms(t, "good_for_ms", s.door_good_for);
    if (!t.contains("price_cap")) return;
    Nano cap;
    money(t, "price_cap", cap);
    auto const step = exact_step(cap);
    if (!step)
      fail(*t.get("price_cap"), "price_cap must have at most four significant digits, such as \"2.79\"");
    s.door_price_cap = *step;
  }
  void challenge(toml::table const& t, ServerConfig& s) const {
    only(t, {"n", "rounds", "retained", "passes", "openings", "at_once", "check_place"});
    auto& c = s.challenge;
    whole(t, "n", c.n, attest::smallest_n, attest::largest_n);
    whole(t, "rounds", c.rounds, 1, attest::most_rounds);
    whole(t, "retained", c.retained, 1, attest::most_rounds);
    whole(t, "passes", c.passes, 1, attest::most_passes);
    whole(t, "openings", c.openings, 1, attest::most_openings);
    whole(t, "at_once", s.challenges_at_once, 1, 64);
    flag(t, "check_place", s.check_place);
    if (auto const fine = attest::check(c); !fine) fail(t, std::string(attest::sentence(fine.error())));
  }

  void census(toml::table const& t, CensusConfig& c) const {
    only(t, {"on", "epoch_ms", "window_from_ms", "window_to_ms", "answer_within_ms", "again_after_ms",
             "late_after_ms", "full_every_s", "drain_within_s", "keep_epochs", "n", "rounds", "openings",
             "workers", "probes"});
    flag(t, "on", c.on);
    flag(t, "probes", c.probes);
    ms(t, "epoch_ms", c.epoch);
    ms(t, "window_from_ms", c.window_from);
    ms(t, "window_to_ms", c.window_to);
    ms(t, "answer_within_ms", c.answer_within);
    ms(t, "again_after_ms", c.again_after);
    ms(t, "late_after_ms", c.late_after);
    seconds(t, "full_every_s", c.full_every);
    seconds(t, "drain_within_s", c.drain_within);
    whole(t, "keep_epochs", c.keep_epochs, 0, 1'000'000);
    whole(t, "n", c.light.n, attest::smallest_n, attest::largest_n);
    whole(t, "rounds", c.light.rounds, 1, attest::most_rounds);
    whole(t, "openings", c.light.openings, 1, attest::most_openings);
    whole(t, "workers", c.workers, 1, 64);
    if (auto const fine = attest::check(c.light); !fine) fail(t, std::string(attest::sentence(fine.error())));
    if (c.window_from > c.window_to || c.window_to > c.epoch)
      fail(t, "the window begins between \"window_from_ms\" and \"window_to_ms\", within \"epoch_ms\"");
    // An auditor plays transcripts again under these limits.
    if (c.answer_within > attest::SessionConfig{}.echo_within)
      fail(t, "\"answer_within_ms\" is 10000 at most");
  }

  std::string file_;
};

}  // namespace

std::expected<ServeConfig, std::string> parse_serve_config(std::string_view text, std::string const& file) {
  Reader const reader(file);
  ServeConfig config;
  try {
    reader.read(toml::parse(text), config);
  } catch (toml::parse_error const& e) {
    return std::unexpected(
        reader.at(static_cast<std::int64_t>(e.source().begin.line), std::string(e.description())));
  } catch (Wrong const& wrong) {
    return std::unexpected(wrong.sentence);
  }
  return config;
}

std::expected<ServeConfig, std::string> load_serve_config(std::filesystem::path const& file) {
  std::error_code unseen;
  if (std::filesystem::is_directory(file, unseen))
    return std::unexpected(file.string() + " is a directory; name the TOML file in it");
  Reader const reader(file.string());
  ServeConfig config;
  try {
    reader.read(toml::parse_file(file.string()), config);
  } catch (toml::parse_error const& e) {
    auto const line = static_cast<std::int64_t>(e.source().begin.line);
    if (line == 0) return std::unexpected(file.string() + " can't be read: " + std::string(e.description()));
    return std::unexpected(reader.at(line, std::string(e.description())));
  } catch (Wrong const& wrong) {
    return std::unexpected(wrong.sentence);
  }
  return config;
}

}  // namespace spillway
