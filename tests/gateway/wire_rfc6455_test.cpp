// tests/gateway/wire_rfc6455_test.cpp - raw frames against our server: what RFC 6455 allows and forbids
// (gateway/wire/src/websocket.cpp).
#include <optional>

#include "wire_world.hpp"

namespace spillway::wire {
namespace {

using namespace std::chrono_literals;

constexpr int text = 1, binary = 2, closing = 8, ping = 9, pong = 10;

struct Shape {
  bool fin = true;
  int reserved = 0;  // RSV1..3 as three bits
  bool masked = true;
  int length_bytes = 0;  // 0: as short as possible, else 2 or 8
};

std::string frame(int opcode, std::string payload, Shape shape = {}) {
  std::string out(1, static_cast<char>((shape.fin ? 0x80 : 0) | shape.reserved << 4 | opcode));
  auto const size = payload.size();
  int const bytes = shape.length_bytes != 0 ? shape.length_bytes : size < 126 ? 0 : size < 65'536 ? 2 : 8;
  auto const first = bytes == 0 ? size : bytes == 2 ? std::size_t{126} : std::size_t{127};
  out += static_cast<char>(first | (shape.masked ? 0x80U : 0U));
  for (int at = bytes - 1; at >= 0; --at) out += static_cast<char>(size >> (8 * at));
  constexpr std::string_view mask = "\x37\xfa\x21\x3d";
  if (shape.masked) {
    out += mask;
    for (std::size_t at = 0; at < size; ++at) payload[at] = static_cast<char>(payload[at] ^ mask[at % 4]);
  }
  return out + payload;
}

Shape open_end() {
  Shape shape;
  shape.fin = false;
  return shape;
}
Shape with_reserved(int bits) {
  Shape shape;
  shape.reserved = bits;
  return shape;
}
Shape unmasked() {
  Shape shape;
  shape.masked = false;
  return shape;
}
Shape with_length_bytes(int bytes) {
  Shape shape;
  shape.length_bytes = bytes;
  return shape;
}

struct Received {
  int opcode = 0;
  std::string payload;
};

awaitable<std::optional<Received>> read_one(Raw& raw) {
  auto const start = co_await raw.read_exactly(2);
  if (start.size() < 2) co_return std::nullopt;
  auto const byte = [](std::string const& from, std::size_t at) {
    return static_cast<unsigned char>(from[at]);
  };
  Received out;
  out.opcode = byte(start, 0) & 15;
  EXPECT_EQ(byte(start, 0) >> 4, 8) << "a server sends whole frames without reserved bits";
  EXPECT_EQ(byte(start, 1) & 0x80, 0) << "a server does not mask";
  std::size_t size = byte(start, 1) & 0x7F;
  if (size >= 126) {
    auto const length = co_await raw.read_exactly(size == 126 ? 2 : 8);
    size = 0;
    for (std::size_t at = 0; at < length.size(); ++at) size = size << 8 | byte(length, at);
  }
  out.payload = co_await raw.read_exactly(size);
  co_return out;
}

std::string const handshake_head =
    "GET /v1/stream HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n";

awaitable<bool> shake_hands(Raw& raw, std::uint16_t port) {
  if (!co_await raw.connect(port)) co_return false;
  // The key and its answer are the RFC's own example.
  if (!co_await raw.send(
          handshake_head +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")) {
    co_return false;
  }
  auto const answer = co_await raw.read_until("\r\n\r\n");
  EXPECT_EQ(answer.find("Sec-WebSocket-Extensions"), std::string::npos);
  co_return answer.starts_with("HTTP/1.1 101 ") &&
      answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos;
}

std::string close_payload(unsigned code, std::string reason = {}) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 255)} + reason;
}

struct Case {
  std::string name;
  std::string bytes;
  unsigned code;  // of the close frame that answers
};

