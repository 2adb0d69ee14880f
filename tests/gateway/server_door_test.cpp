// tests/gateway/server_door_test.cpp - chat completions at the OpenAI door, whole and streamed, and each way
// they fail. Covers: openai_door.cpp, door_request.cpp, door_stream.cpp, utf8.cpp.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/json.hpp>

#include "gate_world.hpp"
#include "gateway/wire/sse.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

std::string chat_body(std::string const& more = {}) {
  return std::string(R"({"model":")") + test_model +
         R"(","messages":[{"role":"user","content":"say something"}],"max_tokens":20)" +
         (more.empty() ? "" : "," + more) + "}";
}

/// A streamed answer as it comes; asked for at once, its head awaited by the first look.
struct Stream {
  Stream(GateWorld& w, std::string const& body) : world(w) {
    opened = world.start(http->open(world.chat(body)));
  }
  int status() {
    world.until([&] { return opened->has_value(); }, "the head of a stream");
    return (*opened)->has_value() ? http->status() : 0;
  }
  /// The data of the next event; nothing at the end.
  std::optional<std::string> next() {
    if (status() != 200) return std::nullopt;
    for (;;) {
      if (auto const event = parser.next()) return event->data;
      auto const bytes = world.wait(http->read_some());
      cut = !bytes;
      if (!bytes || bytes->empty()) return std::nullopt;
      parser.feed(*bytes);
    }
  }
  /// The next piece of text; empty when there is none.
  std::string next_text() {
    for (;;) {
      auto const event = next();
      if (!event || *event == "[DONE]") return "";
      auto const document = json::parse(*event);
      auto const* const choices = document.as_object().if_contains("choices");
      if (!choices || choices->as_array().empty()) continue;
      auto const* const text = choices->at(0).at("delta").as_object().if_contains("content");
      if (text && !text->as_string().empty()) return std::string(text->as_string());
    }
  }
  GateWorld& world;
  std::shared_ptr<wire::HttpStream> http = wire::HttpStream::make(world.on());
  std::shared_ptr<std::optional<wire::result<void>>> opened;
  wire::SseParser parser;
  bool cut{};
};

struct Door : GateWorld {
  explicit Door(WorldOptions options = {}) : GateWorld(std::move(options)) { supply(provider); }
  auto asked(std::string const& body) { return start(wire::http_request(on(), chat(body))); }
  template <class Reply>
  wire::HttpReply answered(Reply const& reply) {
    until([&] { return reply->has_value(); }, "the door's answer");
    return (*reply)->value();
  }
  JobId acknowledged() {
    auto const job = provider.next<msg::Dispatch>().job;
    provider.send(msg::JobAck{0, job});
    return job;
  }
  Line provider = log_in(ada);
};

json::object error_of(wire::HttpReply const& reply) {
  return json::parse(reply.body).at("error").as_object();
}
std::string words(json::object const& error) { return std::string(error.at("message").as_string()); }

