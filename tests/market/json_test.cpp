// tests/market/json_test.cpp - messages as JSON: what goes out comes back, what is wrong is named.
// Covers: json.cpp, json_record.cpp.
#include "market/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "any_value.hpp"
#include "message_client_fields.hpp"
#include "message_server_fields.hpp"

namespace spillway {
namespace {

using testing::HasSubstr;

TEST(Json, OfEveryClientMessageComesBackAsItWas) {
  wire::Dice dice{21};
  constexpr std::size_t kinds = std::variant_size_v<ClientMessage>;
  for (std::size_t i = 0; i < 100 * kinds; ++i) {
    auto const message = wire::any_of<ClientMessage>(dice, i % kinds);
    auto const back = client_message_from_json(json_text(message));
    ASSERT_TRUE(back) << json_text(message) << back.error().sentence;
    EXPECT_TRUE(wire::same_message(*back, message)) << json_text(message);
  }
}

TEST(Json, OfEveryServerMessageComesBackAsItWas) {
  wire::Dice dice{22};
  constexpr std::size_t kinds = std::variant_size_v<ServerMessage>;
  for (std::size_t i = 0; i < 100 * kinds; ++i) {
    auto const message = wire::any_of<ServerMessage>(dice, i % kinds);
    auto const back = server_message_from_json(json_text(message));
    ASSERT_TRUE(back) << json_text(message) << back.error().sentence;
    EXPECT_TRUE(wire::same_message(*back, message)) << json_text(message);
  }
}

TEST(Json, DamagedTextDoesNoHarm) {
  wire::Dice dice{23};
  constexpr std::size_t kinds = std::variant_size_v<ClientMessage>;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 100 * kinds; ++i) {
    auto text = json_text(wire::any_of<ClientMessage>(dice, i % kinds));
    text[dice.below(text.size())] = static_cast<char>(dice.next());
    refused += client_message_from_json(text) ? 0 : 1;
  }
  EXPECT_GT(refused, 0u);
}

TEST(Json, WritesLongIntegersAsTextEnumsByNameAndBytesInBase64) {
  EXPECT_EQ(json_text(ClientMessage{
                msg::JobRefuse{1, JobId{18'446'744'073'709'551'615ULL}, FailCode::engine_died}}),
            R"({"type":"JobRefuse","request":"1","job":"18446744073709551615","code":"EngineDied"})");
  EXPECT_EQ(
      json_text(ServerMessage{msg::ChunkToBuyer{OrderId{1}, JobId{2}, {std::byte{'h'}, std::byte{'i'}}}}),
      R"({"type":"ChunkToBuyer","order":"1","job":"2","content":"aGk="})");
  EXPECT_EQ(
      json_text(ServerMessage{msg::BookTop{InstrumentId{3}, Seq{4}, msg::Level{PriceIndex{5}, Lots{6}}, {}}}),
      R"({"type":"BookTop","instrument":3,"seq":"4","ask":{"price":5,"lots":"6"}})");
}

TEST(Json, TakesIntegersAsNumbersToo) {
  auto const back = client_message_from_json(R"({"type":"CancelOrder","request":7,"order":"12"})");
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<msg::CancelOrder>(*back).request, 7u);
  EXPECT_EQ(std::get<msg::CancelOrder>(*back).order, OrderId{12});
  EXPECT_EQ(std::get<msg::CancelOrder>(*back).client, ClientOrderId{});
}

struct Wrong {
  char const* text;
  DecodeCode code;
  char const* sentence;
};

