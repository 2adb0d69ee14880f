// tests/exchange/core_time_test.cpp - what happens by itself, and what the exchange's own absence changes:
// exchange/src/core_time.cpp.
#include "core_world.hpp"

namespace spillway {
namespace {

TEST(CoreTime, TellsItsNextDeadline) {
  World w;
  EXPECT_FALSE(w.core.next_deadline());
  auto const start = w.now;
  w.order(carl, w.token_order(units(1)));
  EXPECT_EQ(w.core.next_deadline(), start + seconds(10));
  w.pass(seconds(10));
  EXPECT_FALSE(w.core.next_deadline());
}

TEST(CoreTime, WhatIsDueHappensBeforeTheCommandThatFindsItSo) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const expired = w.order(carl, w.token_order(units(1)));
  w.now = w.now + seconds(10);
  w.offer(ada, w.token_offer(node, units(1)));
  EXPECT_EQ(w.core.order(expired)->phase, OrderPhase::expired);
  EXPECT_TRUE(w.seen<record::Fill>().empty());
  EXPECT_EQ(w.last.records[0].head.kind, RecordKind::posting) << "the release comes first";
}

TEST(CoreTime, AGapMovesDeadlinesInServiceAndNoOthers) {
  World w;
  auto const job = w.dispatched();
  auto const resting = w.order(carl, w.token_order(PriceIndex{1}));
  auto const deadline = w.core.job(job)->deadline;
  w.now = w.now + seconds(60);
  EXPECT_EQ(w.send(system_itself, Resumed{seconds(60), false}), Refusal::none);
  EXPECT_EQ(w.core.job(job)->phase, JobPhase::dispatched)
      << "nobody misses a deadline while the exchange stands still";
  EXPECT_EQ(w.core.job(job)->deadline, deadline + seconds(60));
  EXPECT_EQ(w.core.order(resting)->phase, OrderPhase::expired) << "a calendar deadline does not move";
  w.pass(seconds(2));
  EXPECT_EQ(w.core.job(job)->phase, JobPhase::failed);
}

TEST(CoreTime, AGapMovesProofsAndTheGraceOfNodes) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const offer = w.offer(ada, w.token_offer(node, units(1)));
  auto const other = w.add_proven_node(bert);
  w.must(NodeLost{other});
  w.now = w.now + seconds(3'000);
  w.must(Resumed{seconds(3'000), false});
  EXPECT_EQ(w.core.node(node)->units_attested, 1);
  EXPECT_GT(w.core.offer(offer)->executable, Lots{});
  EXPECT_EQ(w.core.node(other)->phase, NodePhase::lost);
  w.pass(seconds(15));
  EXPECT_EQ(w.core.node(other)->phase, NodePhase::gone);
  w.pass(seconds(1'185));
  EXPECT_EQ(w.core.node(node)->units_attested, 0);
}

TEST(CoreTime, AGapIsNeverLongerThanTheTimeThatPassed) {
  World w;
  auto const job = w.dispatched();
  auto const deadline = w.core.job(job)->deadline;
  w.now = w.now + seconds(1);
  w.must(Resumed{seconds(500), false});
  EXPECT_EQ(w.core.job(job)->deadline, deadline + seconds(1));
}

TEST(CoreTime, OnlyTheExchangeTellsTime) {
  World w;
  EXPECT_EQ(w.send(carl, Tick{}), Refusal::role_missing);
  auto const job = w.dispatched();
  auto const deadline = w.core.job(job)->deadline;
  w.now = w.now + seconds(1);
  EXPECT_EQ(w.send(carl, Resumed{seconds(1), true}), Refusal::role_missing);
  EXPECT_EQ(w.core.job(job)->deadline, deadline);
}

TEST(CoreTime, AFreshProcessClosesItsJobsAndWaitsForItsNodes) {
  World w;
  auto const job = w.streaming();
  w.must(JobMarked{job, Tokens{100}});
  auto const node = w.core.job(job)->node;
  auto patient = w.token_order(PriceIndex{1});
  patient.good_for = seconds(60);
  auto const resting = w.order(carl, patient);
  auto const capacity = w.order(carl, w.capacity_order(units(1), 1));
  w.now = w.now + seconds(30);
  w.must(Resumed{seconds(30), true});
  EXPECT_EQ(w.core.job(job)->fault, Fault::exchange);
  EXPECT_EQ(w.core.job(job)->code, FailCode::relay_died);
  EXPECT_EQ(w.core.job(job)->guarantee, Nano{350'000}) << "up to the last mark";
  EXPECT_EQ(w.earnings(ada), Nano{350'000});
  EXPECT_EQ(w.core.order(resting)->phase, OrderPhase::cancelled);
  EXPECT_EQ(w.core.order(capacity)->phase, OrderPhase::resting);
  EXPECT_EQ(w.core.node(node)->phase, NodePhase::lost);
  w.must(NodeBack{node});
  w.order(carl, w.token_order(units(1)));
  EXPECT_EQ(w.core.open_jobs().size(), 1u) << "and the market goes on";
}

}  // namespace
}  // namespace spillway
