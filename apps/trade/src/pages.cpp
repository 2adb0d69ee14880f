// apps/trade/src/pages.cpp - one list of columns for each table; a field that is missing is an empty cell.
#include "apps/trade/pages.hpp"

#include <boost/json.hpp>
#include <vector>

#include "apps/text/table.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using Align = TextTable::Align;

struct Field {
  char const* title;
  char const* path;  // "ask.price": a field of a field
  Align align = Align::left;
};
using Fields = std::vector<Field>;
constexpr auto right = Align::right;

json::value const* look_up(json::value const* from, std::string_view path) {
  while (from && !path.empty()) {
    auto const dot = path.find('.');
    auto const* const object = from->if_object();
    from = object ? object->if_contains(path.substr(0, dot)) : nullptr;
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
  }
  return from;
}

std::string cell(json::value const* value) {
  if (!value || value->is_null()) return "";
  if (auto const* const text = value->if_string()) return std::string(*text);
  if (auto const* const flag = value->if_bool()) return *flag ? "yes" : "no";
  return json::serialize(*value);
}

std::string table(json::value const& document, char const* rows, Fields const& fields, char const* none) {
  std::vector<TextTable::Column> columns;
  for (auto const& field : fields) columns.push_back({field.title, field.align});
  TextTable out(std::move(columns));
  auto const* const list = look_up(&document, rows);
  if (!list || !list->is_array() || list->get_array().empty()) return std::string(none) + "\n";
  for (auto const& row : list->get_array()) {
    std::vector<std::string> cells;
    for (auto const& field : fields) {
      auto text = cell(look_up(&row, field.path));
      cells.push_back(field.align == right ? with_thousands(text) : std::move(text));
    }
    out.add(std::move(cells));
  }
  return out.text();
}

std::string lines_of(json::value const& document, std::string const& before = {}) {
  std::string out;
  auto const* const object = document.if_object();
  if (!object) return out;
  for (auto const& [key, value] : *object) {
    auto const name = before + std::string(key);
    out += value.is_object() ? lines_of(value, name + ".") : name + "  " + cell(&value) + "\n";
  }
  return out;
}

std::string why(json::value const& d) {
  std::string out = cell(look_up(&d, "would_fill_now")) + " of " + cell(look_up(&d, "offers")) +
                    " live offers would fill it now\n";
  if (auto const* const failing = look_up(&d, "failing"); failing && failing->is_object())
    for (auto const& [condition, offers] : failing->get_object())
      out += "  " + cell(&offers) + " fail on " + std::string(condition) + "\n";
  if (auto const* const binds = look_up(&d, "binds")) out += "what binds: " + cell(binds) + "\n";
  if (auto const* const silent = look_up(&d, "after_missed_census"))
    out += cell(silent) + " are short of units that missed the census\n";
  if (auto const* const draining = look_up(&d, "draining"))
    out += cell(draining) + " take no new work until they are challenged\n";
  auto const* const relax = look_up(&d, "relax");
  if (!relax) return out;
  if (relax->is_string()) return out + cell(relax) + "\n";
  out += "relax " + cell(look_up(relax, "condition"));
  if (auto const* const to = look_up(relax, "to")) out += " to " + cell(to);
  if (auto const* const reach = look_up(relax, "would_reach_offers"))
    out += " and reach " + cell(reach) + " offers more";
  return out + "\n";
}

// Of an offer: what the census took from its node.
std::string why_offer(json::value const& d) {
  auto out = "offer " + cell(look_up(&d, "offer")) + " is " + cell(look_up(&d, "phase")) + " at " +
             cell(look_up(&d, "price")) + ": " + cell(look_up(&d, "executable")) + " of " +
             cell(look_up(&d, "rest")) + " lots can be sold now\n";
  if (auto const* const drain = look_up(&d, "drain")) out += "  its node takes " + cell(drain) + "\n";
  if (auto const* const units = look_up(&d, "census"); units && units->is_array())
    for (auto const& unit : units->get_array())
      out += "  unit " + cell(look_up(&unit, "unit")) + ", census of epoch " + cell(look_up(&unit, "epoch")) +
             ": " + cell(look_up(&unit, "sentence")) + "; " + cell(look_up(&unit, "effect")) + "\n";
  return out;
}

std::string preview(json::value const& d) {
  auto out = table(d, "fills",
                   {{"offer", "offer", right},
                    {"instrument", "instrument"},
                    {"price", "price", right},
                    {"lots", "lots", right},
                    {"path us", "path_us", right}},
                   "nothing would be filled now");
  out += "unfilled " + cell(look_up(&d, "unfilled")) + ", hold " + cell(look_up(&d, "hold")) +
         ", of it fees at most " + cell(look_up(&d, "fee_at_most")) + "\n";
  auto const* const more = look_up(&d, "why_not_more");
  return more ? out + why(*more) : out;
}

