// tests/gateway/wire_limits_test.cpp - hostile and broken clients: they lose, nobody else notices
// (gateway/wire/src/connection.cpp, server.cpp, link.cpp).
#include <sys/resource.h>
#include <unistd.h>

#include <random>

#include "wire_world.hpp"

namespace spillway::wire {
namespace {

using namespace std::chrono_literals;

awaitable<std::shared_ptr<WebSocket>> bystander(World& world) {
  ConnectOptions options;
  options.tls = World::trust();
  auto const socket = co_await connect_websocket(world.on(), world.url("wss"), options);
  co_return socket ? *socket : nullptr;
}

awaitable<bool> still_works(std::shared_ptr<WebSocket> socket) {
  if (!socket || !socket->send_text("are you there")) co_return false;
  co_return text_of(co_await socket->read_frame()) == "are you there";
}

TEST(WireLimits, GarbageInsteadOfTlsDisturbsNobody) {
  World world;
  world.serve(World::tls_options(), echo_handlers());
  std::mt19937 random(7);
  world.run([&]() -> awaitable<void> {
    auto const other = co_await bystander(world);
    for (int at = 0; at < 20; ++at) {
      Raw raw(world);
      CO_REQUIRE(co_await raw.connect(world.server_->port()));
      std::string garbage = at % 3 == 0 ? "GET / HTTP/1.1\r\n\r\n" : at % 3 == 1 ? "\x16\x03\x01\x02" : "";
      for (auto size = random() % 400; size > 0; --size) garbage += static_cast<char>(random());
      (void)co_await raw.send(garbage);
      at % 2 == 0 ? raw.close() : raw.reset();
      EXPECT_TRUE(co_await still_works(other));
    }
    while (world.server_->counters().open > 1) co_await sleep_for(1ms);
    EXPECT_EQ(world.server_->counters().handshake_failures, 20U);
  }());
}

TEST(WireLimits, GarbageInsteadOfHttpIsToldSoAndDisturbsNobody) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    ConnectOptions options;
    auto const other = co_await connect_websocket(world.on(), world.url("ws"), options);
    CO_REQUIRE(other);
    for (char const* garbage :
         {"\x16\x03\x01\x02hello", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "(((((\r\n",
          "GET / HTTP/1.1\r\nnonsense\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
      Raw raw(world);
      CO_REQUIRE(co_await raw.connect(world.server_->port()));
      CO_REQUIRE(co_await raw.send(garbage));
      auto const answer = co_await raw.read_to_end();
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << garbage << " -> " << answer;
      EXPECT_NE(answer.find("{\"error\":{\"message\":"), std::string::npos) << answer;
      EXPECT_TRUE(co_await still_works(*other));
    }
  }());
  EXPECT_EQ(world.server_->counters().malformed, 6U);
}

TEST(WireLimits, TooLargeAHeadOrBodyIsRefusedWithItsStatus) {
  World world;
  auto options = World::plain_options();
  options.limits.head_bytes = 1024;
  options.limits.body_bytes = 100;
  world.serve(std::move(options), echo_handlers());
  world.run([&]() -> awaitable<void> {
    std::string const post = "POST / HTTP/1.1\r\nHost: a\r\n";
    struct Row {
      std::string text;
      std::string status;
    };
    std::vector<Row> rows;
    rows.push_back({post + "Content-Length: 101\r\n\r\n" + std::string(101, 'x'), "413"});
    rows.push_back({post + "Content-Length: 99999999999\r\n\r\n", "413"});
    rows.push_back(
        {post + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n", "413"});
    rows.push_back({post + "X: " + std::string(5000, 'x') + "\r\n\r\n", "431"});
    rows.push_back(
        {post + "Content-Length: 100\r\nConnection: close\r\n\r\n" + std::string(100, 'x'), "200"});
    for (auto const& row : rows) {
      Raw raw(world);
      CO_REQUIRE(co_await raw.connect(world.server_->port()));
      (void)co_await raw.send(row.text);
      auto const answer = co_await raw.read_to_end();
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + row.status)) << answer;
    }
  }());
  EXPECT_EQ(world.server_->counters().too_large, 4U);
}

