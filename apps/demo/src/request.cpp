// apps/demo/src/request.cpp - see request.hpp.
#include "request.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "config_text.hpp"
#include "market/check.hpp"
#include "market/decimal.hpp"

namespace spillway::demo {
namespace {

namespace json = boost::json;
constexpr std::int64_t frame_tokens = 64;  // role names and the like

std::int64_t divided_up(std::int64_t amount, std::int64_t by) { return (amount + by - 1) / by; }

json::object chat(std::string const& model, TokenRequest const& request, bool stream) {
  json::object body{{"model", model},
                    {"messages", json::array{json::object{{"role", "user"},
                                                          {"content", prompt_text(request.prompt_tokens)}}}},
                    {"max_tokens", request.output_tokens},
                    {"stream", stream}};
  if (stream) body["stream_options"] = json::object{{"include_usage", true}};
  return body;
}

}  // namespace

TokenRequest make_request(sim::TraceRequest const& row, sim::TokenWish const& wish, PriceIndex typical,
                          std::int64_t token_scale) {
  sw_check(token_scale >= 1, "tokens are divided by at least one");
  TokenRequest request{
      wish, divided_up(row.prompt.v, token_scale), divided_up(row.generated.v, token_scale), {}};
  auto const cap = step_at_or_below(Nano{price_of(typical).v / 1000 * wish.cap_milli});
  request.cap = cap.value_or(typical);
  return request;
}

std::string prompt_text(std::int64_t characters) {
  constexpr std::string_view sentence = "what does an hour of compute cost today, and where ";
  std::string text;
  while (static_cast<std::int64_t>(text.size()) < characters) text += sentence;
  text.resize(static_cast<std::size_t>(characters));
  return text;
}

std::string door_body(Tables const& tables, TokenRequest const& request, bool stream) {
  auto const& wish = request.wish;
  auto body = chat(tables.models.at(wish.model.v - 1u).name, request, stream);
  body["provider"] =
      json::object{{"max_price", json::object{{"completion", money_text(price_of(request.cap))}}}};
  json::object conditions{{"place", tables.places.at(wish.place.v - 1u).name}};
  if (wish.tier.some()) conditions["tier"] = tables.tiers.at(wish.tier.v - 1u).name;
  if (wish.need.network.v > 0) conditions["network_ms"] = wish.need.network.v / 1000;
  if (wish.need.ready.v > 0) conditions["ready_ms"] = wish.need.ready.v / 1000;
  body["spillway"] = std::move(conditions);
  return json::serialize(body);
}

Tokens counted_input(TokenRequest const& request) {
  return Tokens{divided_up(request.prompt_tokens * 1000, bytes_per_token_milli)};
}

msg::PlaceOrder socket_order(Tables const& tables, TokenRequest const& request, ClientOrderId client) {
  auto const& wish = request.wish;
  auto const& model = tables.models.at(wish.model.v - 1u).name;
  msg::PlaceOrder order;
  order.client = client;
  order.wanted.product = ProductKind::tokens;
  order.wanted.models = {model};
  if (wish.tier.some()) order.wanted.tier = tables.tiers.at(wish.tier.v - 1u).name;
  order.wanted.buyer_place = tables.places.at(wish.place.v - 1u).name;
  order.wanted.network_us = wish.need.network;
  order.wanted.ready_us = wish.need.ready;
  order.tif = TimeInForce::timed;
  order.limit = request.cap;
  order.input = counted_input(request);
  order.output_max = Tokens{request.output_tokens};
  order.policy = FaultPolicy::error_frame;
  order.stream = true;
  auto const prompt = json::serialize(chat(model, request, true));
  auto const* const first = reinterpret_cast<std::byte const*>(prompt.data());
  order.prompt.assign(first, first + prompt.size());
  return order;
}

std::int64_t context_for(std::span<sim::TraceRequest const> trace, std::int64_t token_scale) {
  std::int64_t longest = 0;
  for (auto const& row : trace)
    longest =
        std::max(longest, divided_up(row.prompt.v, token_scale) + divided_up(row.generated.v, token_scale));
  constexpr std::int64_t step = 512, least = 1024, most = 32'768;
  return std::clamp(divided_up(longest + frame_tokens, step) * step, least, most);
}

}  // namespace spillway::demo
