// tests/gateway/wire_http_test.cpp - requests and answers through a real port
// (gateway/wire/src/connection.cpp, responder.cpp, server.cpp).
#include <stdexcept>

#include "gateway/wire/signal.hpp"
#include "wire_world.hpp"

namespace spillway::wire {
namespace {

using namespace std::chrono_literals;

std::string get(std::string const& target, std::string const& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}

/// The head and the body that its Content-Length names.
awaitable<std::string> read_answer(Raw& raw, bool head_only = false) {
  auto head = co_await raw.read_until("\r\n\r\n");
  auto const at = head.find("Content-Length: ");
  if (at == std::string::npos || head_only) co_return head;
  auto const size = std::stoul(head.substr(at + 16));
  head += co_await raw.read_exactly(size);
  co_return head;
}

TEST(WireHttp, ServesRequestAfterRequestOnOneConnection) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    for (int at = 0; at < 3; ++at) {
      auto const target = "/" + std::to_string(at);
      CO_REQUIRE(co_await raw.send(get(target)));
      auto const answer = co_await read_answer(raw);
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
      EXPECT_NE(answer.find("X-Target: " + target), std::string::npos) << answer;
    }
    CO_REQUIRE(co_await raw.send(get("/last", "Connection: close\r\n")));
    EXPECT_NE((co_await raw.read_to_end()).find("/last"), std::string::npos);
  }());
  EXPECT_EQ(world.server_->counters().requests, 4U);
  EXPECT_EQ(world.server_->counters().accepted, 1U);
}

TEST(WireHttp, ServesPipelinedRequestsInTurn) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    CO_REQUIRE(co_await raw.send(get("/1") + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" +
                                 get("/3")));
    for (char const* target : {"/1", "/2", "/3"}) {
      auto const answer = co_await read_answer(raw);
      EXPECT_NE(answer.find(std::string("X-Target: ") + target), std::string::npos) << answer;
    }
  }());
}

TEST(WireHttp, ReadsARequestThatComesByteByByte) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    for (char const c : std::string("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")) {
      CO_REQUIRE(co_await raw.send(std::string(1, c)));
      co_await sleep_for(100us);
    }
    EXPECT_TRUE((co_await read_answer(raw)).ends_with("POST abc"));
  }());
}

TEST(WireHttp, SaysContinueToWhoAsks) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    CO_REQUIRE(
        co_await raw.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
    EXPECT_EQ(co_await raw.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    CO_REQUIRE(co_await raw.send("hi"));
    EXPECT_TRUE((co_await read_answer(raw)).ends_with("POST hi"));
  }());
}

TEST(WireHttp, AnswersHeadWithoutBodyAndHttp10WithoutChunks) {
  World world;
  ServerHandlers handlers;
  handlers.http = [](HttpRequest request, HttpResponder& out) -> awaitable<void> {
    if (request.path() == "/whole") {
      co_await out.send(200, Headers(), "whole");
    } else {
      co_await out.start(200, Headers());
      co_await out.write("in ");
      co_await out.write("pieces");
      co_await out.finish();
    }
  };
  world.serve(World::plain_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    CO_REQUIRE(co_await raw.send("HEAD /whole HTTP/1.1\r\nHost: a\r\n\r\n" + get("/pieces")));
    EXPECT_NE((co_await read_answer(raw, true)).find("Content-Length: 5"), std::string::npos);
    EXPECT_NE((co_await raw.read_until("0\r\n\r\n")).find("3\r\nin \r\n6\r\npieces\r\n"), std::string::npos);
    Raw old(world);
    CO_REQUIRE(co_await old.connect(world.server_->port()));
    CO_REQUIRE(co_await old.send("GET /pieces HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE((co_await old.read_to_end()).ends_with("\r\n\r\nin pieces"));
  }());
}

TEST(WireHttp, AHandlerThatThrowsOrForgetsCostsOneAnswer) {
  World world;
  std::vector<std::string> log;
  ServerHandlers handlers;
  handlers.http = [](HttpRequest request, HttpResponder& out) -> awaitable<void> {
    if (request.path() == "/throws") throw std::runtime_error("secret detail");
    if (request.path() == "/cut") {
      co_await out.start(200, Headers());
      co_await out.write("half");
    }
  };
  handlers.log = [&](std::string const& line) { log.push_back(line); };
  world.serve(World::plain_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    for (char const* target : {"/throws", "/forgets"}) {
      Raw raw(world);
      CO_REQUIRE(co_await raw.connect(world.server_->port()));
      CO_REQUIRE(co_await raw.send(get(target)));
      auto const answer = co_await read_answer(raw);
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
      EXPECT_EQ(answer.find("secret"), std::string::npos);
    }
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    CO_REQUIRE(co_await raw.send(get("/cut")));
    auto const cut = co_await raw.read_to_end();
    EXPECT_NE(cut.find("4\r\nhalf\r\n"), std::string::npos);
    EXPECT_FALSE(cut.ends_with("0\r\n\r\n")) << "a broken stream must not look complete";
  }());
  EXPECT_EQ(log.size(), 2U);
}

