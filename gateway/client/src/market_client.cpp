// gateway/client/src/market_client.cpp - hello, signed login, then frames.
#include "gateway/client/market_client.hpp"

#include <algorithm>

namespace spillway {
namespace {

std::unexpected<ClientError> lost(wire::WireError const& error) {
  return std::unexpected(ClientError{error.text, false});
}

std::optional<Bytes32> exporter_of(wire::WebSocket const& ws) {
  auto const material = ws.tls_exporter();
  if (!material) return std::nullopt;
  Bytes32 out;
  std::transform(material->begin(), material->end(), out.begin(), [](auto b) { return std::byte{b}; });
  return out;
}

}  // namespace

wire::awaitable<std::expected<std::shared_ptr<MarketClient>, ClientError>> MarketClient::connect(
    wire::executor where, ClientOptions options) {
  wire::ConnectOptions connection;
  connection.tls = options.trust;
  connection.subprotocols.emplace_back(subprotocol_binary);
  connection.limits.frame_bytes = largest_server_frame_bytes;
  connection.limits.outbox_bytes = std::size_t{32} << 20;
  auto ws = co_await wire::connect_websocket(where, options.url, std::move(connection));
  if (!ws) co_return lost(ws.error());
  std::shared_ptr<MarketClient> client(new MarketClient(std::move(*ws), options.credentials));
  auto const done = co_await client->log_in(options.url.host, options.last_report);
  if (!done) co_return std::unexpected(done.error());
  co_return client;
}

wire::awaitable<std::expected<void, ClientError>> MarketClient::log_in(std::string server_name,
                                                                       std::uint64_t last_report) {
  auto const first = co_await receive();
  if (!first) co_return std::unexpected(first.error());
  auto const* const hello = std::get_if<msg::ServerHello>(&*first);
  if (!hello)
    co_return std::unexpected(
        ClientError{"the server did not say hello; is this a Spillway exchange?", true});
  auto const exporter = exporter_of(*ws_);
  msg::Login login;
  login.request = next_request_++;
  login.participant = credentials_.participant;
  login.key = credentials_.key;
  login.role = credentials_.role;
  login.server_name = server_name;
  login.exporter_used = exporter.has_value();
  login.last_report = last_report;
  login.signature = credentials_.sign(
      login_bytes(hello->nonce, server_name, login.participant, login.key, login.role, exporter));
  (void)send(ClientMessage(std::move(login)));
  auto const second = co_await receive();
  if (!second) co_return std::unexpected(second.error());
  if (auto const* const welcome = std::get_if<msg::Welcome>(&*second)) {
    welcome_ = *welcome;
    co_return std::expected<void, ClientError>{};
  }
  auto const third = co_await receive();  // the sentence that says which part of the login was wrong
  auto const* const closing = third ? std::get_if<msg::Closing>(&*third) : nullptr;
  co_return std::unexpected(
      ClientError{"login refused: " + (closing ? closing->sentence : std::string("no reason given")), true});
}

wire::awaitable<std::expected<ServerMessage, ClientError>> MarketClient::receive() {
  auto const frame = co_await ws_->read_frame();
  if (!frame) co_return lost(frame.error());
  auto message = decode_server_message(std::as_bytes(frame->bytes));
  if (!message)
    co_return std::unexpected(
        ClientError{"the server sent what this client can't read: " + message.error().sentence, false});
  co_return std::move(*message);
}

bool MarketClient::send(ClientMessage const& message) {
  return ws_->send(std::make_shared<Bytes const>(encode(message)), wire::FrameKind::binary);
}

void MarketClient::close() { ws_->close(wire::CloseCode::normal); }

}  // namespace spillway