std::string book(json::value const& d) {
  Fields const levels{{"price", "price", right}, {"lots", "lots", right}};
  auto out = cell(look_up(&d, "name")) + "\nasks\n" + table(d, "asks", levels, "none") + "bids\n" +
             table(d, "bids", levels, "none");
  if (auto const* const m = look_up(&d, "measured"))
    out += "unlisted hardware: each of " + cell(look_up(m, "units")) + " proven units has shown at least " +
           cell(look_up(m, "ops_per_s_least")) + " operations/s, " + cell(look_up(m, "bytes_least")) +
           " bytes, " + cell(look_up(m, "bytes_per_s_least")) + " bytes/s\n";
  return out;
}

std::string postings(json::value const& d) {
  auto out = table(d, "postings",
                   {{"stamp us", "stamp_us", right},
                    {"transfer", "transfer", right},
                    {"code", "code"},
                    {"side", "side"},
                    {"amount", "amount", right},
                    {"other account", "other_account"},
                    {"of", "other_owner", right},
                    {"about", "about", right}},
                   "no postings");
  if (auto const* const next = look_up(&d, "next_us"); next && next->is_string())
    out += "there are more: --from " + cell(next) + "\n";
  return out;
}

std::string page(msg::ReadKind kind, json::value const& d) {
  switch (kind) {
    case msg::ReadKind::instruments:
      return table(d, "instruments",
                   {{"id", "instrument", right},
                    {"name", "name"},
                    {"bid", "bid.price", right},
                    {"lots", "bid.lots", right},
                    {"ask", "ask.price", right},
                    {"lots", "ask.lots", right}},
                   "nothing is listed yet");
    case msg::ReadKind::orders:
      return table(d, "orders",
                   {{"order", "order", right},
                    {"client", "client"},
                    {"product", "product"},
                    {"phase", "phase"},
                    {"tif", "tif"},
                    {"limit", "limit", right},
                    {"open", "open", right},
                    {"filled", "filled", right},
                    {"held", "held", right}},
                   "no orders");
    case msg::ReadKind::jobs:
      return table(d, "jobs",
                   {{"job", "job", right},
                    {"order", "order", right},
                    {"instrument", "instrument"},
                    {"phase", "phase"},
                    {"fault", "fault"},
                    {"input", "input", right},
                    {"output", "output", right},
                    {"price", "price", right},
                    {"charge", "charge", right},
                    {"first token us", "latency_us", right},
                    {"late", "late"}},
                   "no jobs");
    case msg::ReadKind::leases:
      return table(d, "leases",
                   {{"lease", "lease", right},
                    {"order", "order", right},
                    {"instrument", "instrument"},
                    {"phase", "phase"},
                    {"fault", "fault"},
                    {"lots", "lots", right},
                    {"used us", "used_us", right},
                    {"price", "price", right},
                    {"charge", "charge", right}},
                   "no leases");
    case msg::ReadKind::balances:
      return table(d, "accounts", {{"owner", "owner"}, {"account", "account"}, {"balance", "balance", right}},
                   "no accounts");
    case msg::ReadKind::postings:
      return postings(d);
    case msg::ReadKind::book:
      return book(d);
    case msg::ReadKind::why:
      if (look_up(&d, "offer")) return why_offer(d);
      return "order " + cell(look_up(&d, "order")) + " is " + cell(look_up(&d, "phase")) + "\n" + why(d);
    case msg::ReadKind::preview:
      return preview(d);
    case msg::ReadKind::status:
    case msg::ReadKind::registered:
    case msg::ReadKind::unset:
      break;
  }
  return lines_of(d);
}

}  // namespace

std::expected<std::string, std::string> page_of(msg::ReadKind kind, std::string_view document) {
  boost::system::error_code error;
  auto const parsed = json::parse(document, error);
  if (error || !parsed.is_object())
    return std::unexpected("the exchange sent a document that is no JSON object");
  if (auto const* const refused = look_up(&parsed, "error")) return std::unexpected(cell(refused));
  return page(kind, parsed);
}

std::map<InstrumentId, std::string> instrument_names(std::string_view document) {
  std::map<InstrumentId, std::string> names;
  boost::system::error_code error;
  auto const parsed = json::parse(document, error);
  auto const* const list = error ? nullptr : look_up(&parsed, "instruments");
  if (!list || !list->is_array()) return names;
  for (auto const& row : list->get_array()) {
    auto const* const id = look_up(&row, "instrument");
    if (id && id->is_int64() && id->get_int64() > 0 && id->get_int64() <= 0xffffffff)
      names[InstrumentId{static_cast<std::uint32_t>(id->get_int64())}] = cell(look_up(&row, "name"));
  }
  return names;
}

}  // namespace spillway
