// apps/demo/src/figures.cpp - see figures.hpp.
#include "figures.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace spillway::demo {
namespace {

namespace json = boost::json;

// Large numbers come as text, small ones as numbers.
std::int64_t number(json::object const& object, char const* name) {
  auto const* const value = object.if_contains(name);
  if (!value) throw std::string(name);
  if (auto const* const text = value->if_string()) return std::stoll(std::string(*text));
  return value->to_number<std::int64_t>();
}

void take_server(json::object const& s, Figures& f) {
  f.orders = number(s, "orders"), f.refused = number(s, "refused"), f.fills = number(s, "fills");
  f.jobs_completed = number(s, "jobs_completed"), f.jobs_failed = number(s, "jobs_failed");
  f.leases = number(s, "leases"), f.tokens = number(s, "tokens");
  auto const& faults = s.at("jobs_failed_by_fault").as_object();
  f.failed_buyer = number(faults, "buyer"), f.failed_provider = number(faults, "provider");
  f.failed_exchange = number(faults, "exchange"), f.failed_none = number(faults, "none");
  f.volume_nano = number(s, "volume_nano"), f.fees_nano = number(s, "fees_nano");
  f.offers_most = number(s, "offers_most");
  f.match_p50_ns = number(s, "match_p50_ns"), f.match_p99_ns = number(s, "match_p99_ns");
  f.ack_p50_us = number(s, "ack_p50_us"), f.ack_p99_us = number(s, "ack_p99_us");
  f.first_token_p50_us = number(s, "first_token_p50_us");
  f.attestation = std::string(s.at("attestation").as_string());
}

void take_market(json::object const& m, Figures& f) {
  f.offers_live = number(m, "offers_live"), f.places = number(m, "places");
  f.units_attested = number(m, "units_attested"), f.nodes_up = number(m, "nodes_up");
  f.jobs_open = number(m, "jobs_open"), f.leases_open = number(m, "leases_open");
  f.books_balance = m.at("books_balance").as_bool();
}

}  // namespace

std::expected<Figures, std::string> parse_figures(std::string_view status_json) {
  Figures f;
  try {
    auto const document = json::parse(json::string_view(status_json.data(), status_json.size())).as_object();
    take_server(document.at("server").as_object(), f);
    take_market(document.at("market").as_object(), f);
  } catch (std::string const& missing) {
    return std::unexpected("the exchange's status has no \"" + missing + "\"");
  } catch (std::exception const& e) {
    return std::unexpected("the exchange's status can't be read: " + std::string(e.what()));
  }
  return f;
}

Figures together(Figures const& gone, Figures const& now) {
  Figures sum = now;
  for (auto const member :
       {&Figures::orders, &Figures::refused, &Figures::fills, &Figures::jobs_completed, &Figures::jobs_failed,
        &Figures::leases, &Figures::tokens, &Figures::failed_buyer, &Figures::failed_provider,
        &Figures::failed_exchange, &Figures::failed_none, &Figures::volume_nano, &Figures::fees_nano})
    sum.*member += gone.*member;
  for (auto const member : {&Figures::offers_most, &Figures::match_p50_ns, &Figures::match_p99_ns,
                            &Figures::ack_p50_us, &Figures::ack_p99_us, &Figures::first_token_p50_us})
    sum.*member = std::max(sum.*member, gone.*member);
  return sum;
}

}  // namespace spillway::demo
