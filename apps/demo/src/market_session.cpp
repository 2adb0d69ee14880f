// apps/demo/src/market_session.cpp - connect, read until the end, wait a little, again.
#include "market_session.hpp"

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
constexpr auto pause_between_attempts = 300ms;

std::optional<msg::Request> answered_request(ServerMessage const& message) {
  if (auto const* const answer = std::get_if<msg::Answer>(&message)) return answer->request;
  if (auto const* const read = std::get_if<msg::ReadResult>(&message)) return read->request;
  return std::nullopt;
}

}  // namespace

MarketSession::MarketSession(wire::executor where, ExchangeProcess const& exchange, Credentials credentials,
                             Events events)
    : where_(std::move(where)),
      exchange_(exchange),
      credentials_(credentials),
      events_(std::move(events)),
      changed_(where_) {}

std::shared_ptr<MarketSession> MarketSession::start(wire::executor where, ExchangeProcess const& exchange,
                                                    Credentials credentials, Events events) {
  std::shared_ptr<MarketSession> session(
      new MarketSession(where, exchange, std::move(credentials), std::move(events)));
  wire::spawn(where, session->run());
  return session;
}

wire::awaitable<void> MarketSession::run() {
  auto const self = shared_from_this();
  while (!stopping_) {
    co_await one_connection();
    bool const was_up = client_ != nullptr;
    client_.reset();
    for (auto const& [request, waiting] : waiting_) waiting->lost = true, waiting->changed.notify();
    waiting_.clear();
    if (was_up && events_.down) events_.down();
    if (!stopping_) (void)co_await changed_.wait(pause_between_attempts);
  }
}

wire::awaitable<void> MarketSession::one_connection() {
  ClientOptions options;
  options.url = exchange_.url("wss", "/v1/stream");
  options.credentials = credentials_;
  auto trust = wire::TlsClient::trusting(exchange_.certificate());
  if (!trust) {
    trouble_ = trust.error().text;
    co_return;
  }
  options.trust = std::move(*trust);
  auto connected = co_await MarketClient::connect(where_, std::move(options));
  if (!connected) {
    trouble_ = connected.error().sentence;
    co_return;
  }
  client_ = std::move(*connected);
  changed_.notify();
  if (events_.up) events_.up();
  while (!stopping_) {
    auto const message = co_await client_->receive();
    if (!message) {
      trouble_ = message.error().sentence;
      co_return;
    }
    if (!answered(*message) && events_.message) events_.message(*message);
  }
}

bool MarketSession::answered(ServerMessage const& message) {
  auto const request = answered_request(message);
  auto const waiting = request ? waiting_.extract(*request) : decltype(waiting_)::node_type();
  if (waiting.empty()) return false;
  waiting.mapped()->answer = message;
  waiting.mapped()->changed.notify();
  return true;
}

wire::awaitable<std::optional<ServerMessage>> MarketSession::answer_to(msg::Request request,
                                                                       std::chrono::milliseconds limit) {
  auto const self = shared_from_this();
  auto const waiting = std::make_shared<Waiting>(where_);
  waiting_[request] = waiting;
  auto const until = std::chrono::steady_clock::now() + limit;
  while (!waiting->answer && !waiting->lost && std::chrono::steady_clock::now() < until)
    (void)co_await waiting->changed.wait(until - std::chrono::steady_clock::now());
  waiting_.erase(request);
  co_return std::move(waiting->answer);
}

wire::awaitable<bool> MarketSession::wait_until_up(std::chrono::milliseconds limit) {
  auto const self = shared_from_this();
  auto const until = std::chrono::steady_clock::now() + limit;
  while (!up() && !stopping_ && std::chrono::steady_clock::now() < until)
    (void)co_await changed_.wait(until - std::chrono::steady_clock::now());
  co_return up();
}

void MarketSession::stop() {
  stopping_ = true;
  events_ = {};  // whoever listened may be gone from now on
  if (client_) client_->close();
  changed_.notify();
}

}  // namespace spillway::demo