TEST(WireHttp, HeaderValuesCannotSplitAnAnswer) {
  World world;
  ServerHandlers handlers;
  handlers.http = [](HttpRequest, HttpResponder& out) -> awaitable<void> {
    Headers headers;
    headers.push_back({"X-Model", "a\r\nSet-Cookie: evil"});
    co_await out.send(200, headers, "");
  };
  world.serve(World::plain_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    CO_REQUIRE(co_await raw.send(get("/")));
    EXPECT_NE((co_await read_answer(raw)).find("X-Model: a  Set-Cookie: evil\r\n"), std::string::npos);
  }());
}

/// A handler that answers nothing until its client leaves; how it leaves is the test's.
struct Waiting {
  bool entered = false, gone = false, cancelled = false, write_failed = false;
  ServerHandlers handlers(World& world, bool stream_first) {
    ServerHandlers out;
    out.http = [this, &world, stream_first](HttpRequest, HttpResponder& answer) -> awaitable<void> {
      Signal left(world.on());
      if (stream_first) {
        co_await answer.start(200, Headers());
        co_await answer.write("first");
      }
      answer.on_client_gone([&] { gone = true, left.notify(); });
      entered = true;
      while (!gone) co_await left.wait();
      cancelled = answer.cancelled();
      if (stream_first) write_failed = !co_await answer.write("second");
    };
    return out;
  }
};

TEST(WireHttp, NoticesAClientThatLeavesInTheMiddleOfAStream) {
  for (bool const tls : {false, true}) {
    World world;
    Waiting waiting;
    world.serve(tls ? World::tls_options() : World::plain_options(), waiting.handlers(world, true));
    world.run([&]() -> awaitable<void> {
      auto const stream = HttpStream::make(world.on());
      HttpCall call;
      call.url = world.url(tls ? "https" : "http");
      call.tls = World::trust();
      CO_REQUIRE(co_await stream->open(call));
      auto const piece = co_await stream->read_some();
      CO_REQUIRE(piece);
      EXPECT_EQ(*piece, "first");
      stream->cancel();
      while (!waiting.cancelled) co_await sleep_for(1ms);
    }());
    EXPECT_TRUE(waiting.gone);
    EXPECT_TRUE(waiting.write_failed);
  }
}

TEST(WireHttp, NoticesAClientThatLeavesWhileItWaits) {
  for (bool const reset : {false, true}) {
    World world;
    Waiting waiting;
    world.serve(World::plain_options(), waiting.handlers(world, false));
    world.run([&]() -> awaitable<void> {
      Raw raw(world);
      CO_REQUIRE(co_await raw.connect(world.server_->port()));
      CO_REQUIRE(co_await raw.send(get("/")));
      while (!waiting.entered) co_await sleep_for(1ms);
      reset ? raw.reset() : raw.close();
      while (!waiting.cancelled) co_await sleep_for(1ms);
    }());
    EXPECT_TRUE(waiting.gone);
  }
}

TEST(WireHttp, StoppingTheServerEndsItsHandlersAndThenItHasStopped) {
  World world;
  Waiting waiting;
  world.serve(World::plain_options(), waiting.handlers(world, false));
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    CO_REQUIRE(co_await raw.send(get("/")));
    while (!waiting.entered) co_await sleep_for(1ms);
    world.server_->stop();
    co_await world.server_->stopped();
    EXPECT_EQ(world.server_->counters().open, 0U);
    EXPECT_EQ(co_await raw.read_to_end(), "");
  }());
  EXPECT_TRUE(waiting.gone);
}

TEST(WireHttp, RequestsSentWhileOneIsServedAreKept) {
  World world;
  Signal go(world.on());
  bool entered = false, went = false;
  ServerHandlers handlers;
  handlers.http = [&](HttpRequest request, HttpResponder& out) -> awaitable<void> {
    entered = true;
    while (request.path() == "/slow" && !went) co_await go.wait();
    co_await out.send(200, Headers(), request.target);
  };
  world.serve(World::tls_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    // Over TLS as well, the read that watched for the client's end must lose nothing when it is called off.
    HttpCall call;
    call.url = world.url("https", "/slow");
    call.tls = World::trust();
    auto const stream = HttpStream::make(world.on());
    spawn(world.on(), [](bool& in, bool& out, Signal& wake) -> awaitable<void> {
      while (!in) co_await sleep_for(1ms);
      out = true;
      wake.notify();
    }(entered, went, go));
    CO_REQUIRE(co_await stream->open(call));
    EXPECT_EQ(*co_await stream->read_some(), "/slow");
  }());
}

}  // namespace
}  // namespace spillway::wire
