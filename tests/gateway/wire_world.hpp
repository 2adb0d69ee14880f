// tests/gateway/wire_world.hpp - one loop with real sockets on loopback: servers, our clients, and raw bytes.
// Times here only end a test that hangs; nothing is measured.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "gateway/wire/client.hpp"
#include "gateway/wire/server.hpp"

// ASSERT_ returns, which a coroutine can't.
#define CO_REQUIRE(condition)              \
  do {                                     \
    if (!(condition)) {                    \
      ADD_FAILURE() << "not: " #condition; \
      co_return;                           \
    }                                      \
  } while (false)

namespace spillway::wire {

/// A certificate made once for the whole test program, in a directory that goes away with it.
struct TestCertificate {
  TestCertificate();
  ~TestCertificate();
  std::filesystem::path directory;
  DevelopmentCertificate files;
  static TestCertificate const& get();
};

class World {
 public:
  [[nodiscard]] executor on() { return io_.get_executor(); }
  /// Runs the loop until the story ends; then the server stops, and all that runs sees its sockets closed and
  /// ends, while the test's variables are still there. A capturing lambda may be a story here: it lives as
  /// long as this call.
  void run(awaitable<void> story);

  /// Options for port 0 with the test certificate, or plain text.
  static ServerOptions tls_options();
  static ServerOptions plain_options();
  Server& serve(ServerOptions options, ServerHandlers handlers);
  [[nodiscard]] Url url(std::string scheme, std::string target = "/") const;
  static TlsClient trust();

  boost::asio::io_context io_{1};
  void finish();
  std::unique_ptr<Server> server_;
};

/// A TCP client without manners.
class Raw {
 public:
  explicit Raw(World& world) : socket_(world.io_) {}
  awaitable<bool> connect(std::uint16_t port);
  /// False when the other side has closed.
  awaitable<bool> send(std::string bytes);
  /// Up to and including `mark`, or what came before the end.
  awaitable<std::string> read_until(std::string mark);
  awaitable<std::string> read_exactly(std::size_t size);
  awaitable<std::string> read_to_end();
  void close();
  void reset();  // closes with RST

  boost::asio::ip::tcp::socket socket_;

 private:
  awaitable<bool> more();
  std::string in_;
  bool ended_ = false;  // Asio waits for ever on a stream that has ended once
};

/// Answers every message with itself.
awaitable<void> echo(std::shared_ptr<WebSocket> socket);
ServerHandlers echo_handlers();
std::string text_of(result<Frame> const& frame);

}  // namespace spillway::wire
