// apps/trade/include/apps/trade/exchange_link.hpp - one logged-in connection for programs that do one thing
// after another.
// Room:   apps, library trade; sees market, gateway client.
// Thread: the caller's; calls block until the exchange answers.
// Errors: a sentence; `denied` when the login was refused.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/client/market_client.hpp"

namespace spillway {

struct LinkOptions {
  std::string url;              // wss://host:port, with or without the path
  std::filesystem::path trust;  // PEM; empty: what this machine trusts
  std::filesystem::path credentials;
};

class ExchangeLink {
 public:
  [[nodiscard]] static std::expected<ExchangeLink, ClientError> open(LinkOptions const& options);
  ExchangeLink(ExchangeLink&&) noexcept;
  ExchangeLink& operator=(ExchangeLink&&) noexcept;
  ~ExchangeLink();

  /// Sends and waits for the Answer to this request; other messages that come meanwhile are kept for
  /// receive(). A refusal is an Answer too.
  template <class M>
  [[nodiscard]] std::expected<msg::Answer, ClientError> ask(M message) {
    return answer_to(client().ask(std::move(message)));
  }
  /// The JSON document of a read; a refused read is an error.
  [[nodiscard]] std::expected<std::string, ClientError> read(msg::Read read);
  /// The next message, kept ones first.
  [[nodiscard]] std::expected<ServerMessage, ClientError> receive();
  /// From now on receive() answers {closed by signal} once SIGINT or SIGTERM came.
  void stop_on_signals();
  [[nodiscard]] bool stopped() const;
  [[nodiscard]] msg::Welcome const& welcome() const;

 private:
  struct Impl;
  explicit ExchangeLink(std::unique_ptr<Impl> impl);
  [[nodiscard]] MarketClient& client();
  [[nodiscard]] std::expected<msg::Answer, ClientError> answer_to(msg::Request request);
  std::unique_ptr<Impl> impl_;
};

/// "localhost:7443" -> wss://localhost:7443/v1/stream; a sentence when it is no address.
[[nodiscard]] std::expected<wire::Url, std::string> exchange_url(std::string_view text);

}  // namespace spillway
