// tests/apps/agent_test.cpp - a real agent at a real exchange: it proves, offers, works, comes back, and
// keeps its leases. Covers: agent.cpp, job_desk.cpp. The engine is scripted where its faults must be;
// tests/e2e runs the real one.
#include "apps/agent/agent.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "census_agent.hpp"
#include "proof_words.hpp"
#include "scripted_engine.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using Engine = ScriptedEngine;
using testing::HasSubstr;

/// An exchange and what an agent of ada's needs to find it.
struct Home : GateWorld {
  explicit Home(WorldOptions options = {}) : GateWorld(std::move(options)) {
    EXPECT_TRUE(save_credentials(directory() / "ada.key", key_of(ada)));
    config.exchange_url = url("ws", "/v1/stream").text();
    config.trust = certificate();
    config.credentials = directory() / "ada.key";
    config.engine_slots = 2;
    config.nodes.push_back({1, test_place, test_class, 1, {tokens_at("1")}});
  }
  static AgentOffer tokens_at(char const* units) {
    AgentOffer offer;
    offer.product = ProductKind::tokens;
    offer.model = test_model;
    offer.engine_model = "known";
    offer.tier = test_tier;
    offer.price = price(units);
    return offer;
  }
  msg::BookTop await_ask(Line& watcher) {
    return watcher.next<msg::BookTop>([](msg::BookTop const& t) { return t.ask.has_value(); });
  }
  Line watcher_of(std::uint32_t topics) {
    auto line = log_in(audrey);
    EXPECT_EQ(line.refusal_of(msg::Subscribe{0, topics, {}}), Refusal::none);
    return line;
  }
  AgentConfig config;
};

/// An agent at work until the end of its scope.
struct Working {
  explicit Working(Home& h)
      : home(h), agent(h.on(), h.config, [this](std::string const& line) { log += line + "\n"; }) {
    ended = home.start(agent.run());
  }
  ~Working() {
    agent.stop();
    home.until([&] { return ended->has_value(); }, "the agent's end");
  }
  void logs(char const* words) {
    home.until([&] { return log.find(words) != std::string::npos; }, words);
  }
  Home& home;
  std::string log;
  Agent agent;
  std::shared_ptr<std::optional<std::string>> ended;
};

msg::JobEnd end_of_one_job(Home& home, std::string* text = nullptr) {
  auto buyer = home.log_in(carl);
  auto const placed = buyer.ask(token_order());
  EXPECT_EQ(placed.refusal, Refusal::none) << placed.sentence;
  auto const end = buyer.next<msg::JobEnd>();
  for (auto const& chunk : buyer.passed_over<msg::ChunkToBuyer>())
    if (text) *text += text_of(chunk.content);
  return end;
}

TEST(Agent, ProvesItsUnitsAndPutsItsOffersOnTheBook) {
  Home home;
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  auto const top = home.await_ask(watcher);
  EXPECT_EQ(top.ask->price, price("1"));
  EXPECT_EQ(top.ask->lots, Lots{2}) << "as many slots as the engine has";
}

TEST(Agent, OffersNoMoreSlotsThanTheCatalogueFitsOrTheFileSays) {
  Home home;
  home.config.engine_slots = 1'000'000;
  auto watcher = home.watcher_of(msg::topic_top);
  {
    Working agent(home);
    auto const fits = home.await_ask(watcher).ask->lots;
    EXPECT_GT(fits, Lots{0});
    EXPECT_LT(fits, Lots{100}) << "a card of 24 GB";
  }
  Home other;
  other.config.engine_slots = 1'000'000;
  other.config.nodes[0].offers[0].slots = 1;
  auto second = other.watcher_of(msg::topic_top);
  Working agent(other);
  EXPECT_EQ(other.await_ask(second).ask->lots, Lots{1});
}

TEST(Agent, ThatLiesAboutItsClassIsToldWhyAndNeverOnTheBook) {
  Home home(memory_decides());
  home.config.nodes[0].klass = "MI300X";
  home.config.nodes.push_back({2, test_place, test_class, 1, {Home::tokens_at("2")}});
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  agent.logs("unit 0 of node 1 not admitted");
  EXPECT_THAT(agent.log, HasSubstr("needed"));
  EXPECT_EQ(home.await_ask(watcher).ask->price, price("2")) << "its honest node trades";
  auto const book = json::parse(watcher.read(msg::ReadKind::instruments));
  for (auto const& row : book.at("instruments").as_array())
    if (!row.at("ask").is_null()) {
      EXPECT_THAT(std::string(row.at("name").as_string()), HasSubstr(std::string("/") + test_class + "/"));
    }
}