TEST(Door, ListsEveryModelAndThePriceOfThoseOnOffer) {
  Door world;
  auto const listed = [&] {
    auto call = world.chat("");
    call.method = "GET";
    call.url.target = "/v1/models";
    return json::parse(world.http(std::move(call)).body);
  };
  auto const any_price = [](json::value const& list) {
    return std::ranges::any_of(list.at("data").as_array(),
                               [](auto const& row) { return !row.at("pricing").is_null(); });
  };
  // Who asks has no session that the follower would have to be up to.
  auto list = listed();
  for (int tries = 0; !any_price(list) && tries < 1'000; ++tries) list = listed();
  std::size_t priced = 0;
  EXPECT_EQ(list.at("object"), "list");
  for (auto const& row : list.at("data").as_array()) {
    EXPECT_EQ(row.at("object"), "model");
    if (row.at("pricing").is_null()) continue;
    ++priced;
    EXPECT_EQ(row.at("id"), test_model);
    EXPECT_EQ(row.at("pricing").at("completion_per_million"), "1.00");
    EXPECT_EQ(row.at("slots_at_best").to_number<int>(), 2);
  }
  EXPECT_EQ(priced, 1u);
  EXPECT_GE(list.at("data").as_array().size(), 15u);
}

TEST(Door, GivesAWholeAnswerWithUsageAndWhoMadeItAtWhatPrice) {
  WorldOptions options;
  options.engine_note = "stand-in";
  Door world(options);
  auto const reply = world.asked(chat_body());
  auto const job = world.acknowledged();
  deliver(world.provider, job, {"It \"works\"", ", caf\xc3\xa9"});
  finish(world.provider, job, 4, 4, world.key_of(ada));
  auto const whole = world.answered(reply);
  EXPECT_EQ(whole.status, 200);
  auto const body = json::parse(whole.body);
  EXPECT_EQ(body.at("object"), "chat.completion");
  EXPECT_EQ(body.at("model"), test_model);
  auto const& choice = body.at("choices").at(0);
  EXPECT_EQ(choice.at("message").at("content"), "It \"works\", caf\xc3\xa9");
  EXPECT_EQ(choice.at("finish_reason"), "stop");
  EXPECT_EQ(body.at("usage").at("completion_tokens").to_number<int>(), 4);
  EXPECT_EQ(wire::find_header(whole.headers, "x-spillway-provider"), "10");
  EXPECT_EQ(wire::find_header(whole.headers, "x-spillway-price"), "1.00");
  EXPECT_EQ(wire::find_header(whole.headers, "x-spillway-engine"), "stand-in");
  EXPECT_FALSE(wire::find_header(whole.headers, "x-spillway-order-id").empty());
}

TEST(Door, StreamsTokensAsTheyComeAndEndsWithUsageAndDone) {
  Door world;
  Stream stream(world, chat_body(R"("stream":true,"stream_options":{"include_usage":true})"));
  auto const job = world.acknowledged();
  for (auto const* const piece : {"first", " second", " third"}) {
    deliver(world.provider, job, {piece});
    EXPECT_EQ(stream.next_text(), piece) << "before the next one exists";
  }
  EXPECT_EQ(wire::find_header(stream.http->headers(), "content-type"), "text/event-stream");
  EXPECT_EQ(wire::find_header(stream.http->headers(), "x-spillway-price"), "1.00");
  finish(world.provider, job, 4, 5, world.key_of(ada));
  EXPECT_EQ(json::parse(stream.next().value()).at("choices").at(0).at("finish_reason"), "stop");
  EXPECT_EQ(json::parse(stream.next().value()).at("usage").at("completion_tokens").to_number<int>(), 5);
  EXPECT_EQ(stream.next(), "[DONE]");
  EXPECT_EQ(stream.next(), std::nullopt);
  EXPECT_FALSE(stream.cut);
}

TEST(Door, SendsNoUsageThatNobodyAskedFor) {
  Door world;
  Stream stream(world, chat_body(R"("stream":true)"));
  auto const job = world.acknowledged();
  deliver(world.provider, job, {"text"});
  EXPECT_EQ(stream.next_text(), "text");
  finish(world.provider, job, 4, 1, world.key_of(ada));
  EXPECT_EQ(json::parse(stream.next().value()).at("choices").at(0).at("finish_reason"), "stop");
  EXPECT_EQ(stream.next(), "[DONE]");
}

TEST(Door, AClientThatGoesAwayFreesTheProvidersSlot) {
  Door world;
  Stream stream(world, chat_body(R"("stream":true)"));
  auto const job = world.acknowledged();
  deliver(world.provider, job, {"text"});
  EXPECT_EQ(stream.next_text(), "text");
  stream.http->cancel();
  EXPECT_EQ(world.provider.next<msg::CancelJob>().job, job);
}

TEST(Door, AProviderThatFailsBeforeTheFirstByteIsAStatusAndAfterItAFrameWithoutDone) {
  Door world;
  auto const reply = world.asked(chat_body());
  world.provider.send(msg::JobFail{0, world.acknowledged(), FailCode::engine_died, {}, {}, {}});
  auto const failed = world.answered(reply);
  EXPECT_EQ(failed.status, 502);
  EXPECT_EQ(error_of(failed).at("code"), "provider_failed");
  EXPECT_EQ(wire::find_header(failed.headers, "x-should-retry"), "true");

  Stream stream(world, chat_body(R"("stream":true)"));
  auto const job = world.acknowledged();
  deliver(world.provider, job, {"half an ans"});
  EXPECT_EQ(stream.next_text(), "half an ans");
  world.provider.send(msg::JobFail{0, job, FailCode::engine_died, {}, {}, {}});
  EXPECT_EQ(json::parse(stream.next().value()).at("error").at("code"), "provider_failed");
  EXPECT_EQ(stream.next(), std::nullopt);
}

TEST(Door, ARequestThatTheEngineRefusesIsABadRequest) {
  Door world;
  auto const reply = world.asked(chat_body());
  world.provider.send(msg::JobFail{0, world.acknowledged(), FailCode::engine_refused_request, {}, {}, {}});
  auto const failed = world.answered(reply);
  EXPECT_EQ(failed.status, 400);
  EXPECT_EQ(error_of(failed).at("code"), "engine_refused");
}

TEST(Door, NoOfferAtThePriceIsToldWhenTheOrderExpires) {
  Door world;
  auto const cheap = R"("provider":{"max_price":{"completion":"0.5"}})";
  for (auto const* const wait : {R"(,"spillway":{"good_for_ms":0})", R"(,"spillway":{"good_for_ms":50})"}) {
    auto const reply = world.http(world.chat(chat_body(std::string(cheap) + wait)));
    EXPECT_EQ(reply.status, 503) << reply.body;
    EXPECT_EQ(error_of(reply).at("code"), "no_offer");
    EXPECT_EQ(wire::find_header(reply.headers, "x-should-retry"), "false");
  }
  for (auto const* const cap : {"1", "1.5", "\"1.0\"", "\"2.71828\""}) {
    auto const reply =
        world.asked(chat_body(R"("provider":{"max_price":{"completion":)" + std::string(cap) + "}}"));
    finish(world.provider, world.acknowledged(), 4, 0, world.key_of(ada));
    EXPECT_EQ(world.answered(reply).status, 200) << cap;
  }
}

TEST(Door, RefusesBadRequestsWithAStatusAndASentenceThatNamesWhatIsWrong) {
  Door world;
  auto const model = std::string(R"({"model":")") + test_model + R"(",)";
  auto const messages = std::string(R"("messages":[{"role":"user","content":"hi"}])");
  struct Case {
    std::string body;
    int status;
    char const* said;
  };
  for (auto const& [body, status, said] : std::vector<Case>{
           {"", 400, "JSON"},
           {"[]", 400, "JSON object"},
           {"{\"model\":", 400, "JSON"},
           {"{}", 400, "model is missing"},
           {R"({"model":""})", 400, "model is missing"},
           {R"({"model":7})", 400, "model must be text"},
           {model + R"("messages":[{"role":"user","content":7}]})", 400, "content"},
           {model + messages + R"(,"stream":"yes"})", 400, "stream must be"},
           {model + messages + R"(,"stream_options":true})", 400, "stream_options"},
           {model + messages + R"(,"stream_options":{"include_usage":1}})", 400, "include_usage"},
           {model + messages + R"(,"spillway":{"tier":5}})", 400, "tier must be text"},
           {model + messages + R"(,"spillway":{"place":7}})", 400, "place must be text"},
           {R"({"model":"gpt-4o",)" + messages + "}", 404, "gpt-4o"},
           {model + R"("messages":[]})", 400, "messages"},
           {model + R"("messages":"hi"})", 400, "messages"},
           {model + R"("messages":[{"content":"hi"}]})", 400, "role"},
           {model + R"("messages":["hi"]})", 400, "role"},
           {model + messages + R"(,"max_tokens":-1})", 400, "max_tokens"},
           {model + messages + R"(,"max_tokens":"many"})", 400, "max_tokens"},
           {model + messages + R"(,"max_completion_tokens":1.5})", 400, "max_completion_tokens"},
           {model + messages + R"(,"provider":{"max_price":{"completion":"cheap"}}})", 400, "max_price"},
           {model + messages + R"(,"provider":{"max_price":{"completion":-1}}})", 400, "max_price"},
           {model + messages + R"(,"provider":{"max_price":{"completions":1}}})", 400,
            "completions is not known"},
           {model + messages + R"(,"provider":{"max_prices":{}}})", 400, "provider.max_prices"},
           {model + messages + R"(,"provider":"cheap"})", 400, "provider must be an object"},
           {model + messages + R"(,"network_ms":1})", 400, "spillway"},
           {model + messages + R"(,"spillway":{"plase":"mars"}})", 400, "spillway.plase"},
           {model + messages + R"(,"n":2})", 400, "n must be 1"},
           {model + messages + R"(,"spillway":[]})", 400, "spillway"},
           {model + messages + R"(,"spillway":{"within":"europe"}})", 400, "within"},
           {model + messages + R"(,"spillway":{"classes":[1]}})", 400, "classes"},
           {model + messages + R"(,"spillway":{"place":"mars"}})", 400, ""},
           {model + messages + R"(,"spillway":{"tier":"warp"}})", 400, ""},
           {model + messages + R"(,"spillway":{"network_ms":-4}})", 400, "network_ms"},
           {model + messages + R"(,"spillway":{"good_for_ms":9999999}})", 400, "good_for_ms"},
       }) {
    auto const reply = world.http(world.chat(body));
    EXPECT_EQ(reply.status, status) << body << "\n" << reply.body;
    EXPECT_THAT(words(error_of(reply)), HasSubstr(said)) << body;
    EXPECT_GT(words(error_of(reply)).size(), 10u) << body;
  }
}

TEST(Door, RefusesPromptsThatAreTooLarge) {
  Door world;
  auto const large = std::string(R"({"model":")") + test_model +
                     R"(","messages":[{"role":"user","content":")" + std::string(largest_prompt_bytes, 'x') +
                     "\"}]}";
  EXPECT_EQ(world.http(world.chat(large)).status, 413);
}

TEST(Door, BuyersWithoutMoneyAreToldSo) {
  Door world;
  auto boss = world.log_in(the_boss);
  auto const key = make_bearer_key();
  EXPECT_EQ(boss.refusal_of(msg::AdminKey{0, poor, KeyId{5}, KeyKind::bearer_blake2b, bearer_hash(key)}),
            Refusal::none);
  auto call = world.chat(chat_body());
  for (auto& header : call.headers)
    if (header.name == "authorization") header.value = "Bearer " + key;
  auto const reply = world.http(std::move(call));
  EXPECT_EQ(reply.status, 402);
  EXPECT_EQ(error_of(reply).at("code"), "funds_short");
}

TEST(Door, CountsEveryTextOfAMessageIntoTheInput) {
  Door world;
  auto const parts = std::string(R"({"model":")") + test_model +
                     R"(","max_tokens":5,"messages":[{"role":"system","content":"12345678"},)" +
                     R"({"role":"user","content":[{"type":"text","text":"1234"},{"type":"image_url"}]}]})";
  auto const reply = world.asked(parts);
  auto const dispatch = world.provider.next<msg::Dispatch>();
  EXPECT_EQ(dispatch.input, Tokens{3}) << "four bytes a token";
  EXPECT_EQ(dispatch.output_max, Tokens{5});
  EXPECT_EQ(text_of(dispatch.prompt), parts) << "everything else passes through";
  world.provider.send(msg::JobRefuse{0, dispatch.job, FailCode::refused});
  EXPECT_EQ(world.answered(reply).status, 502);
}

TEST(Door, CountsWhateverElseReachesTheEngineIntoTheInput) {
  Door world;
  auto const filler = "\"" + std::string(400, 'x') + "\"";
  for (auto const& more :
       {R"("tools":[{"type":"function","function":{"name":)" + filler + "}}]", R"("user":)" + filler,
        R"("response_format":{"schema":)" + filler + "}", R"("temperature":[)" + filler + "]"}) {
    auto const reply = world.asked(chat_body(more));
    auto const dispatch = world.provider.next<msg::Dispatch>();
    EXPECT_GT(dispatch.input, Tokens{100}) << more;
    world.provider.send(msg::JobRefuse{0, dispatch.job, FailCode::refused});
    (void)world.answered(reply);
  }
  auto const reply = world.asked(chat_body(R"("temperature":0.25,"seed":123456789,"stream":null)"));
  auto const dispatch = world.provider.next<msg::Dispatch>();
  EXPECT_EQ(dispatch.input, Tokens{4}) << "switches put nothing into the model";
  world.provider.send(msg::JobRefuse{0, dispatch.job, FailCode::refused});
  (void)world.answered(reply);
}

// Boost.JSON refuses text that is not UTF-8, so parsing is the test.
TEST(Door, AnswersInUtf8WhateverProvidersAndClientsSend) {
  Door world;
  auto const long_name = "x" + std::string(98, 'y');
  auto const refused = world.http(world.chat(R"({"model":")" + long_name + "\xc3\xa9\xc3\xa9" + R"("})"));
  EXPECT_THAT(words(error_of(refused)), HasSubstr(long_name + " is not traded"));
  Stream stream(world, chat_body(R"("stream":true)"));
  auto const job = world.acknowledged();
  deliver(world.provider, job, {"a\xff", "caf\xc3", "\xa9!"});
  EXPECT_EQ(stream.next_text(), "a\xef\xbf\xbd");
  EXPECT_EQ(stream.next_text(), "caf");
  EXPECT_EQ(stream.next_text(), "\xc3\xa9!");
}

// The exchange forgets a buyer's ids with time and refuses older ones: the door's grow as time does.
TEST(Door, NumbersItsOrdersByThePresentTime) {
  Door world;
  auto buyer = world.log_in(carl);
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    using namespace std::chrono;
    auto const now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    auto const reply = world.asked(chat_body());
    finish(world.provider, world.acknowledged(), 4, 0, world.key_of(ada));
    EXPECT_EQ(world.answered(reply).status, 200);
    auto const accepted = buyer.next<msg::Report>(
        [](msg::Report const& r) { return r.record.head.kind == RecordKind::accepted; });
    auto const client = accepted.record.as<record::Accepted>().client;
    EXPECT_GE(client, static_cast<std::uint64_t>(now));
    EXPECT_GT(client, last);
    last = client;
  }
}

}  // namespace
}  // namespace spillway
