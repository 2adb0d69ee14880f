// apps/agent/src/engine_call.cpp - always streams and always asks for usage, whatever the buyer asked;
// tolerates what real engines vary: null or absent content, usage in any chunk, fields unknown to us, a
// malformed event in a healthy stream.
#include "engine_call.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "gateway/wire/sse.hpp"
#include "market/message.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// No context is that long: such a figure is a mistake, and our claim would be refused with it.
constexpr std::int64_t believable_tokens = 1'000'000'000;

/// 0 where the engine gives none, or one that can't be.
std::int64_t whole(json::object const& object, char const* name) {
  auto const* const value = object.if_contains(name);
  auto const figure = value && value->is_int64() ? value->get_int64() : 0;
  return figure > 0 && figure <= believable_tokens ? figure : 0;
}

/// The length of the longest start of `text` that fits into one message and ends between two characters.
std::size_t one_chunk(std::string_view text) {
  if (text.size() <= largest_chunk_bytes) return text.size();
  auto end = largest_chunk_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return end == 0 ? largest_chunk_bytes : end;
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
  while (!done_) {
    auto const bytes = co_await stream_->read_some();
    if (!bytes) {
      result_.failed = cancelled_ ? FailCode::buyer_left : code_of(bytes.error());
      break;
    }
    if (bytes->empty()) break;
    parser.feed(*bytes);
    for (auto event = parser.next(); event && !done_; event = parser.next()) on_event(event->data);
  }
  // An engine that reports no usage, or that wrote on after what it was asked for.
  if (result_.completion_tokens == 0) result_.completion_tokens = std::min(chunks_, job_.output_max);
  if (result_.failed == FailCode::unset && error_event_) result_.failed = FailCode::engine_error;
  if (result_.failed == FailCode::unset && !finished_)
    result_.failed = FailCode::engine_died;  // cut short without [DONE]
}

void EngineCall::on_event(std::string const& data) {
  if (data == "[DONE]") {  // whatever the connection does afterwards, the job is done
    if (result_.finish == FinishReason::unset) result_.finish = FinishReason::stop;
    finished_ = done_ = true;
    return;
  }
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
  for (auto rest = std::string_view(content->get_string()); !rest.empty();) {
    auto const length = one_chunk(rest);
    on_content_(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  // Pieces may be less than a token each, but an engine that goes on for ever ignores max_tokens.
  if (++chunks_ < 2 * job_.output_max + 16) return;
  result_.finish = FinishReason::length;
  finished_ = done_ = true;
}

}  // namespace spillway
