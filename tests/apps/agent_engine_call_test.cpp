// tests/apps/agent_engine_call_test.cpp - one job on an engine: what is sent, what is read, and each way an
// engine fails. Covers: engine_call.cpp.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "engine_call.hpp"
#include "market/message.hpp"
#include "scripted_engine.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using Engine = ScriptedEngine;

struct Bench {
  explicit Bench(Engine::Script script) : engine(loop.get_executor(), std::move(script)) {
    job.engine = engine.url();
    job.engine_model = "known";
    job.prompt = R"({"model":"catalogue","messages":[{"role":"user","content":"hi"}]})";
    job.output_max = 20;
    job.silence = 30s;
  }
  EngineResult run(bool cancel_at_first_text = false) {
    std::optional<EngineResult> result;
    EngineCall call(loop.get_executor(), job, [&](std::string_view content) {
      text += content;
      longest = std::max(longest, content.size());
      if (cancel_at_first_text) call.cancel();
    });
    auto work = [](EngineCall& c, std::optional<EngineResult>& out) -> wire::awaitable<void> {
      auto const got = co_await c.run();
      out = got;
    };
    wire::spawn(loop.get_executor(), work(call, result));
    auto const give_up = std::chrono::steady_clock::now() + 60s;
    while (!result && std::chrono::steady_clock::now() < give_up) loop.run_one_for(100ms);
    EXPECT_TRUE(result) << "the call does not end";
    return result.value_or(EngineResult{});
  }
  boost::asio::io_context loop{1};
  Engine engine;
  EngineJob job;
  std::string text;
  std::size_t longest = 0;
};

TEST(EngineCall, HandsContentOnAndTheEnginesOwnCountAtTheEnd) {
  Bench bench(Engine::says({"one", " two", " three"}));
  auto const result = bench.run();
  EXPECT_EQ(result.failed, FailCode::unset);
  EXPECT_EQ(result.finish, FinishReason::stop);
  EXPECT_EQ(result.prompt_tokens, 7);
  EXPECT_EQ(result.completion_tokens, 3);
  EXPECT_EQ(bench.text, "one two three");
}

TEST(EngineCall, AnAnswerCutAtItsMaximumSaysSo) {
  Bench bench(Engine::says({"one"}, "length"));
  EXPECT_EQ(bench.run().finish, FinishReason::length);
}

TEST(EngineCall, AlwaysStreamsAndAsksForUsageAndKeepsWhatTheBuyerSaid) {
  Bench bench(Engine::says({"one"}));
  bench.job.prompt =
      R"({"model":"catalogue","messages":[{"role":"user","content":"hi"}],"temperature":0.5,)"
      R"("stream":false,"max_tokens":9999,"max_completion_tokens":7,"spillway":{"tier":"fast"},)"
      R"("provider":{"max_price":{"completion":1}}})";
  (void)bench.run();
  ASSERT_EQ(bench.engine.requests.size(), 1u);
  EXPECT_EQ(bench.engine.requests[0].method, "POST");
  EXPECT_EQ(bench.engine.requests[0].target, "/v1/chat/completions");
  auto const body = json::parse(bench.engine.requests[0].body).as_object();
  EXPECT_EQ(body.at("model"), "known");
  EXPECT_EQ(body.at("stream"), true);
  EXPECT_EQ(body.at("stream_options").at("include_usage"), true);
  EXPECT_EQ(body.at("max_tokens"), 20);
  EXPECT_EQ(body.at("temperature"), 0.5);
  EXPECT_EQ(body.at("messages").at(0).at("content"), "hi");
  for (auto const* const ours : {"max_completion_tokens", "spillway", "provider"})
    EXPECT_FALSE(body.contains(ours)) << ours;
}

TEST(EngineCall, ToleratesWhatRealEnginesVary) {
  Bench bench(Engine::events({
      ": a comment\n\n",
      "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n",
      "data: {\"choices\":[{\"delta\":{}}]}\n\n",
      Engine::piece("a"),
      "data: this is no JSON\n\n",
      "data: [1,2,3]\n\n",
      "data: {\"choices\":[null]}\n\n",
      "data: {\"choices\":[{\"delta\":{\"content\":17}}],\"made_up\":{}}\n\n",
      "event: made_up\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"}}],\"usage\":null}\r\n\r\n",
      "data: {\"choices\":[{\"delta\":{\"content\":\"c\"},\"finish_reason\":\"stop\"}],"
      "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n",
      Engine::done,
  }));
  auto const result = bench.run();
  EXPECT_EQ(result.failed, FailCode::unset);
  EXPECT_EQ(bench.text, "abc");
  EXPECT_EQ(result.completion_tokens, 3);
  EXPECT_EQ(result.prompt_tokens, 4);
}

TEST(EngineCall, CountsPiecesWhereTheEngineReportsNoUsage) {
  Bench bench(Engine::events({Engine::piece("a"), Engine::piece("b"), Engine::end(), Engine::done}));
  EXPECT_EQ(bench.run().completion_tokens, 2);
}