TEST(Json, NamesWhatIsWrong) {
  Wrong const cases[] = {
      {"", DecodeCode::not_well_formed, "not one JSON object"},
      {"[]", DecodeCode::not_well_formed, "not one JSON object"},
      {"{}", DecodeCode::unknown_message, "\"type\" must name a message"},
      {R"({"type":"NONE"})", DecodeCode::unknown_message, "\"type\" must name a message"},
      {R"({"type":"Answer"})", DecodeCode::unknown_message, "\"type\" must name a message"},
      {R"({"type":"Ping","reqest":1})", DecodeCode::unknown_field, "Ping: there is no field \"reqest\""},
      {R"({"type":"Ping","shows":1})", DecodeCode::unknown_field, "Ping: there is no field \"shows\""},
      {R"({"type":"Ping","request":1.5})", DecodeCode::out_of_range,
       "Ping.request: must be an integer from 0"},
      {R"({"type":"Ping","request":-1})", DecodeCode::out_of_range,
       "Ping.request: must be an integer from 0"},
      {R"({"type":"Ping","request":"1x"})", DecodeCode::out_of_range,
       "Ping.request: must be an integer from 0"},
      {R"({"type":"RegisterNode","units":65536})", DecodeCode::out_of_range, "from 0 to 65535"},
      {R"({"type":"AdminHalt","halted":1})", DecodeCode::wrong_type,
       "AdminHalt.halted: must be true or false"},
      {R"({"type":"PlaceOrder","tif":"ioc"})", DecodeCode::out_of_range,
       "must be one of Unset Ioc Fok Gtc Timed"},
      {R"({"type":"PlaceOrder","tif":1})", DecodeCode::wrong_type, "PlaceOrder.tif: must be one of"},
      {R"({"type":"PlaceOrder","prompt":"a"})", DecodeCode::wrong_type, "PlaceOrder.prompt: must be base64"},
      {R"({"type":"PlaceOrder","wanted":{"modles":[]}})", DecodeCode::unknown_field,
       "PlaceOrder.wanted: there is no field \"modles\""},
      {R"({"type":"PlaceOrder","wanted":{"models":"m"}})", DecodeCode::wrong_type, "must be a list"},
      {R"({"type":"Login","signature":"aGk="})", DecodeCode::out_of_range,
       "Login.signature: must be 64 bytes"},
      {R"({"type":"Login","server_name":"a\u0000b"})", DecodeCode::out_of_range, "UTF-8 text without NUL"},
      {R"({"type":"Read","place_order":{"wanted":{"models":[[[[[[[]]]]]]]}}})", DecodeCode::not_well_formed,
       "deep"},
  };
  for (auto const& [text, code, sentence] : cases) {
    auto const back = client_message_from_json(text);
    ASSERT_FALSE(back) << text;
    EXPECT_EQ(back.error().code, code) << text << ": " << back.error().sentence;
    EXPECT_THAT(back.error().sentence, HasSubstr(sentence)) << text;
  }
}

TEST(Json, RefusesTextBeyondTheLargestFrame) {
  auto const back = client_message_from_json(std::string(largest_client_frame_bytes + 1, ' '));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, DecodeCode::too_large);
}

TEST(Json, CarriesAFullPromptInsideAFrame) {
  msg::PlaceOrder order;
  order.prompt.assign(largest_prompt_bytes, std::byte{'p'});
  EXPECT_TRUE(client_message_from_json(json_text(ClientMessage{order})));
}

TEST(Json, ShowsARecordByItsFieldsAndNames) {
  record::JobState job;
  job.job = 9;
  job.phase = static_cast<std::uint8_t>(JobPhase::failed);
  job.fault = static_cast<std::uint8_t>(Fault::provider);
  auto record = Record::of(job, static_cast<std::uint16_t>(FailCode::stalled));
  record.head.first = {4, 0, 17};
  auto const text = json_text(ServerMessage{msg::Report{17, Seq{3}, Stamp{5}, record}});
  EXPECT_THAT(text, HasSubstr(R"("shows":{"kind":"JobState","code":"Stalled","first":{"participant":4,)"));
  EXPECT_THAT(text, HasSubstr(R"("phase":"Failed","fault":"Provider","finish":"Unset")"));
  EXPECT_TRUE(server_message_from_json(text));
  auto const refused =
      Record::of(record::Refused{1, 0, 20, {}}, static_cast<std::uint16_t>(Refusal::funds_short));
  EXPECT_THAT(json_text(refused), HasSubstr(R"("code":"FundsShort")"));
  EXPECT_THAT(json_text(refused), HasSubstr(R"("command":"PlaceOrder")"));
}

}  // namespace
}  // namespace spillway
