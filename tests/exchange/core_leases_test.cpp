// tests/exchange/core_leases_test.cpp - leases from the match to the last second:
// exchange/src/core_leases.cpp.
#include "core_world.hpp"

namespace spillway {
namespace {

/// 36 units an accelerator-hour: one hundredth of a unit a second.
constexpr std::int64_t per_second = nano_per_unit / 100;
Nano cost(std::int64_t accelerator_seconds) { return Nano{accelerator_seconds * per_second}; }

struct Leased : World {
  NodeId node = add_proven_node(ada, 4);
  OfferId source = offer(ada, capacity_offer(node, units(36), 4));

  LeaseId starting(ParticipantId buyer, std::int64_t accelerators = 1, Micros term = {}) {
    auto c = capacity_order(units(36), accelerators);
    c.term = term;
    order(buyer, c);
    return last_lease();
  }
  LeaseId running(ParticipantId buyer, std::int64_t accelerators = 1, Micros term = {}) {
    auto const lease = starting(buyer, accelerators, term);
    EXPECT_EQ(send(ada, LeaseReady{lease}), Refusal::none);
    return lease;
  }
  [[nodiscard]] LeaseView see(LeaseId id) const { return *core.lease(id); }
  [[nodiscard]] Lots executable() const { return core.offer(source)->executable; }
};

TEST(CoreLeases, AHoldCoversTwoSlicesAndTheirFee) {
  Leased w;
  w.starting(carl, 2);
  EXPECT_EQ(w.escrow(carl), with_fee(cost(40)));
  EXPECT_EQ(w.executable(), Lots{2'000});
}

TEST(CoreLeases, IsMeteredBySecondAndReleased) {
  Leased w;
  auto const lease = w.running(carl);
  w.pass(Micros{25'900'000});
  EXPECT_EQ(w.see(lease).charge, cost(20)) << "two slices";
  EXPECT_EQ(w.escrow(carl), with_fee(cost(20))) << "the running slice and the next";
  EXPECT_EQ(w.send(carl, ReleaseLease{lease}), Refusal::none);
  EXPECT_EQ(w.see(lease).charge, cost(25)) << "whole seconds";
  EXPECT_EQ(w.see(lease).used, seconds(25));
  EXPECT_EQ(w.see(lease).phase, LeasePhase::ended);
  EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit} - with_fee(cost(25)));
  EXPECT_EQ(w.earnings(ada), cost(25) + fee_due(cost(25), 20));
  EXPECT_EQ(w.executable(), Lots{4'000});
}

TEST(CoreLeases, OneNotReadyInTimeCostsNothing) {
  Leased w;
  auto const lease = w.starting(carl);
  w.pass(Micros{29'999'999});  // 10 s to usable + 20 s
  EXPECT_EQ(w.see(lease).phase, LeasePhase::starting);
  w.pass(Micros{1});
  EXPECT_EQ(w.see(lease).phase, LeasePhase::failed);
  EXPECT_EQ(w.see(lease).fault, Fault::provider);
  EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit});
  EXPECT_EQ(w.executable(), Lots{4'000});
}

TEST(CoreLeases, EndsAtItsTerm) {
  Leased w;
  auto const lease = w.running(carl, 1, seconds(13));
  EXPECT_EQ(w.escrow(carl), with_fee(cost(13))) << "no more is held than the term can cost";
  w.pass(seconds(60));
  EXPECT_EQ(w.see(lease).phase, LeasePhase::ended);
  EXPECT_EQ(w.see(lease).fault, Fault::unset);
  EXPECT_EQ(w.see(lease).charge, cost(13));
}

TEST(CoreLeases, EndsWithThePrepaidTimeWhenFundsRunShort) {
  Leased w;
  // dora has 10 units; 4 accelerators cost 0.04 a second: 247 s with fees, but only whole slices are prepaid.
  auto const lease = w.running(dora, 4);
  w.pass(seconds(1'000));
  EXPECT_EQ(w.see(lease).phase, LeasePhase::ended);
  EXPECT_EQ(w.see(lease).fault, Fault::buyer);
  EXPECT_EQ(w.see(lease).charge, cost(4 * 240));
  EXPECT_EQ(w.funds(dora), Nano{10 * nano_per_unit} - with_fee(cost(4 * 240)));
  EXPECT_EQ(w.escrow(dora), Nano{});
}

TEST(CoreLeases, AProvidersFailureIsPaidToTheSecondAndOnlyItsOwn) {
  Leased w;
  auto const lease = w.running(carl);
  w.pass(Micros{7'500'000});
  EXPECT_EQ(w.send(bert, LeaseFailed{lease, Fault::provider, FailCode::engine_died}), Refusal::not_yours);
  EXPECT_EQ(w.send(ada, LeaseFailed{lease, Fault::buyer, FailCode::engine_died}), Refusal::malformed);
  EXPECT_EQ(w.send(ada, LeaseFailed{lease, Fault::provider, FailCode::engine_died}), Refusal::none);
  EXPECT_EQ(w.see(lease).phase, LeasePhase::failed);
  EXPECT_EQ(w.see(lease).charge, cost(7));
  EXPECT_EQ(w.send(ada, LeaseFailed{lease, Fault::provider, FailCode::engine_died}), Refusal::job_finished);
  EXPECT_EQ(w.send(carl, ReleaseLease{lease}), Refusal::job_finished);
}

TEST(CoreLeases, TheExchangesFaultPaysTheRunningSliceFromTheGuarantee) {
  Leased w;
  auto const lease = w.running(carl);
  w.pass(seconds(15));
  w.send(system_itself, LeaseFailed{lease, Fault::exchange, FailCode::relay_died});
  EXPECT_EQ(w.see(lease).charge, cost(10));
  EXPECT_EQ(w.guarantee(), Nano{100 * nano_per_unit} - cost(5));
}

TEST(CoreLeases, WrongTurnsAreRefused) {
  Leased w;
  auto const lease = w.starting(carl);
  EXPECT_EQ(w.send(carl, LeaseReady{lease}), Refusal::not_yours);
  EXPECT_EQ(w.send(dora, ReleaseLease{lease}), Refusal::not_yours);
  EXPECT_EQ(w.send(ada, LeaseReady{LeaseId{99}}), Refusal::unknown_id);
  EXPECT_EQ(w.send(ParticipantId{99}, LeaseReady{lease}), Refusal::unknown_participant);
  EXPECT_EQ(w.send(ada, LeaseReady{lease}), Refusal::none);
  EXPECT_EQ(w.send(ada, LeaseReady{lease}), Refusal::job_wrong_state);
}

TEST(CoreLeases, ReleasedBeforeItIsReadyCostsNothing) {
  Leased w;
  auto const lease = w.starting(carl);
  EXPECT_EQ(w.send(carl, ReleaseLease{lease}), Refusal::none);
  EXPECT_EQ(w.see(lease).phase, LeasePhase::ended);
  EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit});
}

TEST(CoreLeases, APartlyFilledOrderKeepsTheHoldOfItsRest) {
  Leased w;
  auto const big_order = w.order(carl, w.capacity_order(units(72), 6));
  EXPECT_EQ(w.core.order(big_order)->open, Lots{2'000});
  // Two accelerators wait at 72; four run at 36, and the better price went back at once.
  EXPECT_EQ(w.core.order(big_order)->held, with_fee(cost(2 * 2 * 20)));
  EXPECT_EQ(w.escrow(carl), with_fee(cost(2 * 2 * 20)) + with_fee(cost(4 * 20)));
  EXPECT_EQ(w.send(carl, CancelOrder{big_order, CancelReason::asked}), Refusal::none);
  EXPECT_EQ(w.escrow(carl), with_fee(cost(4 * 20)));
}

TEST(CoreLeases, ALostNodeStandsStillAndCatchesUpWhenItIsBack) {
  Leased w;
  auto const lease = w.running(carl);
  w.pass(seconds(5));
  w.send(system_itself, NodeLost{w.node});
  w.pass(seconds(8));
  EXPECT_EQ(w.see(lease).charge, cost(5)) << "the first slice ended while the node was lost";
  w.send(system_itself, NodeBack{w.node});
  w.pass(seconds(7));
  EXPECT_EQ(w.see(lease).charge, cost(20));
}

TEST(CoreLeases, FailsWithItsNodeAtTheSecondInWhichItWasLastHeard) {
  Leased w;
  auto const lease = w.running(carl);
  w.pass(seconds(5));
  w.send(system_itself, NodeLost{w.node});
  w.pass(seconds(15));
  EXPECT_EQ(w.see(lease).phase, LeasePhase::failed);
  EXPECT_EQ(w.see(lease).fault, Fault::provider);
  EXPECT_EQ(w.see(lease).charge, cost(5));
}

TEST(CoreLeases, AGapIsNotCharged) {
  Leased w;
  auto const lease = w.running(carl);
  w.pass(seconds(5));
  w.now = w.now + seconds(100);
  EXPECT_EQ(w.send(system_itself, Resumed{seconds(100), false}), Refusal::none);
  EXPECT_EQ(w.see(lease).phase, LeasePhase::running);
  EXPECT_EQ(w.see(lease).charge, Nano{});
  w.pass(seconds(3));
  w.send(carl, ReleaseLease{lease});
  EXPECT_EQ(w.see(lease).charge, cost(8));
}

TEST(CoreLeases, OneWithoutTermEndsAfterNinetyDays) {
  Leased w;
  w.check_every = 1'000;
  w.must(Deposit{carl, Nano{100'000 * nano_per_unit}});
  auto const lease = w.running(carl);
  for (int day = 0; day < 91; ++day) {
    w.now = w.now + Micros{24 * micros_per_hour};
    w.must(Tick{});
  }
  EXPECT_EQ(w.see(lease).phase, LeasePhase::ended);
  EXPECT_EQ(w.see(lease).charge, cost(90 * 24 * 3'600));
}

}  // namespace
}  // namespace spillway
