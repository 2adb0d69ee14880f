// gateway/wire/src/websocket.cpp - RFC 6455 by Beast: a reader, and a writer coroutine that empties the
// outbox.
// Room:   gateway, target wire; one of its two files that include Beast. Heavy.
#include "gateway/wire/websocket.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <utility>

#include "gateway/wire/signal.hpp"
#include "market/check.hpp"
#include "websocket_open.hpp"

namespace spillway::wire {

namespace beast = boost::beast;
namespace http = beast::http;

// Beast finds these by the type of the stream when a WebSocket has said goodbye.
template <class Handler>
void async_teardown(beast::role_type, AnyStream& stream, Handler&& handler) {
  stream.async_end(std::forward<Handler>(handler));
}
void teardown(beast::role_type, AnyStream& stream, boost::system::error_code&) { stream.close(); }

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t longest_reason = 123;
/// What a queued message takes beside its bytes, about: its place in the outbox, its owner, its allocations.
constexpr std::size_t message_overhead = 128;

using Stream = beast::websocket::stream<AnyStream, false>;
using beast::websocket::stream_base;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

WireError websocket_error(boost::system::error_code error) {
  namespace ws = beast::websocket;
  if (error == ws::error::closed) return {WireFault::closed, "the other side closed the WebSocket", 0};
  if (error == beast::error::timeout)
    return {WireFault::timed_out, "nothing came in time on the WebSocket", 0};
  if (error == ws::error::message_too_big || error == ws::error::buffer_overflow) {
    return {WireFault::too_large, "a WebSocket message is larger than the limit", 0};
  }
  if (error == ws::condition::protocol_violation || error == ws::error::bad_frame_payload ||
      error == ws::condition::handshake_failed) {
    return {WireFault::protocol, "the other side broke the WebSocket protocol: " + error.message(), 0};
  }
  return wire_error_of(error);
}

class BeastSocket final : public WebSocket, public std::enable_shared_from_this<BeastSocket> {
 public:
  BeastSocket(AnyStream stream, Upgrade upgrade)
      : raw_(stream),
        ws_(std::move(stream)),
        limits_(upgrade.limits),
        peer_(std::move(upgrade.peer)),
        work_(raw_.get_executor()),
        room_(raw_.get_executor()),
        ended_signal_(raw_.get_executor()) {
    set_timeouts(upgrade.handshake);
    set_frame_bytes(limits_.frame_bytes);
    ws_.auto_fragment(false);
  }

  awaitable<result<void>> accept(RequestHead head, std::string rest, std::string chosen);
  awaitable<result<void>> connect(std::string host, std::string target, Headers headers,
                                  std::vector<std::string> offered);
  /// The pointer that the user gets: letting go of it closes the socket, though the writer still holds the
  /// rest.
  std::shared_ptr<WebSocket> start();

  awaitable<result<Frame>> read_frame() override;
  bool queue(Outgoing message) override;
  std::size_t queued_bytes() const override { return queued_bytes_; }
  awaitable<bool> wait_until_queued_at_most(std::size_t bytes) override;
  void close(CloseCode code, std::string reason) override;
  void abort() override;
  bool open() const override { return !closing_ && !ended_; }
  std::uint16_t close_code() const override { return ws_.reason().code; }
  std::string const& close_reason() const override { return close_reason_; }
  std::string const& subprotocol() const override { return subprotocol_; }
  Peer const& peer() const override { return peer_; }
  std::optional<TlsExporter> tls_exporter(std::string_view label) const override {
    return raw_.exporter(label);
  }
  void set_frame_bytes(std::size_t largest) override { ws_.read_message_max(largest); }
  void set_outbox_bytes(std::size_t most) override { limits_.outbox_bytes = most; }
  awaitable<void> wait_ended() {
    auto const self = shared_from_this();
    while (!ended_) co_await ended_signal_.wait();
  }

 private:
  void set_timeouts(duration handshake) {
    ws_.set_option(stream_base::timeout{handshake, limits_.idle, true});
  }
  static awaitable<void> write_queued(std::shared_ptr<BeastSocket> self);
  awaitable<bool> write_front();
  void end();

  AnyStream raw_;  // the same stream as inside ws_
  Stream ws_;
  WebSocketLimits limits_;
  Peer peer_;
  beast::flat_buffer in_;
  std::string subprotocol_, close_reason_;

