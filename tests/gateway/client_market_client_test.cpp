// tests/gateway/client_market_client_test.cpp - the client's side of a connection: when it may try again, and
// when not. Covers: market_client.cpp.
#include <gmock/gmock.h>

#include "gate_world.hpp"
#include "gateway/wire/server.hpp"

namespace spillway {
namespace {

using testing::HasSubstr;

ClientError failure(GateWorld& world, ClientOptions options) {
  auto const connected = world.wait(MarketClient::connect(world.on(), std::move(options)));
  EXPECT_FALSE(connected);
  return connected ? ClientError{} : connected.error();
}

TEST(MarketClient, LogsInAndNumbersItsRequests) {
  GateWorld world;
  auto const client =
      world.wait(MarketClient::connect(world.on(), world.client_options(world.key_of(carl)))).value();
  EXPECT_EQ(client->welcome().participant, carl);
  EXPECT_EQ(client->welcome().role, Role::buyer);
  EXPECT_EQ(client->credentials().participant, carl);
  auto const first = client->ask(msg::Ping{}), second = client->ask(msg::Ping{});
  EXPECT_NE(first, second);
  for (auto const expected : {first, second}) {
    auto const message = world.wait(client->receive());
    ASSERT_TRUE(message && std::holds_alternative<msg::Pong>(*message));
    EXPECT_EQ(std::get<msg::Pong>(*message).request, expected);
  }
}

TEST(MarketClient, AfterItsCloseNothingIsSentAndReadingEnds) {
  GateWorld world;
  auto const client =
      world.wait(MarketClient::connect(world.on(), world.client_options(world.key_of(carl)))).value();
  client->close();
  EXPECT_FALSE(client->send(msg::Ping{}));
  EXPECT_FALSE(world.wait(client->receive()));
}

TEST(MarketClient, ARefusedLoginIsFinalAndSaysWhy) {
  GateWorld world;
  auto wrong = world.key_of(carl);
  wrong.seed[0] ^= std::byte{1};
  auto const error = failure(world, world.client_options(wrong));
  EXPECT_TRUE(error.denied);
  EXPECT_THAT(error.sentence, HasSubstr("signature"));
  auto stranger = world.key_of(carl);
  stranger.participant = ParticipantId{777};
  EXPECT_THAT(failure(world, world.client_options(stranger)).sentence, HasSubstr("no such participant"));
}

TEST(MarketClient, AnExchangeThatIsNotThereMayComeYet) {
  GateWorld world;
  auto const options = world.client_options(world.key_of(carl));
  (void)world.stop_exchange();
  auto const error = failure(world, options);
  EXPECT_FALSE(error.denied);
  EXPECT_FALSE(error.sentence.empty());
}

TEST(MarketClient, TrustsNoCertificateThatItWasNotTold) {
  GateWorld world, other;
  auto options = world.client_options(world.key_of(carl));
  options.trust = wire::TlsClient::trusting(other.certificate()).value();
  auto const error = failure(world, std::move(options));
  EXPECT_FALSE(error.sentence.empty());
  EXPECT_FALSE(error.denied);
}

TEST(MarketClient, IsToldWhenTheExchangeGoesAway) {
  GateWorld world;
  auto const client =
      world.wait(MarketClient::connect(world.on(), world.client_options(world.key_of(carl)))).value();
  (void)world.stop_exchange();
  auto const ended = world.wait(client->receive());
  ASSERT_FALSE(ended);
  EXPECT_FALSE(ended.error().denied);
}

/// A server that is no exchange: it says `words` to whoever connects, and then waits for the other to leave.
std::unique_ptr<wire::Server> impostor(GateWorld& world, Bytes words) {
  wire::ServerOptions options;
  options.plain_text = true;
  options.subprotocols = {subprotocol_binary};
  wire::ServerHandlers handlers;
  auto speak = [](std::shared_ptr<wire::WebSocket> ws, Bytes text) -> wire::awaitable<void> {
    (void)ws->send(std::make_shared<Bytes const>(std::move(text)), wire::FrameKind::binary);
    (void)co_await ws->read_frame();
  };
  handlers.websocket = [speak, words](std::shared_ptr<wire::WebSocket> ws, wire::RequestHead const&) {
    return speak(std::move(ws), words);
  };
  return wire::Server::listen(world.on(), std::move(options), std::move(handlers)).value();
}

TEST(MarketClient, RecognizesAServerThatIsNoExchange) {
  GateWorld world;
  auto options = world.client_options(world.key_of(carl));
  auto polite = impostor(world, encode(ServerMessage(msg::Pong{1})));
  options.url = {"ws", "127.0.0.1", polite->port(), "/v1/stream"};
  auto const error = failure(world, options);
  EXPECT_TRUE(error.denied);
  EXPECT_THAT(error.sentence, HasSubstr("hello"));
  auto rude = impostor(world, bytes_of("no message at all"));
  options.url.port = rude->port();
  EXPECT_THAT(failure(world, options).sentence, HasSubstr("can't read"));
}

}  // namespace
}  // namespace spillway