std::vector<Case> forbidden() {
  return {
      {"text that is not UTF-8", frame(text, "\xce\xba\xe1\xbd\xb9\xed\xa0\x80"), 1007},
      {"overlong UTF-8", frame(text, "\xc0\xaf"), 1007},
      {"text that ends inside a character", frame(text, "\xf0\x9f\x98"), 1007},
      {"bad UTF-8 in a later fragment", frame(text, "ok", open_end()) + frame(0, "\xff"), 1007},
      {"reserved bit 1", frame(text, "x", with_reserved(4)), 1002},
      {"reserved bit 3", frame(binary, "x", with_reserved(1)), 1002},
      {"unmasked frame", frame(text, "x", unmasked()), 1002},
      {"reserved opcode 3", frame(3, "x"), 1002},
      {"reserved opcode 11", frame(11, "x"), 1002},
      {"fragmented ping", frame(ping, "x", open_end()), 1002},
      {"fragmented close", frame(closing, "", open_end()), 1002},
      {"long ping", frame(ping, std::string(126, 'x')), 1002},
      {"continuation of nothing", frame(0, "x"), 1002},
      {"new message inside another", frame(text, "x", open_end()) + frame(text, "y"), 1002},
      {"length in 2 bytes without need", frame(text, "x", with_length_bytes(2)), 1002},
      {"length in 8 bytes without need", frame(text, "x", with_length_bytes(8)), 1002},
      {"close with half a code", frame(closing, "x"), 1002},
      {"close with code 999", frame(closing, close_payload(999)), 1002},
      {"close with code 1005", frame(closing, close_payload(1005)), 1002},
      {"close with code 1006", frame(closing, close_payload(1006)), 1002},
      {"a frame that claims 2 MiB", frame(binary, std::string(2 << 20, 'x')).substr(0, 14), 1009},
      {"fragments that pass 1 MiB together",
       frame(binary, std::string(700'000, 'x'), open_end()) + frame(0, std::string(700'000, 'x')), 1009},
  };
}

TEST(WireRfc6455, WhatIsForbiddenClosesWithItsCode) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    for (auto const& row : forbidden()) {
      Raw raw(world);
      CO_REQUIRE(co_await shake_hands(raw, world.server_->port()));
      (void)co_await raw.send(row.bytes);
      auto const answer = co_await read_one(raw);
      if (!answer) {
        ADD_FAILURE() << row.name << ": closed without a word";
        continue;
      }
      EXPECT_EQ(answer->opcode, closing) << row.name;
      EXPECT_EQ(answer->payload.substr(0, 2), close_payload(row.code)) << row.name;
    }
  }());
}

TEST(WireRfc6455, WhatIsAllowedIsEchoed) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  struct Good {
    std::string name, bytes, echo;
  };
  std::vector<Good> const rows = {
      {"empty text", frame(text, ""), ""},
      {"UTF-8", frame(text, "\xce\xba\xf0\x9f\x98\x80"), "\xce\xba\xf0\x9f\x98\x80"},
      {"a character over two fragments", frame(text, "\xf0\x9f", open_end()) + frame(0, "\x98\x80"),
       "\xf0\x9f\x98\x80"},
      {"three fragments", frame(binary, "a", open_end()) + frame(0, "b", open_end()) + frame(0, "c"), "abc"},
      {"empty fragments", frame(text, "", open_end()) + frame(0, "", open_end()) + frame(0, "x"), "x"},
      {"an unasked pong", frame(pong, "hm") + frame(text, "x"), "x"},
      {"125 bytes", frame(text, std::string(125, 'y')), std::string(125, 'y')},
      {"126 bytes", frame(text, std::string(126, 'y')), std::string(126, 'y')},
      {"65535 bytes", frame(text, std::string(65'535, 'y')), std::string(65'535, 'y')},
      {"65536 bytes", frame(text, std::string(65'536, 'y')), std::string(65'536, 'y')},
  };
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await shake_hands(raw, world.server_->port()));
    for (auto const& row : rows) {
      CO_REQUIRE(co_await raw.send(row.bytes));
      auto const answer = co_await read_one(raw);
      CO_REQUIRE(answer);
      EXPECT_EQ(answer->payload, row.echo) << row.name;
    }
  }());
}

TEST(WireRfc6455, HalfFramesWaitForTheirOtherHalf) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await shake_hands(raw, world.server_->port()));
    for (char const c : frame(text, "slowly but surely", open_end()) + frame(0, std::string(130, 'z'))) {
      CO_REQUIRE(co_await raw.send(std::string(1, c)));
      co_await sleep_for(50us);
    }
    auto const answer = co_await read_one(raw);
    CO_REQUIRE(answer);
    EXPECT_EQ(answer->payload, "slowly but surely" + std::string(130, 'z'));
  }());
}

TEST(WireRfc6455, PingsAreAnsweredEvenInsideAMessage) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    Raw raw(world);
    CO_REQUIRE(co_await shake_hands(raw, world.server_->port()));
    CO_REQUIRE(
        co_await raw.send(frame(text, "a", open_end()) + frame(ping, std::string(125, 'p')) + frame(0, "b")));
    auto const first = co_await read_one(raw);
    auto const second = co_await read_one(raw);
    CO_REQUIRE(first && second);
    auto const& answer = first->opcode == pong ? *first : *second;
    auto const& echoed = first->opcode == pong ? *second : *first;
    EXPECT_EQ(answer.opcode, pong);
    EXPECT_EQ(answer.payload, std::string(125, 'p'));
    EXPECT_EQ(echoed.payload, "ab");
  }());
}

