// gateway/client/market_client.hpp - a logged-in WebSocket to an exchange: messages out, messages in.
// Room:   gateway, target client; sees market and the wire.
// Thread: the loop's.
// Errors: ClientError: what happened in one sentence; `denied` when trying again can't help.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "gateway/client/credentials.hpp"
#include "gateway/wire/client.hpp"
#include "gateway/wire/websocket.hpp"
#include "market/message.hpp"

namespace spillway {

struct ClientOptions {
  wire::Url url;                         // wss://host:port/v1/stream
  std::optional<wire::TlsClient> trust;  // absent: what this machine trusts
  Credentials credentials;
  std::uint64_t last_report{};  // reports after this one are sent again
};

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

  [[nodiscard]] msg::Welcome const& welcome() const { return welcome_; }
  [[nodiscard]] Credentials const& credentials() const { return credentials_; }

 private:
  MarketClient(std::shared_ptr<wire::WebSocket> ws, Credentials credentials)
      : ws_(std::move(ws)), credentials_(std::move(credentials)) {}
  wire::awaitable<std::expected<void, ClientError>> log_in(std::string server_name,
                                                           std::uint64_t last_report);

  std::shared_ptr<wire::WebSocket> ws_;
  Credentials credentials_;
  msg::Welcome welcome_;
  msg::Request next_request_{1};
};

}  // namespace spillway
