// apps/agent/src/engine_call.cpp - always streams and always asks for usage, whatever the buyer asked;
// tolerates what real engines vary: null or absent content, usage in any chunk, fields unknown to us, a
// malformed event in a healthy stream.
#include "engine_call.hpp"

#include <boost/json.hpp>

#include "gateway/wire/sse.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::int64_t whole(json::object const& object, char const* name) {
  auto const* const value = object.if_contains(name);
  return value && value->is_int64() ? value->get_int64() : 0;
}

FailCode code_of(wire::WireError const& error) {
  return error.fault == wire::WireFault::timed_out ? FailCode::stalled : FailCode::engine_died;
}

// Too slow to be read (408) or too many at once (429) is the engine's trouble, not the buyer's.
bool blames_the_request(int status) {
  return status >= 400 && status < 500 && status != 408 && status != 429;
}

}  // namespace

EngineCall::EngineCall(wire::executor where, EngineJob job, std::function<void(std::string_view)> on_content)
    : job_(std::move(job)),
      on_content_(std::move(on_content)),
      stream_(wire::HttpStream::make(std::move(where))) {}

void EngineCall::cancel() {
  cancelled_ = true;
  stream_->cancel();
}

bool EngineCall::make_body(std::string& body) const {
  boost::system::error_code error;
  auto document = json::parse(job_.prompt, error);
  if (error || !document.is_object()) return false;
  auto& object = document.get_object();
  object["model"] = job_.engine_model;
  object["stream"] = true;
  object["stream_options"] = json::object{{"include_usage", true}};
  object["max_tokens"] = job_.output_max;
  for (auto const* const ours : {"max_completion_tokens", "provider", "spillway"}) object.erase(ours);
  body = json::serialize(document);
  return true;
}

wire::awaitable<EngineResult> EngineCall::run() {
  wire::HttpCall call;
  call.method = "POST";
  call.url = job_.engine.below("/chat/completions");
  call.headers.push_back({"content-type", "application/json"});
  call.limits.connect = 3s;
  call.limits.first_byte = call.limits.between_bytes = job_.silence;
  if (!make_body(call.body)) {
    result_.failed = FailCode::engine_refused_request;
    co_return result_;
  }
  auto const opened = co_await stream_->open(std::move(call));
  if (!opened) {
    result_.failed = cancelled_ ? FailCode::buyer_left : code_of(opened.error());
  } else if (blames_the_request(stream_->status())) {
    result_.failed = FailCode::engine_refused_request;
  } else if (stream_->status() != 200) {
    result_.failed = FailCode::engine_error;
  } else {
    co_await read_stream();
  }
  stream_->cancel();
  co_return result_;
}

wire::awaitable<void> EngineCall::read_stream() {
  wire::SseParser parser;
  for (;;) {
    auto const bytes = co_await stream_->read_some();
    if (!bytes) {
      result_.failed = cancelled_ ? FailCode::buyer_left : code_of(bytes.error());
      break;
    }
    if (bytes->empty()) break;
    parser.feed(*bytes);
    while (auto const event = parser.next()) on_event(event->data);
  }
  if (result_.completion_tokens == 0) result_.completion_tokens = chunks_;  // an engine that reports no usage
  if (result_.failed == FailCode::unset && error_event_) result_.failed = FailCode::engine_error;
  if (result_.failed == FailCode::unset && !finished_)
    result_.failed = FailCode::engine_died;  // cut short without [DONE]
}

void EngineCall::on_event(std::string const& data) {
  if (data == "[DONE]") return;
  boost::system::error_code error;
  auto const document = json::parse(data, error);
  if (error || !document.is_object()) return;
  auto const& object = document.get_object();
  if (object.if_contains("error")) error_event_ = true;
  if (auto const* const usage = object.if_contains("usage"); usage && usage->is_object()) {
    result_.prompt_tokens = whole(usage->get_object(), "prompt_tokens");
    result_.completion_tokens = whole(usage->get_object(), "completion_tokens");
  }
  auto const* const choices = object.if_contains("choices");
  if (!choices || !choices->is_array() || choices->get_array().empty() ||
      !choices->get_array().front().is_object())
    return;
  auto const& choice = choices->get_array().front().get_object();
  if (auto const* const reason = choice.if_contains("finish_reason"); reason && reason->is_string()) {
    finished_ = true;
    result_.finish = reason->get_string() == "length" ? FinishReason::length : FinishReason::stop;
  }
  auto const* const delta = choice.if_contains("delta");
  auto const* const content =
      delta && delta->is_object() ? delta->get_object().if_contains("content") : nullptr;
  if (!content || !content->is_string() || content->get_string().empty()) return;
  ++chunks_;
  on_content_(std::string_view(content->get_string()));
}

}  // namespace spillway
