// tests/exchange/core_census_test.cpp - epochs and what their censuses change: exchange/src/core_census.cpp.
#include "core_census_world.hpp"
#include "core_crowd.hpp"

namespace spillway {
namespace {

TEST(CoreCensus, EpochsAreCountedFromOneAndOnlyOneIsOpen) {
  CensusWorld w;
  EXPECT_EQ(w.send(system_itself, EpochClose{1, {}}), Refusal::unknown_id);
  EXPECT_EQ(w.send(system_itself, opening(2)), Refusal::unknown_id);
  w.must(opening(1));
  auto const open = w.seen<record::EpochState>().at(0);
  EXPECT_EQ(open.epoch, 1u);
  EXPECT_EQ(open.value, thirty_two(1)) << "the commitment";
  EXPECT_EQ(EpochPhase{open.phase}, EpochPhase::open);
  EXPECT_EQ(w.send(system_itself, opening(2)), Refusal::unknown_id) << "the first is still open";
  EXPECT_EQ(w.send(system_itself, EpochClose{2, {}}), Refusal::unknown_id);
  w.must(EpochClose{1, thirty_two(4)});
  EXPECT_EQ(w.seen<record::EpochState>().at(0).value, thirty_two(4)) << "the seed";
  EXPECT_EQ(w.send(system_itself, EpochClose{1, thirty_two(4)}), Refusal::dead_id);
  w.must(opening(2));
  EXPECT_TRUE(w.core.census().open);
  EXPECT_EQ(w.core.census().beacon, thirty_two(2));
}

TEST(CoreCensus, IsTheExchangesOwnAndBelongsToRulesThree) {
  CensusWorld w;
  EXPECT_EQ(w.send(boss, opening(1)), Refusal::role_missing);
  EXPECT_EQ(w.send(boss, EpochClose{1, {}}), Refusal::role_missing);
  EXPECT_EQ(w.send(boss, passed(1, NodeId{1}, 0)), Refusal::role_missing);

  ExchangeCore old;
  Outcome out;
  Rules two;
  two.version = 2;
  std::uint64_t seq = 0;
  auto const enter = [&](Command command) {
    out.clear();
    old.apply({Seq{++seq}, Stamp{1}, system_itself, std::move(command)}, out);
    return Refusal{out.records.at(0).head.code};
  };
  (void)enter(SetRules{two});
  for (auto const& command :
       {Command(opening(1)), Command(EpochClose{1, {}}), Command(passed(1, NodeId{1}, 0))})
    EXPECT_EQ(enter(command), Refusal::rules_unknown) << command.index();
}

TEST(CoreCensus, WhoIsSilentIsNotOfferedUntilItAnswersAndKeepsItsPriority) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2);
  auto const other = w.add_proven_node(bert, 2);
  auto const first = w.offer(ada, w.capacity_offer(node, units(1), 2));
  auto const second = w.offer(bert, w.capacity_offer(other, units(1), 2));
  w.next_epoch();
  w.must(missed(w.epoch(), node, 1));
  EXPECT_EQ(w.shown(), UnitPhase::missed);
  EXPECT_EQ(w.last.records.at(0).head.code, 5) << "the reason";
  EXPECT_EQ(w.last.records.at(0).head.first.participant, ada.v) << "its provider is told";
  EXPECT_EQ(w.executable(first), Lots{1'000});
  EXPECT_EQ(w.core.offer(first)->rest, Lots{2'000});
  EXPECT_EQ(w.core.node(node)->units_attested, 2);
  EXPECT_EQ(w.core.node(node)->units_missed, 1);

  w.order(carl, w.capacity_order(units(1), 1));
  EXPECT_EQ(World::of<record::Fill>(w.records).back().offer, first.v) << "still the first at its price";
  EXPECT_EQ(w.executable(first), Lots{0});
  w.order(carl, w.capacity_order(units(1), 1));
  EXPECT_EQ(World::of<record::Fill>(w.records).back().offer, second.v);

  w.next_epoch();
  w.must(passed(w.epoch(), node, 1));
  EXPECT_EQ(w.shown(), UnitPhase::attested);
  EXPECT_EQ(w.executable(first), Lots{1'000});
  EXPECT_EQ(w.core.node(node)->units_missed, 0);
}

TEST(CoreCensus, WhatComesBackMeetsTheOrderThatWaitsInTheSameStep) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.capacity_offer(node, units(1), 1));
  w.next_epoch();
  w.must(missed(w.epoch(), node, 0));
  w.order(carl, w.capacity_order(units(1), 1));
  EXPECT_TRUE(w.seen<record::Fill>().empty());
  w.next_epoch();
  w.must(passed(w.epoch(), node, 0));
  EXPECT_EQ(w.seen<record::Fill>().size(), 1u);
}

TEST(CoreCensus, TwoMissesRunningEndTheRecord) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2);
  w.next_epoch();
  w.must(missed(w.epoch(), node, 0));
  w.next_epoch();
  w.must(passed(w.epoch(), node, 0));
  w.next_epoch();
  w.must(missed(w.epoch(), node, 0));
  EXPECT_EQ(w.shown(), UnitPhase::missed) << "the pass between ended the run";
  w.must(World::proof(node, 0));
  EXPECT_EQ(w.core.node(node)->units_missed, 1) << "renewing is no way past the census";
  w.next_epoch();
  w.must(missed(w.epoch(), node, 0));
  EXPECT_EQ(w.shown(), UnitPhase::ended);
  EXPECT_EQ(w.core.node(node)->units_attested, 1);
  EXPECT_EQ(w.core.node(node)->units_missed, 0);
  w.must(World::proof(node, 0));
  EXPECT_EQ(w.shown(), UnitPhase::missed) << "proven, and told that it is not offered";
  EXPECT_EQ(w.last.records.at(0).head.code, 5) << "why";
  EXPECT_EQ(w.core.node(node)->units_missed, 1) << "only an answer ends misses";
  EXPECT_EQ(w.send(system_itself, missed(w.epoch(), node, 0)), Refusal::dead_id)
      << "each place once a census";
  w.next_epoch();
  w.must(passed(w.epoch(), node, 0));
  EXPECT_EQ(w.shown(), UnitPhase::attested);
  EXPECT_EQ(w.core.node(node)->units_missed, 0);
  EXPECT_EQ(w.balance(ada, AccountKind::frozen), Nano{});
}

UnitAttested with_new_key(NodeId node, std::uint16_t unit) {
  auto proof = World::proof(node, unit);
  proof.unit_key[9] = std::byte{9};
  return proof;
}

TEST(CoreCensus, AMissIsOfTheUnitsPlaceWhateverKeyIsProvenThereNext) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2);
  auto const offer = w.offer(ada, w.capacity_offer(node, units(1), 2));
  w.next_epoch();
  w.must(missed(w.epoch(), node, 1));
  w.must(with_new_key(node, 1));
  EXPECT_EQ(w.executable(offer), Lots{1'000}) << "another key, the same place";
  w.must(UnitRejected{node, 1, 19});
  w.must(with_new_key(node, 1));
  EXPECT_EQ(w.executable(offer), Lots{1'000}) << "a full challenge failed on purpose";
  w.now = w.now + w.core.rules().attestation_validity;
  w.must(Tick{});
  w.must(World::proof(node, 0));
  w.must(World::proof(node, 1));
  EXPECT_EQ(w.executable(offer), Lots{1'000}) << "a proof that ran out";
  w.next_epoch();
  w.must(missed(w.epoch(), node, 1));
  EXPECT_EQ(w.shown(), UnitPhase::ended) << "the second running, of the same place";
  w.must(World::proof(node, 1));
  w.next_epoch();
  w.must(passed(w.epoch(), node, 1));
  EXPECT_EQ(w.executable(offer), Lots{2'000});
}

TEST(CoreCensus, AKeyThatMissedDoesNotLeaveItsMissesBehindAtAnotherPlace) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2);
  w.next_epoch();
  w.must(missed(w.epoch(), node, 1));
  w.must(UnitRejected{node, 1, 19});
  auto moved = World::proof(node, 1);
  moved.unit = 2;
  EXPECT_EQ(w.send(system_itself, moved), Refusal::unit_duplicate);
  w.must(with_new_key(node, 1));
  EXPECT_EQ(w.core.node(node)->units_missed, 1);
  w.must(UnitRejected{node, 0, 19});  // room for another unit
  w.must(moved);
  EXPECT_EQ(w.core.node(node)->units_missed, 1) << "its misses are the other key's now";
}

TEST(CoreCensus, UnderRulesThreeANewProofBeginsWithoutAMiss) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2);
  w.next_epoch();
  w.must(missed(w.epoch(), node, 1));
  w.must(with_new_key(node, 1));
  EXPECT_EQ(w.core.node(node)->units_missed, 1);
  ExchangeCore old;
  for (auto entry : w.journal) {
    if (auto* const first = std::get_if<SetRules>(&entry.command)) first->rules.version = 3;
    Outcome out;
    old.apply(entry, out);
  }
  EXPECT_EQ(old.rules().version, 3u);
  EXPECT_EQ(old.node(node)->units_missed, 0);
}

// ---- drains ----

TEST(CoreDrain, TakesNothingNewLetsWorkGoOnAndKeepsItsPriority) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2), other = w.add_proven_node(bert, 2);
  auto const first = w.offer(ada, w.capacity_offer(node, units(1), 2));
  auto const second = w.offer(bert, w.capacity_offer(other, units(1), 2));
  w.order(carl, w.capacity_order(units(1), 1));
  auto const runs = World::of<record::LeaseState>(w.records).back().lease;

  w.must(NodeDrain{node, DrainReason::daily});
  auto const shown = w.seen<record::NodeState>().at(0);
  EXPECT_EQ(NodePhase{shown.phase}, NodePhase::draining) << "its provider is told";
  EXPECT_EQ(w.core.node(node)->phase, NodePhase::up);
  EXPECT_EQ(w.core.node(node)->drain, DrainReason::daily);
  EXPECT_EQ(w.executable(first), Lots{0});
  EXPECT_EQ(w.core.offer(first)->rest, Lots{1'000});
  EXPECT_EQ(w.core.lease(LeaseId{runs})->phase, LeasePhase::starting) << "goes on";
  w.order(carl, w.capacity_order(units(1), 1));
  EXPECT_EQ(World::of<record::Fill>(w.records).back().offer, second.v);

  w.must(NodeDrain{node, DrainReason::none});
  EXPECT_EQ(NodePhase{w.seen<record::NodeState>().at(0).phase}, NodePhase::up);
  w.order(carl, w.capacity_order(units(1), 1));
  EXPECT_EQ(World::of<record::Fill>(w.records).back().offer, first.v) << "still the first at its price";
}

TEST(CoreDrain, ItsEndMeetsTheOrderThatWaitsInTheSameStep) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.capacity_offer(node, units(1), 1));
  w.must(NodeDrain{node, DrainReason::unjudged});
  w.order(carl, w.capacity_order(units(1), 1));
  EXPECT_TRUE(w.seen<record::Fill>().empty());
  w.must(World::proof(node, 0));
  EXPECT_TRUE(w.seen<record::Fill>().empty()) << "a proof does not end it";
  w.must(NodeDrain{node, DrainReason::none});
  EXPECT_EQ(w.seen<record::Fill>().size(), 1u);
}

TEST(CoreDrain, IsTheExchangesOwnOfAKnownNodeAndBelongsToRulesFour) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada);
  EXPECT_EQ(w.send(boss, NodeDrain{node, DrainReason::daily}), Refusal::role_missing);
  EXPECT_EQ(w.send(system_itself, NodeDrain{NodeId{9}, DrainReason::daily}), Refusal::node_unknown);
  EXPECT_EQ(w.send(system_itself, NodeDrain{node, DrainReason{4}}), Refusal::malformed);
  EXPECT_EQ(w.send(system_itself, NodeDrain{node, DrainReason::none}), Refusal::dead_id) << "it is none";
  w.must(NodeDrain{node, DrainReason::daily});
  EXPECT_EQ(w.send(system_itself, NodeDrain{node, DrainReason::daily}), Refusal::dead_id);
  w.must(NodeLost{node});
  EXPECT_EQ(NodePhase{w.seen<record::NodeState>().at(0).phase}, NodePhase::lost);
  w.must(NodeBack{node});
  EXPECT_EQ(w.core.node(node)->drain, DrainReason::daily) << "whoever drained it ends it";

