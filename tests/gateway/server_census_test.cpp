// tests/gateway/server_census_test.cpp - epochs of a real exchange, and who answers in their windows. Covers:
// census.cpp.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <map>

#include "attest/evidence_store.hpp"
#include "attest/verifier.hpp"
#include "census_agent.hpp"
#include "journal/log_reader.hpp"
#include "market/codec.hpp"

namespace spillway {
namespace {

using Manner = CensusAgent::Manner;

WorldOptions with_census() {
  WorldOptions options;
  options.census = short_epochs();
  return options;
}

void prove_one(GateWorld& world, ParticipantId who) {
  auto line = world.log_in(who);
  ASSERT_TRUE(prove(line, add_node(line)).admitted);
  line.leave();
}

std::string log_of(GateWorld const& world) {
  std::ifstream in(world.directory() / "log");
  return {std::istreambuf_iterator<char>(in), {}};
}

/// By number; of a stopped exchange.
struct EpochsSeen {
  std::map<std::uint64_t, EpochOpen> opened;
  std::map<std::uint64_t, EpochClose> closed;
  std::map<CensusVerdict, int> verdicts;
};
EpochsSeen epochs_of(GateWorld const& world) {
  EpochsSeen seen;
  auto log = LogReader::open(world.directory() / "journal", StreamKind::entries, ReadMode::allow_torn_tail);
  if (!log) throw std::runtime_error(log.error().message);
  for (auto frame = log->next(); frame && *frame; frame = log->next()) {
    if ((*frame)->type != FrameType::entry) continue;
    auto const entry = decode_entry((*frame)->payload).value();
    if (auto const* const c = std::get_if<EpochOpen>(&entry.command)) seen.opened[c->epoch] = *c;
    if (auto const* const c = std::get_if<EpochClose>(&entry.command)) seen.closed[c->epoch] = *c;
    if (auto const* const c = std::get_if<UnitChecked>(&entry.command)) ++seen.verdicts[c->verdict];
  }
  return seen;
}

}  // namespace

TEST(Census, EveryEpochRevealsTheSeedThatItCommittedToAlsoAfterARestart) {
  GateWorld world(with_census());
  prove_one(world, ada);
  for (int starts = 0; starts < 2; ++starts) {
    auto const agent = census_agent(world, ada, Manner::honest);
    world.until([&] { return agent->calls >= 3; }, "two censuses and the call to the next");
    (void)world.stop_exchange();
    if (starts == 0) world.start_exchange();
  }
  auto const seen = epochs_of(world);
  EXPECT_GE(seen.opened.size(), 6u);
  EXPECT_GE(seen.closed.size(), 5u) << "the first start's last one by the second";
  EXPECT_GE(seen.verdicts.at(CensusVerdict::passed), 1);
  EXPECT_EQ(seen.verdicts.count(CensusVerdict::failed), 0u);
  std::uint64_t number = 0;
  for (auto const& [epoch, opened] : seen.opened) {
    EXPECT_EQ(epoch, ++number);
    auto const closed = seen.closed.find(epoch);
    if (closed == seen.closed.end()) {
      EXPECT_EQ(epoch, seen.opened.size()) << "only the last may still be open";
      continue;
    }
    EXPECT_EQ(attest::hash("cap1-seed", {closed->second.seed}), opened.commitment) << epoch;
  }
}

TEST(Census, WhoLeavesInTheMiddleOfItHasMissedIt) {
  GateWorld world(with_census());
  prove_one(world, ada);
  auto const leaver = census_agent(world, ada, Manner::silent);
  world.until([&] { return leaver->calls > 0; }, "the call");
  leaver->client->close();
  auto line = world.log_in(ada);
  auto const told = line.next<msg::Report>([](msg::Report const& report) {
    return report.record.head.kind == RecordKind::unit_state &&
           UnitPhase{report.record.as<record::UnitState>().phase} == UnitPhase::missed;
  });
  EXPECT_TRUE(attest::is_miss(attest::RejectReason{told.record.head.code}));
}

/// One device could serve many units if each chose by its echoes when it is challenged.
TEST(Census, WhoHoldsAnEchoBackUntilAnotherWasChallengedIsNotChallenged) {
  GateWorld world(with_census());
  prove_one(world, ada);
  prove_one(world, bert);
  auto const honest = census_agent(world, bert, Manner::honest);
  auto const holder = census_agent(world, ada, Manner::holding);
  auto const silences = [&] { return holder->times(UnitPhase::missed) + holder->times(UnitPhase::ended); };
  world.until([&] { return holder->held && honest->passed(holder->held->first.epoch); },
              "the other's verdict");
  auto const proven = holder->times(UnitPhase::attested), silent = silences();
  holder->let_go();
  world.until([&] { return silences() > silent; }, "the miss");
  EXPECT_EQ(holder->times(UnitPhase::attested), proven);
}

TEST(Census, WhileTheExchangeStandsStillNobodyMissesIt) {
  GateWorld world;
  prove_one(world, ada);
  (void)world.stop_exchange();
  auto& census = world.options().census = short_epochs();
  census.answer_within = Micros{300'000};  // several ticks of the loop
  census.late_after = Micros{};            // and none comes after a tenth of a second to the microsecond
  world.start_exchange();
  auto const silent = census_agent(world, ada, Manner::silent);
  world.until([&] { return silent->calls >= 3; }, "two censuses that it does not answer");
  EXPECT_THAT(log_of(world),
              ::testing::HasSubstr("void, nobody has missed it: the exchange stood still for"));
  EXPECT_FALSE(silent->was(UnitPhase::missed) || silent->was(UnitPhase::ended));
  EXPECT_THAT(world.http(world.call("GET", "/metrics")).body,
              ::testing::HasSubstr("spillway_censuses_void_total"));
}

TEST(Census, ComesBackWithoutARestartWhenItsSeedCanBeKeptAgain) {
  GateWorld world;
  prove_one(world, ada);
  (void)world.stop_exchange();
  auto const folder = world.directory() / "journal" / attest::census_folder;
  std::ofstream(folder) << "no folder";
  world.options().census = short_epochs();
  world.start_exchange();
  auto const agent = census_agent(world, ada, Manner::honest);
  world.until([&] { return log_of(world).contains("no epoch, its seed was not kept"); }, "the log to say it");
  EXPECT_EQ(agent->calls, 0);
  std::filesystem::remove(folder);
  world.until([&] { return agent->calls >= 2; }, "a census");
  EXPECT_THAT(log_of(world), ::testing::HasSubstr("the seed can be kept again"));
}

TEST(Census, IsOffByDefaultAndUnderOlderRules) {
  WorldOptions old = with_census();
  old.rules.version = 2;
  GateWorld of_old_rules(old), quiet;
  of_old_rules.until(
      [&] {
        return log_of(of_old_rules).contains("no census: the rules of this journal (version 2) know none");
      },
      "the log to say it");
  for (auto* const world : {&of_old_rules, &quiet}) {
    (void)world->stop_exchange();
    EXPECT_TRUE(epochs_of(*world).opened.empty());
  }
}

}  // namespace spillway