  std::deque<Outgoing> outbox_;
  std::size_t queued_bytes_ = 0;
  Signal work_, room_, ended_signal_;
  std::optional<asio::steady_timer> close_timer_;
  CloseCode closing_code_{};
  std::string closing_reason_;
  bool closing_ = false;  // our side wants to close
  bool ended_ = false;    // nothing is read or written any more
  bool stalled_ = false;  // the peer did not take a message in time
};

// Beast's own reader of heads has a small fixed buffer, so it gets the head that we have parsed.
http::request<http::empty_body> request_of(RequestHead const& head) {
  http::request<http::empty_body> request;
  request.version(11);
  request.method_string(head.method);
  request.target(head.target);
  for (auto const& [name, value] : head.headers) request.insert(name, value);
  return request;
}

awaitable<result<void>> BeastSocket::accept(RequestHead head, std::string rest, std::string chosen) {
  subprotocol_ = chosen;
  ws_.set_option(stream_base::decorator([chosen](beast::websocket::response_type& response) {
    response.set(http::field::server, "spillway");
    if (!chosen.empty()) response.set(http::field::sec_websocket_protocol, chosen);
  }));
  auto const request = request_of(head);
  raw_.put_back(std::move(rest));
  auto const [error] = co_await ws_.async_accept(request, as_result);
  if (error) co_return std::unexpected(websocket_error(error));
  set_timeouts(limits_.close_wait);
  co_return result<void>{};
}

awaitable<result<void>> BeastSocket::connect(std::string host, std::string target, Headers headers,
                                             std::vector<std::string> offered) {
  std::string names;
  for (auto const& name : offered) names += (names.empty() ? "" : ", ") + name;
  ws_.set_option(stream_base::decorator([headers, names](beast::websocket::request_type& request) {
    request.set(http::field::user_agent, "spillway");
    for (auto const& [name, value] : headers) request.set(name, value);
    if (!names.empty()) request.set(http::field::sec_websocket_protocol, names);
  }));
  beast::websocket::response_type response;
  auto const [error] = co_await ws_.async_handshake(response, host, target, as_result);
  if (error == beast::websocket::error::upgrade_declined) {
    auto const status = static_cast<int>(response.result_int());
    co_return wire_error(WireFault::refused,
                         "the server refused the WebSocket with HTTP status " + std::to_string(status),
                         status);
  }
  if (error) co_return std::unexpected(websocket_error(error));
  subprotocol_ = view(response[http::field::sec_websocket_protocol]);
  if (!offered.empty() && std::ranges::find(offered, subprotocol_) == offered.end()) {
    raw_.close();
    co_return wire_error(WireFault::refused, "the server chose none of the subprotocols that we offered");
  }
  set_timeouts(limits_.close_wait);
  co_return result<void>{};
}

std::shared_ptr<WebSocket> BeastSocket::start() {
  auto self = shared_from_this();
  spawn(raw_.get_executor(), write_queued(self));
  return {static_cast<WebSocket*>(this), [self](WebSocket*) { self->close(CloseCode::normal, {}); }};
}

awaitable<result<Frame>> BeastSocket::read_frame() {
  auto const self = shared_from_this();
  if (ended_) co_return wire_error(WireFault::gone, "the WebSocket has ended");
  in_.clear();
  auto const [error, size] = co_await ws_.async_read(in_, as_result);
  if (error) {
    auto failure = stalled_ ? WireError{WireFault::timed_out, "the other side does not read what we write", 0}
                            : websocket_error(error);
    close_reason_.assign(ws_.reason().reason.data(), ws_.reason().reason.size());
    end();
    co_return std::unexpected(std::move(failure));
  }
  (void)size;
  auto const bytes = in_.cdata();
  co_return Frame{{static_cast<std::uint8_t const*>(bytes.data()), bytes.size()},
                  ws_.got_text() ? FrameKind::text : FrameKind::binary};
}

bool BeastSocket::queue(Outgoing message) {
  if (!open()) return false;
  auto const size = message.bytes.size() + message_overhead;
  // One message larger than the whole bound still goes, alone.
  if (!outbox_.empty() && queued_bytes_ + size > limits_.outbox_bytes) return false;
  queued_bytes_ += size;
  outbox_.push_back(std::move(message));
  work_.notify();
  return true;
}

awaitable<bool> BeastSocket::wait_until_queued_at_most(std::size_t bytes) {
  auto const self = shared_from_this();
  while (!ended_ && queued_bytes_ > bytes) co_await room_.wait();
  co_return !ended_;
}

void BeastSocket::close(CloseCode code, std::string reason) {
  if (!open()) return;
  closing_ = true;
  closing_code_ = code;
  closing_reason_ = std::move(reason);
  closing_reason_.resize(std::min(closing_reason_.size(), longest_reason));
  close_timer_.emplace(raw_.get_executor(), limits_.close_wait);
  close_timer_->async_wait([self = weak_from_this()](boost::system::error_code stopped) {
    if (auto const socket = self.lock(); socket && !stopped) socket->abort();
  });
  work_.notify();
}

void BeastSocket::abort() {
  raw_.close();
  end();
}

void BeastSocket::end() {
  if (std::exchange(ended_, true)) return;
  close_timer_.reset();
  queued_bytes_ = 0;
  work_.notify();
  room_.notify();
  ended_signal_.notify();
}

awaitable<void> BeastSocket::write_queued(std::shared_ptr<BeastSocket> self) {
  while (!self->ended_) {
    if (!self->outbox_.empty()) {
      if (!co_await self->write_front()) break;
    } else if (self->closing_) {
      beast::websocket::close_reason reason(static_cast<std::uint16_t>(self->closing_code_));
      reason.reason = beast::string_view(self->closing_reason_.data(), self->closing_reason_.size());
      auto const [error] = co_await self->ws_.async_close(reason, as_result);
      (void)error;  // it is over in either case
      break;
    } else {
      co_await self->work_.wait();
    }
  }
  self->end();
  self->outbox_.clear();
}

/// False when the socket is of no more use.
awaitable<bool> BeastSocket::write_front() {
  auto const& message = outbox_.front();  // a deque keeps it in place while others join
  ws_.binary(message.kind == FrameKind::binary);
  asio::steady_timer stall(raw_.get_executor(), limits_.write_stall);
  stall.async_wait([self = weak_from_this()](boost::system::error_code stopped) {
    auto const socket = self.lock();
    if (stopped || !socket) return;
    socket->stalled_ = true;
    socket->raw_.close();
  });
  auto const [error, size] =
      co_await ws_.async_write(asio::buffer(message.bytes.data(), message.bytes.size()), as_result);
  (void)size;
  stall.cancel();
  if (error) {
    raw_.close();  // wakes the reader
    co_return false;
  }
  auto const written = std::move(outbox_.front().written);
  if (!ended_) queued_bytes_ -= message.bytes.size() + message_overhead;
  outbox_.pop_front();
  room_.notify();
  if (written) written();
  co_return true;
}

using Opened = result<std::shared_ptr<WebSocket>>;

}  // namespace

