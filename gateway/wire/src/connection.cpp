// gateway/wire/src/connection.cpp - the life of a connection: handshake, requests in turn, perhaps a
// WebSocket.
// Room:   gateway, target wire.
#include "connection.hpp"

#include <algorithm>
#include <exception>

#include "websocket_open.hpp"

namespace spillway::wire {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;
/// Bytes of later requests that are kept while one is served; a client that sends more is no longer watched.
constexpr std::size_t pipelined_bytes = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  auto const blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Items of a comma-separated header, over all headers of that name.
std::vector<std::string_view> header_items(Headers const& headers, std::string_view name) {
  std::vector<std::string_view> out;
  for (auto const& header : headers) {
    if (!same_header_name(header.name, name)) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      auto const comma = std::min(rest.find(','), rest.size());
      out.push_back(trimmed(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return out;
}

/// 16 bytes in base64; Beast takes any text.
bool is_websocket_key(std::string_view key) {
  auto const digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return key.size() == 24 && key.ends_with("==") && std::ranges::all_of(key.substr(0, 22), digit);
}

WireError error_of(HttpFault fault) {
  switch (fault) {
    case HttpFault::malformed:
      return {WireFault::protocol, "the request is not well-formed HTTP/1.1", 400};
    case HttpFault::head_too_large:
      return {WireFault::too_large, "the request's headers are too large", 431};
    case HttpFault::body_too_large:
      return {WireFault::too_large, "the request's body is too large", 413};
    case HttpFault::cut_short:
      return {WireFault::gone, "the request was cut short", 0};
  }
  return {WireFault::protocol, "the request can't be read", 400};
}

}  // namespace

Connection::Connection(executor where, std::unique_ptr<Link> link, std::shared_ptr<ServerShared> shared)
    : where_(where), link_(std::move(link)), shared_(std::move(shared)), watch_ended_(where) {}

awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
  if (auto const& tls = self->shared_->options.tls) {
    auto const secured = co_await self->link_->accept_tls(*tls, self->limits().handshake);
    if (!secured) {
      ++self->shared_->counters.handshake_failures;
      co_return;
    }
  }
  for (Next next = Next::again; next == Next::again;) next = co_await self->serve_one();
}

/// One request, answered or refused.
awaitable<Connection::Next> Connection::serve_one() {
  RequestParser parser(limits().head_bytes, limits().body_bytes);
  if (auto const read = co_await read_head(parser); !read) co_return co_await refuse_read(read.error());
  if (parser.upgrade()) co_return co_await serve_websocket(head_of(parser));
  if (parser.expects_continue() && !parser.done()) {
    if (!co_await link_->write("HTTP/1.1 100 Continue\r\n\r\n", {}, limits().write_stall))
      co_return Next::end;
  }
  if (auto const read = co_await read_body(parser); !read) co_return co_await refuse_read(read.error());
  in_.erase(0, consumed_);
  consumed_ = 0;
  co_return co_await serve_http(parser);
}

/// A client may be silent between requests for the idle limit; once a request began, its head comes within
/// another.
awaitable<result<void>> Connection::read_head(RequestParser& parser) {
  auto const idle_end = std::chrono::steady_clock::now() + limits().idle;
  auto head_end = std::chrono::steady_clock::now() + limits().head;
  for (;;) {
    if (in_.size() > consumed_) {
      auto const fed = parser.feed(std::string_view(in_).substr(consumed_));
      if (!fed) co_return std::unexpected(error_of(fed.error()));
      consumed_ += *fed;
      if (parser.head_done()) co_return result<void>{};
      if (in_.size() > limits().head_bytes) co_return std::unexpected(error_of(HttpFault::head_too_large));
    }
    bool const idle = in_.empty();
    std::array<char, read_bytes> piece{};
    auto const left = (idle ? idle_end : head_end) - std::chrono::steady_clock::now();
    auto const size = co_await link_->read_some(piece, std::max(left, duration::zero()), "a request");
    if (!size) {
      bool const slow = size.error().fault == WireFault::timed_out && !idle;
      if (slow) ++shared_->counters.timed_out;
      co_return std::unexpected(size.error());
    }
    if (idle) head_end = std::chrono::steady_clock::now() + limits().head;
    in_.append(piece.data(), *size);
  }
}

awaitable<result<void>> Connection::read_body(RequestParser& parser) {
  auto const end = std::chrono::steady_clock::now() + limits().body;
  while (!parser.done()) {
    auto const fed = parser.feed(std::string_view(in_).substr(consumed_));
    if (!fed) co_return std::unexpected(error_of(fed.error()));
    consumed_ += *fed;
    if (parser.done()) break;
    in_.erase(0, std::exchange(consumed_, 0));
    std::array<char, read_bytes> piece{};
    auto const left = end - std::chrono::steady_clock::now();
    auto const size =
        co_await link_->read_some(piece, std::max(left, duration::zero()), "the body of a request");
    if (!size) {
      if (size.error().fault == WireFault::timed_out) ++shared_->counters.timed_out;
      co_return std::unexpected(size.error());
    }
    in_.append(piece.data(), *size);
  }
  co_return result<void>{};
}

awaitable<Connection::Next> Connection::serve_http(RequestParser& parser) {
  ++shared_->counters.requests;
  HttpRequest request{head_of(parser), parser.take_body()};
  HttpResponder::Impl answer(*this, parser.http11(), parser.keep_alive(), request.method == "HEAD");
  watching_ = true, watch_stopped_ = false;
  spawn(where_, watch_client(shared_from_this()));
  co_await call_handler(std::move(request), answer);
  on_gone_ = nullptr;
  co_await stop_watching();

  if (gone_ || !answer.complete()) {
    if (gone_) ++shared_->counters.clients_gone;
    link_->abort();
    co_return Next::end;
  }
  if (answer.keep_alive()) co_return Next::again;
  co_await link_->end();
  co_return Next::end;
}

/// A handler that throws or forgets to answer costs its client an error, nobody else anything.
awaitable<void> Connection::call_handler(HttpRequest request, HttpResponder::Impl& answer) {
  HttpResponder responder(answer);
  std::string failure;
  try {
    if (shared_->handlers.http) co_await shared_->handlers.http(std::move(request), responder);
    if (!answer.started()) failure = "a handler gave no answer";
  } catch (std::exception const& thrown) {
    failure = std::string("a handler failed: ") + thrown.what();
  }
  if (failure.empty() || gone_) co_return;
  ++shared_->counters.handler_failures;
  shared_->log(failure);
  if (answer.started()) co_return;
  auto body =
      error_body("something went wrong on our side; the request may be repeated", "server_error", "internal");
  (void)co_await answer.send(500, json_headers(), std::move(body));
}

awaitable<Connection::Next> Connection::serve_websocket(RequestHead head) {
  if (!is_websocket_key(head.header("Sec-WebSocket-Key"))) {
    co_return co_await refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64", "handshake");
  }
  auto const subprotocol = choose_subprotocol(head);
  if (!subprotocol) {
    std::string names;
    for (auto const& name : shared_->options.subprotocols) names += (names.empty() ? "" : ", ") + name;
    co_return co_await refuse(400, "name one of these in Sec-WebSocket-Protocol: " + names, "subprotocol");
  }
  if (!shared_->handlers.websocket) co_return co_await refuse(404, "there is no WebSocket here", "not_found");
  if (int const status = shared_->handlers.may_upgrade ? shared_->handlers.may_upgrade(head) : 0;
      status != 0) {
    co_return co_await refuse(status, "this address takes no WebSocket", "no_upgrade");
  }
  Upgrade upgrade{head.peer, shared_->options.websocket, limits().handshake};
  in_.erase(0, consumed_);
  auto const accepted =
      co_await websocket_accept(link_->release(), std::move(upgrade), head, std::move(in_), *subprotocol);
  if (!accepted) {
    ++shared_->counters.malformed;
    co_return Next::end;
  }
  auto const socket = *accepted;
  socket_ = socket;
  ++shared_->counters.upgrades;
  std::string failure;
  if (gone_) socket->abort();
  try {
    co_await shared_->handlers.websocket(socket, head);
  } catch (std::exception const& thrown) {
    failure = std::string("a session failed: ") + thrown.what();
  }
  if (!failure.empty()) {
    ++shared_->counters.handler_failures;
    shared_->log(failure);
    socket->close(CloseCode::internal, "something went wrong on our side");
  }
  socket->close(CloseCode::normal);
  co_await websocket_ended(socket);
  co_return Next::end;
}

awaitable<Connection::Next> Connection::refuse(int status, std::string_view message, std::string_view code) {
  HttpResponder::Impl answer(*this, true, false, false);
  auto body = error_body(message, "invalid_request_error", code);
  if (co_await answer.send(status, json_headers(), std::move(body))) co_await link_->end_after_error();
  co_return Next::end;
}

awaitable<Connection::Next> Connection::refuse_read(WireError const& error) {
  auto const text = error.text;
  if (error.http_status != 0) {
    bool const malformed = error.fault == WireFault::protocol;
    ++(malformed ? shared_->counters.malformed : shared_->counters.too_large);
    co_return co_await refuse(error.http_status, text, malformed ? "malformed" : "too_large");
  }
  link_->abort();
  co_return Next::end;
}

awaitable<result<void>> Connection::write(std::string_view head, std::string_view body) {
  if (gone_) co_return wire_error(WireFault::gone, "the client went away");
  auto written = co_await link_->write(head, body, limits().write_stall);
  if (!written) note_gone();
  co_return written;
}

/// Reads ahead while a handler works: the one way to notice a client that leaves without a word.
awaitable<void> Connection::watch_client(std::shared_ptr<Connection> self) {
  while (!self->watch_stopped_ && self->in_.size() < pipelined_bytes) {
    std::array<char, 4096> piece{};
    auto const size = co_await self->link_->read_some(piece, std::nullopt, "");
    if (size) {
      self->in_.append(piece.data(), *size);
    } else {
      if (!self->watch_stopped_) self->note_gone();
      break;
    }
  }
  self->watching_ = false;
  self->watch_ended_.notify();
}

awaitable<void> Connection::stop_watching() {
  watch_stopped_ = true;
  link_->cancel_read();
  while (watching_) co_await watch_ended_.wait();
}

void Connection::note_gone() {
  if (std::exchange(gone_, true)) return;
  link_->abort();
  if (auto const call = std::exchange(on_gone_, nullptr)) call();
}

void Connection::on_client_gone(std::function<void()> call) {
  on_gone_ = std::move(call);
  if (!gone_) return;
  post(where_, [self = shared_from_this()] {
    if (auto const due = std::exchange(self->on_gone_, nullptr)) due();
  });
}

void Connection::abort() {
  note_gone();
  if (auto const socket = socket_.lock()) socket->abort();
}

RequestHead Connection::head_of(RequestParser const& parser) const {
  auto out = parser.head();
  out.peer = link_->peer();
  out.secure = link_->secure();
  return out;
}

/// Empty when none is configured, nullopt when the client offers none of ours.
std::optional<std::string> Connection::choose_subprotocol(RequestHead const& head) const {
  auto const& ours = shared_->options.subprotocols;
  if (ours.empty()) return "";
  auto const offered = header_items(head.headers, "Sec-WebSocket-Protocol");
  auto const chosen = std::ranges::find_if(
      ours, [&](std::string const& name) { return std::ranges::find(offered, name) != offered.end(); });
  if (chosen == ours.end()) return std::nullopt;
  return *chosen;
}

}  // namespace spillway::wire
