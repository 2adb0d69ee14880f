// apps/demo/src/config_text.cpp - TOML by hand: names of the tables hold nothing that needs an escape, paths
// do.
#include "config_text.hpp"

#include "market/check.hpp"
#include "market/decimal.hpp"

namespace spillway::demo {
namespace {

std::string quoted(std::string const& text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string line(char const* key, std::string const& value) {
  return std::string(key) + " = " + quoted(value) + "\n";
}
std::string line(char const* key, std::int64_t value) {
  return std::string(key) + " = " + std::to_string(value) + "\n";
}

template <class Row>
std::string const& name_of(std::vector<Row> const& rows, decltype(Row::id) id) {
  sw_check(id.v >= 1 && id.v <= rows.size(), "a plan names rows of its tables");
  return rows[id.v - 1u].name;
}

std::string offer_text(Tables const& tables, PlannedOffer const& offer, std::string const& engine_model) {
  std::string out = "\n[[node.offer]]\n";
  bool const tokens = offer.product == ProductKind::tokens;
  out += line("product", tokens ? "tokens" : "capacity");
  out += line("tier", name_of(tables.tiers, offer.tier));
  out += line("price", money_text(price_of(offer.price)));
  if (!tokens) return out + line("units", milli_text(offer.lots));
  out += line("model", name_of(tables.models, offer.model));
  out += line("engine_model", engine_model);
  return out + line("slots", offer.lots);
}

}  // namespace

std::string agent_config_text(Tables const& tables, PlannedProvider const& provider,
                              AgentTexts const& texts) {
  std::string out = "[exchange]\n" + line("url", texts.exchange_url) + line("trust", texts.certificate) +
                    line("credentials", texts.credentials);
  out += "\n[engine]\n" + line("url", texts.engine_url) + line("slots", texts.engine_slots) +
         line("note", engine_note);
  for (auto const& node : provider.nodes) {
    out += "\n[[node]]\n" + line("label", static_cast<std::int64_t>(node.label)) +
           line("place", name_of(tables.places, node.place)) +
           line("class", name_of(tables.classes, node.klass)) + line("units", std::int64_t{node.units});
    for (auto const& offer : node.offers) out += offer_text(tables, offer, texts.engine_model);
  }
  return out;
}

std::string exchange_config_text(DemoOptions const& options, std::string const& buyer_place,
                                 PriceIndex door_price_cap) {
  return "[rules]\n" + line("class_scale", options.class_scale) + "\n[market]\n" +
         line("bytes_per_token_milli", std::int64_t{bytes_per_token_milli}) + "\n[door]\n" +
         line("price_cap", money_text(price_of(door_price_cap))) + line("buyer_place", buyer_place) +
         "\n[engine]\n" + line("note", engine_note);
}

}  // namespace spillway::demo
