// gateway/server/src/door_stream.cpp - streamed or whole, each answer ends in exactly one way.
#include "door_stream.hpp"

#include <boost/json.hpp>

#include "gateway/wire/sse.hpp"
#include "market/decimal.hpp"
#include "utf8.hpp"

namespace spillway {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto keep_alive_every = 2s;

// Providers send bytes; what clients get is JSON, whatever they were.
std::string json_quoted(std::string const& text) {
  return json::serialize(json::value(json::string(mended_utf8(text))));
}

DoorError job_error(msg::JobEnd const& end) {
  switch (end.fault) {
    case Fault::provider:
      return {502,
              "the provider failed before the answer was complete; what was not delivered is not charged; "
              "send it again",
              "server_error", "provider_failed"};
    case Fault::exchange:
      return {503, "the exchange broke this job; it is not charged; send it again", "server_error",
              "exchange_failed"};
    case Fault::none:
      return {400, "the engine refused this request; check its parameters", "invalid_request_error",
              "engine_refused"};
    default:
      return {499, "the job was given up by its buyer", "invalid_request_error", "cancelled"};
  }
}

std::string sse(std::string const& data) { return "data: " + data + "\n\n"; }

}  // namespace

void DoorSink::on_unfilled(OrderId, OrderPhase phase, std::uint16_t) {
  char const* const message =
      phase == OrderPhase::expired
          ? "no offer met this request's price and conditions in time; raise the price or relax them"
          : "the order was cancelled before it met an offer; raise the price or relax the conditions";
  push(Failed{{503, message, "server_error", "no_offer"}});
}

void DoorSink::answered(Refusal refusal, Released const* released) {
  if (!released) return push(Failed{door_error(refusal)});
  if (auto const no = refusal_of(*released); no != Refusal::none) return push(Failed{door_error(no)});
  push(Accepted{OrderId{released->entry.seq.v}});
}

// g++ 12 breaks the frame of a coroutine that awaits in the condition of an if or while and has no local
// variable: resuming it jumps into nothing. So each coroutine here keeps the outcome in one.
wire::awaitable<bool> DoorWriter::run(DoorSink& sink) {
  created_s_ = hub_.now().v / micros_per_second;
  for (;;) {
    auto event = co_await sink.events.pop(keep_alive_every);
    if (out_.cancelled()) co_return false;
    if (!event) {
      if (event.error() == wire::PopEnd::closed || !co_await keep_alive()) co_return false;
      continue;
    }
    bool const last = std::holds_alternative<JobEnded>(*event) || std::holds_alternative<Failed>(*event);
    // A coroutine called inside std::visit would outlive the visitor's temporaries: take the cases one by
    // one.
    bool there = true;
    if (auto* const e = std::get_if<Accepted>(&*event))
      there = co_await on_event(*e);
    else if (auto* const d = std::get_if<Dispatched>(&*event))
      there = co_await on_event(*d);
    else if (auto* const c = std::get_if<Content>(&*event))
      there = co_await on_event(*c);
    else if (auto* const n = std::get_if<JobEnded>(&*event))
      there = co_await on_event(*n);
    else if (auto* const f = std::get_if<Failed>(&*event))
      there = co_await on_event(*f);
    if (!there || last) co_return there;
  }
}

wire::awaitable<bool> DoorWriter::on_event(Accepted const& accepted) {
  order_ = accepted.order;
  co_return true;
}

wire::awaitable<bool> DoorWriter::on_event(Dispatched const& dispatched) {
  dispatched_ = dispatched;
  co_return true;
}

wire::awaitable<bool> DoorWriter::on_event(Content const& content) {
  bool there = true;
  if (!request_.stream) {
    whole_ += content.text;
  } else if (there = co_await start_stream(); there) {
    content_sent_ = true;
    auto text = begun_ + content.text;  // a character may come in two pieces
    begun_ = take_begun_character(text);
    if (text.empty()) co_return there;
    auto const piece = sse(chunk("{\"content\":" + json_quoted(text) + "}", "null"));
    there = (co_await out_.write(piece)).has_value();
  }
  co_return there;
}

wire::awaitable<bool> DoorWriter::on_event(JobEnded const& ended) {
  if (ended.end.phase == JobPhase::failed) co_return co_await fail(job_error(ended.end));
  if (request_.stream) co_return co_await finish_stream(ended.end);
  co_return co_await send_whole(ended.end);
}

wire::awaitable<bool> DoorWriter::on_event(Failed const& failed) { co_return co_await fail(failed.error); }

