// gateway/server/src/door_request.cpp - validates what engines don't: model, messages, sizes, price.
#include "door_request.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>

#include "market/decimal.hpp"
#include "names.hpp"
#include "relay.hpp"
#include "utf8.hpp"

namespace spillway {
namespace {

namespace json = boost::json;

std::unexpected<DoorError> bad(std::string message, std::string code = "invalid_value") {
  return std::unexpected(DoorError{400, std::move(message), "invalid_request_error", std::move(code)});
}

constexpr std::size_t longest_word = 16;  // "developer", "image_url": a word of the protocol, not input

// What is sent on reaches the engine, so all of it is input, whatever it is called.
std::size_t field_bytes(json::object::value_type const& field) {
  auto const* const text = field.value().if_string();
  return field.key().size() + (text ? text->size() : json::serialize(field.value()).size());
}

std::size_t part_bytes(json::value const& part) {
  auto const* const object = part.if_object();
  if (!object) return json::serialize(part).size();
  std::size_t bytes = 0;
  for (auto const& field : *object) {
    auto const* const text = field.value().if_string();
    if (field.key() == "text" && text)
      bytes += text->size();
    else if (field.key() != "type" || !text || text->size() > longest_word)
      bytes += field_bytes(field);
  }
  return bytes;
}

std::size_t content_bytes(json::value const& content) {
  if (auto const* const text = content.if_string()) return text->size();
  std::size_t bytes = 0;
  if (auto const* const parts = content.if_array())
    for (auto const& part : *parts) bytes += part_bytes(part);
  return bytes;
}

// Words and switches that steer the answer and put nothing into it.
constexpr std::array<std::string_view, 17> not_input{"n",
                                                     "stream",
                                                     "max_tokens",
                                                     "max_completion_tokens",
                                                     "temperature",
                                                     "top_p",
                                                     "top_k",
                                                     "min_p",
                                                     "seed",
                                                     "presence_penalty",
                                                     "frequency_penalty",
                                                     "repetition_penalty",
                                                     "logprobs",
                                                     "top_logprobs",
                                                     "parallel_tool_calls",
                                                     "store",
                                                     "ignore_eos"};

std::size_t other_bytes(json::object const& body) {
  std::size_t bytes = 0;
  for (auto const& field : body) {
    auto const& value = field.value();
    bool const ours = field.key() == "model" || field.key() == "messages" || field.key() == "spillway" ||
                      field.key() == "provider";
    bool const steers = std::ranges::find(not_input, std::string_view(field.key())) != not_input.end() &&
                        !value.is_structured() && !value.is_string();
    bool const options = field.key() == "stream_options" && json::serialize(value).size() <= 64;
    if (!ours && !steers && !options) bytes += field_bytes(field);
  }
  return bytes;
}

std::expected<std::size_t, DoorError> message_bytes(json::object const& body) {
  auto const* const messages = body.if_contains("messages");
  if (!messages || !messages->is_array() || messages->get_array().empty())
    return bad("messages must be a non-empty array of {role, content}", "messages_required");
  std::size_t bytes = 0;
  for (auto const& message : messages->get_array()) {
    auto const* const object = message.if_object();
    auto const* const role = object ? object->if_contains("role") : nullptr;
    auto const* const content = object ? object->if_contains("content") : nullptr;
    if (!role || !role->is_string() || !content) return bad("each message needs a role and a content");
    if (!content->is_string() && !content->is_array() && !content->is_null())
      return bad("the content of a message must be text or a list of parts");
    bytes += content_bytes(*content);
    for (auto const& field : *object)
      if (field.key() != "content" && (field.key() != "role" || role->get_string().size() > longest_word))
        bytes += field_bytes(field);
  }
  return bytes + other_bytes(body);
}

std::expected<std::int64_t, DoorError> whole(json::object const& object, char const* name,
                                             std::int64_t otherwise, std::int64_t most) {
  auto const* const value = object.if_contains(name);
  if (!value || value->is_null()) return otherwise;
  auto const* const number = value->if_int64();
  if (!number || *number < 0 || *number > most)
    return bad(std::string(name) + " must be a whole number from 0 to " + std::to_string(most));
  return *number;
}

std::expected<std::vector<std::string>, DoorError> texts(json::object const& object, char const* name) {
  std::vector<std::string> out;
  auto const* const value = object.if_contains(name);
  if (!value || value->is_null()) return out;
  if (!value->is_array() || value->get_array().size() > 64)
    return bad(std::string(name) + " must be a list of at most 64 names");
  for (auto const& item : value->get_array()) {
    if (!item.is_string()) return bad(std::string(name) + " must be a list of names");
    out.emplace_back(item.get_string());
  }
  return out;
}

std::expected<std::string, DoorError> text(json::object const& object, char const* name) {
  auto const* const value = object.if_contains(name);
  if (!value || value->is_null()) return std::string();
  if (!value->is_string()) return bad(std::string(name) + " must be text");
  return std::string(value->get_string());
}

constexpr std::array<std::string_view, 1> provider_fields{"max_price"}, price_fields{"completion"};
constexpr std::array<std::string_view, 8> own_fields{"place",  "network_ms", "ready_ms", "tier",
                                                     "within", "outside",    "classes",  "good_for_ms"};

// Fields that are ours must be spelt right: a condition that is not read would buy what nobody wanted. Others
// of the body may be anything, as OpenAI clients send more than we know.
template <class Known>
std::expected<void, DoorError> only_known(json::object const& object, std::string_view where,
                                          Known const& known) {
  for (auto const& field : object)
    if (std::ranges::find(known, std::string_view(field.key())) == std::ranges::end(known))
      return bad(std::string(where) + "." + cut_utf8(std::string_view(field.key()), 100) +
                     " is not known; nothing was ordered",
                 "unknown_field");
  return {};
}

std::expected<void, DoorError> check_fields(json::object const& body) {
  for (auto const name : own_fields)
    if (body.contains(name))
      return bad(std::string(name) + " belongs into the object \"spillway\"", "unknown_field");
  auto const* const own = body.if_contains("spillway");
  if (own && !own->is_object()) return bad("spillway must be an object");
  if (own)
    if (auto const checked = only_known(own->get_object(), "spillway", own_fields); !checked) return checked;
  auto const* const provider = body.if_contains("provider");
  if (!provider) return {};
  if (!provider->is_object()) return bad("provider must be an object");
  if (auto const checked = only_known(provider->get_object(), "provider", provider_fields); !checked)
    return checked;
  auto const* const prices = provider->get_object().if_contains("max_price");
  if (!prices) return {};
  if (!prices->is_object()) return bad("provider.max_price must be an object");
  return only_known(prices->get_object(), "provider.max_price", price_fields);
}

// A price cap between two steps buys at most the step below it.
std::expected<PriceIndex, DoorError> price_cap(Hub const& hub, json::object const& body) {
  auto const* const provider = body.if_contains("provider");
  auto const* const max_price = provider ? provider->get_object().if_contains("max_price") : nullptr;
  auto const* const cap = max_price ? max_price->get_object().if_contains("completion") : nullptr;
  if (!cap) return hub.config().door_price_cap;
  std::optional<Nano> price;
  if (cap->is_string()) {
    if (auto const parsed = parse_money(std::string_view(cap->get_string()))) price = *parsed;
  } else if (cap->is_number()) {
    auto const units = cap->to_number<double>();
    if (units >= 0 && units < 1e9) price = Nano{std::llround(units * 1e9)};
  }
  auto const step = price && price->v >= 0 ? step_at_or_below(*price) : std::nullopt;
  if (!step) return bad("provider.max_price.completion must be a price per million tokens, such as \"2.50\"");
  return *step;
}

std::expected<msg::Wanted, DoorError> wanted(Hub const& hub, json::object const& body,
                                             std::string const& model) {
  msg::Wanted w;
  w.product = ProductKind::tokens;
  w.models = {model};
  w.buyer_place = hub.config().door_buyer_place;
  auto const* const extra = body.if_contains("spillway");
  if (!extra) return w;
  auto const& o = extra->get_object();
  auto const place = text(o, "place"), tier = text(o, "tier");
  if (!place) return std::unexpected(place.error());
  if (!tier) return std::unexpected(tier.error());
  if (!place->empty()) w.buyer_place = *place;
  w.tier = *tier;
  auto const within = texts(o, "within"), outside = texts(o, "outside"), classes = texts(o, "classes");
  for (auto const* list : {&within, &outside, &classes})
    if (!*list) return std::unexpected(list->error());
  w.within = *within, w.outside = *outside, w.classes = *classes;
  auto const network = whole(o, "network_ms", 0, 60'000), ready = whole(o, "ready_ms", 0, 600'000);
  if (!network) return std::unexpected(network.error());
  if (!ready) return std::unexpected(ready.error());
  w.network_us = Micros{*network * 1000}, w.ready_us = Micros{*ready * 1000};
  return w;
}

std::expected<Micros, DoorError> good_for(Hub const& hub, json::object const& body) {
  auto const* const extra = body.if_contains("spillway");
  if (!extra) return hub.config().door_good_for;
  auto const ms = whole(extra->get_object(), "good_for_ms", hub.config().door_good_for.v / 1000, 120'000);
  if (!ms) return std::unexpected(ms.error());
  return Micros{*ms * 1000};
}

std::expected<bool, DoorError> flag(json::object const& object, char const* name) {
  auto const* const value = object.if_contains(name);
  if (!value || value->is_null()) return false;
  if (!value->is_bool()) return bad(std::string(name) + " must be true or false");
  return value->get_bool();
}

std::expected<void, DoorError> read_stream(json::object const& body, DoorRequest& out) {
  auto const stream = flag(body, "stream");
  if (!stream) return std::unexpected(stream.error());
  out.stream = *stream;
  auto const* const options = body.if_contains("stream_options");
  if (!options || options->is_null()) return {};
  if (!options->is_object()) return bad("stream_options must be an object");
  auto const usage = flag(options->get_object(), "include_usage");
  if (!usage) return std::unexpected(usage.error());
  out.include_usage = *usage;
  return {};
}

std::expected<Model const*, DoorError> model_of(Hub const& hub, json::object const& body) {
  auto const named = text(body, "model");
  if (!named) return std::unexpected(named.error());
  if (named->empty()) return bad("model is missing; /v1/models lists what is traded", "model_required");
  if (auto const* const model = hub.reference().model_named(*named)) return model;
  return std::unexpected(
      DoorError{404, "the model " + cut_utf8(*named, 100) + " is not traded here; /v1/models lists what is",
                "invalid_request_error", "model_not_found"});
}

}  // namespace

std::expected<DoorRequest, DoorError> parse_door_request(Hub const& hub, std::string_view text_of_body) {
  boost::system::error_code error;
  auto const document = json::parse(text_of_body, error);
  if (error || !document.is_object())
    return bad("the body must be a JSON object: " + (error ? error.message() : "it is not"), "bad_json");
  auto const& body = document.get_object();
  DoorRequest out;
  auto const model = model_of(hub, body);
  if (!model) return std::unexpected(model.error());
  out.model = (*model)->name;
  auto const bytes = message_bytes(body);
  if (!bytes) return std::unexpected(bytes.error());
  if (auto const checked = check_fields(body); !checked) return std::unexpected(checked.error());
  auto const choices = whole(body, "n", 1, 1);
  if (!choices) return bad("n must be 1: one order buys one answer");
  auto const cap = price_cap(hub, body);
  if (!cap) return std::unexpected(cap.error());
  auto const conditions = wanted(hub, body, out.model);
  if (!conditions) return std::unexpected(conditions.error());
  auto const longest = whole(body, "max_tokens", 0, 1'000'000),
             newer = whole(body, "max_completion_tokens", 0, 1'000'000);
  if (!longest) return std::unexpected(longest.error());
  if (!newer) return std::unexpected(newer.error());
  auto const valid = good_for(hub, body);
  if (!valid) return std::unexpected(valid.error());
  auto predicate = resolve(hub.reference(), *conditions);
  if (!predicate) return std::unexpected(door_error(predicate.error()));
  auto& order = out.order;
  order.input = count_tokens(**model, *bytes);
  predicate->input = order.input;
  order.predicate = std::move(*predicate);
  order.tif = valid->v == 0 ? TimeInForce::ioc : TimeInForce::timed;
  order.good_for = *valid;
  order.limit = *cap;
  order.output_max = Tokens{*newer > 0 ? *newer : *longest};
  order.policy = FaultPolicy::error_frame;
  if (auto const read = read_stream(body, out); !read) return std::unexpected(read.error());
  return out;
}

DoorError door_error(Refusal refusal) {
  auto made = [&](int status, char const* type) {
    return DoorError{status, sentence(refusal), type, name(refusal)};
  };
  switch (refusal) {
    case Refusal::busy:
    case Refusal::throttled:
      return made(429, "rate_limit_error");
    case Refusal::funds_short:
      return made(402, "insufficient_quota");
    case Refusal::role_missing:
      return made(403, "permission_error");
    case Refusal::halted:
    case Refusal::capacity:
    case Refusal::server_stopping:
    case Refusal::ioc_unfilled:
      return made(503, "server_error");
    case Refusal::unknown_model:
      return made(404, "invalid_request_error");
    case Refusal::prompt_too_large:
    case Refusal::frame_too_large:
      return made(413, "invalid_request_error");
    default:
      return made(400, "invalid_request_error");
  }
}

}  // namespace spillway