TEST(WireRfc6455, ACloseIsAnsweredWithTheSameCodeAndThenTheStreamEnds) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  world.run([&]() -> awaitable<void> {
    for (unsigned const code : {1000U, 1001U, 3000U, 4999U}) {
      Raw raw(world);
      CO_REQUIRE(co_await shake_hands(raw, world.server_->port()));
      CO_REQUIRE(co_await raw.send(frame(closing, close_payload(code, "bye"))));
      auto const answer = co_await read_one(raw);
      CO_REQUIRE(answer);
      EXPECT_EQ(answer->opcode, closing);
      EXPECT_EQ(answer->payload.substr(0, 2), close_payload(code));
      EXPECT_EQ(co_await raw.read_to_end(), "");
    }
    Raw raw(world);
    CO_REQUIRE(co_await shake_hands(raw, world.server_->port()));
    CO_REQUIRE(co_await raw.send(frame(closing, "")));
    auto const answer = co_await read_one(raw);
    CO_REQUIRE(answer);
    EXPECT_EQ(answer->opcode, closing);
  }());
}

TEST(WireRfc6455, AHandshakeMayHaveAsLargeAHeadAsAnyRequestAndFramesRightBehindIt) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  auto const upgrade = [](std::size_t cookie) {
    return std::string(handshake_head) + "Cookie: " + std::string(cookie, 'c') +
           "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  };
  world.run([&]() -> awaitable<void> {
    for (std::size_t const cookie : {1'300U, 2'000U, 15'000U}) {
      Raw raw(world);
      CO_REQUIRE(co_await raw.connect(world.server_->port()));
      CO_REQUIRE(co_await raw.send(upgrade(cookie) + frame(text, std::string(300, 'x'))));
      EXPECT_TRUE((co_await raw.read_until("\r\n\r\n")).starts_with("HTTP/1.1 101")) << cookie;
      EXPECT_EQ((co_await raw.read_exactly(304)).substr(4), std::string(300, 'x'));
    }
    Raw raw(world);
    CO_REQUIRE(co_await raw.connect(world.server_->port()));
    CO_REQUIRE(co_await raw.send(upgrade(17'000)));
    EXPECT_TRUE((co_await raw.read_to_end()).starts_with("HTTP/1.1 431"));
  }());
}

TEST(WireRfc6455, AHandshakeWithoutItsPartsIsRefused) {
  World world;
  world.serve(World::plain_options(), echo_handlers());
  std::string const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                    version = "Sec-WebSocket-Version: 13\r\n";
  std::vector<std::string> const rows = {
      handshake_head + key + "\r\n",
      handshake_head + version + "\r\n",
      handshake_head + key + "Sec-WebSocket-Version: 8\r\n\r\n",
      handshake_head + version + "Sec-WebSocket-Key: short\r\n\r\n",
      "POST /v1/stream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + key + version +
          "\r\n",
  };
  world.run([&]() -> awaitable<void> {
    for (auto const& row : rows) {
      Raw raw(world);
      CO_REQUIRE(co_await raw.connect(world.server_->port()));
      CO_REQUIRE(co_await raw.send(row));
      auto const answer = co_await raw.read_until("\r\n\r\n");
      EXPECT_FALSE(answer.starts_with("HTTP/1.1 101")) << row;
    }
  }());
  EXPECT_EQ(world.server_->counters().upgrades, 0U);
}

TEST(WireRfc6455, ATornConnectionIsGone) {
  World world;
  WireFault seen{};
  ServerHandlers handlers;
  handlers.websocket = [&](std::shared_ptr<WebSocket> socket, RequestHead const&) -> awaitable<void> {
    auto const end = co_await socket->read_frame();
    if (!end) seen = end.error().fault;
  };
  world.serve(World::plain_options(), std::move(handlers));
  world.run([&]() -> awaitable<void> {
    for (bool const reset : {false, true}) {
      seen = {};
      Raw raw(world);
      CO_REQUIRE(co_await shake_hands(raw, world.server_->port()));
      CO_REQUIRE(co_await raw.send(frame(text, "half of it").substr(0, 6)));
      reset ? raw.reset() : raw.close();
      while (world.server_->counters().open > 0) co_await sleep_for(1ms);
      EXPECT_EQ(seen, WireFault::gone);
    }
  }());
}

}  // namespace
}  // namespace spillway::wire
