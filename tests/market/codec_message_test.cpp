// tests/market/codec_message_test.cpp - messages survive their frames; what people sign is fixed to the byte.
// Covers: codec_message.cpp, message_signed.cpp.
#include <gtest/gtest.h>

#include <string>

#include "any_value.hpp"
#include "client_generated.h"
#include "market/message.hpp"
#include "message_client_fields.hpp"
#include "message_server_fields.hpp"

namespace spillway {
namespace {

constexpr std::size_t client_kinds = std::variant_size_v<ClientMessage>;
constexpr std::size_t server_kinds = std::variant_size_v<ServerMessage>;

TEST(Messages, OfClientsComeBackAsTheyWere) {
  wire::Dice dice{11};
  for (std::size_t i = 0; i < 100 * client_kinds; ++i) {
    auto const message = wire::any_of<ClientMessage>(dice, i % client_kinds);
    auto const bytes = encode(message);
    auto const back = decode_client_message(bytes);
    ASSERT_TRUE(back) << type_name(message) << ": " << back.error().sentence;
    EXPECT_TRUE(wire::same_message(*back, message)) << type_name(message);
    EXPECT_EQ(encode(*back), bytes);
  }
}

TEST(Messages, OfTheExchangeComeBackAsTheyWere) {
  wire::Dice dice{12};
  for (std::size_t i = 0; i < 100 * server_kinds; ++i) {
    auto const message = wire::any_of<ServerMessage>(dice, i % server_kinds);
    auto const back = decode_server_message(encode(message));
    ASSERT_TRUE(back) << type_name(message) << ": " << back.error().sentence;
    EXPECT_TRUE(wire::same_message(*back, message)) << type_name(message);
  }
}

TEST(Messages, DamagedFramesDoNoHarm) {
  wire::Dice dice{13};
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 200 * client_kinds; ++i) {
    auto bytes = encode(wire::any_of<ClientMessage>(dice, i % client_kinds));
    for (std::size_t hits = 1 + dice.below(4); hits > 0; --hits) {
      bytes[dice.below(bytes.size())] = static_cast<std::byte>(dice.next());
    }
    auto const back = decode_client_message(bytes);
    refused += back ? 0 : 1;
    if (back) {
      EXPECT_TRUE(decode_client_message(encode(*back)));
    }
  }
  EXPECT_GT(refused, 0u);
}

TEST(Messages, OfOneDirectionAreNotTakenInTheOther) {
  auto const back = decode_server_message(encode(ClientMessage{msg::Ping{1}}));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, DecodeCode::not_well_formed);
  EXPECT_FALSE(decode_client_message({}));
}

TEST(Messages, OfANewerVersionAreNamedAsUnknown) {
  flatbuffers::FlatBufferBuilder builder;
  auto const ping = fb::client::CreatePing(builder, 1);
  auto const newer = static_cast<fb::client::ClientMessage>(200);
  builder.Finish(fb::client::CreateClientFrame(builder, newer, ping.Union()), "SWC1");
  auto const back =
      decode_client_message(std::as_bytes(std::span{builder.GetBufferPointer(), builder.GetSize()}));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, DecodeCode::unknown_message);
  EXPECT_EQ(back.error().sentence, "type 200 is not known to this version");
}

TEST(Messages, CarryPromptsUpToTheirBoundAndNoFurther) {
  msg::PlaceOrder order;
  order.prompt.assign(largest_prompt_bytes, std::byte{'p'});
  EXPECT_TRUE(decode_client_message(encode(ClientMessage{order})));
  order.prompt.push_back(std::byte{'p'});
  auto const back = decode_client_message(encode(ClientMessage{order}));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, DecodeCode::too_large);
  EXPECT_EQ(back.error().sentence, "PlaceOrder.prompt: at most 262144 bytes");
}

TEST(Messages, RefuseASignatureOfAnotherLength) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<std::uint8_t> const half(32, 1);
  auto const signature = builder.CreateVector(half);
  fb::client::LoginBuilder login(builder);
  login.add_signature(signature);
  auto const done = login.Finish();
  builder.Finish(fb::client::CreateClientFrame(builder, fb::client::ClientMessage::Login, done.Union()),
                 "SWC1");
  auto const back =
      decode_client_message(std::as_bytes(std::span{builder.GetBufferPointer(), builder.GetSize()}));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().sentence, "Login.signature: must be 64 bytes");
}

TEST(Messages, TellTheirRequestAndTheirName) {
  EXPECT_EQ(request_of(msg::JobAck{41, JobId{1}}), 41u);
  EXPECT_EQ(request_of(msg::AttestFrame{}), 0u);
  EXPECT_STREQ(type_name(ClientMessage{msg::AdminShutdown{}}), "AdminShutdown");
  EXPECT_STREQ(type_name(ServerMessage{msg::ReadResult{}}), "ReadResult");
}

std::string text_of(Bytes const& bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

TEST(SignedBytes, OfALoginAreTagNonceNamePartyKeyRoleAndExporter) {
  Bytes32 nonce;
  nonce.fill(std::byte{'n'});
  Bytes32 exporter;
  exporter.fill(std::byte{'e'});
  std::string const head = "spillway-login-v1" + std::string(32, 'n') + std::string("\x04\x00", 2) + "here" +
                           std::string("\x07\x00\x00\x00\x02\x01\x00\x00\x02\x00\x00\x00", 12);
  auto const bytes = [&](auto const& e) {
    return text_of(login_bytes(nonce, "here", ParticipantId{7}, KeyId{258}, Role::buyer, e));
  };
  EXPECT_EQ(bytes(std::optional<Bytes32>{}), head + "none");
  EXPECT_EQ(bytes(std::optional{exporter}), head + std::string(32, 'e'));
}

TEST(SignedBytes, OfAUsageClaimAreTagJobInputOutput) {
  EXPECT_EQ(text_of(usage_claim_bytes(JobId{1}, Tokens{256}, Tokens{65536})),
            "spillway-usage-v1" + std::string("\x01\0\0\0\0\0\0\0"
                                              "\0\x01\0\0\0\0\0\0"
                                              "\0\0\x01\0\0\0\0\0",
                                              24));
}

}  // namespace
}  // namespace spillway
