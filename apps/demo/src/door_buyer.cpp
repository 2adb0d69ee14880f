// apps/demo/src/door_buyer.cpp - request, answer, verdict; each in a coroutine of its own.
#include "door_buyer.hpp"

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t longest_answer = std::size_t{1} << 20;

bool no_offer(std::string_view text) { return text.find("\"no_offer\"") != std::string_view::npos; }
bool is_error(std::string_view data) { return data.starts_with("{\"error\""); }

}  // namespace

DoorBuyer::DoorBuyer(wire::executor where, ExchangeProcess const& exchange, std::string bearer_key,
                     Tally& tally)
    : where_(std::move(where)), exchange_(exchange), bearer_key_(std::move(bearer_key)), tally_(tally) {}

void DoorBuyer::send(std::string body) {
  ++tally_.sent, ++tally_.in_flight;
  auto const stream = wire::HttpStream::make(where_);
  open_.insert(stream);
  wire::spawn(where_, one(stream, std::move(body)), [](std::exception_ptr) {});
}

void DoorBuyer::stop() {
  for (auto const& stream : std::set<Stream>(open_)) stream->cancel();
}

wire::awaitable<void> DoorBuyer::one(Stream stream, std::string body) {
  auto const self = shared_from_this();
  auto const end = co_await converse(stream, std::move(body));
  open_.erase(stream);
  --tally_.in_flight;
  if (end == End::completed) ++tally_.completed;
  if (end == End::failed) ++tally_.failed;
  if (end == End::refused) ++tally_.refused;
  if (end == End::unfilled) ++tally_.unfilled;
  if (end == End::unreached) ++tally_.unreached;
}

wire::awaitable<DoorBuyer::End> DoorBuyer::converse(Stream stream, std::string body) {
  wire::HttpCall call;
  call.method = "POST";
  call.url = exchange_.url("https", "/v1/chat/completions");
  call.headers.push_back({"content-type", "application/json"});
  call.headers.push_back({"authorization", "Bearer " + bearer_key_});
  call.body = std::move(body);
  call.limits.connect = 10s;  // a burst of handshakes on a small machine
  call.limits.first_byte = call.limits.between_bytes = 60s;
  auto trust = wire::TlsClient::trusting(exchange_.certificate());
  if (!trust) co_return End::unreached;
  call.tls = std::move(*trust);
  auto const opened = co_await stream->open(std::move(call));
  if (!opened) co_return End::unreached;
  auto const streamed = wire::find_header(stream->headers(), "content-type").starts_with("text/event-stream");
  if (streamed) co_return co_await read_events(stream);
  co_return co_await read_whole(stream);
}

wire::awaitable<DoorBuyer::End> DoorBuyer::read_events(Stream stream) {
  wire::SseParser parser;
  for (;;) {
    auto const bytes = co_await stream->read_some();
    if (!bytes || bytes->empty()) co_return End::unreached;  // neither [DONE] nor an error: it broke
    parser.feed(*bytes);
    while (auto const event = parser.next()) {
      if (event->data == "[DONE]") co_return End::completed;
      if (is_error(event->data)) co_return no_offer(event->data) ? End::unfilled : End::failed;
      ++tally_.pieces;
    }
  }
}

wire::awaitable<DoorBuyer::End> DoorBuyer::read_whole(Stream stream) {
  std::string text;
  while (text.size() < longest_answer) {
    auto const bytes = co_await stream->read_some();
    if (!bytes) co_return End::unreached;
    if (bytes->empty()) break;
    text += *bytes;
  }
  if (stream->status() == 200) co_return End::completed;
  if (no_offer(text)) co_return End::unfilled;
  // A job that failed before its first byte is a 5xx too; what the exchange would not take is a 4xx or 503.
  co_return stream->status() == 502 || stream->status() == 504 ? End::failed : End::refused;
}

}  // namespace spillway::demo