  ExchangeCore old;
  Outcome out;
  Rules three;
  three.version = 3;
  old.apply({Seq{1}, Stamp{1}, system_itself, SetRules{three}}, out);
  out.clear();
  old.apply({Seq{2}, Stamp{1}, system_itself, NodeDrain{NodeId{1}, DrainReason::daily}}, out);
  EXPECT_EQ(Refusal{out.records.at(0).head.code}, Refusal::rules_unknown);
}

// ---- earnings, and whose turn it is ----

TEST(CoreCensus, AWrongAnswerEndsTheRecordAndFreezesWhatWasEarned) {
  CensusWorld w;
  auto const done = w.streaming();
  w.must(World::completed(done, 400, 400));
  auto const earned = w.earnings(ada);
  ASSERT_GT(earned, Nano{});
  auto const node = w.core.job(done)->node;
  w.order(carl, w.token_order(units(2)));
  auto const running = w.last_job();
  w.must(JobAcknowledged{running});
  w.must(JobFirstToken{running, ms(100)});
  w.must(JobMarked{running, Tokens{400}});
  auto const unsettled = w.core.job(running)->charge;
  ASSERT_GT(unsettled, Nano{});

  w.next_epoch();
  w.must(failed(w.epoch(), node, 0));
  EXPECT_EQ(w.shown(), UnitPhase::rejected);
  EXPECT_EQ(w.last.records.at(0).head.code, 16);
  EXPECT_EQ(w.core.node(node)->units_attested, 0);
  ASSERT_EQ(w.postings(TransferCode::freeze).size(), 1u);
  EXPECT_EQ(w.balance(ada, AccountKind::frozen), earned);
  EXPECT_EQ(w.earnings(ada), unsettled) << "may still have to go back to its buyer";
  EXPECT_EQ(w.core.job(running)->phase, JobPhase::streaming) << "work in progress goes on";
  w.must(World::failed(running, Fault::exchange, FailCode::relay_died));
  EXPECT_EQ(w.balance(ada, AccountKind::frozen), earned);
  EXPECT_EQ(w.funds(bert), Nano{});
}

