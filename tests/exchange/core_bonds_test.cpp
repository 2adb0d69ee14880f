// tests/exchange/core_bonds_test.cpp - core_bonds.cpp: no proof without a bond, when it comes back, what
// loses it, and the ways out of frozen earnings.
#include "core_world.hpp"

namespace spillway {
namespace {

constexpr Nano five{5 * nano_per_unit};
constexpr Micros a_day{24LL * micros_per_hour};
constexpr std::uint16_t late_rounds = 7, wrong_unit = 3, row_wrong = 16, later_reason = 99;

struct BondWorld : World {
  explicit BondWorld(Nano bond = five) { ask(bond); }
  void ask(Nano bond) {
    auto c = core.rules();
    c.bond_per_unit = bond, c.bond_hold = a_day;
    must(SetRules{c});
  }
  void fund(ParticipantId who, std::int64_t amount) { must(Deposit{who, Nano{amount * nano_per_unit}}); }
  /// A node of ada's, a bond for each of `count` units, and their proofs.
  NodeId backed_node(std::uint16_t count = 1) {
    fund(ada, 5 * count);
    auto const node = add_node(ada);
    for (std::uint16_t unit = 0; unit < count; ++unit) {
      EXPECT_EQ(send(ada, BondPost{node, unit}), Refusal::none);
      must(proof(node, unit));
    }
    return node;
  }
  void end_proof(NodeId node, std::uint16_t reason = late_rounds) { must(UnitRejected{node, 0, reason}); }
  [[nodiscard]] Nano bond(ParticipantId who = ada) const { return balance(who, AccountKind::bond); }
  void fail_in_census(NodeId node, std::uint64_t epoch = 1) {
    must(EpochOpen{epoch, Bytes32{std::byte{1}}, {}});
    must(UnitChecked{epoch, node, 0, proof(node, 0).unit_key, CensusVerdict::failed, row_wrong, 0, {}});
  }
};

TEST(CoreBonds, AUnitIsNotProvenBeforeItsBondIsPosted) {
  BondWorld w;
  auto const node = w.add_node(ada);
  EXPECT_EQ(w.send(system_itself, World::proof(node, 0)), Refusal::bond_missing);
  EXPECT_EQ(w.send(ada, BondPost{node, 0}), Refusal::funds_short);
  w.fund(ada, 7);
  EXPECT_EQ(w.send(ada, BondPost{node, 0}), Refusal::none);
  EXPECT_EQ(w.bond(), five);
  EXPECT_EQ(w.funds(ada), Nano{2 * nano_per_unit});
  w.must(World::proof(node, 0));
  EXPECT_EQ(w.send(system_itself, World::proof(node, 1)), Refusal::bond_missing) << "each unit has its own";
  ASSERT_EQ(w.core.bonds().size(), 1u);
  EXPECT_EQ(w.core.bonds()[0].node, node);
  EXPECT_EQ(w.core.bonds()[0].amount, five);
}

TEST(CoreBonds, PostingAgainChangesNothingAndSaysSo) {
  BondWorld w;
  auto const node = w.backed_node();
  w.fund(ada, 5);
  EXPECT_EQ(w.send(ada, BondPost{node, 0}), Refusal::none);
  EXPECT_EQ(w.last.records.at(0).head.code, static_cast<std::uint16_t>(Refusal::exists));
  EXPECT_EQ(w.bond(), five);
  w.ask(Nano{6 * nano_per_unit});
  EXPECT_EQ(w.send(system_itself, World::proof(node, 0)), Refusal::bond_missing) << "it asks for more now";
  EXPECT_EQ(w.send(ada, BondPost{node, 0}), Refusal::none);
  EXPECT_EQ(w.bond(), Nano{6 * nano_per_unit}) << "what it lacked";
  w.must(World::proof(node, 0));
}

TEST(CoreBonds, AreTheProvidersOwnAndOfUnitsThatThereAre) {
  BondWorld w;
  w.fund(ada, 50), w.fund(bert, 50);
  auto const node = w.add_node(ada);
  EXPECT_EQ(w.send(bert, BondPost{node, 0}), Refusal::not_yours);
  EXPECT_EQ(w.send(carl, BondPost{node, 0}), Refusal::role_missing);
  EXPECT_EQ(w.send(system_itself, BondPost{node, 0}), Refusal::role_missing);
  EXPECT_EQ(w.send(ada, BondPost{NodeId{9}, 0}), Refusal::node_unknown);
  EXPECT_EQ(w.send(ada, BondPost{node, 4}), Refusal::unknown_id) << "it has units 0 to 3";
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::unknown_id) << "none was posted";
  EXPECT_EQ(w.send(bert, BondTake{node, 0}), Refusal::not_yours);
}

// Earnings that became bonds would escape a freeze, and come back as funds.
TEST(CoreBonds, AreOfFundsAndNeverOfEarnings) {
  BondWorld w(Nano{});
  auto const done = w.streaming();
  w.must(World::completed(done, 400, 400));
  auto const earned = w.earnings(ada);
  ASSERT_GT(earned, Nano{10});
  auto const node = w.core.job(done)->node;
  w.must(Deposit{ada, Nano{10}});
  w.ask(Nano{11});
  EXPECT_EQ(w.send(ada, BondPost{node, 1}), Refusal::funds_short);
  w.ask(Nano{10});
  EXPECT_EQ(w.send(ada, BondPost{node, 1}), Refusal::none);
  EXPECT_EQ(w.funds(ada), Nano{});
  EXPECT_EQ(w.bond(), Nano{10});
  EXPECT_EQ(w.earnings(ada), earned);
}

TEST(CoreBonds, AreRefusedWhenTheFundsHaveTurnedOverAllThatAnAccountCounts) {
  BondWorld w;
  auto const node = w.add_node(ada);
  auto rules = w.core.rules();
  rules.bond_per_unit = largest_hold, rules.bond_hold = Micros{};
  w.must(SetRules{rules});
  w.must(Deposit{ada, rules.bond_per_unit});
  auto answer = Refusal::none;
  for (int i = 0; i < 5'000; ++i) {
    answer = w.send(ada, BondPost{node, 0});
    if (answer != Refusal::none) break;
    ASSERT_EQ(w.send(ada, BondTake{node, 0}), Refusal::none);
  }
  EXPECT_EQ(answer, Refusal::hold_too_large);
}

TEST(CoreBonds, ComeBackAHoldAfterTheProofHasEnded) {
  BondWorld w;
  auto const node = w.backed_node();
  w.pass(seconds(10));
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::bond_in_use) << "the unit is proven";
  w.pass(w.core.rules().attestation_validity);
  EXPECT_EQ(w.core.node(node)->units_attested, 0);
  w.pass(a_day - Micros{1});
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::bond_in_use);
  w.pass(Micros{1});
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::none);
  EXPECT_EQ(w.bond(), Nano{});
  EXPECT_EQ(w.funds(ada), five);
  EXPECT_TRUE(w.core.bonds().empty());
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::unknown_id);
}

