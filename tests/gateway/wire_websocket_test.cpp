// tests/gateway/wire_websocket_test.cpp - our client and our server, over TLS and plain
// (gateway/wire/src/websocket.cpp).
#include "gateway/wire/timeout.hpp"
#include "wire_world.hpp"

namespace spillway::wire {
namespace {

using namespace std::chrono_literals;

awaitable<result<std::shared_ptr<WebSocket>>> dial(World& world, ConnectOptions options = {},
                                                   bool tls = false) {
  if (tls) options.tls = World::trust();
  co_return co_await connect_websocket(world.on(), world.url(tls ? "wss" : "ws"), options);
}

TEST(WireWebSocket, EchoesTextAndBinaryOverTlsAndPlain) {
  for (bool const tls : {true, false}) {
    World world;
    world.serve(tls ? World::tls_options() : World::plain_options(), echo_handlers());
    world.run([&]() -> awaitable<void> {
      auto const socket = co_await dial(world, {}, tls);
      CO_REQUIRE(socket);
      auto& client = **socket;
      EXPECT_EQ(client.tls_exporter().has_value(), tls);
      for (std::size_t const size : {0UL, 1UL, 125UL, 126UL, 65'535UL, 65'536UL, 1'000'000UL}) {
        std::string const text(size, 'x');
        CO_REQUIRE(client.send_text(text));
        auto const frame = co_await client.read_frame();
        EXPECT_EQ(text_of(frame), text);
        EXPECT_EQ(frame->kind, FrameKind::text);
      }
      std::vector<std::uint8_t> const bytes{0, 255, 128, 7};
      CO_REQUIRE(client.send_binary(bytes));
      auto const frame = co_await client.read_frame();
      CO_REQUIRE(frame);
      EXPECT_EQ(frame->kind, FrameKind::binary);
      EXPECT_TRUE(std::ranges::equal(frame->bytes, bytes));
    }());
  }
}

TEST(WireWebSocket, ManyMessagesInFlightKeepTheirOrder) {
  World world;
  world.serve(World::tls_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    auto const socket = co_await dial(world, {}, true);
    CO_REQUIRE(socket);
    int written = 0;
    for (int at = 0; at < 500; ++at) {
      auto const text = std::make_shared<std::string const>(std::to_string(at));
      CO_REQUIRE((*socket)->send(text, FrameKind::text, [&] { ++written; }));
    }
    for (int at = 0; at < 500; ++at) EXPECT_EQ(text_of(co_await (*socket)->read_frame()), std::to_string(at));
    EXPECT_EQ(written, 500);
    EXPECT_EQ((*socket)->queued_bytes(), 0U);
  }());
}

TEST(WireWebSocket, AgreesOnASubprotocolInTheServersOrder) {
  World world;
  auto options = World::plain_options();
  options.subprotocols = {"spillway.v1.fb", "spillway.v1.json"};
  world.serve(std::move(options), echo_handlers());
  world.run([&]() -> awaitable<void> {
    struct Row {
      std::vector<std::string> offered;
      std::string chosen;  // empty: refused
    };
    std::vector<Row> rows;
    rows.push_back({{"spillway.v1.json"}, "spillway.v1.json"});
    rows.push_back({{"spillway.v1.json", "spillway.v1.fb"}, "spillway.v1.fb"});
    rows.push_back({{"other", "spillway.v1.fb"}, "spillway.v1.fb"});
    rows.push_back({{"other"}, ""});
    rows.push_back({{}, ""});
    for (auto const& row : rows) {
      ConnectOptions offer;
      offer.subprotocols = row.offered;
      auto const socket = co_await dial(world, offer);
      EXPECT_EQ(socket.has_value(), !row.chosen.empty());
      if (socket) {
        EXPECT_EQ((*socket)->subprotocol(), row.chosen);
      } else {
        EXPECT_EQ(socket.error().fault, WireFault::refused);
        EXPECT_EQ(socket.error().http_status, 400);
      }
    }
  }());
}

TEST(WireWebSocket, AnUpgradeIsRefusedWhereThereIsNone) {
  World world;
  auto handlers = echo_handlers();
  handlers.may_upgrade = [](RequestHead const& head) { return head.path() == "/v1/stream" ? 0 : 404; };
  world.serve(World::plain_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    ConnectOptions const options;
    auto const there = co_await connect_websocket(world.on(), world.url("ws", "/v1/stream"), options);
    EXPECT_TRUE(there);
    auto const nowhere = co_await connect_websocket(world.on(), world.url("ws", "/else"), options);
    CO_REQUIRE(!nowhere);
    EXPECT_EQ(nowhere.error().http_status, 404);
  }());
}

