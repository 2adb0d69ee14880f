// tests/gateway/server_drain_test.cpp - nodes that take no new work until they are challenged.
// Covers: drainer.cpp.
#include <gmock/gmock.h>

#include <chrono>

#include "census_agent.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;
using DrainManner = CensusAgent::Manner;

/// Each node is due again within half a second; no census comes in between.
WorldOptions always_due(Micros opens_within) {
  WorldOptions options;
  options.census = short_epochs();
  options.census.epoch = options.census.window_from = options.census.window_to = Micros{3'600'000'000};
  options.census.answer_within = Micros{opens_within.v / 5};
  options.census.full_every = Micros{300'000};
  options.census.drain_within = Micros{3'600'000'000};
  options.rules.acknowledgement = Micros{600'000'000};  // a job is at work though nobody does anything
  return options;
}

/// Nobody is due by time, and a census comes every fifth of a second.
WorldOptions only_censuses() {
  auto options = always_due(Micros{30'000'000});
  options.census.epoch = options.census.window_to = Micros{200'000};
  options.census.window_from = Micros{};
  options.census.full_every = Micros{30 * 24 * micros_per_hour};
  return options;
}

/// Ada's node of one proven unit.
struct DrainWorld {
  GateWorld world;
  std::shared_ptr<CensusAgent> agent;
  NodeId node;
  OrderId offer;
  std::optional<Line> buyer;  // stays: a job of a buyer who left is at an end

  explicit DrainWorld(WorldOptions const& options = always_due(Micros{30'000'000})) : world(options) {
    auto line = world.log_in(ada);
    node = add_node(line);
    line.leave();
    agent = census_agent(world, ada, DrainManner::honest);
    agent->open({node, 0, {}, 0});
    world.until([&] { return agent->was(UnitPhase::attested); }, "the proof");
  }
  [[nodiscard]] auto times(NodePhase phase) const { return std::ranges::count(agent->phases, phase); }
  void wait_for_the_end() {
    auto const before = times(NodePhase::up);
    world.until([&] { return times(NodePhase::up) > before; }, "the end of the drain");
  }
  /// One job goes on, and then the node is drained.
  void get_work() {
    auto const posted = agent->client->ask(token_offer(node));
    world.until([&] { return agent->answers.contains(posted); }, "the offer");
    offer = OrderId{agent->answers[posted].id};
    buyer.emplace(world.log_in(carl));
    auto order = token_order();
    order.tif = TimeInForce::timed, order.good_for_us = Micros{100'000'000};
    EXPECT_EQ(buyer->ask(order).refusal, Refusal::none);
    world.until([&] { return !agent->jobs.empty(); }, "the job");
    auto const told = agent->phases_at_job;
    world.until([&] { return agent->phases.size() > told && agent->drained(); }, "the drain");
  }
  std::string why() {
    msg::Read read;
    read.kind = msg::ReadKind::why;
    read.order = offer;
    auto const request = agent->client->ask(read);
    world.until([&] { return agent->reads.contains(request); }, "why");
    return agent->reads[request];
  }
};

}  // namespace

TEST(Drain, AnIdleNodeIsChallengedAndComesBackAgainAndAgain) {
  DrainWorld w;
  w.world.until([&] { return w.agent->proven_while_drained >= 2; }, "two full challenges");
  w.wait_for_the_end();
  EXPECT_FALSE(w.agent->was(UnitPhase::rejected));
}

TEST(Drain, WhoDoesNotOpenWhenCalledIsRejectedAndTheDrainEnds) {
  DrainWorld w(always_due(Micros{500'000}));
  w.agent->manner = DrainManner::deaf;
  w.world.until([&] { return w.agent->was(UnitPhase::rejected); }, "the rejection");
  w.wait_for_the_end();
  auto const told = std::ranges::find_if(w.agent->units, [](msg::Report const& report) {
    return UnitPhase{report.record.as<record::UnitState>().phase} == UnitPhase::rejected;
  });
  EXPECT_EQ(attest::RejectReason{told->record.head.code}, attest::RejectReason::late_open);
}

// Else one device could answer for two units, one of which is silent whenever both are asked.
TEST(Drain, ComesAgainWhenAUnitThatWasSilentInOneIsProvenAlone) {
  auto options = only_censuses();
  options.census.answer_within = Micros{1'000'000};
  DrainWorld w(options);
  w.get_work();
  w.agent->manner = DrainManner::deaf;
  (void)w.agent->client->send(msg::JobRefuse{0, w.agent->jobs.back(), FailCode::refused});
  w.world.until([&] { return w.agent->was(UnitPhase::rejected); }, "the rejection");
  auto const drains = w.times(NodePhase::draining);
  w.agent->manner = DrainManner::honest;
  w.agent->open({w.node, 0, {}, 0});
  w.world.until([&] { return w.times(NodePhase::draining) > drains; }, "the next drain");
  w.world.until([&] { return w.agent->proven_while_drained > 0; }, "the challenge");
}

TEST(Drain, WaitsForWorkAndWhySaysWhyNothingIsSoldMeanwhile) {
  DrainWorld w;
  w.get_work();
  auto const proofs = w.agent->proven_while_drained;
  auto const why = w.why();
  EXPECT_THAT(why, HasSubstr(R"("executable":"0")"));
  EXPECT_THAT(why, HasSubstr("the full challenge that is due about daily"));
  EXPECT_EQ(w.agent->proven_while_drained, proofs) << "no challenge beside work";
  (void)w.agent->client->send(msg::JobRefuse{0, w.agent->jobs.back(), FailCode::refused});
  w.world.until([&] { return w.agent->proven_while_drained > proofs; }, "the challenge");
  w.wait_for_the_end();
}

TEST(Drain, ComesWhenAUnitWasAtWorkInThreeCensusesRunning) {
  DrainWorld w(only_censuses());
  w.get_work();
  EXPECT_THAT(w.why(), HasSubstr("at work in three censuses running"));
  (void)w.agent->client->send(msg::JobRefuse{0, w.agent->jobs.back(), FailCode::refused});
  w.world.until([&] { return w.agent->proven_while_drained > 0; }, "the challenge");
  EXPECT_FALSE(w.agent->was(UnitPhase::missed)) << "who works has missed nothing";
}

/// Sixteen small accelerators have three slots for a large model: four seconds of all are a minute of theirs.
TEST(Drain, ComesWhenAMinuteOfSoldTimeDeliveredTooLittle) {
  auto options = always_due(Micros{30'000'000});
  options.census.full_every = Micros{30 * 24 * micros_per_hour};
  GateWorld world(options);
  auto const agent = std::make_shared<CensusAgent>();
  agent->klass = "RTX-3060-12G";
  auto client = world.wait(MarketClient::connect(world.on(), world.client_options(world.key_of(ada))));
  ASSERT_TRUE(client);
  agent->client = std::move(*client);
  wire::spawn(world.on(), live(agent));
  auto const answer_to = [&](auto const& request) {
    auto const asked = agent->client->ask(request);
    world.until([&] { return agent->answers.contains(asked); }, "an answer");
    EXPECT_EQ(agent->answers[asked].refusal, Refusal::none) << agent->answers[asked].sentence;
    return agent->answers[asked].id;
  };
  NodeId const node{static_cast<std::uint32_t>(
      answer_to(msg::RegisterNode{0, ClientOrderId{1}, test_place, agent->klass, 16}))};
  for (std::uint16_t unit = 0; unit < 16; ++unit) {
    agent->open({node, unit, {}, 0});
    world.until([&] { return agent->times(UnitPhase::attested) > unit; }, "the proof");
  }
  auto offer = token_offer(node, "1", 3);
  offer.model = "qwen2.5-72b", offer.tier = "standard";
  answer_to(offer);
  auto buyer = world.log_in(carl);
  auto order = token_order();
  order.wanted.models = {offer.model}, order.wanted.tier = offer.tier;
  for (std::size_t job = 1; job <= 3; ++job) {
    order.client = ClientOrderId{9'000 + job};
    ASSERT_EQ(buyer.ask(order).refusal, Refusal::none);
    world.until([&] { return agent->jobs.size() == job; }, "the job");
  }
  auto const sold = std::chrono::steady_clock::now() + std::chrono::milliseconds(4'500);
  world.until([&] { return std::chrono::steady_clock::now() > sold; }, "time to pass");
  for (auto const job : agent->jobs) (void)agent->client->send(msg::JobRefuse{0, job, FailCode::refused});
  world.until([&] { return agent->proven_while_drained >= 16; }, "all units to answer");
  world.until([&] { return !agent->drained(); }, "the end of the drain");
  EXPECT_FALSE(agent->was(UnitPhase::rejected));
}

TEST(Drain, OfAnEarlierExchangeIsEndedByTheNextOneAlsoWithoutACensus) {
  DrainWorld w;
  w.get_work();
  (void)w.world.stop_exchange();
  w.world.options().census = {};
  w.world.start_exchange();
  w.agent = census_agent(w.world, ada, DrainManner::honest);
  w.world.until([&] { return !w.why().contains("\"drain\""); }, "the end of the drain");
}

}  // namespace spillway
