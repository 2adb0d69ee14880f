// gateway/server/src/exchange_server.cpp - one port, four kinds of door: WebSocket sessions, the OpenAI door,
// auditors' files, operators' pages.
#include "gateway/server/exchange_server.hpp"

#include <sodium.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>

#include "audit_door.hpp"
#include "descriptors.hpp"
#include "feed.hpp"
#include "gateway/wire/server.hpp"
#include "hub.hpp"
#include "metrics_page.hpp"
#include "openai_door.hpp"
#include "relay.hpp"
#include "session.hpp"

namespace spillway {
namespace {

using namespace std::chrono_literals;

constexpr auto sweep_every = 100ms;
constexpr auto last_words = 100ms;  // for answers that are on their way when a stop is asked for

// The door's place is a name in the operator's file: a wrong one is told at the start, not to each client.
std::expected<void, std::string> check_door_place(Hub const& hub) {
  auto const& name = hub.config().door_buyer_place;
  auto const* const place = hub.reference().place_named(name);
  if (name.empty() || (place && hub.reference().is_leaf(place->id))) return {};
  return std::unexpected("[door] buyer_place: \"" + name +
                         "\" is no leaf of the table of places; take one such as cn:guangdong:shenzhen");
}

wire::Headers typed(char const* content_type) { return {{"content-type", content_type}}; }

}  // namespace

struct ExchangeServer::Impl {
  Impl(ServerConfig config, std::filesystem::path const& journal, std::filesystem::path const& archive)
      : keep_running(boost::asio::make_work_guard(loop)),
        hub(loop.get_executor(), std::move(config)),
        door(hub),
        audit(hub, journal, archive) {}

  boost::asio::io_context loop{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running;
  Hub hub;
  OpenAiDoor door;
  AuditDoor audit;
  std::unique_ptr<wire::Server> server;
  std::string certificate;
  std::uint64_t next_session{1};
  bool stopping{};

  std::expected<void, std::string> listen();
  wire::awaitable<void> serve_http(wire::HttpRequest request, wire::HttpResponder& out);
  wire::awaitable<void> sweep();
  wire::awaitable<void> close_doors();
  void begin_stop();
};

std::expected<void, std::string> ExchangeServer::Impl::listen() {
  auto const& config = hub.config();
  wire::ServerOptions options;
  options.address = config.address;
  options.port = config.port;
  options.plain_text = config.plain_text;
  options.subprotocols = {subprotocol_binary, subprotocol_json};
  options.websocket.frame_bytes = largest_login_frame_bytes;
  options.websocket.outbox_bytes = stranger_outbox_bytes;
  options.limits.connections = connections_for(raise_descriptor_limit());
  if (!config.plain_text) {
    auto made = wire::development_certificate(config.tls_directory, config.server_names);
    if (!made) return std::unexpected(made.error().text);
    hub.log(made->message);
    auto tls = wire::TlsServer::load(made->certificate, made->key);
    if (!tls) return std::unexpected(tls.error().text);
    certificate = made->certificate.string();
    options.tls = std::move(*tls);
  }
  wire::ServerHandlers handlers;
  handlers.may_upgrade = [](wire::RequestHead const& head) { return head.path() == "/v1/stream" ? 0 : 404; };
  handlers.websocket = [this](std::shared_ptr<wire::WebSocket> ws, wire::RequestHead const&) {
    return Session::run(std::make_shared<Session>(hub, std::move(ws), SessionId{next_session++}));
  };
  handlers.http = [this](wire::HttpRequest request, wire::HttpResponder& out) {
    return serve_http(std::move(request), out);
  };
  handlers.log = [this](std::string const& line) { hub.log(line); };
  auto listening = wire::Server::listen(loop.get_executor(), std::move(options), std::move(handlers));
  if (!listening) return std::unexpected(listening.error().text);
  server = std::move(*listening);
  return {};
}

wire::awaitable<void> ExchangeServer::Impl::serve_http(wire::HttpRequest request, wire::HttpResponder& out) {
  auto const path = std::string(request.path());
  if (OpenAiDoor::serves(path)) {
    co_await door.handle(std::move(request), out);
  } else if (AuditDoor::serves(path)) {
    co_await audit.handle(std::move(request), out);
  } else if ((path == "/healthz" || path == "/metrics") && request.method != "GET" &&
             request.method != "HEAD") {
    auto headers = typed("application/json");
    headers.push_back({"allow", "GET"});
    auto const body = wire::error_body("use GET", "invalid_request_error", "method_not_allowed");
    (void)co_await out.send(405, std::move(headers), body);
  } else if (path == "/healthz") {
    (void)co_await out.send(200, typed("application/json"), R"({"status":"ok"})");
  } else if (path == "/metrics") {
    (void)co_await out.send(200, typed("text/plain; version=0.0.4"), metrics_page(hub, server->counters()));
  } else {
    (void)co_await out.send(
        404, typed("application/json"),
        wire::error_body("no such path; the doors are /v1/stream, /v1/models, /v1/chat/completions, "
                         "/audit/checkpoint, /metrics and /healthz",
                         "invalid_request_error", "not_found"));
  }
}

wire::awaitable<void> ExchangeServer::Impl::sweep() {
  while (!stopping) {
    co_await wire::sleep_for(sweep_every);
    hub.relay().sweep();
    hub.sweep();
    hub.feed().flush();
  }
}

void ExchangeServer::Impl::begin_stop() {
  if (std::exchange(stopping, true)) return;
  wire::spawn(loop.get_executor(), close_doors());
}

wire::awaitable<void> ExchangeServer::Impl::close_doors() {
  co_await wire::sleep_for(last_words);
  server->stop();
  co_await server->stopped();
  keep_running.reset();
  loop.stop();
}

std::expected<std::unique_ptr<ExchangeServer>, std::string> ExchangeServer::start(ServerConfig config,
                                                                                  PipelineOptions pipeline) {
  if (sodium_init() < 0) return std::unexpected("the cryptography library can't start on this machine");
  if (config.register_directory.empty()) config.register_directory = pipeline.directory / "register";
  auto impl = std::make_unique<Impl>(std::move(config), pipeline.directory, pipeline.archive);
  // The port first: without it no new journal is begun. Who dials during the replay waits for its end.
  if (auto listening = impl->listen(); !listening) return std::unexpected(listening.error());
  if (auto opened = impl->hub.open(std::move(pipeline)); !opened) return std::unexpected(opened.error());
  // Each start journals something: so no number is that of a session before.
  impl->next_session = (impl->hub.pipeline().start().entries << 24) + 1;
  if (auto const known = check_door_place(impl->hub); !known) return std::unexpected(known.error());
  auto* const raw = impl.get();
  impl->hub.on_shutdown_asked = [raw] { raw->begin_stop(); };
  wire::spawn(impl->loop.get_executor(), impl->sweep());
  return std::unique_ptr<ExchangeServer>(new ExchangeServer(std::move(impl)));
}

ExchangeServer::ExchangeServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// Whatever still waits on the loop refers to the doors: they go first, then the loop.
ExchangeServer::~ExchangeServer() { impl_->hub.stop(); }

std::uint16_t ExchangeServer::port() const { return impl_->server->port(); }
StartReport const& ExchangeServer::start_report() const { return impl_->hub.pipeline().start(); }
std::string ExchangeServer::certificate() const { return impl_->certificate; }

Pipeline::Stopped ExchangeServer::run() {
  impl_->loop.run();
  return impl_->hub.stop();
}

void ExchangeServer::request_stop() {
  wire::post(impl_->loop.get_executor(), [impl = impl_.get()] { impl->begin_stop(); });
}

}  // namespace spillway
