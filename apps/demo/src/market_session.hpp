// apps/demo/src/market_session.hpp - a WebSocket to the exchange that comes back by itself when the exchange
// does.
// Room:   apps, library demo; sees gateway client.
// Thread: the loop's.
// Errors: a call without an answer is nothing; what happened is for the log.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "exchange_process.hpp"
#include "gateway/client/market_client.hpp"
#include "gateway/wire/signal.hpp"

namespace spillway::demo {

class MarketSession : public std::enable_shared_from_this<MarketSession> {
 public:
  struct Events {
    std::function<void()> up;                           // logged in
    std::function<void()> down;                         // whatever was asked stays unanswered
    std::function<void(ServerMessage const&)> message;  // every message that answers no call()
  };
  [[nodiscard]] static std::shared_ptr<MarketSession> start(wire::executor where,
                                                            ExchangeProcess const& exchange,
                                                            Credentials credentials, Events events);

  [[nodiscard]] bool up() const { return client_ != nullptr; }
  [[nodiscard]] std::string const& trouble() const { return trouble_; }  // of the last attempt
  wire::awaitable<bool> wait_until_up(std::chrono::milliseconds limit);
  /// Sends; the answer comes to `message`. Nothing while the connection is down.
  template <class M>
  std::optional<msg::Request> ask(M message) {
    if (!client_) return std::nullopt;
    return client_->ask(std::move(message));
  }
  /// Sends and waits for the answer with the same request number.
  template <class M>
  wire::awaitable<std::optional<ServerMessage>> call(M message, std::chrono::milliseconds limit) {
    auto const request = ask(std::move(message));
    if (!request) co_return std::nullopt;
    co_return co_await answer_to(*request, limit);
  }
  void stop();

 private:
  struct Waiting {
    explicit Waiting(wire::executor where) : changed(std::move(where)) {}
    wire::Signal changed;
    std::optional<ServerMessage> answer;
    bool lost{};
  };
  MarketSession(wire::executor where, ExchangeProcess const& exchange, Credentials credentials,
                Events events);
  wire::awaitable<void> run();
  wire::awaitable<void> one_connection();
  wire::awaitable<std::optional<ServerMessage>> answer_to(msg::Request request,
                                                          std::chrono::milliseconds limit);
  bool answered(ServerMessage const& message);

  wire::executor where_;
  ExchangeProcess const& exchange_;  // outlives the session
  Credentials credentials_;
  Events events_;
  std::shared_ptr<MarketClient> client_;
  std::map<msg::Request, std::shared_ptr<Waiting>> waiting_;
  wire::Signal changed_;
  std::string trouble_;
  bool stopping_{};
};

}  // namespace spillway::demo