wire::awaitable<bool> DoorWriter::start_stream() {
  bool there = true;
  if (!out_.started()) {
    there = (co_await out_.start(200, headers("text/event-stream"))).has_value();
    auto const role = sse(chunk(R"({"role":"assistant","content":""})", "null"));
    if (there) there = (co_await out_.write(role)).has_value();
  }
  co_return there;
}

wire::awaitable<bool> DoorWriter::keep_alive() {
  bool there = true;
  if (request_.stream && order_.some()) {
    there = co_await start_stream();
    if (there) there = (co_await out_.write(": waiting for an offer\n\n")).has_value();
  }
  co_return there;
}

// Before the first byte an error is a status; after it a frame, and never a clean [DONE].
wire::awaitable<bool> DoorWriter::fail(DoorError const& error) {
  auto const body = wire::error_body(error.message, error.type, error.code);
  if (out_.started()) {
    (void)co_await out_.write(sse(body));
    co_return (co_await out_.finish()).has_value();
  }
  auto all = headers("application/json");
  // What is certain to be refused again is not worth the client's retry.
  if (error.status >= 500 || error.status == 429)
    all.push_back({"x-should-retry", error.code == "no_offer" ? "false" : "true"});
  co_return (co_await out_.send(error.status, std::move(all), body)).has_value();
}

wire::awaitable<bool> DoorWriter::finish_stream(msg::JobEnd const& end) {
  if (!co_await start_stream()) co_return false;
  auto const reason = end.finish == FinishReason::length ? "\"length\"" : "\"stop\"";
  if (!co_await out_.write(sse(chunk("{}", reason)))) co_return false;
  if (request_.include_usage) {
    auto const last = "{\"id\":" + json_quoted(id()) +
                      ",\"object\":\"chat.completion.chunk\",\"created\":" + std::to_string(created_s_) +
                      ",\"model\":" + json_quoted(request_.model) +
                      ",\"choices\":[],\"usage\":" + usage_of(end) + "}";
    if (!co_await out_.write(sse(last))) co_return false;
  }
  if (!co_await out_.write("data: [DONE]\n\n")) co_return false;
  co_return (co_await out_.finish()).has_value();
}

wire::awaitable<bool> DoorWriter::send_whole(msg::JobEnd const& end) {
  auto const reason = end.finish == FinishReason::length ? "\"length\"" : "\"stop\"";
  auto const body =
      "{\"id\":" + json_quoted(id()) +
      ",\"object\":\"chat.completion\",\"created\":" + std::to_string(created_s_) +
      ",\"model\":" + json_quoted(request_.model) +
      ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":" + json_quoted(whole_) +
      "},\"logprobs\":null,\"finish_reason\":" + reason + "}],\"usage\":" + usage_of(end) + "}";
  co_return (co_await out_.send(200, headers("application/json"), body)).has_value();
}

std::string DoorWriter::chunk(std::string const& delta_json, std::string const& finish_json) const {
  return "{\"id\":" + json_quoted(id()) +
         ",\"object\":\"chat.completion.chunk\",\"created\":" + std::to_string(created_s_) +
         ",\"model\":" + json_quoted(request_.model) + ",\"choices\":[{\"index\":0,\"delta\":" + delta_json +
         ",\"finish_reason\":" + finish_json + "}]}";
}

std::string DoorWriter::usage_of(msg::JobEnd const& end) const {
  return "{\"prompt_tokens\":" + std::to_string(end.input.v) +
         ",\"completion_tokens\":" + std::to_string(end.output.v) +
         ",\"total_tokens\":" + std::to_string(end.input.v + end.output.v) + ",\"cost\":\"" +
         money_text(end.charge_nano, 2) + "\"}";
}

wire::Headers DoorWriter::headers(char const* content_type) const {
  wire::Headers all{
      {"content-type", content_type}, {"cache-control", "no-cache"}, {"x-accel-buffering", "no"}};
  if (order_.some()) {
    all.push_back({"x-request-id", std::to_string(order_.v)});
    all.push_back({"x-spillway-order-id", std::to_string(order_.v)});
  }
  if (dispatched_) {
    all.push_back({"x-spillway-provider", std::to_string(dispatched_->provider.v)});
    all.push_back({"x-spillway-price", money_text(price_of(dispatched_->price))});
  }
  if (!hub_.config().engine_note.empty()) all.push_back({"x-spillway-engine", hub_.config().engine_note});
  return all;
}

}  // namespace spillway
