// tests/gateway/wire_world.cpp - see wire_world.hpp.
#include "wire_world.hpp"

#include <stdlib.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <optional>

namespace spillway::wire {

namespace asio = boost::asio;

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto patience = std::chrono::seconds(60);
}  // namespace

TestCertificate::TestCertificate() {
  auto name = (std::filesystem::temp_directory_path() / "spillway-wire-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory = name;
  files = development_certificate(directory).value();
}
TestCertificate::~TestCertificate() {
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
}
TestCertificate const& TestCertificate::get() {
  static TestCertificate const one;
  return one;
}

void World::finish() {
  if (server_) server_->stop();
  io_.restart();
  io_.run_for(std::chrono::seconds(10));
}

void World::run(awaitable<void> story) {
  std::optional<std::exception_ptr> end;
  spawn(on(), std::move(story), [&](std::exception_ptr failure) { end = failure; });
  auto const give_up = std::chrono::steady_clock::now() + patience;
  while (!end && std::chrono::steady_clock::now() < give_up) {
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds(200));
  }
  finish();
  ASSERT_TRUE(end.has_value()) << "the story does not end";
  if (*end) std::rethrow_exception(*end);
}

ServerOptions World::tls_options() {
  auto const& files = TestCertificate::get().files;
  ServerOptions options;
  options.tls = TlsServer::load(files.certificate, files.key).value();
  return options;
}

ServerOptions World::plain_options() {
  ServerOptions options;
  options.plain_text = true;
  return options;
}

Server& World::serve(ServerOptions options, ServerHandlers handlers) {
  server_ = Server::listen(on(), std::move(options), std::move(handlers)).value();
  return *server_;
}

Url World::url(std::string scheme, std::string target) const {
  return {std::move(scheme), "127.0.0.1", server_->port(), std::move(target)};
}

TlsClient World::trust() { return TlsClient::trusting(TestCertificate::get().files.certificate).value(); }

awaitable<bool> Raw::connect(std::uint16_t port) {
  asio::ip::tcp::endpoint const at(asio::ip::address_v4::loopback(), port);
  auto const [error] = co_await socket_.async_connect(at, as_result);
  co_return !error;
}

awaitable<bool> Raw::send(std::string bytes) {
  auto const [error, size] = co_await asio::async_write(socket_, asio::buffer(bytes), as_result);
  (void)size;
  co_return !error;
}

awaitable<bool> Raw::more() {
  if (ended_) co_return false;
  std::array<char, 4096> bytes{};
  auto const [error, size] = co_await socket_.async_read_some(asio::buffer(bytes), as_result);
  in_.append(bytes.data(), size);
  ended_ = error.failed();
  co_return !ended_;
}

awaitable<std::string> Raw::read_until(std::string mark) {
  while (in_.find(mark) == std::string::npos) {
    if (!co_await more()) co_return std::exchange(in_, {});
  }
  auto const end = in_.find(mark) + mark.size();
  auto out = in_.substr(0, end);
  in_.erase(0, end);
  co_return out;
}

awaitable<std::string> Raw::read_exactly(std::size_t size) {
  while (in_.size() < size) {
    if (!co_await more()) co_return std::exchange(in_, {});
  }
  auto out = in_.substr(0, size);
  in_.erase(0, size);
  co_return out;
}

awaitable<std::string> Raw::read_to_end() {
  for (bool open = true; open;) open = co_await more();  // g++ 12 breaks `while (co_await ...) {}`
  co_return std::exchange(in_, {});
}

void Raw::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Raw::reset() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

awaitable<void> echo(std::shared_ptr<WebSocket> socket) {
  for (;;) {
    auto const frame = co_await socket->read_frame();
    if (!frame) co_return;
    bool sent = false;
    if (frame->kind == FrameKind::text) {
      sent = socket->send_text(std::string(frame->text()));
    } else {
      sent = socket->send_binary(frame->bytes);
    }
    if (!sent) co_return;
  }
}

ServerHandlers echo_handlers() {
  ServerHandlers handlers;
  handlers.websocket = [](std::shared_ptr<WebSocket> socket, RequestHead const&) {
    return echo(std::move(socket));
  };
  handlers.http = [](HttpRequest request, HttpResponder& out) -> awaitable<void> {
    Headers headers;
    headers.push_back({"X-Target", request.target});
    co_await out.send(200, headers, request.method + " " + request.body);
  };
  return handlers;
}

std::string text_of(result<Frame> const& frame) {
  if (!frame) return std::string("fault ") + name_of(frame.error().fault) + ": " + frame.error().text;
  return std::string(frame->text());
}

}  // namespace spillway::wire
