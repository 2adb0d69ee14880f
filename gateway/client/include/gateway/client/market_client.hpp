// gateway/client/market_client.hpp - a logged-in WebSocket to an exchange: messages out, messages in.
// Room:   gateway, target client; sees market and the wire.
// Thread: the loop's.
// Errors: ClientError: what happened in one sentence; `denied` when trying again can't help.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/client/credentials.hpp"
#include "gateway/wire/client.hpp"
#include "gateway/wire/signal.hpp"
#include "gateway/wire/websocket.hpp"
#include "market/message.hpp"

namespace spillway {

struct ClientOptions {
  wire::Url url;                         // wss://host:port/v1/stream
  std::optional<wire::TlsClient> trust;  // absent: what this machine trusts
  Credentials credentials;
  std::uint64_t last_report{};  // reports after this one are sent again
  /// Signs for what this session sent and got (docs/protocol.md), so often while something is new, and at the
  /// end.
  bool states{true};
  wire::duration state_every{std::chrono::seconds(1)};
  std::function<void(std::string const&)> on_trouble{};  // why nothing more is signed; may be empty
};

class SessionDiary;

struct ClientError {
  std::string sentence;
  bool denied{};  // the login was refused
};

class MarketClient {
 public:
  [[nodiscard]] static wire::awaitable<std::expected<std::shared_ptr<MarketClient>, ClientError>> connect(
      wire::executor where, ClientOptions options);

  /// The next message, waiting for it. An error ends the connection.
  [[nodiscard]] wire::awaitable<std::expected<ServerMessage, ClientError>> receive();
  /// Queues; false when the connection is closing or the other side does not read.
  bool send(ClientMessage const& message);
  /// The same with a fresh request number, which is returned.
  template <class M>
  msg::Request ask(M message) {
    message.request = next_request_++;
    auto const request = message.request;
    (void)send(ClientMessage(std::move(message)));
    return request;
  }
  void close();
  ~MarketClient();
  /// Signs now, if there is something new; false when there is not, or when nothing is signed here.
  bool state();

  [[nodiscard]] msg::Welcome const& welcome() const { return welcome_; }
  [[nodiscard]] Credentials const& credentials() const { return credentials_; }

 private:
  MarketClient(wire::executor const& where, std::shared_ptr<wire::WebSocket> ws,
               ClientOptions const& options);
  wire::awaitable<std::expected<void, ClientError>> log_in(std::string server_name,
                                                           std::uint64_t last_report);
  wire::awaitable<std::expected<ServerMessage, ClientError>> read();
  static wire::awaitable<void> keep_stating(std::weak_ptr<MarketClient> client,
                                            std::shared_ptr<wire::Signal> over, wire::duration every);
  /// False for the answer to a statement, which is nobody else's.
  bool look_at(ServerMessage const& message);
  void trouble(std::string const& what);

  std::shared_ptr<wire::WebSocket> ws_;
  Credentials credentials_;
  msg::Welcome welcome_;
  msg::Request next_request_{1};
  bool states_;
  std::function<void(std::string const&)> on_trouble_;
  std::unique_ptr<SessionDiary> diary_;  // null: this session signs nothing
  std::uint64_t statements_{};
  wire::duration state_every_;
  std::chrono::steady_clock::time_point stated_at_;
  std::shared_ptr<wire::Signal> over_;
};

}  // namespace spillway