TEST(CoreCensus, NothingEarnedNothingFrozen) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada);
  w.next_epoch();
  w.must(failed(w.epoch(), node, 0));
  EXPECT_TRUE(w.postings(TransferCode::freeze).empty());
  auto const units = w.core.units_of(node);
  ASSERT_EQ(units.size(), 1u);
  EXPECT_TRUE(units[0].failed);
  EXPECT_FALSE(units[0].live);
  EXPECT_EQ(units[0].census_reason, 16);
}

TEST(CoreCensus, AVerdictIsOfTheOpenEpochOfALiveUnitAndComesOnce) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada);
  EXPECT_EQ(w.send(system_itself, passed(1, node, 0)), Refusal::unknown_id);
  w.next_epoch();
  EXPECT_EQ(w.send(system_itself, passed(2, node, 0)), Refusal::unknown_id);
  EXPECT_EQ(w.send(system_itself, passed(1, NodeId{9}, 0)), Refusal::node_unknown);
  EXPECT_EQ(w.send(system_itself, passed(1, node, 1)), Refusal::unit_unattested);
  auto other_key = passed(1, node, 0);
  other_key.unit_key[7] = std::byte{7};
  EXPECT_EQ(w.send(system_itself, other_key), Refusal::unit_unattested);
  auto without_reason = missed(1, node, 0);
  without_reason.reason = 0;
  EXPECT_EQ(w.send(system_itself, without_reason), Refusal::malformed);
  auto with_reason = passed(1, node, 0);
  with_reason.reason = 5;
  EXPECT_EQ(w.send(system_itself, with_reason), Refusal::malformed);
  w.must(missed(1, node, 0));
  EXPECT_EQ(w.send(system_itself, missed(1, node, 0)), Refusal::dead_id) << "two running are two censuses";
  w.must(EpochClose{1, thirty_two(4)});
  auto const closed = w.seen<record::EpochState>().at(0);
  EXPECT_EQ(std::tuple(closed.passed, closed.missed, closed.failed), std::tuple(0u, 1u, 0u));
  EXPECT_EQ(w.send(system_itself, passed(1, node, 0)), Refusal::dead_id) << "the seed is known: too late";
}