TEST(CoreBonds, OneThatWasNeverUsedIsHeldAsLongOrAChallengeThatRunsWouldRiskNothing) {
  BondWorld w;
  w.fund(ada, 5);
  auto const node = w.add_node(ada);
  EXPECT_EQ(w.send(ada, BondPost{node, 0}), Refusal::none);
  w.pass(a_day - Micros{1});
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::bond_in_use);
  w.end_proof(node);  // too slow: a miss, which begins the hold anew
  EXPECT_EQ(w.bond(), five);
  w.pass(Micros{1});
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::bond_in_use);
  w.pass(a_day);
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::none);
}

TEST(CoreBonds, ComeBackAHoldAfterTheNodesLastLeaseHasEnded) {
  BondWorld w;
  auto const node = w.backed_node();
  w.offer(ada, w.capacity_offer(node, units(1), 1));
  w.order(carl, w.capacity_order(units(1), 1));
  auto const lease = w.last_lease();
  EXPECT_EQ(w.send(ada, LeaseReady{lease}), Refusal::none);
  w.end_proof(node);
  w.pass(a_day);
  ASSERT_EQ(w.core.lease(lease)->phase, LeasePhase::running);
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::bond_in_use) << "what was sold still runs";
  EXPECT_EQ(w.send(carl, ReleaseLease{lease}), Refusal::none);
  w.pass(a_day - Micros{1});
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::bond_in_use);
  w.pass(Micros{1});
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::none);
}

TEST(CoreBonds, AWrongAnswerInACensusLosesItInTheSameStep) {
  BondWorld w;
  auto const node = w.backed_node(2);
  auto const before = w.guarantee();
  w.fail_in_census(node);
  ASSERT_EQ(w.postings(TransferCode::bond_loss).size(), 1u);
  auto const loss = w.postings(TransferCode::bond_loss)[0].as<record::Posting>();
  EXPECT_EQ(loss.about, std::uint64_t{node.v} << 16);
  EXPECT_EQ(w.bond(), five) << "that of the other unit";
  EXPECT_EQ(w.guarantee(), before + five);
  EXPECT_FALSE(w.core.units_of(node)[0].bonded);
  EXPECT_EQ(w.send(system_itself, World::proof(node, 0)), Refusal::bond_missing);
  w.fund(ada, 5);
  EXPECT_EQ(w.send(ada, BondPost{node, 0}), Refusal::none) << "a new one opens the way again";
  w.must(World::proof(node, 0));
}