TEST(Agent, RunsAJobOnItsEngineAndStreamsTheTokensBack) {
  Home home;
  Engine engine(home.on(), Engine::says({"one", " two", " three"}));
  home.config.engine_url = engine.url().text();
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  (void)home.await_ask(watcher);
  std::string text;
  auto const end = end_of_one_job(home, &text);
  EXPECT_EQ(end.phase, JobPhase::completed);
  EXPECT_EQ(text, "one two three");
  EXPECT_EQ(end.output, Tokens{3});
  ASSERT_EQ(engine.requests.size(), 1u);
  auto const body = json::parse(engine.requests[0].body);
  EXPECT_EQ(body.at("model"), "known");
  EXPECT_EQ(body.at("max_tokens"), 50);
}

TEST(Agent, ServesTheOpenAiDoorWholeAndStreamed) {
  Home home;
  Engine engine(home.on(), Engine::says({"one", " two"}));
  home.config.engine_url = engine.url().text();
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  (void)home.await_ask(watcher);
  auto const body =
      std::string(R"({"model":")") + test_model + R"(","messages":[{"role":"user","content":"hi"}])";
  auto const whole = home.http(home.chat(body + "}"));
  EXPECT_EQ(whole.status, 200) << whole.body;
  EXPECT_EQ(json::parse(whole.body).at("choices").at(0).at("message").at("content"), "one two");
  auto const streamed = home.http(home.chat(body + R"(,"stream":true})"));
  EXPECT_THAT(streamed.body, testing::ContainsRegex("\"one\".*\" two\"(.|\n)*data: \\[DONE\\]"));
}

struct BadEngine {
  char const* name;
  Engine::Script script;
  Fault fault;
  FailCode code;
};
void PrintTo(BadEngine const& bad, std::ostream* out) { *out << bad.name; }

class AgentWithABadEngine : public testing::TestWithParam<BadEngine> {};

TEST_P(AgentWithABadEngine, FailsTheJobWithItsReasonAndGoesOn) {
  Home home;
  Engine engine(home.on(), GetParam().script);
  home.config.engine_url = engine.url().text();
  home.config.engine_silence_ms = 300;
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  (void)home.await_ask(watcher);
  for (int i = 0; i < 2; ++i) {
    auto const end = end_of_one_job(home);
    EXPECT_EQ(end.phase, JobPhase::failed);
    EXPECT_EQ(end.fault, GetParam().fault);
    EXPECT_EQ(end.code, GetParam().code);
  }
  EXPECT_FALSE(agent.ended->has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Of, AgentWithABadEngine,
    testing::Values(BadEngine{"status_400", Engine::status(400), Fault::none,
                              FailCode::engine_refused_request},
                    BadEngine{"status_500", Engine::status(500), Fault::provider, FailCode::engine_error},
                    BadEngine{"silent", Engine::falls_silent_after({Engine::piece("so")}), Fault::provider,
                              FailCode::stalled},
                    BadEngine{"cut", Engine::breaks_after({Engine::piece("half")}), Fault::provider,
                              FailCode::engine_died},
                    BadEngine{"garbage", Engine::events({"data: garbage\n\n", "garbage"}), Fault::provider,
                              FailCode::engine_died}),
    [](auto const& one) { return std::string(one.param.name); });

TEST(Agent, WithoutAnEngineFailsTheJob) {
  Home home;
  {
    Engine engine(home.on(), Engine::says({"gone"}));
    home.config.engine_url = engine.url().text();
  }
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  (void)home.await_ask(watcher);
  EXPECT_EQ(end_of_one_job(home).code, FailCode::engine_died);
}

TEST(Agent, ABuyerThatLeavesFreesTheEnginesSlot) {
  Home home;
  Engine engine(home.on(), Engine::falls_silent_after({Engine::piece("so")}));
  home.config.engine_url = engine.url().text();
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  (void)home.await_ask(watcher);
  auto buyer = home.log_in(carl);
  (void)buyer.ask(token_order());
  (void)buyer.next<msg::ChunkToBuyer>();
  buyer.leave();
  home.until([&] { return engine.clients_gone == 1; }, "the engine to see its client go");
  EXPECT_FALSE(agent.ended->has_value());
}

TEST(Agent, ComesBackByItselfAfterTheExchangeWasAway) {
  Home home;
  Working agent(home);
  agent.logs("logged in");
  (void)home.stop_exchange();
  agent.logs("the connection ended");
  home.start_exchange();
  auto watcher = home.watcher_of(msg::topic_top);
  EXPECT_EQ(home.await_ask(watcher).ask->price, price("1"));
}

TEST(Agent, TakesItsOffersOffTheBookWhenItLeaves) {
  Home home;
  auto watcher = home.watcher_of(msg::topic_top);
  {
    Working agent(home);
    (void)home.await_ask(watcher);
  }
  auto const status = [&] {
    return json::parse(watcher.read(msg::ReadKind::status)).at("market").at("offers_live").as_int64();
  };
  EXPECT_EQ(status(), 0) << "well before the grace of its node is over";
}

TEST(Agent, ReplacesTheOffersOfTheProgramBeforeIt) {
  Home home;
  auto before = home.log_in(ada);
  auto const node = supply(before, "3");  // label 1, as in the agent's file
  ASSERT_TRUE(node.some());
  before.leave();
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  auto const has_price = [](msg::BookTop const& t) { return t.ask && t.ask->price == price("1"); };
  EXPECT_EQ(watcher.next<msg::BookTop>(has_price).ask->lots, Lots{2});
  auto const status = json::parse(watcher.read(msg::ReadKind::status));
  EXPECT_EQ(status.at("market").at("offers_live").as_int64(), 1) << "the one at 3 is gone";
}

TEST(Agent, ADeltaLongerThanAMessageReachesItsBuyer) {
  Home home;
  std::string const long_text(150'000, 'x');
  Engine engine(home.on(), Engine::says({long_text}));
  home.config.engine_url = engine.url().text();
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  (void)home.await_ask(watcher);
  std::string text;
  EXPECT_EQ(end_of_one_job(home, &text).phase, JobPhase::completed);
  EXPECT_EQ(text.size(), long_text.size());
  EXPECT_EQ(agent.log.find("the connection ended"), std::string::npos);
}

TEST(Agent, WaitsForAnExchangeThatIsNotThereYet) {
  Home home;
  (void)home.stop_exchange();
  Working agent(home);
  home.until([&] { return !agent.log.empty(); }, "the first try");
  EXPECT_FALSE(agent.ended->has_value());
  home.start_exchange();
  agent.logs("logged in");
}

TEST(Agent, EndsWithTheSentenceOfARefusedLogin) {
  Home home;
  home.config.credentials = home.directory() / "stranger.key";
  ASSERT_TRUE(save_credentials(home.config.credentials, make_credentials(ada, KeyId{1}, Role::provider)));
  Working agent(home);
  home.until([&] { return agent.ended->has_value(); }, "the end");
  EXPECT_THAT(agent.ended->value(), HasSubstr("signature"));
}

TEST(Agent, EndsAtOnceWhereItsKeyOrUrlIsWrong) {
  Home home;
  auto const key = home.config.credentials;
  home.config.credentials = home.directory() / "nothing.key";
  EXPECT_THAT(home.wait(Agent(home.on(), home.config, [](auto const&) {}).run()), HasSubstr("nothing.key"));
  home.config.credentials = key;
  home.config.exchange_url = "ftp://somewhere";
  EXPECT_THAT(home.wait(Agent(home.on(), home.config, [](auto const&) {}).run()), HasSubstr("url"));
}

TEST(Agent, AnswersTheCensusByItself) {
  WorldOptions options;
  options.census = short_epochs();
  Home home(options);
  auto line = home.log_in(ada);
  Working agent(home);
  auto const attested = [](msg::Report const& report) {
    return report.record.head.kind == RecordKind::unit_state &&
           UnitPhase{report.record.as<record::UnitState>().phase} == UnitPhase::attested;
  };
  (void)line.next<msg::Report>(attested);  // the proof, then a census that found it right
  (void)line.next<msg::Report>(attested);
}

TEST(Agent, ProvesItselfWhenItsNodeIsDrainedForIt) {
  WorldOptions options;
  options.census = short_epochs();
  options.census.epoch = options.census.window_from = options.census.window_to = Micros{3'600'000'000};
  options.census.full_every = Micros{300'000};
  Home home(options);
  auto line = home.log_in(ada);
  Working agent(home);
  auto const node_is = [](NodePhase phase) {
    return [phase](msg::Report const& report) {
      return report.record.head.kind == RecordKind::node_state &&
             NodePhase{report.record.as<record::NodeState>().phase} == phase;
    };
  };
  std::ptrdiff_t proofs = 0;
  while (proofs < 2) {  // its own at login, and one that it was called to
    (void)line.next<msg::Report>(node_is(NodePhase::draining));
    (void)line.next<msg::Report>(node_is(NodePhase::up));
    proofs = std::ranges::count_if(line.passed_over<msg::Report>(), [](msg::Report const& report) {
      return report.record.head.kind == RecordKind::unit_state &&
             UnitPhase{report.record.as<record::UnitState>().phase} == UnitPhase::attested;
    });
  }
}

TEST(Agent, TellsItsProviderWhatACensusTook) {
  record::UnitState state{};
  state.unit = 3;
  auto const news = [&](UnitPhase phase, std::uint16_t reason, bool asked = false) {
    state.phase = static_cast<std::uint8_t>(phase);
    return census_news(state, reason, 7, asked);
  };
  EXPECT_THAT(news(UnitPhase::missed, 5),
              HasSubstr("unit 3 of node 7 missed the census (the unit did not open"));
  EXPECT_THAT(news(UnitPhase::ended, 5), HasSubstr("it is proven again"));
  EXPECT_THAT(news(UnitPhase::rejected, 16), HasSubstr("earnings are frozen"));
  EXPECT_EQ(news(UnitPhase::rejected, 16, true), "") << "the verdict of its full challenge says it";
  EXPECT_THAT(news(UnitPhase::rejected, 5), HasSubstr("did not pass its full challenge"));
  EXPECT_TRUE(ended_in_silence(state, 5)) << "so it is proven again at once";
  EXPECT_FALSE(ended_in_silence(state, 16));
  EXPECT_EQ(news(UnitPhase::attested, 0), "");
}

TEST(Agent, RenewsItsProofsBeforeTheyExpire) {
  WorldOptions options;
  options.rules.attestation_validity = Micros{1'500'000};
  Home home(std::move(options));
  Working agent(home);
  home.until([&] {
    auto const page = home.http(home.call("GET", "/metrics")).body;
    return page.find("attestations_total{verdict=\"admitted\"} 2") != std::string::npos;
  });
}

// ---- leases ----

AgentOffer capacity() {
  AgentOffer offer;
  offer.product = ProductKind::capacity;
  offer.tier = "warm";
  offer.price = price("2");
  offer.units_milli = 1'000;
  return offer;
}

msg::PlaceOrder capacity_order() {
  msg::PlaceOrder order;
  order.client = ClientOrderId{77};
  order.wanted.product = ProductKind::capacity;
  order.wanted.classes = {test_class};
  order.tif = TimeInForce::gtc;
  order.limit = price("3");
  order.quantity = Lots{1'000};
  return order;
}

record::LeaseState next_lease(Line& buyer, LeasePhase phase) {
  auto const report = buyer.next<msg::Report>([&](msg::Report const& r) {
    return r.record.head.kind == RecordKind::lease_state &&
           LeasePhase{r.record.as<record::LeaseState>().phase} == phase;
  });
  return report.record.as<record::LeaseState>();
}

TEST(Agent, RunsItsHooksAtTheStartAndTheEndOfALease) {
  Home home;
  auto const said = home.directory() / "said";
  auto hook = [&](std::string const& word) {
    return "echo " + word + " $SPILLWAY_LEASE $SPILLWAY_NODE $SPILLWAY_LOTS >> '" + said.string() + "'";
  };
  home.config.lease_start_hook = hook("start");
  home.config.lease_end_hook = hook("end");
  home.config.nodes[0].offers = {capacity()};
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  (void)home.await_ask(watcher);
  auto buyer = home.log_in(carl);
  auto const placed = buyer.ask(capacity_order());
  ASSERT_EQ(placed.refusal, Refusal::none) << placed.sentence;
  auto const lease = next_lease(buyer, LeasePhase::running).lease;
  EXPECT_EQ(buyer.refusal_of(msg::ReleaseLease{0, LeaseId{lease}}), Refusal::none);
  (void)next_lease(buyer, LeasePhase::ended);
  auto written = [&] {
    std::stringstream text;
    text << std::ifstream(said).rdbuf();
    return text.str();
  };
  auto const facts = " " + std::to_string(lease) + " 1 1000\n";
  home.until([&] { return written() == "start" + facts + "end" + facts; }, "both hooks");
}

TEST(Agent, ALeaseWhoseStartHookFailsFailsByTheProvidersFault) {
  Home home;
  home.config.lease_start_hook = "exit 3";
  home.config.nodes[0].offers = {capacity()};
  auto watcher = home.watcher_of(msg::topic_top);
  Working agent(home);
  (void)home.await_ask(watcher);
  auto buyer = home.log_in(carl);
  ASSERT_EQ(buyer.refusal_of(capacity_order()), Refusal::none);
  auto const lease = next_lease(buyer, LeasePhase::failed);
  EXPECT_EQ(Fault{lease.fault}, Fault::provider);
  EXPECT_EQ(lease.charge_nano, 0);
  agent.logs("status 3");
}

}  // namespace
}  // namespace spillway
