// gateway/wire/src/client.cpp - the connecting side, over Link, the response parser and the WebSocket.
// Room:   gateway, target wire.
#include "gateway/wire/client.hpp"

#include <array>
#include <utility>

#include "http_parse.hpp"
#include "link.hpp"
#include "websocket_open.hpp"

namespace spillway::wire {
namespace {

constexpr std::uint32_t answer_head_bytes = 64 * 1024;
constexpr std::size_t answer_bytes = 16 * 1024;

std::string request_text(HttpCall const& call) {
  std::string out = call.method + " " + call.url.target + " HTTP/1.1\r\nHost: " + call.url.authority() +
                    "\r\nUser-Agent: spillway\r\nConnection: close\r\n";
  bool const has_body = !call.body.empty() || call.method == "POST" || call.method == "PUT";
  if (has_body) out += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  for (auto const& [name, value] : call.headers) out.append(name).append(": ").append(value).append("\r\n");
  out += "\r\n";
  return out;
}

/// A header that came from outside must not become two.
bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

bool is_sound(Headers const& headers) {
  for (auto const& [name, value] : headers) {
    if (name.empty() || !is_one_line(name) || !is_one_line(value)) return false;
  }
  return true;
}

WireError answer_error(HttpFault fault) {
  if (fault == HttpFault::cut_short) return {WireFault::gone, "the answer was cut short", 0};
  if (fault == HttpFault::malformed)
    return {WireFault::protocol, "the answer is not well-formed HTTP/1.1", 0};
  return {WireFault::too_large, "the headers of the answer are too large", 0};
}

class LinkStream final : public HttpStream, public std::enable_shared_from_this<LinkStream> {
 public:
  explicit LinkStream(executor where) : link_(std::move(where)) {}

  awaitable<result<void>> open(HttpCall call) override;
  int status() const override { return parser_->status(); }
  Headers const& headers() const override { return headers_; }
  awaitable<result<std::string_view>> read_some() override;
  void cancel() override {
    cancelled_ = true;
    link_.abort();
  }

 private:
  awaitable<result<void>> read_more(std::optional<duration> limit, std::string_view waiting_for);
  /// Whatever went wrong after we cancelled, went wrong because we did.
  [[nodiscard]] std::unexpected<WireError> fail(WireError error) {
    link_.abort();
    failed_ = true;
    if (cancelled_) error = {WireFault::cancelled, "we cancelled the request", 0};
    return std::unexpected(std::move(error));
  }

  Link link_;
  std::unique_ptr<ResponseParser> parser_;
  CallLimits limits_;
  Headers headers_;
  std::string in_, piece_;
  bool cancelled_ = false, failed_ = false;
};

awaitable<result<void>> LinkStream::open(HttpCall call) {
  auto const self = shared_from_this();
  limits_ = call.limits;
  parser_ = std::make_unique<ResponseParser>(answer_head_bytes, call.method == "HEAD");
  if (!is_sound(call.headers))
    co_return fail({WireFault::local, "a header of the request holds a line break", 0});
  if (cancelled_) co_return fail({});
  auto const connected = co_await link_.connect(call.url, call.tls, limits_.connect);
  if (!connected || cancelled_) co_return fail(connected ? WireError{} : connected.error());
  auto const first_byte_end = std::chrono::steady_clock::now() + limits_.first_byte;
  auto const written = co_await link_.write(request_text(call), call.body, limits_.first_byte);
  // A server that refuses early (too large, unauthorized) may answer and close before it took the whole body.
  bool const answered_early = !written && written.error().fault == WireFault::gone;
  if (!written && !answered_early) co_return fail(written.error());
  while (!parser_->head_done()) {
    auto const left = std::max(first_byte_end - std::chrono::steady_clock::now(), duration::zero());
    auto const read = co_await read_more(left, "the first byte of the answer");
    if (!read) co_return fail(read.error());
  }
  headers_ = parser_->headers();
  co_return result<void>{};
}

awaitable<result<void>> LinkStream::read_more(std::optional<duration> limit, std::string_view waiting_for) {
  std::array<char, answer_bytes> bytes{};
  auto const size = co_await link_.read_some(bytes, limit, waiting_for);
  if (!size) {
    bool const ended = size.error().fault == WireFault::gone && parser_->head_done();
    if (!ended) co_return std::unexpected(size.error());
    auto const complete = parser_->feed_end();
    if (!complete) co_return std::unexpected(answer_error(complete.error()));
    co_return result<void>{};
  }
  in_.append(bytes.data(), *size);
  auto const fed = parser_->feed(in_);
  if (!fed) co_return std::unexpected(answer_error(fed.error()));
  in_.erase(0, *fed);
  co_return result<void>{};
}

awaitable<result<std::string_view>> LinkStream::read_some() {
  auto const self = shared_from_this();
  if (cancelled_ || failed_) co_return fail({WireFault::gone, "the stream has failed", 0});
  piece_ = parser_->take_body();
  while (piece_.empty() && !parser_->done()) {
    auto const read = co_await read_more(limits_.between_bytes, "more of the answer");
    if (!read || cancelled_) co_return fail(read ? WireError{} : read.error());
    piece_ = parser_->take_body();
  }
  if (piece_.empty()) link_.abort();
  co_return std::string_view(piece_);
}

}  // namespace

std::shared_ptr<HttpStream> HttpStream::make(executor where) {
  return std::make_shared<LinkStream>(std::move(where));
}

awaitable<result<HttpReply>> http_request(executor where, HttpCall call) {
  auto const body_bytes = call.limits.body_bytes;
  auto const stream = HttpStream::make(std::move(where));
  auto const opened = co_await stream->open(std::move(call));
  if (!opened) co_return std::unexpected(opened.error());
  HttpReply reply{stream->status(), stream->headers(), {}};
  for (;;) {
    auto const piece = co_await stream->read_some();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return reply;
    if (reply.body.size() + piece->size() > body_bytes) {
      stream->cancel();
      co_return wire_error(WireFault::too_large,
                           "the answer is larger than " + std::to_string(body_bytes) + " bytes");
    }
    reply.body += *piece;
  }
}

awaitable<result<std::shared_ptr<WebSocket>>> connect_websocket(executor where, Url url,
                                                                ConnectOptions options) {
  auto const end = std::chrono::steady_clock::now() + options.connect;
  Link link(std::move(where));
  if (!is_sound(options.headers))
    co_return wire_error(WireFault::local, "a header of the request holds a line break");
  auto const connected = co_await link.connect(url, options.tls, options.connect);
  if (!connected) co_return std::unexpected(connected.error());
  auto const left = std::max<duration>(end - std::chrono::steady_clock::now(), std::chrono::milliseconds(1));
  Upgrade upgrade{link.peer(), options.limits, left};
  co_return co_await websocket_connect(link.release(), std::move(upgrade), url.authority(), url.target,
                                       std::move(options.headers), std::move(options.subprotocols));
}

}  // namespace spillway::wire
