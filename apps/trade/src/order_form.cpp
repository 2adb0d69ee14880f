// apps/trade/src/order_form.cpp - each flag is looked at once; the first that makes no sense is named.
#include "apps/trade/order_form.hpp"

#include <boost/json.hpp>
#include <optional>

#include "apps/trade/price_text.hpp"
#include "market/decimal.hpp"

namespace spillway {
namespace {

namespace json = boost::json;

struct Wrong {
  std::string sentence;
};
[[noreturn]] void wrong(std::string sentence) { throw Wrong{std::move(sentence)}; }

Micros of_ms(std::int64_t ms, char const* flag) {
  constexpr std::int64_t most = 1'000'000'000;
  if (ms < 0 || ms > most) wrong(std::string(flag) + " must be from 0 to " + std::to_string(most));
  return Micros{ms * 1000};
}

TimeInForce tif_of(OrderForm const& form) {
  if (form.tif.empty() && form.market) return TimeInForce::ioc;
  if (form.tif.empty()) return form.models.empty() ? TimeInForce::gtc : TimeInForce::timed;
  if (form.tif == "ioc") return TimeInForce::ioc;
  if (form.tif == "fok") return TimeInForce::fok;
  if (form.tif == "gtc") return TimeInForce::gtc;
  if (form.tif == "timed") return TimeInForce::timed;
  wrong("--tif must be ioc, fok, gtc or timed");
}

Origin origin_of(std::string const& text) {
  if (text.empty()) return Origin::unset;
  if (text == "us") return Origin::us;
  if (text == "cn") return Origin::cn;
  if (text == "other") return Origin::other;
  wrong("--origin must be us, cn or other");
}

std::int32_t ratio(std::string const& text, char const* flag) {
  if (text.empty()) return 0;
  auto const milli = parse_milli(text);
  if (!milli || *milli <= 0 || *milli > 100'000)
    wrong(std::string(flag) + " must be a number of at most three places above zero, such as 1.2");
  return static_cast<std::int32_t>(*milli);
}

msg::Wanted wanted(OrderForm const& form) {
  msg::Wanted w;
  w.product = form.models.empty() ? ProductKind::capacity : ProductKind::tokens;
  w.models = form.models, w.classes = form.classes, w.within = form.within, w.outside = form.outside;
  w.tier = form.tier, w.buyer_place = form.place;
  w.origin = origin_of(form.origin);
  w.pue_max_milli = ratio(form.pue, "--pue");
  w.green_min_milli = ratio(form.green, "--green");
  w.network_us = of_ms(form.network_ms, "--network-ms");
  w.ready_us = of_ms(form.ready_ms, "--ready-ms");
  if ((w.network_us.v > 0 || w.ready_us.v > 0) && w.buyer_place.empty())
    wrong("--network-ms and --ready-ms are measured from where you are: add --place");
  return w;
}

void tokens(OrderForm const& form, msg::PlaceOrder& order) {
  if (!form.capacity.empty()) wrong("an order is for --tokens or for --capacity, not for both");
  if (form.term_s != 0) wrong("--term belongs to --capacity");
  if (form.prompt.empty()) wrong("a token order needs --prompt or --prompt-file");
  if (form.input < 0 || form.output < 0) wrong("--input and --output can't be below zero");
  auto const body = chat_body(form.models.front(), form.prompt, form.output);
  if (body.size() > largest_prompt_bytes)
    wrong("the prompt has " + std::to_string(body.size()) + " bytes, at most " +
          std::to_string(largest_prompt_bytes) + " are taken");
  auto const* const first = reinterpret_cast<std::byte const*>(body.data());
  order.prompt.assign(first, first + body.size());
  auto const counted = static_cast<std::int64_t>((form.prompt.size() + 2) / 3);
  order.input = Tokens{form.input > 0 ? form.input : counted};
  order.output_max = Tokens{form.output};
  order.policy = form.re_run ? FaultPolicy::re_run : FaultPolicy::error_frame;
  order.stream = true;
}

void capacity(OrderForm const& form, msg::PlaceOrder& order) {
  if (form.capacity.empty()) wrong("say what to buy: --tokens MODEL or --capacity ACCELERATORS");
  if (!form.prompt.empty() || form.input != 0 || form.output != 0)
    wrong("--prompt, --input and --output belong to --tokens");
  auto const milli = parse_milli(form.capacity);
  if (!milli || *milli <= 0) wrong("--capacity must be a number of accelerators, such as 1 or 0.5");
  if (form.term_s < 0 || form.term_s > 1'000'000'000) wrong("--term must be seconds from 0 to 1000000000");
  order.quantity = Lots{*milli};
  order.term_us = Micros{form.term_s * micros_per_second};
}

}  // namespace

std::expected<msg::PlaceOrder, std::string> order_of(OrderForm const& form, ClientOrderId fresh_client) try {
  msg::PlaceOrder order;
  order.client = form.client != 0 ? ClientOrderId{form.client} : fresh_client;
  if (form.models.empty())
    capacity(form, order);
  else
    tokens(form, order);
  order.wanted = wanted(form);
  if (form.limit.empty()) wrong("--limit is missing: the most you pay, also for --market");
  auto const limit = parse_price(form.limit);
  if (!limit) wrong(limit.error());
  order.limit = *limit;
  order.market = form.market;
  order.tif = tif_of(form);
  order.good_for_us = of_ms(form.good_for_ms, "--good-for-ms");
  order.prefer_near = form.near;
  if (order.prefer_near && form.place.empty()) wrong("--near is measured from where you are: add --place");
  return order;
} catch (Wrong const& caught) {
  return std::unexpected(caught.sentence);
}

std::string chat_body(std::string_view model, std::string_view prompt, std::int64_t output_max) {
  boost::system::error_code error;
  auto const typed = json::parse(prompt, error);
  if (!error && typed.is_object() && typed.get_object().contains("messages")) return std::string(prompt);
  json::object body{{"model", model},
                    {"messages", json::array{json::object{{"role", "user"}, {"content", prompt}}}}};
  if (output_max > 0) body["max_tokens"] = output_max;
  return json::serialize(body);
}

}  // namespace spillway
