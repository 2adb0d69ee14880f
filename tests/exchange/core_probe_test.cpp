// tests/exchange/core_probe_test.cpp - verdicts on units at work: exchange/src/core_census.cpp.
#include "core_census_world.hpp"

namespace spillway {
namespace {

UnitChecked probe(UnitChecked found) {
  found.kind = CheckKind::probe;
  return found;
}

TEST(CoreProbe, StandsBesideTheCensusOnceAnEpochAndAnEpochCountsOneMiss) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 2);
  auto const offer = w.offer(ada, w.capacity_offer(node, units(1), 2));
  w.next_epoch();
  w.must(probe(missed(w.epoch(), node, 1)));
  EXPECT_EQ(w.shown(), UnitPhase::missed);
  EXPECT_EQ(w.executable(offer), Lots{1'000});
  EXPECT_EQ(w.send(system_itself, probe(missed(w.epoch(), node, 1))), Refusal::dead_id);
  w.must(missed(w.epoch(), node, 1));
  EXPECT_EQ(w.shown(), UnitPhase::missed) << "the same epoch";
  EXPECT_EQ(w.core.census().missed, 1u) << "of the census alone";
  w.next_epoch();
  w.must(probe(passed(w.epoch(), node, 1)));
  EXPECT_EQ(w.shown(), UnitPhase::missed) << "its rate was not looked at: that ends no miss";
  EXPECT_EQ(w.core.units_of(node).at(1).probed, w.epoch());
  w.must(missed(w.epoch(), node, 1));
  EXPECT_EQ(w.shown(), UnitPhase::ended) << "two epochs running";
  w.next_epoch();
  w.must(missed(w.epoch(), node, 0));
  w.must(probe(missed(w.epoch(), node, 0)));
  EXPECT_EQ(w.shown(), UnitPhase::missed);
  w.next_epoch();
  w.must(passed(w.epoch(), node, 0));
  EXPECT_EQ(w.shown(), UnitPhase::attested);
}

TEST(CoreProbe, AWrongAnswerUnderALeaseEndsTheProofAndFreezesAndTheLeaseGoesOn) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 1);
  w.offer(ada, w.capacity_offer(node, units(1), 1));
  w.order(carl, w.capacity_order(units(1), 1));
  w.must(LeaseReady{w.last_lease()});
  w.pass(seconds(60));
  w.next_epoch();
  w.must(probe(failed(w.epoch(), node, 0)));
  EXPECT_EQ(w.shown(), UnitPhase::rejected);
  EXPECT_EQ(w.core.node(node)->units_attested, 0);
  EXPECT_EQ(w.core.census().failed, 0u);
  EXPECT_EQ(w.core.open_leases().size(), 1u);
  w.must(ReleaseLease{w.last_lease()});
}

// A tenant may have the whole device.
TEST(CoreProbe, SilenceEndsNoProofWhileALeaseRuns) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 1);
  auto const offer = w.offer(ada, w.capacity_offer(node, units(1), 1));
  w.order(carl, w.capacity_order(units(1), 1));
  w.must(LeaseReady{w.last_lease()});
  for (int i = 0; i < 4; ++i) {
    w.next_epoch();
    w.must(probe(missed(w.epoch(), node, 0)));
    EXPECT_EQ(w.shown(), UnitPhase::missed);
    EXPECT_EQ(w.core.node(node)->units_attested, 1);
  }
  w.must(ReleaseLease{w.last_lease()});
  EXPECT_EQ(w.executable(offer), Lots{}) << "not offered until it passes a census";
  w.next_epoch();
  w.must(probe(missed(w.epoch(), node, 0)));
  EXPECT_EQ(w.shown(), UnitPhase::ended);
}

TEST(CoreProbe, BelongsToRulesFive) {
  CensusWorld w;
  auto const node = w.add_proven_node(ada, 1);
  w.next_epoch();
  auto other = passed(w.epoch(), node, 0);
  other.kind = CheckKind{2};
  EXPECT_EQ(w.send(system_itself, other), Refusal::malformed);
  ExchangeCore old;
  Outcome out;
  for (auto entry : w.journal) {
    if (auto* const first = std::get_if<SetRules>(&entry.command)) first->rules.version = 4;
    old.apply(entry, out);
  }
  out.clear();
  old.apply({Seq{old.applied().v + 1}, w.now, system_itself, probe(passed(w.epoch(), node, 0))}, out);
  EXPECT_EQ(Refusal{out.records.at(0).head.code}, Refusal::rules_unknown);
}

}  // namespace
}  // namespace spillway
