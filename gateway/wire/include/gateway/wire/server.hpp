// gateway/wire/server.hpp - one listening port: TLS or plain, HTTP/1.1 and WebSocket, handed to two handlers.
// Room:   gateway, target wire.
// Thread: the loop's, for every call and every handler.
// Errors: listen says why it can't; later faults end one connection and are counted, never the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/wire/http.hpp"
#include "gateway/wire/tls.hpp"
#include "gateway/wire/websocket.hpp"

namespace spillway::wire {

struct ServerLimits {
  std::size_t connections = 4096;  // open at once; one more is closed unread
  std::size_t connections_per_address = 1024;
  std::uint32_t head_bytes = 16 * 1024;  // request line and headers
  std::uint64_t body_bytes = std::uint64_t{1} << 20;
  duration handshake = std::chrono::seconds(10);  // TLS
  duration head = std::chrono::seconds(10);  // from the first byte of a request to the end of its headers
  duration body = std::chrono::seconds(30);  // whole body
  duration idle = std::chrono::seconds(60);  // between requests
  duration write_stall = std::chrono::seconds(30);  // one write not taken by the client
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric
  std::uint16_t port = 0;             // 0 picks a free one
  std::optional<TlsServer> tls;       // absent: plain text, which needs `plain_text` and a loopback address
  bool plain_text = false;
  std::vector<std::string> subprotocols;  // in the order that we prefer; empty: none is asked for or named
  ServerLimits limits;
  WebSocketLimits websocket;
};

struct ServerHandlers {
  /// Owns the socket while it runs; when it returns, the socket is closed (1000) unless it is already.
  std::function<awaitable<void>(std::shared_ptr<WebSocket>, RequestHead const&)> websocket;
  std::function<awaitable<void>(HttpRequest, HttpResponder&)> http;
  /// Asked before an upgrade: an HTTP status to refuse it (404, 503), or 0. Absent: every target is taken.
  std::function<int(RequestHead const&)> may_upgrade;
  /// One line for the operator. Holds no bytes of clients.
  std::function<void(std::string const&)> log;
};

struct ServerCounters {
  std::uint64_t accepted = 0, open = 0, over_limit = 0, accept_errors = 0;
  std::uint64_t handshake_failures = 0, malformed = 0, timed_out = 0, too_large = 0;
  std::uint64_t requests = 0, upgrades = 0, clients_gone = 0, handler_failures = 0;
};

class Server {
 public:
  static result<std::unique_ptr<Server>> listen(executor where, ServerOptions options,
                                                ServerHandlers handlers);
  ~Server();  // as stop()
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] ServerCounters counters() const;
  /// No new connections, and every open one is dropped. Handlers see it as a client that went away.
  void stop();
  /// Returns when the last connection has ended and its handler has returned.
  awaitable<void> stopped();

  class Impl;

 private:
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace spillway::wire