TEST(WireWebSocket, AMessageOverTheBoundClosesWith1009) {
  World world;
  auto options = World::plain_options();
  options.websocket.frame_bytes = 1000;
  WireFault seen{};
  ServerHandlers handlers;
  handlers.websocket = [&](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    for (;;) {
      auto const frame = co_await socket->read_frame();
      if (!frame) {
        seen = frame.error().fault;
        co_return;
      }
      if (frame->text() == "more") socket->set_frame_bytes(2000);
      if (!socket->send_text("ok")) co_return;
    }
  };
  world.serve(std::move(options), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    auto const socket = co_await dial(world);
    CO_REQUIRE(socket);
    for (auto const& text : {std::string(1000, 'x'), std::string("more"), std::string(1500, 'x')}) {
      CO_REQUIRE((*socket)->send_text(text));
      EXPECT_EQ(text_of(co_await (*socket)->read_frame()), "ok");
    }
    CO_REQUIRE((*socket)->send_text(std::string(2001, 'x')));
    auto const end = co_await (*socket)->read_frame();
    CO_REQUIRE(!end);
    EXPECT_EQ((*socket)->close_code(), 1009);
  }());
  EXPECT_EQ(seen, WireFault::too_large);
}

TEST(WireWebSocket, CloseWritesWhatIsQueuedAndTellsWhy) {
  World world;
  ServerHandlers handlers;
  handlers.websocket = [](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    EXPECT_TRUE(socket->send_text("last words"));
    socket->close(CloseCode::policy, "signature is wrong");
    EXPECT_FALSE(socket->send_text("too late"));
    EXPECT_FALSE(socket->open());
    co_return;
  };
  world.serve(World::tls_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    auto const socket = co_await dial(world, {}, true);
    CO_REQUIRE(socket);
    EXPECT_EQ(text_of(co_await (*socket)->read_frame()), "last words");
    auto const end = co_await (*socket)->read_frame();
    CO_REQUIRE(!end);
    EXPECT_EQ(end.error().fault, WireFault::closed);
    EXPECT_EQ((*socket)->close_code(), 1008);
    EXPECT_EQ((*socket)->close_reason(), "signature is wrong");
    while (world.server_->counters().open > 0) co_await sleep_for(1ms);
  }());
}

TEST(WireWebSocket, LettingGoOfTheLastPointerCloses) {
  World world;
  bool closed = false;
  ServerHandlers handlers;
  handlers.websocket = [&](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    auto const end = co_await socket->read_frame();
    closed = !end && end.error().fault == WireFault::closed && socket->close_code() == 1000;
  };
  world.serve(World::plain_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    {
      auto const socket = co_await dial(world);
      CO_REQUIRE(socket);
    }
    while (world.server_->counters().open > 0) co_await sleep_for(1ms);
  }());
  EXPECT_TRUE(closed);
}

