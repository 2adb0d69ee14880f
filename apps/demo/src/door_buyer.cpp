// apps/demo/src/door_buyer.cpp - request, answer, verdict; each in a coroutine of its own.
#include "door_buyer.hpp"

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t longest_answer = std::size_t{1} << 20;

bool no_offer(std::string_view text) { return text.find("\"no_offer\"") != std::string_view::npos; }

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

// g++ 12 breaks the frame of some coroutines that return constants: each of these returns one variable.
wire::awaitable<DoorBuyer::End> DoorBuyer::converse(Stream stream, std::string body) {
  wire::HttpCall call;
  call.method = "POST";
  call.url = exchange_.url("https", "/v1/chat/completions");
  call.headers.push_back({"content-type", "application/json"});
  call.headers.push_back({"authorization", "Bearer " + bearer_key_});
  call.body = std::move(body);
  call.limits.connect = 10s;  // a burst of handshakes on a small machine
  call.limits.first_byte = call.limits.between_bytes = 60s;
  auto end = End::unreached;
  auto trust = wire::TlsClient::trusting(exchange_.certificate());
  if (!trust) co_return end;
  call.tls = std::move(*trust);
  auto const opened = co_await stream->open(std::move(call));
  if (!opened) co_return end;
  bool const streamed = wire::find_header(stream->headers(), "content-type").starts_with("text/event-stream");
  if (streamed)
    end = co_await read_events(stream);
  else
    end = co_await read_whole(stream);
  co_return end;
}

// A stream that ends with neither [DONE] nor an error was cut off.
wire::awaitable<DoorBuyer::End> DoorBuyer::read_events(Stream stream) {
  wire::SseParser parser;
  auto end = End::unreached;
  for (bool over = false; !over;) {
    auto const bytes = co_await stream->read_some();
    over = !bytes || bytes->empty();
    if (!over) parser.feed(*bytes);
    while (auto const event = parser.next()) {
      auto const seen = verdict_of(event->data);
      if (!seen) ++tally_.pieces;
      if (seen) end = *seen, over = true;
    }
  }
  co_return end;
}

wire::awaitable<DoorBuyer::End> DoorBuyer::read_whole(Stream stream) {
  std::string text;
  bool broken = false;
  for (bool over = false; !over && text.size() < longest_answer;) {
    auto const bytes = co_await stream->read_some();
    broken = !bytes;
    over = !bytes || bytes->empty();
    if (!over) text += *bytes;
  }
  auto const end = broken ? End::unreached : verdict_of(stream->status(), text);
  co_return end;
}

std::optional<DoorBuyer::End> DoorBuyer::verdict_of(std::string_view event) {
  if (event == "[DONE]") return End::completed;
  if (event.starts_with("{\"error\"")) return no_offer(event) ? End::unfilled : End::failed;
  return std::nullopt;
}

// A job that failed before its first byte is a 502 or 504; what the exchange would not take is another 4xx or
// 5xx.
DoorBuyer::End DoorBuyer::verdict_of(int status, std::string_view answer) {
  if (status == 200) return End::completed;
  if (no_offer(answer)) return End::unfilled;
  return status == 502 || status == 504 ? End::failed : End::refused;
}

}  // namespace spillway::demo
