// gateway/client/src/market_client.cpp - hello, signed login, then frames.
#include "gateway/client/market_client.hpp"

#include <algorithm>

#include "session_diary.hpp"

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
  std::shared_ptr<MarketClient> client(new MarketClient(where, std::move(*ws), options));
  auto const done = co_await client->log_in(options.url.host, options.last_report);
  if (!done) co_return std::unexpected(done.error());
  if (client->diary_) wire::spawn(where, keep_stating(client, client->over_, options.state_every));
  co_return client;
}

MarketClient::MarketClient(wire::executor const& where, std::shared_ptr<wire::WebSocket> ws,
                           ClientOptions const& options)
    : ws_(std::move(ws)),
      credentials_(options.credentials),
      states_(options.states),
      on_trouble_(options.on_trouble),
      state_every_(options.state_every),
      stated_at_(std::chrono::steady_clock::now()),
      over_(std::make_shared<wire::Signal>(where)) {}

MarketClient::~MarketClient() { over_->notify(); }

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
  login.states = states_;
  login.signature = credentials_.sign(
      login_bytes(hello->nonce, server_name, login.participant, login.key, login.role, exporter));
  (void)send(ClientMessage(std::move(login)));
  auto const second = co_await receive();
  if (!second) co_return std::unexpected(second.error());
  if (auto const* const welcome = std::get_if<msg::Welcome>(&*second)) {
    welcome_ = *welcome;
    if (states_ && welcome->states)
      diary_ = std::make_unique<SessionDiary>(credentials_, welcome->session, hello->nonce,
                                              std::min(last_report, welcome->reports_have));
    co_return std::expected<void, ClientError>{};
  }
  auto const third = co_await receive();  // the sentence that says which part of the login was wrong
  auto const* const closing = third ? std::get_if<msg::Closing>(&*third) : nullptr;
  co_return std::unexpected(
      ClientError{"login refused: " + (closing ? closing->sentence : std::string("no reason given")), true});
}

wire::awaitable<std::expected<ServerMessage, ClientError>> MarketClient::receive() {
  for (;;) {
    auto message = co_await read();
    if (!message) over_->notify();
    if (!message || look_at(*message)) co_return message;
  }
}

wire::awaitable<std::expected<ServerMessage, ClientError>> MarketClient::read() {
  auto const frame = co_await ws_->read_frame();
  if (!frame) co_return lost(frame.error());
  auto message = decode_server_message(std::as_bytes(frame->bytes));
  if (!message)
    co_return std::unexpected(
        ClientError{"the server sent what this client can't read: " + message.error().sentence, false});
  co_return std::move(*message);
}

// Statements have request numbers of their own, which no client counts up to.
constexpr msg::Request first_statement = msg::Request{1} << 63;

bool MarketClient::look_at(ServerMessage const& message) {
  if (!diary_) return true;
  if (auto const* const report = std::get_if<msg::Report>(&message)) diary_->reported(*report);
  auto const* const answer = std::get_if<msg::Answer>(&message);
  if (!answer) return true;
  if (answer->request >= first_statement) {
    if (answer->refusal == Refusal::statement_differs) {
      trouble("the exchange says that this session sent or got something else than it did");
      diary_.reset();
    } else if (answer->refusal != Refusal::none) {
      diary_->not_taken();
    }
    return false;
  }
  if (auto const wrong = diary_->answered(*answer); !wrong.empty()) trouble(wrong);
  return true;
}

void MarketClient::trouble(std::string const& what) {
  if (on_trouble_) on_trouble_(what + "; nothing more of this session is signed");
}

bool MarketClient::state() {
  if (!diary_ || !diary_->has_news()) return false;
  stated_at_ = std::chrono::steady_clock::now();
  return send(ClientMessage(diary_->state(first_statement + statements_++)));
}

wire::awaitable<void> MarketClient::keep_stating(std::weak_ptr<MarketClient> client,
                                                 std::shared_ptr<wire::Signal> over, wire::duration every) {
  for (;;) {
    bool const ended = co_await over->wait(every);
    auto const still = client.lock();
    if (ended || !still) co_return;
    (void)still->state();
  }
}

bool MarketClient::send(ClientMessage const& message) {
  // A program that did not run its loop for long states first: its request would be refused as too late.
  if (diary_ && std::chrono::steady_clock::now() - stated_at_ >= state_every_) (void)state();
  if (diary_) diary_->sent(message);
  return ws_->send(std::make_shared<Bytes const>(encode(message)), wire::FrameKind::binary);
}

void MarketClient::close() {
  (void)state();
  over_->notify();
  ws_->close(wire::CloseCode::normal);
}

}  // namespace spillway