TEST(WireLimits, SlowBytesRunOutOfTime) {
  World world;
  auto options = World::plain_options();
  options.limits.head = 30ms;
  options.limits.body = 30ms;
  world.serve(std::move(options), echo_handlers());
  world.run([&]() -> awaitable<void> {
    // Each byte comes well before any idle limit: it is the whole that must come in time.
    std::string const head = "GET / HTTP/1.1\r\nX: ",
                      body = "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n";
    for (auto const& start : {head, body}) {
      Raw raw(world);
      CO_REQUIRE(co_await raw.connect(world.server_->port()));
      CO_REQUIRE(co_await raw.send(start));
      auto const before = world.server_->counters().timed_out;
      while (world.server_->counters().timed_out == before) {
        (void)co_await raw.send("x");
        co_await sleep_for(2ms);
      }
      EXPECT_EQ(co_await raw.read_to_end(), "");
    }
  }());
}

TEST(WireLimits, SilentConnectionsAreClosed) {
  World world;
  auto options = World::plain_options();
  options.limits.idle = 20ms;
  world.serve(std::move(options), echo_handlers());
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    EXPECT_EQ(co_await raw.read_to_end(), "");
  }());
}

TEST(WireLimits, AHalfTlsHandshakeRunsOutOfTime) {
  World world;
  auto options = World::tls_options();
  options.limits.handshake = 20ms;
  world.serve(std::move(options), echo_handlers());
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    CO_REQUIRE(co_await raw.send("\x16\x03\x01"));
    (void)co_await raw.read_to_end();
    while (world.server_->counters().open > 0) co_await sleep_for(1ms);
  }());
  EXPECT_EQ(world.server_->counters().handshake_failures, 1U);
}

TEST(WireLimits, OneConnectionMoreThanAllowedIsClosedAndAPlaceIsFreedByLeaving) {
  for (bool const per_address : {false, true}) {
    World world;
    auto options = World::plain_options();
    (per_address ? options.limits.connections_per_address : options.limits.connections) = 2;
    world.serve(std::move(options), echo_handlers());
    world.run([&]() -> awaitable<void> {
      Raw first(world), second(world), third(world), fourth(world);
      CO_REQUIRE(co_await first.connect(world.server_->port()));
      CO_REQUIRE(co_await second.connect(world.server_->port()));
      CO_REQUIRE(co_await third.connect(world.server_->port()));
      EXPECT_EQ(co_await third.read_to_end(), "");
      first.close();
      while (world.server_->counters().open > 1) co_await sleep_for(1ms);
      CO_REQUIRE(co_await fourth.connect(world.server_->port()));
      CO_REQUIRE(co_await fourth.send("GET / HTTP/1.0\r\n\r\n"));
      EXPECT_TRUE((co_await fourth.read_to_end()).starts_with("HTTP/1.1 200"));
    }());
    EXPECT_EQ(world.server_->counters().over_limit, 1U);
  }
}

TEST(WireLimits, WithoutFileDescriptorsItWaitsAndThenServes) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  world.run([&]() -> awaitable<void> {
    Raw warm(world), raw(world);
    CO_REQUIRE(co_await warm.connect(world.server_->port()));
    while (world.server_->counters().open < 1) co_await sleep_for(1ms);
    raw.socket_.open(boost::asio::ip::tcp::v4());
    int const next = ::dup(0);
    ::close(next);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(next);
    CO_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    bool const connected = co_await raw.connect(world.server_->port());
    while (connected && world.server_->counters().accept_errors == 0) co_await sleep_for(1ms);
    ::setrlimit(RLIMIT_NOFILE, &before);
    CO_REQUIRE(connected);
    CO_REQUIRE(co_await raw.send("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE((co_await raw.read_to_end()).starts_with("HTTP/1.1 200"));
  }());
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace spillway::wire
