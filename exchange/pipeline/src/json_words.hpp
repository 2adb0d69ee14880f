// exchange/src/json_words.hpp - values of the market as JSON: numbers beyond 2^53 as strings, enums as words.
// Room:   exchange_pipeline, private.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "exchange/core.hpp"
#include "market/decimal.hpp"

namespace spillway::words {

namespace json = boost::json;

inline json::string number(std::int64_t v) { return json::string(std::to_string(v)); }
inline json::string number(std::uint64_t v) { return json::string(std::to_string(v)); }
inline json::string money(Nano v) { return json::string(money_text(v)); }
inline json::string price(PriceIndex p) { return json::string(money_text(price_of(p))); }

inline char const* word(OrderPhase p) {
  constexpr char const* names[] = {"unset", "resting", "filled", "cancelled", "expired"};
  return names[static_cast<std::size_t>(p)];
}
inline char const* word(OfferPhase p) {
  constexpr char const* names[] = {"unset", "live", "exhausted", "cancelled", "expired"};
  return names[static_cast<std::size_t>(p)];
}
inline char const* word(JobPhase p) {
  constexpr char const* names[] = {"unset", "dispatched", "acknowledged", "streaming", "completed", "failed"};
  return names[static_cast<std::size_t>(p)];
}
inline char const* word(LeasePhase p) {
  constexpr char const* names[] = {"unset", "starting", "running", "ended", "failed"};
  return names[static_cast<std::size_t>(p)];
}
inline char const* word(Fault f) {
  constexpr char const* names[] = {"", "buyer", "provider", "exchange", "none"};
  return names[static_cast<std::size_t>(f)];
}
inline char const* word(TimeInForce t) {
  constexpr char const* names[] = {"unset", "ioc", "fok", "gtc", "timed"};
  return names[static_cast<std::size_t>(t)];
}

}  // namespace spillway::words
