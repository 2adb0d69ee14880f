// tests/gateway/server_probe_test.cpp - probes of units that are at work, by a real exchange and a
// provider's program.
// Covers: prober.cpp, light_challenge.hpp.
#include <gmock/gmock.h>

#include <map>

#include "census_agent.hpp"
#include "journal/log_reader.hpp"
#include "market/codec.hpp"

namespace spillway {
namespace {

using ProbeManner = CensusAgent::Manner;

/// Ada's node of one proven unit is at work before the first epoch and stays so: no census ever calls it.
struct ProbeWorld {
  GateWorld world;
  std::shared_ptr<CensusAgent> agent;
  std::optional<Line> buyer;  // stays: a job of a buyer who left is at an end

  explicit ProbeWorld(ProbeManner manner, bool probes = true) : world(options(probes)) {
    auto line = world.log_in(ada);
    auto const node = add_node(line);
    line.leave();
    agent = census_agent(world, ada, ProbeManner::honest);
    agent->open({node, 0, {}, 0});
    world.until([&] { return agent->was(UnitPhase::attested); }, "the proof");
    auto const posted = agent->client->ask(token_offer(node));
    world.until([&] { return agent->answers.contains(posted); }, "the offer");
    buyer.emplace(world.log_in(carl));
    auto order = token_order();
    order.tif = TimeInForce::timed, order.good_for_us = Micros{100'000'000};
    EXPECT_EQ(buyer->ask(order).refusal, Refusal::none);
    world.until([&] { return !agent->jobs.empty(); }, "the job");
    agent->manner = manner;
  }
  static WorldOptions options(bool probes) {
    WorldOptions options;
    options.census = short_epochs();
    options.census.window_from = options.census.window_to;  // probes come before the census of their epoch
    options.census.probes = probes;
    options.rules.acknowledgement = Micros{600'000'000};  // a job is at work though nobody does anything
    return options;
  }
  /// Of a stopped exchange.
  [[nodiscard]] std::map<std::pair<CheckKind, CensusVerdict>, int> verdicts() {
    (void)world.stop_exchange();
    std::map<std::pair<CheckKind, CensusVerdict>, int> seen;
    auto log = LogReader::open(world.directory() / "journal", StreamKind::entries, ReadMode::allow_torn_tail);
    if (!log) throw std::runtime_error(log.error().message);
    for (auto frame = log->next(); frame && *frame; frame = log->next()) {
      if ((*frame)->type != FrameType::entry) continue;
      auto const entry = decode_entry((*frame)->payload).value();
      if (auto const* const c = std::get_if<UnitChecked>(&entry.command)) ++seen[{c->kind, c->verdict}];
    }
    return seen;
  }
};

}  // namespace

TEST(Probe, AUnitAtWorkThatAnswersGoesOnSelling) {
  ProbeWorld w(ProbeManner::honest);
  auto const before = w.agent->times(UnitPhase::attested);
  w.world.until([&] { return w.agent->times(UnitPhase::attested) >= before + 2; }, "two probes that passed");
  EXPECT_FALSE(w.agent->was(UnitPhase::missed) || w.agent->was(UnitPhase::rejected));
  auto const seen = w.verdicts();
  EXPECT_GE(seen.at({CheckKind::probe, CensusVerdict::passed}), 2);
}

TEST(Probe, AWrongAnswerBesideWorkEndsTheProof) {
  ProbeWorld w(ProbeManner::wrong);
  w.world.until([&] { return w.agent->was(UnitPhase::rejected); }, "the wrong answer to be found");
  auto const seen = w.verdicts();
  EXPECT_EQ(seen.at({CheckKind::probe, CensusVerdict::failed}), 1);
}

TEST(Probe, SilenceBesideWorkIsAMiss) {
  ProbeWorld w(ProbeManner::silent);
  w.world.until([&] { return w.agent->was(UnitPhase::missed); }, "the miss");
  auto const seen = w.verdicts();
  EXPECT_GE(seen.at({CheckKind::probe, CensusVerdict::missed}), 1);
}

TEST(Probe, NobodyIsProbedWhereTheConfigurationSaysSo) {
  ProbeWorld w(ProbeManner::honest, false);
  auto idle = w.world.log_in(bert);
  ASSERT_TRUE(prove(idle, add_node(idle)).admitted);
  idle.leave();
  auto const other = census_agent(w.world, bert, ProbeManner::honest);
  w.world.until([&] { return other->calls >= 4; }, "four epochs by the node that is idle");
  EXPECT_EQ(w.agent->calls, 0);
}

}  // namespace spillway