TEST(EngineCall, FiguresThatCanNotBeCountAsNotGiven) {
  for (auto const* const figure :
       {"-7", "-1", "9223372036854775807", "18446744073709551615", "1e9", "\"7\"", "null"}) {
    auto const usage = std::string("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":") + figure +
                       ",\"completion_tokens\":" + figure + "}}\n\n";
    Bench bench(Engine::events({Engine::piece("a"), Engine::piece("b"), Engine::end(), usage, Engine::done}));
    auto const result = bench.run();
    EXPECT_EQ(result.failed, FailCode::unset) << figure;
    EXPECT_EQ(result.completion_tokens, 2) << figure;
    EXPECT_EQ(result.prompt_tokens, 0) << figure;
  }
}

TEST(EngineCall, ADeltaLongerThanAMessageIsSplitBetweenCharacters) {
  std::string text = "xx";
  while (text.size() < 200'000) text += "\xE2\x82\xAC";  // three bytes, so that no bound falls between two
  Bench bench(Engine::says({text}));
  auto const result = bench.run();
  EXPECT_EQ(result.failed, FailCode::unset);
  EXPECT_TRUE(bench.text == text);
  EXPECT_EQ(bench.longest, 65'535u) << "21,845 times three";
  EXPECT_EQ(result.completion_tokens, 1) << "it is one piece of the engine's";
}

TEST(EngineCall, WhatTheConnectionDoesAfterDoneIsNoFailure) {
  std::vector<std::string> const whole{Engine::piece("a"), Engine::end(), Engine::usage(3, 1), Engine::done};
  Bench broken(Engine::breaks_after(whole));
  EXPECT_EQ(broken.run().failed, FailCode::unset);
  Bench held(Engine::falls_silent_after(whole));
  held.job.silence = 300ms;
  auto const result = held.run();
  EXPECT_EQ(result.failed, FailCode::unset);
  EXPECT_EQ(result.finish, FinishReason::stop);
  EXPECT_EQ(result.prompt_tokens, 3);
  Bench bare(Engine::events({Engine::piece("a"), Engine::done}));
  EXPECT_EQ(bare.run().finish, FinishReason::stop) << "no reason given";
}

TEST(EngineCall, AnEngineThatIgnoresItsMaximumIsCutOff) {
  std::vector<std::string> endless;
  for (int i = 0; i < 200; ++i) endless.push_back(Engine::piece("a"));
  Bench bench(Engine::falls_silent_after(endless));
  bench.job.output_max = 20;
  auto const result = bench.run();
  EXPECT_EQ(result.failed, FailCode::unset);
  EXPECT_EQ(result.finish, FinishReason::length);
  EXPECT_EQ(result.completion_tokens, 20);
  EXPECT_EQ(bench.text.size(), 2u * 20 + 16);
}

TEST(EngineCall, SaysWhoseFaultAStatusIs) {
  for (auto const& [status, code] : {std::pair{400, FailCode::engine_refused_request},
                                     {404, FailCode::engine_refused_request},
                                     {422, FailCode::engine_refused_request},
                                     {429, FailCode::engine_error},
                                     {500, FailCode::engine_error},
                                     {503, FailCode::engine_error},
                                     {302, FailCode::engine_error}}) {
    Bench bench(Engine::status(status));
    EXPECT_EQ(bench.run().failed, code) << status;
    EXPECT_TRUE(bench.text.empty());
  }
}

TEST(EngineCall, AnErrorInTheMiddleOfAStreamIsTheEngines) {
  Bench bench(
      Engine::events({Engine::piece("half"), "data: {\"error\":{\"message\":\"out of memory\"}}\n\n"}));
  EXPECT_EQ(bench.run().failed, FailCode::engine_error);
  EXPECT_EQ(bench.text, "half");
}

TEST(EngineCall, AStreamThatIsCutIsADeadEngine) {
  Bench broken(Engine::breaks_after({Engine::piece("half"), Engine::piece(" an")}));
  auto const result = broken.run();
  EXPECT_EQ(result.failed, FailCode::engine_died);
  EXPECT_EQ(broken.text, "half an");
  EXPECT_EQ(result.completion_tokens, 2) << "what was delivered is still counted";
  Bench ended(Engine::events({Engine::piece("half")}));
  EXPECT_EQ(ended.run().failed, FailCode::engine_died) << "an end without a finish reason is none";
}

TEST(EngineCall, AnEngineThatIsNotThereIsDead) {
  Bench bench(Engine::says({"one"}));
  bench.job.engine.port = 1;
  EXPECT_EQ(bench.run().failed, FailCode::engine_died);
}

TEST(EngineCall, AnEngineThatFallsSilentHasStalled) {
  Bench before(Engine::never_answers());
  before.job.silence = 100ms;
  EXPECT_EQ(before.run().failed, FailCode::stalled);
  Bench within(Engine::falls_silent_after({Engine::piece("so")}));
  within.job.silence = 300ms;
  EXPECT_EQ(within.run().failed, FailCode::stalled);
}

TEST(EngineCall, CancellingItFreesTheEnginesSlot) {
  Bench bench(Engine::falls_silent_after({Engine::piece("so")}));
  EXPECT_EQ(bench.run(true).failed, FailCode::buyer_left);
  auto const give_up = std::chrono::steady_clock::now() + 60s;
  while (bench.engine.clients_gone == 0 && std::chrono::steady_clock::now() < give_up)
    bench.loop.run_one_for(100ms);
  EXPECT_EQ(bench.engine.clients_gone, 1);
}

TEST(EngineCall, APromptThatIsNoJsonObjectNeverReachesTheEngine) {
  for (auto const* const prompt : {"", "hello", "[1]", "{\"messages\":"}) {
    Bench bench(Engine::says({"one"}));
    bench.job.prompt = prompt;
    EXPECT_EQ(bench.run().failed, FailCode::engine_refused_request);
    EXPECT_TRUE(bench.engine.requests.empty());
  }
}

}  // namespace
}  // namespace spillway
