// tests/gateway/server_bond_test.cpp - a real exchange that asks for bonds: who has none is not challenged,
// who answers wrongly loses it. Covers: hub.cpp, attester.cpp, census.cpp, session_requests.cpp.
#include <gmock/gmock.h>

#include "census_agent.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;
using Manner = CensusAgent::Manner;

constexpr Nano five{5 * nano_per_unit};

WorldOptions with_bonds() {
  WorldOptions options;
  options.rules.bond_per_unit = five;
  return options;
}

void fund(GateWorld& world, ParticipantId who, Nano amount) {
  auto boss = world.log_in(the_boss);
  ASSERT_EQ(boss.refusal_of(msg::AdminDeposit{0, who, amount}), Refusal::none);
}

/// A node of one unit, its bond, and its proof.
NodeId backed(GateWorld& world, ParticipantId who) {
  fund(world, who, five);
  auto line = world.log_in(who);
  auto const node = add_node(line);
  EXPECT_EQ(line.refusal_of(msg::BondPost{0, node, 0}), Refusal::none);
  EXPECT_TRUE(prove(line, node).admitted);
  line.leave();
  return node;
}

std::string balance_line(char const* account, char const* amount) {
  return std::string(R"("account":")") + account + R"(","balance":")" + amount + '"';
}

TEST(Bonds, AUnitWithoutOneIsNotChallengedAndToldWhatToDo) {
  GateWorld world(with_bonds());
  auto provider = world.log_in(ada);
  auto const node = add_node(provider);
  auto const refused = prove(provider, node);
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.sentence, sentence(Refusal::bond_missing));
  EXPECT_EQ(provider.refusal_of(msg::BondPost{0, node, 0}), Refusal::funds_short);
  EXPECT_EQ(world.log_in(bert).refusal_of(msg::BondPost{0, node, 0}), Refusal::not_yours);
  EXPECT_EQ(world.log_in(carl).refusal_of(msg::BondPost{0, node, 0}), Refusal::role_missing);

  fund(world, ada, five);
  EXPECT_EQ(provider.refusal_of(msg::BondPost{0, node, 0}), Refusal::none);
  EXPECT_TRUE(provider.ask(msg::BondPost{0, node, 0}).repeat) << "once is enough";
  auto const verdict = prove(provider, node);
  EXPECT_TRUE(verdict.admitted) << verdict.sentence;
  EXPECT_EQ(provider.refusal_of(msg::BondTake{0, node, 0}), Refusal::bond_in_use);
  EXPECT_THAT(provider.read(msg::ReadKind::balances), HasSubstr(balance_line("bond", "5.00")));
}

TEST(Bonds, ThatAreAskedBackBackNoChallengeBehindThat) {
  auto options = with_bonds();
  options.rules.bond_hold = Micros{};
  GateWorld world(options);
  fund(world, ada, five);
  auto provider = world.log_in(ada);
  auto const node = add_node(provider);
  EXPECT_EQ(provider.refusal_of(msg::BondPost{0, node, 0}), Refusal::none);
  provider.send(msg::BondTake{0, node, 0});
  EXPECT_EQ(prove(provider, node).sentence, sentence(Refusal::bond_missing));
  EXPECT_EQ(provider.refusal_of(msg::BondPost{0, node, 0}), Refusal::none);
  EXPECT_TRUE(prove(provider, node).admitted);
  EXPECT_EQ(provider.refusal_of(msg::BondTake{0, node, 0}), Refusal::bond_in_use);
  EXPECT_TRUE(prove(provider, node).admitted) << "a refused wish changes nothing";
}

TEST(Bonds, AreKnownAfterARestart) {
  GateWorld world(with_bonds());
  auto const node = backed(world, ada);
  (void)world.stop_exchange();
  world.start_exchange();
  auto again = world.log_in(ada);
  EXPECT_EQ(add_node(again), node);
  EXPECT_TRUE(prove(again, node).admitted);
}

TEST(Bonds, TheOperatorSaysWhatTheyAre) {
  GateWorld world;
  auto boss = world.log_in(the_boss);
  auto provider = world.log_in(ada);
  auto const node = add_node(provider);
  EXPECT_TRUE(prove(provider, node).admitted);
  EXPECT_EQ(provider.refusal_of(msg::AdminBonds{0, five, {}}), Refusal::role_missing);
  EXPECT_EQ(boss.refusal_of(msg::AdminBonds{0, Nano{-1}, {}}), Refusal::rules_unknown);
  EXPECT_EQ(boss.refusal_of(msg::AdminBonds{0, five, {}}), Refusal::none);
  EXPECT_EQ(prove(provider, node).sentence, sentence(Refusal::bond_missing)) << "a renewal needs one as well";
  EXPECT_EQ(boss.refusal_of(msg::AdminBonds{0, {}, {}}), Refusal::none);
  EXPECT_TRUE(prove(provider, node).admitted);
}

TEST(Bonds, AWrongAnswerToACensusLosesIt) {
  auto options = with_bonds();
  options.census = short_epochs();
  GateWorld world(options);
  auto const node = backed(world, ada);
  auto const wrong = census_agent(world, ada, Manner::wrong);
  world.until([&] { return wrong->was(UnitPhase::rejected); }, "the wrong answer to be found");
  wrong->client->close();
  auto line = world.log_in(ada);
  EXPECT_EQ(add_node(line), node);
  EXPECT_THAT(line.read(msg::ReadKind::balances), HasSubstr(balance_line("bond", "0.00")));
  EXPECT_EQ(prove(line, node).sentence, sentence(Refusal::bond_missing));
  auto boss = world.log_in(the_boss);
  EXPECT_EQ(boss.refusal_of(msg::AdminFrozen{0, ada, Nano{1}, FrozenTo::earnings}), Refusal::funds_short);
  EXPECT_EQ(line.refusal_of(msg::AdminFrozen{0, ada, Nano{1}, FrozenTo::earnings}), Refusal::role_missing);
}

TEST(Bonds, WhoseBondIsTooSmallNowIsNotInTheCensus) {
  auto options = with_bonds();
  options.census = short_epochs();
  GateWorld world(options);
  (void)backed(world, ada);
  (void)backed(world, bert);
  auto boss = world.log_in(the_boss);
  EXPECT_EQ(boss.refusal_of(msg::AdminBonds{0, five + Nano{1}, {}}), Refusal::none);
  fund(world, bert, Nano{1});
  {
    auto line = world.log_in(bert);
    EXPECT_EQ(line.refusal_of(msg::BondPost{0, NodeId{2}, 0}), Refusal::none) << "what it lacks";
    line.leave();
  }
  auto const left_out = census_agent(world, ada, Manner::silent);
  auto const asked = census_agent(world, bert, Manner::honest);
  auto const calls = left_out->calls;
  world.until([&] { return asked->calls >= 3 && asked->was(UnitPhase::attested); }, "three censuses");
  EXPECT_EQ(left_out->calls, calls) << "nor can it miss one";
  EXPECT_FALSE(left_out->was(UnitPhase::missed));
}

}  // namespace
}  // namespace spillway
