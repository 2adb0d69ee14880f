// gateway/wire/src/connection.hpp - one accepted connection, from its handshake to its end.
// Room:   gateway, target wire, its own sources only.
// Thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/wire/server.hpp"
#include "gateway/wire/signal.hpp"
#include "http_parse.hpp"
#include "link.hpp"

namespace spillway::wire {

/// What all connections of a server share.
struct ServerShared {
  ServerOptions options;
  ServerHandlers handlers;
  ServerCounters counters;

  void log(std::string const& line) const {
    if (handlers.log) handlers.log(line);
  }
};

class Connection;

/// The state of one answer.
class HttpResponder::Impl {
 public:
  Impl(Connection& connection, bool http11, bool keep_alive, bool no_body)
      : connection_(connection), http11_(http11), keep_alive_(keep_alive), no_body_(no_body) {}

  awaitable<result<void>> send(int status, Headers headers, std::string body);
  awaitable<result<void>> start(int status, Headers headers);
  awaitable<result<void>> write(std::string bytes);
  awaitable<result<void>> finish();
  void close_after() { keep_alive_ = false; }

  [[nodiscard]] bool started() const { return phase_ != Phase::waiting; }
  [[nodiscard]] bool complete() const { return phase_ == Phase::complete; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] Connection& connection() const { return connection_; }

 private:
  enum class Phase { waiting, streaming, complete };
  [[nodiscard]] std::string head(int status, Headers const& headers, std::string_view framing) const;

  Connection& connection_;
  bool http11_, keep_alive_, no_body_;
  Phase phase_ = Phase::waiting;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(executor where, std::unique_ptr<Link> link, std::shared_ptr<ServerShared> shared);

  static awaitable<void> run(std::shared_ptr<Connection> self);
  /// The server stops: whoever serves this connection sees a client that went away.
  void abort();

  awaitable<result<void>> write(std::string_view head, std::string_view body);
  [[nodiscard]] bool client_gone() const { return gone_; }
  void on_client_gone(std::function<void()> call);

 private:
  enum class Next { again, end };
  awaitable<Next> serve_one();
  awaitable<result<void>> read_head(RequestParser& parser);
  awaitable<result<void>> read_body(RequestParser& parser);
  awaitable<result<void>> feed(RequestParser& parser);
  awaitable<Next> serve_http(RequestParser& parser);
  awaitable<void> call_handler(HttpRequest request, HttpResponder::Impl& answer);
  awaitable<Next> serve_websocket(RequestHead head);
  awaitable<Next> refuse(int status, std::string_view message, std::string_view code);
  awaitable<Next> refuse_read(WireError const& error);

  static awaitable<void> watch_client(std::shared_ptr<Connection> self);
  awaitable<void> stop_watching();
  void note_gone();
  [[nodiscard]] RequestHead head_of(RequestParser const& parser) const;
  [[nodiscard]] std::optional<std::string> choose_subprotocol(RequestHead const& head) const;
  [[nodiscard]] ServerLimits const& limits() const { return shared_->options.limits; }

  executor where_;
  std::unique_ptr<Link> link_;
  std::shared_ptr<ServerShared> shared_;
  std::string in_;            // received and not yet consumed
  std::size_t consumed_ = 0;  // of in_, by the request that is being read

  bool watching_ = false, watch_stopped_ = false;
  Signal watch_ended_;
  bool gone_ = false;
  std::function<void()> on_gone_;
  std::weak_ptr<WebSocket> socket_;
};

}  // namespace spillway::wire