TEST(WireWebSocket, ASlowReadersOutboxFillsUpToItsBoundAndLosesNothing) {
  World world;
  auto options = World::plain_options();
  options.websocket.outbox_bytes = 1 << 20;
  int sent = 0;
  bool full = false;
  std::size_t most_queued = 0;
  ServerHandlers handlers;
  handlers.websocket = [&](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    auto const message = std::make_shared<std::string const>(std::string(100'000, 'x'));
    while (sent < 1000 &&
           socket->send(message, FrameKind::text)) {  // until the sockets' buffers are full as well
      ++sent;
      most_queued = std::max(most_queued, socket->queued_bytes());
      co_await with_timeout(20ms, socket->wait_until_queued_at_most(0));
    }
    full = sent < 1000;
    (void)co_await socket->read_frame();
  };
  world.serve(std::move(options), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    auto const socket = co_await dial(world);
    CO_REQUIRE(socket);
    while (!full) co_await sleep_for(1ms);
    for (int at = 0; at < sent; ++at) {
      auto const frame = co_await (*socket)->read_frame();
      CO_REQUIRE(frame);
      EXPECT_EQ(frame->bytes.size(), 100'000U);
    }
  }());
  EXPECT_LE(most_queued, std::size_t{1} << 20);
}

TEST(WireWebSocket, ManySmallMessagesFillTheOutboxByWhatTheyTakeNotByTheirBytes) {
  World world;
  int sent = 0, sent_later = 0;
  ServerHandlers handlers;
  handlers.websocket = [&](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    socket->set_outbox_bytes(64 * 1024);
    while (sent < 10'000 && socket->send_text("x")) ++sent;
    socket->set_outbox_bytes(128 * 1024);
    while (sent_later < 10'000 && socket->send_text("x")) ++sent_later;
    co_return;
  };
  world.serve(World::plain_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    auto const socket = co_await dial(world);
    CO_REQUIRE(socket);
    while (co_await (*socket)->read_frame()) continue;
  }());
  EXPECT_GT(sent, 100);
  EXPECT_LT(sent, 1'000);
  EXPECT_GT(sent_later, 100);
}

TEST(WireWebSocket, APeerThatNeverReadsIsGivenUp) {
  World world;
  auto options = World::plain_options();
  options.websocket.write_stall = 30ms;
  WireFault seen{};
  ServerHandlers handlers;
  handlers.websocket = [&](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    auto const message = std::make_shared<std::string const>(std::string(32 << 20, 'x'));
    EXPECT_TRUE(socket->send(message, FrameKind::binary));
    auto const end = co_await socket->read_frame();
    if (!end) seen = end.error().fault;
  };
  world.serve(std::move(options), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    auto const socket = co_await dial(world);
    CO_REQUIRE(socket);
    while (world.server_->counters().open > 0) co_await sleep_for(1ms);
  }());
  EXPECT_EQ(seen, WireFault::timed_out);
}

TEST(WireWebSocket, HeartbeatsKeepAQuietPeerAndFindADeadOne) {
  World world;
  auto options = World::plain_options();
  options.websocket.idle = 40ms;
  std::vector<WireFault> ends;
  ServerHandlers handlers;
  handlers.websocket = [&](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    auto const end = co_await socket->read_frame();
    if (!end) ends.push_back(end.error().fault);
  };
  world.serve(std::move(options), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    auto const alive = co_await dial(world);
    CO_REQUIRE(alive);
    spawn(world.on(), echo(*alive));  // reads, and so answers pings
    auto const dead = co_await dial(world);
    CO_REQUIRE(dead);  // never reads: its pongs never come
    while (world.server_->counters().open > 1) co_await sleep_for(1ms);
    EXPECT_EQ(ends.size(), 1U);
    co_await sleep_for(100ms);
    EXPECT_TRUE((*alive)->open());
  }());
  ASSERT_GE(ends.size(), 1U);
  EXPECT_EQ(ends[0], WireFault::timed_out);
}

TEST(WireWebSocket, AbortEndsAWaitingReadOnBothSides) {
  World world;
  world.serve(World::tls_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    auto const socket = co_await dial(world, {}, true);
    CO_REQUIRE(socket);
    spawn(world.on(), [](std::shared_ptr<WebSocket> of) -> awaitable<void> {
      co_await sleep_for(1ms);
      of->abort();
    }(*socket));
    auto const end = co_await (*socket)->read_frame();
    EXPECT_FALSE(end);
    while (world.server_->counters().open > 0) co_await sleep_for(1ms);
  }());
}

TEST(WireWebSocket, ASessionThatThrowsClosesWith1011AndNothingElse) {
  World world;
  ServerHandlers handlers;
  handlers.websocket = [](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    (void)co_await socket->read_frame();
    throw std::runtime_error("broken");
  };
  world.serve(World::plain_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    auto const other = co_await dial(world);
    auto const socket = co_await dial(world);
    CO_REQUIRE(other && socket);
    CO_REQUIRE((*socket)->send_text("x"));
    EXPECT_FALSE(co_await (*socket)->read_frame());
    EXPECT_EQ((*socket)->close_code(), 1011);
    while (world.server_->counters().open > 1) co_await sleep_for(1ms);
    EXPECT_TRUE((*other)->open());
  }());
}

}  // namespace
}  // namespace spillway::wire