TEST(CoreBonds, AWrongAnswerInAFullChallengeLosesItAndAMissDoesNot) {
  BondWorld w;
  auto const node = w.backed_node();
  for (auto const reason : {late_rounds, wrong_unit, later_reason}) {
    w.end_proof(node, reason);
    EXPECT_EQ(w.bond(), five) << reason;
  }
  w.end_proof(node, row_wrong);  // of a unit that has no proof any more
  EXPECT_EQ(w.bond(), Nano{});
  w.end_proof(node, row_wrong);
  EXPECT_TRUE(w.postings(TransferCode::bond_loss).empty()) << "nothing is left to lose";
}

TEST(CoreBonds, SilenceInTwoCensusesEndsTheProofAndKeepsTheBond) {
  BondWorld w;
  auto const node = w.backed_node();
  for (std::uint64_t epoch = 1; epoch <= 2; ++epoch) {
    w.must(EpochOpen{epoch, Bytes32{std::byte{1}}, {}});
    w.must(UnitChecked{
        epoch, node, 0, World::proof(node, 0).unit_key, CensusVerdict::missed, late_rounds, 0, {}});
    w.must(EpochClose{epoch, {}});
  }
  EXPECT_EQ(w.core.node(node)->units_attested, 0);
  EXPECT_EQ(w.bond(), five);
}

TEST(CoreBonds, WhenTheyAreSwitchedOffNoneIsAskedForAndOldOnesComeBack) {
  BondWorld w;
  auto const node = w.backed_node();
  w.ask(Nano{});
  w.must(World::proof(node, 1));
  EXPECT_EQ(w.send(ada, BondPost{node, 1}), Refusal::rules_unknown);
  w.end_proof(node);
  w.pass(a_day);
  EXPECT_EQ(w.send(ada, BondTake{node, 0}), Refusal::none);
  EXPECT_EQ(w.funds(ada), five);
}

TEST(CoreBonds, FrozenEarningsAreReleasedOrForfeitedByTheOperatorAlone) {
  BondWorld w(Nano{});
  auto const done = w.streaming();
  w.must(World::completed(done, 400, 400));
  auto const earned = w.earnings(ada);
  w.fail_in_census(w.core.job(done)->node);
  ASSERT_EQ(w.balance(ada, AccountKind::frozen), earned);
  auto const before = w.guarantee();

  EXPECT_EQ(w.send(ada, FrozenSettle{ada, earned, FrozenTo::earnings}), Refusal::role_missing);
  EXPECT_EQ(w.send(boss, FrozenSettle{ada, earned, FrozenTo::unset}), Refusal::malformed);
  EXPECT_EQ(w.send(boss, FrozenSettle{ada, Nano{}, FrozenTo::earnings}), Refusal::amount_invalid);
  EXPECT_EQ(w.send(boss, FrozenSettle{ada, earned + Nano{1}, FrozenTo::earnings}), Refusal::funds_short);
  EXPECT_EQ(w.send(boss, FrozenSettle{ParticipantId{99}, earned, FrozenTo::earnings}),
            Refusal::unknown_participant);
  EXPECT_EQ(w.send(boss, FrozenSettle{ada, Nano{7}, FrozenTo::guarantee}), Refusal::none);
  EXPECT_EQ(w.guarantee(), before + Nano{7});
  EXPECT_EQ(w.send(boss, FrozenSettle{ada, earned - Nano{7}, FrozenTo::earnings}), Refusal::none);
  EXPECT_EQ(w.earnings(ada), earned - Nano{7});
  EXPECT_EQ(w.balance(ada, AccountKind::frozen), Nano{});
}

TEST(CoreBonds, RulesBeforeTheFifthKnowNone) {
  ExchangeCore old;
  Outcome out;
  Rules four;
  four.version = 4;
  std::uint64_t seq = 0;
  auto const enter = [&](Command command, ParticipantId who = system_itself) {
    out.clear();
    old.apply({Seq{++seq}, Stamp{1}, who, std::move(command)}, out);
    return out.records.empty() ? Refusal::none : Refusal{out.records.at(0).head.code};
  };
  (void)enter(SetRules{four});
  (void)enter(AddParticipant{ada, FirmId{1}, static_cast<std::uint32_t>(Role::provider)});
  EXPECT_EQ(enter(BondPost{NodeId{1}, 0}, ada), Refusal::rules_unknown);
  EXPECT_EQ(enter(BondTake{NodeId{1}, 0}, ada), Refusal::rules_unknown);
  EXPECT_EQ(enter(FrozenSettle{ada, Nano{1}, FrozenTo::earnings}), Refusal::rules_unknown);
}

}  // namespace
}  // namespace spillway
