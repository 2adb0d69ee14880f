// tests/exchange/core_jobs_test.cpp - the life of a token job and its money: exchange/src/core_jobs.cpp,
// exchange/src/core_money.cpp.
#include "core_world.hpp"

namespace spillway {
namespace {

constexpr Nano input_due{250'000};  // 1000 tokens x 0.25 at one unit per million

Fault fault_of(World const& w, JobId job) { return w.core.job(job)->fault; }
FailCode code_of(World const& w, JobId job) { return w.core.job(job)->code; }

TEST(CoreJobs, TheHoldCoversTheWorstCaseAndItsFee) {
  World w;
  w.order(carl, w.token_order(units(2)));
  // 500 output + 250 input work at two units per million, and one per cent.
  EXPECT_EQ(w.escrow(carl), Nano{1'500'000 + 15'000});
}

TEST(CoreJobs, SettledOutputIsTheLeastOfClaimToleranceAndCap) {
  struct Case {
    std::int64_t counted, claimed, settled;
  };
  for (auto const c : {Case{400, 400, 400}, Case{400, 420, 420}, Case{400, 421, 420}, Case{400, 300, 300},
                       Case{490, 900, 500}, Case{9'000, 9'000, 500}, Case{400, 0, 0}, Case{0, 10, 0}}) {
    World w;
    auto const job = w.streaming();
    EXPECT_EQ(w.send(system_itself, World::completed(job, c.counted, c.claimed)), Refusal::none);
    EXPECT_EQ(w.core.job(job)->output, Tokens{c.settled})
        << c.counted << " counted, " << c.claimed << " claimed";
    EXPECT_EQ(w.core.job(job)->charge, input_due + Nano{c.settled * 1'000});
  }
}

TEST(CoreJobs, AClaimOfLessInputCostsLess) {
  World w;
  auto const job = w.streaming();
  auto done = World::completed(job, 100, 100);
  done.claimed_input = Tokens{600};
  EXPECT_EQ(w.send(system_itself, done), Refusal::none);
  EXPECT_EQ(w.core.job(job)->charge, Nano{150'000 + 100'000});
}

TEST(CoreJobs, MarksPayAsTheJobGoesAndTheEndPaysTheDifference) {
  World w;
  auto const job = w.streaming();
  EXPECT_EQ(w.send(system_itself, JobMarked{job, Tokens{100}}), Refusal::none);
  EXPECT_EQ(w.earnings(ada), input_due + Nano{100'000});
  EXPECT_EQ(w.send(system_itself, JobMarked{job, Tokens{50}}), Refusal::none)
      << "an old mark says nothing new";
  EXPECT_EQ(w.earnings(ada), input_due + Nano{100'000});
  EXPECT_EQ(w.send(system_itself, World::completed(job, 200, 200)), Refusal::none);
  EXPECT_EQ(w.core.job(job)->charge, input_due + Nano{200'000});
  Nano charged;
  for (auto const& p : World::of<record::Posting>(w.records))
    if (p.credit_owner == ada.v && p.credit_kind == static_cast<std::uint16_t>(AccountKind::earnings) &&
        p.debit_kind == static_cast<std::uint16_t>(AccountKind::escrow))
      charged += Nano{p.amount_nano};
  EXPECT_EQ(charged, input_due + Nano{200'000});
}

TEST(CoreJobs, AMarkBeyondTheSettledOutputGoesBack) {
  World w;
  auto const job = w.streaming();
  w.send(system_itself, JobMarked{job, Tokens{300}});
  EXPECT_EQ(w.send(system_itself, World::completed(job, 300, 100)), Refusal::none);
  EXPECT_EQ(w.core.job(job)->charge, input_due + Nano{100'000});
}

TEST(CoreJobs, ALateFirstTokenReturnsAFifth) {
  // Allowed: 1 ms between relay and place, 300 ms + 100 ms for the input.
  for (auto const late : {false, true}) {
    World w;
    auto const job = w.streaming(late ? Micros{401'001} : Micros{401'000});
    EXPECT_EQ(w.core.job(job)->late, late);
    w.send(system_itself, World::completed(job, 400, 400));
    EXPECT_EQ(w.postings(TransferCode::sla_rebate).size(), late ? 1u : 0u);
    Nano const rebate{late ? 130'000 : 0};
    EXPECT_EQ(w.earnings(ada), Nano{650'000 + 1'300} - rebate);
    EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit - 656'500} + rebate);
  }
}

TEST(CoreJobs, WhoTakesPaysTheFeeAndWhoMadeSharesIt) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.order(carl, w.token_order(units(1)));
  w.offer(ada, w.token_offer(node, units(1)));  // the offer takes
  auto const job = w.last_job();
  w.send(system_itself, JobAcknowledged{job});
  w.send(system_itself, JobFirstToken{job, ms(1)});
  w.send(system_itself, World::completed(job, 400, 400));
  EXPECT_EQ(w.earnings(ada), Nano{650'000 - 6'500});
  EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit - 650'000 + 1'300});
  EXPECT_EQ(w.fees(), Nano{6'500 - 1'300});
}

TEST(CoreJobs, ZeroPriceIsAPrice) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, PriceIndex{0}));
  w.order(carl, w.token_order(PriceIndex{0}));
  auto const job = w.last_job();
  w.send(system_itself, JobAcknowledged{job});
  w.send(system_itself, JobFirstToken{job, seconds(100)});
  EXPECT_EQ(w.send(system_itself, World::completed(job, 400, 400)), Refusal::none);
  EXPECT_EQ(w.core.job(job)->charge, Nano{});
  EXPECT_TRUE(World::of<record::Posting>(w.last.records).empty());
}

TEST(CoreJobs, FeesOfManySmallJobsAreOneFlooredTotal) {
  World w;
  w.check_every = 50;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, *exact_step(Nano{100'000})));  // 65 nano-units a job
  Nano charged;
  for (int i = 0; i < 200; ++i) {
    w.order(carl, w.token_order(*exact_step(Nano{100'000})));
    auto const job = w.last_job();
    w.send(system_itself, JobAcknowledged{job});
    w.send(system_itself, JobFirstToken{job, ms(1)});
    w.send(system_itself, World::completed(job, 400, 400));
    charged += w.core.job(job)->charge;
  }
  EXPECT_EQ(charged, Nano{13'000});
  EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit} - charged - fee_due(charged, 100));
  EXPECT_EQ(w.earnings(ada), charged + fee_due(charged, 20));
}

// ---- faults: the cells are tested in settlement; here, that each stage meets its row ----

TEST(CoreJobs, FaultsBeforeTheAcknowledgementCostNothing) {
  for (auto const fault : {Fault::buyer, Fault::provider, Fault::exchange, Fault::none}) {
    World w;
    auto const job = w.dispatched();
    EXPECT_EQ(w.send(system_itself, World::failed(job, fault, FailCode::refused, 9, 9)), Refusal::none);
    EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit});
    EXPECT_EQ(w.earnings(ada), Nano{});
  }
}

TEST(CoreJobs, ABuyerWhoLeavesPaysInputAndWhatWasDelivered) {
  World w;
  auto const job = w.acknowledged();
  w.send(system_itself, World::failed(job, Fault::buyer, FailCode::buyer_left));
  EXPECT_EQ(w.core.job(job)->charge, input_due);
  World v;
  auto const later = v.streaming();
  v.send(system_itself, World::failed(later, Fault::buyer, FailCode::buyer_left, 100, 100));
  EXPECT_EQ(v.core.job(later)->charge, input_due + Nano{100'000});
}

TEST(CoreJobs, ADeadProviderIsPaidWhatWasCountedUnlessTheOrderSaysReRun) {
  for (auto const policy : {FaultPolicy::error_frame, FaultPolicy::re_run}) {
    World w;
    auto const node = w.add_proven_node(ada);
    w.offer(ada, w.token_offer(node, units(1)));
    auto wanted = w.token_order(units(1));
    wanted.policy = policy;
    w.order(carl, wanted);
    auto const job = w.last_job();
    w.send(system_itself, JobAcknowledged{job});
    w.send(system_itself, JobFirstToken{job, ms(1)});
    w.send(system_itself, JobMarked{job, Tokens{100}});
    w.send(system_itself, World::failed(job, Fault::provider, FailCode::engine_died, 120));
    bool const paid = policy == FaultPolicy::error_frame;
    EXPECT_EQ(w.core.job(job)->charge, paid ? input_due + Nano{120'000} : Nano{});
    EXPECT_EQ(w.escrow(carl), Nano{});
    auto const spent = with_fee(w.core.job(job)->charge);
    EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit} - spent) << "what a mark posted goes back";
  }
}

TEST(CoreJobs, TheExchangesFaultIsPaidByTheGuarantee) {
  World w;
  auto const before = w.guarantee();
  auto const job = w.streaming();
  w.send(system_itself, JobMarked{job, Tokens{100}});
  w.send(system_itself, World::failed(job, Fault::exchange, FailCode::relay_died, 110, 130));
  EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit});
  EXPECT_EQ(w.core.job(job)->charge, Nano{});
  EXPECT_EQ(w.core.job(job)->guarantee, input_due + Nano{130'000})
      << "the claim is less than one mark beyond the last";
  EXPECT_EQ(w.earnings(ada), input_due + Nano{130'000});
  EXPECT_EQ(w.guarantee(), before - (input_due + Nano{130'000}));
  EXPECT_EQ(w.fees(), Nano{}) << "no fee on guarantee payments";
}

TEST(CoreJobs, AnEmptyGuaranteeOwesAndHaltsUntilItIsFunded) {
  World w;
  SetRules generous{World::rules()};
  generous.rules.usage_mark = Nano{100'000 * nano_per_unit};
  w.must(generous);
  auto const node = w.add_proven_node(ada);
  w.must(Deposit{carl, Nano{1'000'000 * nano_per_unit}});
  w.offer(ada, w.token_offer(node, units(80'000)));  // 140 units a job: more than the fund has
  auto wanted = w.token_order(units(80'000));
  wanted.output_max = Tokens{1'500};
  w.order(carl, wanted);
  auto const job = w.last_job();
  w.send(system_itself, JobAcknowledged{job});
  w.send(system_itself, JobFirstToken{job, ms(1)});
  w.send(system_itself, World::failed(job, Fault::exchange, FailCode::relay_died, 1'500, 1'500));
  EXPECT_TRUE(w.core.halted());
  EXPECT_EQ(w.guarantee(), Nano{});
  EXPECT_EQ(w.earnings(ada), Nano{100 * nano_per_unit});
  EXPECT_EQ(w.core.job(job)->guarantee, Nano{140 * nano_per_unit});
  EXPECT_EQ(w.send(carl, w.token_order(units(1))), Refusal::halted);
  w.must(FundGuarantee{Nano{25 * nano_per_unit}});
  EXPECT_EQ(w.earnings(ada), Nano{125 * nano_per_unit});
  w.must(FundGuarantee{Nano{50 * nano_per_unit}});
  EXPECT_EQ(w.earnings(ada), Nano{140 * nano_per_unit});
  EXPECT_EQ(w.guarantee(), Nano{35 * nano_per_unit});
}

// ---- deadlines and wrong turns ----

TEST(CoreJobs, DeadlinesEndAJobAtEachStage) {
  World w;
  auto const silent = w.dispatched();
  w.pass(Micros{1'999'999});
  EXPECT_EQ(w.core.job(silent)->phase, JobPhase::dispatched);
  w.pass(Micros{1});
  EXPECT_EQ(code_of(w, silent), FailCode::not_acknowledged);
  EXPECT_EQ(fault_of(w, silent), Fault::provider);

  World v;
  auto const slow = v.acknowledged();
  v.pass(Micros{5'400'999});  // 1 ms + 400 ms + 5 s
  EXPECT_EQ(v.core.job(slow)->phase, JobPhase::acknowledged);
  v.pass(Micros{1});
  EXPECT_EQ(code_of(v, slow), FailCode::first_token_late);

  World u;
  auto const endless = u.streaming();
  u.pass(seconds(219));  // 500 tokens x 4 / 20 per second + 120 s
  EXPECT_EQ(u.core.job(endless)->phase, JobPhase::streaming);
  u.pass(seconds(1));
  EXPECT_EQ(code_of(u, endless), FailCode::stalled);
}

TEST(CoreJobs, EveryWrongTurnIsRefusedAndChangesNothing) {
  World w;
  auto const job = w.dispatched();
  EXPECT_EQ(w.send(system_itself, JobFirstToken{job, ms(1)}), Refusal::job_wrong_state);
  EXPECT_EQ(w.send(system_itself, JobMarked{job, Tokens{1}}), Refusal::job_wrong_state);
  EXPECT_EQ(w.send(system_itself, World::completed(job, 1, 1)), Refusal::job_wrong_state);
  EXPECT_EQ(w.send(carl, JobAcknowledged{job}), Refusal::role_missing);
  EXPECT_EQ(w.send(system_itself, JobAcknowledged{JobId{99}}), Refusal::unknown_id);
  EXPECT_EQ(w.send(system_itself, JobAcknowledged{job}), Refusal::none);
  EXPECT_EQ(w.send(system_itself, JobAcknowledged{job}), Refusal::job_wrong_state);
  EXPECT_EQ(w.send(system_itself, JobFirstToken{job, Micros{-1}}), Refusal::malformed);
  EXPECT_EQ(w.send(system_itself, JobFailed{job, Fault::unset, FailCode::refused, {}, {}, {}, {}}),
            Refusal::malformed);
  EXPECT_EQ(w.send(system_itself, World::completed(job, -1, 1)), Refusal::malformed);
  EXPECT_EQ(w.send(system_itself, World::completed(job, 1, 1)), Refusal::none);
  EXPECT_EQ(w.send(system_itself, World::completed(job, 1, 1)), Refusal::job_finished);
  EXPECT_EQ(w.send(system_itself, World::failed(job, Fault::buyer, FailCode::buyer_left)),
            Refusal::job_finished);
  EXPECT_EQ(w.send(system_itself, JobAcknowledged{job}), Refusal::job_finished);
}

TEST(CoreJobs, CapacityThatReturnsServesWhoWaits) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, units(1), 1));
  w.order(carl, w.token_order(units(1)));
  auto const first = w.last_job();
  w.order(dora, w.token_order(units(1)));
  EXPECT_EQ(w.core.open_jobs().size(), 1u);
  EXPECT_EQ(w.send(system_itself, World::failed(first, Fault::provider, FailCode::refused)), Refusal::none);
  ASSERT_EQ(w.core.open_jobs().size(), 1u);
  EXPECT_EQ(w.core.open_jobs()[0].buyer, dora);
}

}  // namespace
}  // namespace spillway