bool WebSocket::send_text(std::string text) {
  return send(std::shared_ptr<std::string const>(std::make_shared<std::string>(std::move(text))),
              FrameKind::text);
}

bool WebSocket::send_binary(std::span<std::uint8_t const> bytes) {
  return send(std::shared_ptr<std::vector<std::uint8_t> const>(
                  std::make_shared<std::vector<std::uint8_t>>(bytes.begin(), bytes.end())),
              FrameKind::binary);
}

awaitable<Opened> websocket_accept(AnyStream stream, Upgrade upgrade, RequestHead head, std::string rest,
                                   std::string subprotocol) {
  auto const socket = std::make_shared<BeastSocket>(std::move(stream), std::move(upgrade));
  auto const accepted = co_await socket->accept(std::move(head), std::move(rest), std::move(subprotocol));
  if (!accepted) co_return std::unexpected(accepted.error());
  co_return socket->start();
}

awaitable<Opened> websocket_connect(AnyStream stream, Upgrade upgrade, std::string host, std::string target,
                                    Headers headers, std::vector<std::string> subprotocols) {
  auto const socket = std::make_shared<BeastSocket>(std::move(stream), std::move(upgrade));
  auto const connected = co_await socket->connect(std::move(host), std::move(target), std::move(headers),
                                                  std::move(subprotocols));
  if (!connected) co_return std::unexpected(connected.error());
  co_return socket->start();
}

awaitable<void> websocket_ended(std::shared_ptr<WebSocket> socket) {
  co_await static_cast<BeastSocket&>(*socket).wait_ended();
}

}  // namespace spillway::wire
