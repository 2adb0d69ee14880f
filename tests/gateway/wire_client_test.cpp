// tests/gateway/wire_client_test.cpp - our client against servers that say exactly what the test wants
// (gateway/wire/src/client.cpp, link.cpp).
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "wire_world.hpp"

namespace spillway::wire {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// Takes one connection, reads a request, says `script`, and then closes or keeps silent.
class Script {
 public:
  Script(World& world, std::vector<std::string> pieces, bool close) : state_(std::make_shared<State>(world)) {
    spawn(world.on(), tell(state_, std::move(pieces), close));
  }
  [[nodiscard]] Url url() { return {"http", "127.0.0.1", state_->acceptor.local_endpoint().port(), "/v1/x"}; }
  [[nodiscard]] std::string const& request() const { return state_->request; }
  [[nodiscard]] bool client_left() const { return state_->client_left; }

 private:
  struct State {
    explicit State(World& world) : acceptor(world.io_, {asio::ip::address_v4::loopback(), 0}), peer(world) {}
    asio::ip::tcp::acceptor acceptor;
    Raw peer;
    std::string request;
    bool client_left = false;
  };

  static awaitable<void> tell(std::shared_ptr<State> self, std::vector<std::string> pieces, bool close) {
    auto const [error] =
        co_await self->acceptor.async_accept(self->peer.socket_, asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    self->request = co_await self->peer.read_until("\r\n\r\n");
    for (auto& piece : pieces) {
      bool const taken = co_await self->peer.send(std::move(piece));
      if (!taken) break;
      co_await sleep_for(2ms);
    }
    if (close) {
      self->peer.close();
    } else {
      (void)co_await self->peer.read_to_end();
    }
    self->client_left = true;
  }

  std::shared_ptr<State> state_;
};

HttpCall call_to(Url url) {
  HttpCall call;
  call.url = std::move(url);
  return call;
}

TEST(WireClient, ReadsAnswersByLengthByChunksAndToTheEnd) {
  World world;
  world.run([&]() -> awaitable<void> {
    std::vector<std::vector<std::string>> scripts;
    scripts.push_back({"HTTP/1.1 201 Made\r\nX-A: b\r\nContent-Le", "ngth: 5\r\n\r\nhe", "llo"});
    scripts.push_back({"HTTP/1.1 201 Made\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3",
                       "\r\nllo\r\n0\r\n\r\n"});
    scripts.push_back({"HTTP/1.1 201 Made\r\nX-A: b\r\n\r\nhel", "lo"});
    scripts.push_back(
        {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 201 Made\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello"});
    for (auto const& pieces : scripts) {
      Script script(world, pieces, true);
      auto const reply = co_await http_request(world.on(), call_to(script.url()));
      if (!reply) ADD_FAILURE() << reply.error().text;
      CO_REQUIRE(reply);
      EXPECT_EQ(reply->status, 201);
      EXPECT_EQ(find_header(reply->headers, "x-a"), "b");
      EXPECT_EQ(reply->body, "hello");
      EXPECT_TRUE(script.request().starts_with("GET /v1/x HTTP/1.1\r\nHost: 127.0.0.1:")) << script.request();
    }
  }());
}

TEST(WireClient, AnAnswerCutShortIsNotAnAnswer) {
  World world;
  world.run([&]() -> awaitable<void> {
    std::vector<std::string> answers;
    answers.push_back("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    answers.push_back("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    answers.push_back("HTTP/1.1 200 OK\r\nConte");
    answers.push_back("");
    for (auto const& answer : answers) {
      Script script(world, {answer}, true);
      auto const reply = co_await http_request(world.on(), call_to(script.url()));
      CO_REQUIRE(!reply);
      EXPECT_EQ(reply.error().fault, WireFault::gone) << reply.error().text;
    }
    Script noise(world, {"SSH-2.0-OpenSSH\r\n\r\n"}, false);
    auto const reply = co_await http_request(world.on(), call_to(noise.url()));
    CO_REQUIRE(!reply);
    EXPECT_EQ(reply.error().fault, WireFault::protocol);
  }());
}

TEST(WireClient, GivesPiecesAsTheyCome) {
  World world;
  std::vector<std::string> pieces;
  std::string body;
  pieces.push_back("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int at = 0; at < 5; ++at) pieces.push_back("2\r\nw" + std::to_string(at) + "\r\n");
  pieces.push_back("0\r\n\r\n");
  int reads = 0;
  world.run([&]() -> awaitable<void> {
    Script script(world, pieces, false);
    auto const stream = HttpStream::make(world.on());
    CO_REQUIRE(co_await stream->open(call_to(script.url())));
    for (;;) {
      auto const piece = co_await stream->read_some();
      CO_REQUIRE(piece);
      if (piece->empty()) break;
      ++reads, body += *piece;
    }
    while (!script.client_left()) co_await sleep_for(1ms);
  }());
  EXPECT_EQ(body, "w0w1w2w3w4");
  EXPECT_GE(reads, 1);
}

TEST(WireClient, EachTimeLimitEndsItsOwnWait) {
  World world;
  world.run([&]() -> awaitable<void> {
    Script silent(world, {}, false);
    auto call = call_to(silent.url());
    call.limits.first_byte = 20ms;
    auto const first = co_await http_request(world.on(), call);
    CO_REQUIRE(!first);
    EXPECT_EQ(first.error().fault, WireFault::timed_out);
    EXPECT_NE(first.error().text.find("first byte"), std::string::npos);

    Script stalls(world, {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"}, false);
    call.url = stalls.url();
    call.limits = {};
    call.limits.between_bytes = 20ms;
    auto const stream = HttpStream::make(world.on());
    CO_REQUIRE(co_await stream->open(call));
    EXPECT_EQ(*co_await stream->read_some(), "hi");
    auto const more = co_await stream->read_some();
    CO_REQUIRE(!more);
    EXPECT_EQ(more.error().fault, WireFault::timed_out);
    EXPECT_NE(more.error().text.find("more of the answer"), std::string::npos);

    Script no_tls(world, {}, false);  // takes the connection and never answers the TLS hello
    call.url = no_tls.url();
    call.url.scheme = "https";
    call.tls = World::trust();
    call.limits = {};
    call.limits.connect = 20ms;
    auto const connected = co_await http_request(world.on(), call);
    CO_REQUIRE(!connected);
    EXPECT_EQ(connected.error().fault, WireFault::timed_out);
  }());
}

TEST(WireClient, CancelEndsEveryPhaseAndTheServerSeesIt) {
  World world;
  world.run([&]() -> awaitable<void> {
    auto const cancel_soon = [](std::shared_ptr<HttpStream> stream) -> awaitable<void> {
      co_await sleep_for(5ms);
      stream->cancel();
    };
    Script silent(world, {}, false);
    auto stream = HttpStream::make(world.on());
    spawn(world.on(), cancel_soon(stream));
    auto const opened = co_await stream->open(call_to(silent.url()));
    CO_REQUIRE(!opened);
    EXPECT_EQ(opened.error().fault, WireFault::cancelled);

    Script stalls(world, {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"}, false);
    stream = HttpStream::make(world.on());
    CO_REQUIRE(co_await stream->open(call_to(stalls.url())));
    EXPECT_EQ(*co_await stream->read_some(), "hi");
    spawn(world.on(), cancel_soon(stream));
    auto const more = co_await stream->read_some();
    CO_REQUIRE(!more);
    EXPECT_EQ(more.error().fault, WireFault::cancelled);
    while (!stalls.client_left()) co_await sleep_for(1ms);

    stream = HttpStream::make(world.on());
    stream->cancel();
    auto const never = co_await stream->open(call_to(stalls.url()));
    CO_REQUIRE(!never);
    EXPECT_EQ(never.error().fault, WireFault::cancelled);
  }());
}

TEST(WireClient, SaysWhyItCannotConnect) {
  World world;
  world.run([&]() -> awaitable<void> {
    asio::ip::tcp::acceptor closed(world.io_, {asio::ip::address_v4::loopback(), 0});
    auto const port = closed.local_endpoint().port();
    closed.close();
    Url nobody{"http", "127.0.0.1", port,
               "/"};  // g++ 12 destroys a braced temporary of a co_await expression twice
    auto const refused = co_await http_request(world.on(), call_to(nobody));
    CO_REQUIRE(!refused);
    EXPECT_EQ(refused.error().fault, WireFault::gone);
    EXPECT_NE(refused.error().text.find("can't connect to 127.0.0.1:"), std::string::npos)
        << refused.error().text;
    nobody.scheme = "ws";
    ConnectOptions const options;
    auto const no_socket = co_await connect_websocket(world.on(), nobody, options);
    CO_REQUIRE(!no_socket);
    EXPECT_EQ(no_socket.error().fault, WireFault::gone);
  }());
}

TEST(WireClient, ALargeAnswerIsRefusedAndALineBreakInAHeaderIsNotSent) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    auto call = call_to(world.url("http"));
    call.method = "POST";
    call.body = std::string(1000, 'x');
    call.limits.body_bytes = 999;
    auto const large = co_await http_request(world.on(), call);
    CO_REQUIRE(!large);
    EXPECT_EQ(large.error().fault, WireFault::too_large);
    call.headers.push_back({"X", "a\r\nY: b"});
    auto const split = co_await http_request(world.on(), call);
    CO_REQUIRE(!split);
    EXPECT_EQ(split.error().fault, WireFault::local);
  }());
}

TEST(WireClient, AWebSocketToAServerThatNeverUpgradesRunsOutOfTime) {
  World world;
  world.run([&]() -> awaitable<void> {
    Script silent(world, {}, false);
    auto url = silent.url();
    url.scheme = "ws";
    ConnectOptions options;
    options.connect = 30ms;
    auto const socket = co_await connect_websocket(world.on(), url, options);
    CO_REQUIRE(!socket);
    EXPECT_EQ(socket.error().fault, WireFault::timed_out) << socket.error().text;
  }());
}

}  // namespace
}  // namespace spillway::wire