TEST(CoreCensus, NamesNodesThatAreHeardAndHowManyOfTheirUnitsAreIdle) {
  CensusWorld w;
  auto const busy = w.add_proven_node(ada, 1), half = w.add_proven_node(ada, 2);
  auto const lost = w.add_proven_node(bert, 1);
  w.offer(ada, w.capacity_offer(busy, units(1), 1));
  w.offer(ada, w.capacity_offer(half, units(2), 1));
  w.order(carl, w.capacity_order(units(1), 1));
  w.order(carl, w.capacity_order(units(2), 1));
  w.must(NodeLost{lost});
  auto const asked = w.core.census_nodes();
  ASSERT_EQ(asked.size(), 2u) << "not the lost one";
  EXPECT_EQ(asked[0].node, busy);
  EXPECT_EQ(asked[0].free, 0);
  EXPECT_EQ(asked[1].node, half);
  EXPECT_EQ(asked[1].provider, ada);
  EXPECT_EQ(asked[1].free, 1);
  EXPECT_EQ(asked[1].units.size(), 2u);
}

// The world walks its invariants and replays on the other book: nothing that censuses do among all else
// breaks a law or depends on how the book is made.
TEST(CoreCensus, KeepsEveryLawAmongPeopleWhoSendAnything) {
  CensusWorld w;
  w.check_every = 25;
  Crowd crowd(5);
  int passes = 0, misses = 0, failures = 0, drains = 0;
  for (int i = 1; i <= 3'000; ++i) {
    ParticipantId who;
    auto command = crowd.next(w, who);
    w.now = w.now + Micros{static_cast<std::int64_t>(crowd.roll(200'000))};
    w.send(who, command);
    if (i % 100 == 1) w.next_epoch();
    if (i % 7 == 0)
      drains += w.send(system_itself, NodeDrain{NodeId{static_cast<std::uint32_t>(1 + crowd.roll(6))},
                                                DrainReason{static_cast<std::uint8_t>(crowd.roll(3))}}) ==
                Refusal::none;
    if (i % 5 != 0) continue;
    NodeId const node{static_cast<std::uint32_t>(1 + crowd.roll(w.core.nodes().size() + 1))};
    auto const unit = static_cast<std::uint16_t>(crowd.roll(4));
    auto const drawn = crowd.roll(8);
    auto const verdict = drawn == 0  ? failed(w.epoch(), node, unit)
                         : drawn < 4 ? missed(w.epoch(), node, unit)
                                     : passed(w.epoch(), node, unit);
    if (w.send(system_itself, verdict) != Refusal::none) continue;
    ++(drawn == 0 ? failures : drawn < 4 ? misses : passes);
  }
  EXPECT_GT(passes, 0);
  EXPECT_GT(misses, 0);
  EXPECT_GT(failures, 0);
  EXPECT_GT(drains, 0);
}

TEST(CoreCensus, SurvivesASnapshot) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2);
  w.offer(ada, w.capacity_offer(node, units(1), 2));
  w.next_epoch();
  w.must(missed(w.epoch(), node, 1));
  ExchangeCore again(w.limits);
  auto const done = again.import_state(exported(w.core));
  ASSERT_TRUE(done) << done.error();
  again.check_invariants();
  EXPECT_EQ(again.census().missed, 1u);
  EXPECT_EQ(again.node(node)->units_missed, 1);
}

TEST(CoreCensus, ASnapshotKeepsWhatAPlaceOwesAndWhoIsDrained) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2);
  w.offer(ada, w.capacity_offer(node, units(1), 2));
  w.next_epoch();
  w.must(missed(w.epoch(), node, 1));
  w.must(UnitRejected{node, 1, 19});
  w.must(NodeDrain{node, DrainReason::unjudged});
  ExchangeCore again(w.limits);
  ASSERT_TRUE(again.import_state(exported(w.core)));
  again.check_invariants();
  EXPECT_EQ(again.node(node)->drain, DrainReason::unjudged);
  Outcome out;
  again.apply({Seq{again.applied().v + 1}, w.now, system_itself, with_new_key(node, 1)}, out);
  EXPECT_EQ(again.node(node)->units_missed, 1);
}

}  // namespace
}  // namespace spillway
