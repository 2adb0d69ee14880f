// tests/apps/demo_words_test.cpp - what a demonstration sends and what it tells: requests, figures, view,
// summary. Sources: apps/demo/src/request.cpp, figures.cpp, view.cpp, summary.cpp, audit_run.cpp (judge),
// options.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "../../apps/demo/src/config_text.hpp"
#include "../../apps/demo/src/request.hpp"
#include "../../apps/demo/src/summary.hpp"
#include "../../apps/demo/src/view.hpp"

namespace spillway::demo {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

sim::TokenWish wish(Tables const& tables) {
  return {tables.place_named("azure:westeurope")->id,
          tables.model_of("qwen2.5-7b")->id,
          TierId{1},
          2'000,
          {Micros{500'000}, Micros{5'000'000}}};
}

TEST(DemoRequest, ScalesTokensUpToWholeOnesAndNeverToNone) {
  auto const tables = shipped_tables();
  auto const price = *step_at_or_above(Nano{300'000'000});
  auto const small = make_request({{}, Tokens{1}, Tokens{1}}, wish(tables), price, 32);
  EXPECT_EQ(small.prompt_tokens, 1);
  EXPECT_EQ(small.output_tokens, 1);
  auto const large = make_request({{}, Tokens{65}, Tokens{64}}, wish(tables), price, 32);
  EXPECT_EQ(large.prompt_tokens, 3);
  EXPECT_EQ(large.output_tokens, 2);
  EXPECT_EQ(price_of(large.cap).v, 600'000'000);
}

TEST(DemoRequest, PromptsHaveExactlySoManyPlainCharacters) {
  for (std::int64_t const size : {1, 7, 51, 52, 400}) {
    auto const text = prompt_text(size);
    EXPECT_EQ(static_cast<std::int64_t>(text.size()), size);
    EXPECT_EQ(json::serialize(json::string(text)).size(), text.size() + 2);
  }
}

TEST(DemoRequest, SaysTheSameThroughBothDoors) {
  auto const tables = shipped_tables();
  auto const request =
      make_request({{}, Tokens{3'200}, Tokens{64}}, wish(tables), *step_at_or_above(Nano{300'000'000}), 32);
  auto const body = json::parse(door_body(tables, request, true)).as_object();
  EXPECT_EQ(body.at("model").as_string(), "qwen2.5-7b");
  EXPECT_EQ(body.at("max_tokens").as_int64(), 2);
  EXPECT_TRUE(body.at("stream").as_bool());
  EXPECT_EQ(body.at("provider").at("max_price").at("completion").as_string(), "0.60");
  EXPECT_EQ(body.at("spillway").at("place").as_string(), "azure:westeurope");
  EXPECT_EQ(body.at("spillway").at("tier").as_string(), "fast");
  EXPECT_EQ(body.at("spillway").at("network_ms").as_int64(), 500);

  auto const order = socket_order(tables, request, ClientOrderId{9});
  EXPECT_EQ(order.limit, request.cap);
  EXPECT_EQ(order.output_max.v, 2);
  EXPECT_EQ(order.input.v, 34);  // 100 characters at three bytes a token
  EXPECT_EQ(order.wanted.ready_us.v, 5'000'000);
  json::string_view const prompt(reinterpret_cast<char const*>(order.prompt.data()), order.prompt.size());
  EXPECT_EQ(json::parse(prompt).at("messages"), body.at("messages"));
}

TEST(DemoRequest, EnginesGetRoomForTheLongestRow) {
  std::vector<sim::TraceRequest> const trace{{{}, Tokens{10}, Tokens{10}},
                                             {{}, Tokens{7'437}, Tokens{1'899}}};
  EXPECT_EQ(context_for(trace, 32), 1'024);
  EXPECT_EQ(context_for(trace, 1), 9'728);
  EXPECT_EQ(context_for(trace, 1) % 512, 0);
}

std::string status(int orders, int offers) {
  json::object const market{{"offers_live", offers}, {"places", 20},   {"units_attested", 28},
                            {"nodes_up", 24},        {"jobs_open", 1}, {"leases_open", 2},
                            {"books_balance", true}};
  json::object const faults{{"buyer", 0}, {"provider", 1}, {"exchange", 0}, {"none", 0}};
  json::object const server{{"orders", orders},
                            {"refused", 1},
                            {"fills", 8},
                            {"jobs_completed", 7},
                            {"jobs_failed", 1},
                            {"jobs_failed_by_fault", faults},
                            {"leases", 2},
                            {"tokens", 70},
                            {"volume_nano", "12345678"},
                            {"fees_nano", "123456"},
                            {"offers_most", offers},
                            {"match_p50_ns", 900},
                            {"match_p99_ns", orders},
                            {"ack_p50_us", 300},
                            {"ack_p99_us", 4000},
                            {"attestation", "scaled"},
                            {"first_token_p50_us", 50000}};
  return json::serialize(json::object{{"market", market}, {"server", server}});
}

TEST(DemoFigures, AddUpOverARestartOfTheExchange) {
  auto const gone = parse_figures(status(10, 170)), now = parse_figures(status(5, 160));
  ASSERT_TRUE(gone.has_value()) << gone.error();
  ASSERT_TRUE(now.has_value()) << now.error();
  auto const sum = together(*gone, *now);
  EXPECT_EQ(sum.orders, 15);
  EXPECT_EQ(sum.volume_nano, 24'691'356);
  EXPECT_EQ(sum.failed_provider, 2);
  EXPECT_EQ(sum.offers_most, 170);
  EXPECT_EQ(sum.offers_live, 160);
  EXPECT_EQ(sum.match_p99_ns, 10);
}

TEST(DemoFigures, SayWhatIsMissingInAStatus) {
  for (auto const* const text : {"", "{}", "[]", R"({"market":{},"server":{}})", R"({"server":1})"}) {
    auto const figures = parse_figures(text);
    ASSERT_FALSE(figures.has_value()) << text;
    EXPECT_THAT(figures.error(), HasSubstr("status"));
  }
}

std::string found(char const* extra, bool ok = true) {
  return std::string("{\"ok\":") + (ok ? "true" : "false") + extra + "}";
}

TEST(DemoAudit, IsOkOnlyWhenAllPassesAreAndBothDigestsAgree) {
  auto const replay = found(R"(,"digest":"abcd")"), balance = found(R"(,"books_balance":true)"),
             verify = found("");
  auto const good = judge(replay, balance, verify, "abcd");
  EXPECT_EQ(good.verdict, "ok");
  EXPECT_TRUE(good.books_balance);
  EXPECT_THAT(judge(replay, balance, verify, "abce").verdict, HasSubstr("abce"));
  EXPECT_THAT(judge(replay, balance, found(R"(,"reason":"a seal differs")", false), "abcd").verdict,
              HasSubstr("a seal differs"));
  EXPECT_NE(judge("", balance, verify, "abcd").verdict, "ok");
  EXPECT_FALSE(judge(replay, found(R"(,"books_balance":false)"), verify, "abcd").books_balance);
}

Summary a_summary() {
  Summary s;
  s.figures = *parse_figures(status(10, 170));
  s.tally.sent = 12;
  s.places = 24;
  s.seconds = 60;
  s.class_scale = 10'000'000, s.token_scale = 32;
  s.real = true;
  s.audit = {"ok", true, "abcd"};
  s.stand_ins = stand_ins_line(DemoOptions{}, true);
  return s;
}

TEST(DemoSummary, HasEveryKeyThatIsPromised) {
  auto const document = json::parse(summary_json(a_summary())).as_object();
  for (auto const* const key : {"offers",        "places",         "requests",    "orders",
                                "fills",         "jobs_completed", "jobs_failed", "jobs_failed_by_fault",
                                "tokens",        "volume_micro",   "fees_micro",  "match_p50_ns",
                                "match_p99_ns",  "ack_p50_us",     "ack_p99_us",  "class_scale",
                                "token_scale",   "data",           "digest",      "audit",
                                "books_balance", "leases",         "engine",      "seconds",
                                "stand_ins"})
    EXPECT_TRUE(document.contains(key)) << key;
  EXPECT_EQ(document.at("volume_micro").as_int64(), 12'345);
  EXPECT_EQ(document.at("requests").to_number<int>(), 12);
  EXPECT_EQ(document.at("data").as_string(), "real");
  EXPECT_TRUE(document.at("books_balance").as_bool());
}

TEST(DemoSummary, NamesAllStandInsForPeopleToo) {
  auto const text = summary_text(a_summary());
  for (auto const* const word :
       {"class_scale 10000000", "token_scale 32", "stand-in", "round trips", "overlay", "real", "87.5 %"})
    EXPECT_THAT(text, HasSubstr(word));
}

TEST(DemoView, ShowsTheMarketInOneTableAndOneLine) {
  ViewFacts facts;
  facts.seconds = 12;
  facts.figures = *parse_figures(status(10, 170));
  facts.busiest = {{"tokens:qwen2.5-7b/L4/azure:eastus/fast", "0.30", "", 5}};
  facts.stand_ins = stand_ins_line(DemoOptions{}, false);
  auto const text = view_text(facts);
  for (auto const* const word : {"170", "0.30", "qwen2.5-7b", "0.012345678", "generated", "jobs running"})
    EXPECT_THAT(text, HasSubstr(word));
  EXPECT_THAT(view_line(facts), HasSubstr("170 offers"));
  facts.exchange_up = false;
  EXPECT_THAT(view_text(facts), HasSubstr("DOWN"));
}

TEST(DemoOptions, HaveDefaultsAndRefuseWhatIsOutOfBounds) {
  char const* const none[] = {"demo"};
  auto const defaults = parse_options(1, none);
  ASSERT_TRUE(defaults.has_value());
  EXPECT_EQ(defaults->speed, 5);
  EXPECT_EQ(defaults->token_scale, 32);
  EXPECT_FALSE(defaults->for_s.has_value());
  char const* const wrong[] = {"demo", "--agents", "9"};
  auto const refused = parse_options(3, wrong);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().exit_code, 2);
  EXPECT_THAT(refused.error().text, HasSubstr("agents"));
  for (auto const& [flag, value] : {std::pair{"--speed", "nan"},
                                    {"--speed", "0"},
                                    {"--seed", "-1"},
                                    {"--json", "/no-such-directory/summary.json"},
                                    {"--json", "/"}}) {
    char const* const bad[] = {"demo", flag, value};
    EXPECT_FALSE(parse_options(3, bad).has_value()) << flag << " " << value;
  }
  char const* const help[] = {"demo", "--help"};
  EXPECT_EQ(parse_options(2, help).error().exit_code, 0);
}

}  // namespace
}  // namespace spillway::demo
