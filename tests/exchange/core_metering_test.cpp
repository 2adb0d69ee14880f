// tests/exchange/core_metering_test.cpp - what token jobs deliver against their class, and the mark of a
// node that delivers too little: exchange/src/core_metering.cpp.
#include <map>

#include "core_crowd.hpp"

namespace spillway {
namespace {

__extension__ using Exact = __int128;

/// By the words of the protocol (docs/attestation.md), token by token.
struct MeterByHand {
  Reference const& tables;
  std::int64_t class_scale;
  std::int64_t gaps{};                       // us that the exchange stood still so far
  std::map<std::uint64_t, std::int64_t> at;  // gaps when the job was matched
  std::map<std::uint32_t, MeteredSpan> running, low;
  std::map<std::uint32_t, int> marks;

  static Exact up(Exact v, Exact by) { return v / by + (v % by == 0 ? 0 : 1); }

  [[nodiscard]] MeteredSpan of(JobView const& job, Instrument const& what, Stamp end) const {
    auto const& model = *tables.find(what.model);
    auto const& klass = *tables.find(what.klass);
    auto const fit = *tables.fit(what.model, what.klass, what.tier);
    Exact const ran = end.v - job.matched.v - (gaps - at.at(job.id.v));
    Exact const sold = ran * fit.cards / fit.slots;
    bool const idle = job.fault == Fault::provider && job.output.v == 0;
    Exact const input = idle ? 0 : job.input.v;
    Exact const active = Exact{model.active_millions} * 1'000'000 * model.bits_per_parameter / 8;
    Exact const all = Exact{model.parameters_millions} * 1'000'000 * model.bits_per_parameter / 8;
    Exact bytes = 0;
    for (std::int64_t token = 1; token <= job.output.v; ++token)
      bytes += std::min(active, up(all, fit.slots)) + Exact{model.kv_bytes_per_token} * (input + token);
    Exact const operations = (input + job.output.v) * 4 * model.active_millions * 1'000;
    Exact const worked =
        up(bytes * class_scale, klass.bandwidth_mb_s) + up(operations * class_scale, klass.fp16_gflops);
    return {Micros{static_cast<std::int64_t>(sold)},
            Micros{static_cast<std::int64_t>(std::min(worked, sold))}};
  }

  /// The job has ended at `end`.
  void add(JobView const& job, Instrument const& what, Stamp end) {
    if (job.fault == Fault::exchange) return;
    auto const span = of(job, what, end);
    auto& sum = running[job.node.v];
    sum.sold += span.sold, sum.worked += span.worked;
    if (sum.sold < seconds(60)) return;
    if (sum.worked.v * 5 < sum.sold.v) low[job.node.v] = sum, ++marks[job.node.v];
    sum = {};
  }
};

/// Nodes of the class with few slots: seven of model seven under the fast tier.
struct MeterWorld : World {
  static constexpr std::int64_t slots = 7;
  NodeId node = add_proven_node(ada, 1, here, small);
  std::map<std::uint64_t, Stamp> begun;

  MeterWorld() {
    offer(ada, token_offer(node, units(1), slots));
    EXPECT_EQ(core.reference().fit(seven, small, fast), (Fit{1, slots}));
  }
  /// Seven jobs of `output` tokens each that take so long; one after another end at the same moment.
  void seven_jobs(Micros time, std::int64_t output) {
    std::vector<JobId> jobs;
    for (int i = 0; i < slots; ++i) {
      order(carl, token_order(units(2), TimeInForce::ioc));
      jobs.push_back(last_job());
      must(JobAcknowledged{jobs.back()});
      must(JobFirstToken{jobs.back(), ms(100)});
    }
    now = now + time;
    for (auto const job : jobs) must(completed(job, output, output));
  }
  [[nodiscard]] NodeView seen_node() const { return *core.node(node); }
  [[nodiscard]] int marks() const {
    return static_cast<int>(std::ranges::count_if(records, [](Record const& r) {
      return r.head.kind == RecordKind::node_state &&
             r.head.code == static_cast<std::uint16_t>(DrainReason::metered);
    }));
  }
};

/// What one job's tokens are worth there: the 14 GB of the weights in seven parts, 128 KiB of keys and
/// values a token, 10^12 bytes a second; four operations a parameter and token at 312 * 10^12.
std::int64_t worth(std::int64_t input, std::int64_t output) {
  auto const bytes = output * 2'000'000'000 + 131'072 * (output * input + output * (output + 1) / 2);
  auto const operations = (input + output) * 4 * 7'000 * 1'000;
  return (bytes + 999'999) / 1'000'000 + (operations + 311'999) / 312'000;
}

TEST(CoreMetering, AFifthOfTheRooflineIsEnoughAndOneMicrosecondLessIsNot) {
  // Seven jobs of 300 tokens are worth so much; they may last five times as long.
  auto const work = 7 * worth(1'000, 300);
  for (auto const& [beyond, marks] : {std::pair{0, 0}, std::pair{7, 1}}) {
    MeterWorld w;
    int rounds = 0;
    while (w.seen_node().metered.sold + Micros{5 * work} < seconds(60)) {
      w.seven_jobs(Micros{5 * work}, 300);
      ++rounds;
    }
    EXPECT_EQ(w.seen_node().metered.sold, Micros{rounds * 5 * work});
    EXPECT_EQ(w.seen_node().metered.worked, Micros{rounds * work});
    EXPECT_EQ(w.marks(), 0);
    // The last job of the next round carries the sum over 60 s, at a fifth or a microsecond beyond it.
    w.seven_jobs(Micros{5 * work + beyond}, 300);
    EXPECT_EQ(w.marks(), marks) << beyond;
    EXPECT_EQ(w.seen_node().low_at.v != 0, marks == 1);
    EXPECT_LT(w.seen_node().metered.sold, seconds(60)) << "another span has begun";
  }
}

TEST(CoreMetering, TheStepThatClosesTheSpanMarksTheNodeTellsItsProviderAndMovesNoMoney) {
  MeterWorld w;
  w.seven_jobs(seconds(59), 1);
  EXPECT_EQ(w.marks(), 0) << "too short to judge";
  w.order(carl, w.token_order(units(2), TimeInForce::ioc));
  auto const job = w.last_job();
  w.must(JobAcknowledged{job});
  w.must(JobFirstToken{job, ms(100)});
  w.now = w.now + seconds(8);
  w.must(World::completed(job, 1, 1));
  auto const& last = w.last.records;
  auto const mark =
      std::ranges::find_if(last, [](Record const& r) { return r.head.kind == RecordKind::node_state; });
  ASSERT_NE(mark, last.end());
  EXPECT_EQ(mark->head.code, static_cast<std::uint16_t>(DrainReason::metered));
  EXPECT_EQ(mark->head.first.participant, ada.v);
  EXPECT_EQ(w.seen_node().low_at, w.now);
  EXPECT_EQ(w.seen_node().metered, MeteredSpan{});
  EXPECT_GE(w.seen_node().low.sold, seconds(60));
  EXPECT_LT(w.seen_node().low.worked.v * 5, w.seen_node().low.sold.v);
  EXPECT_GT(w.core.offers().at(0).executable, Lots{}) << "it sells on until it is drained";
  EXPECT_TRUE(w.postings(TransferCode::sla_rebate).empty());
  EXPECT_EQ(w.balance(ada, AccountKind::frozen), Nano{});
}

TEST(CoreMetering, OneNodesWorkSaysNothingOfAnother) {
  MeterWorld w;
  auto const other = w.add_proven_node(bert, 1, here, small);
  w.seven_jobs(seconds(40), 1);
  auto const of_first = w.seen_node().metered;
  EXPECT_GT(of_first.sold, seconds(39));
  w.must(NodeDrain{w.node, DrainReason::daily});
  w.offer(bert, w.token_offer(other, units(1), MeterWorld::slots));
  w.seven_jobs(seconds(40), 500);
  EXPECT_EQ(w.seen_node().metered, of_first);
  EXPECT_GT(w.core.node(other)->metered.worked.v * 5, w.core.node(other)->metered.sold.v);
  EXPECT_EQ(w.marks(), 0);
}

TEST(CoreMetering, OnlyAFullChallengeOfTheIdleDrainedNodeEndsTheMark) {
  MeterWorld w;
  w.seven_jobs(seconds(70), 1);
  ASSERT_EQ(w.marks(), 1);
  w.must(World::proof(w.node, 0, small));
  EXPECT_NE(w.seen_node().low_at.v, 0) << "a renewed proof is no answer";
  w.order(carl, w.token_order(units(2), TimeInForce::ioc));
  auto const job = w.last_job();
  w.must(JobAcknowledged{job});
  w.must(NodeDrain{w.node, DrainReason::metered});
  w.must(World::proof(w.node, 0, small));
  EXPECT_NE(w.seen_node().low_at.v, 0) << "it is still at work";
  w.must(World::completed(job, 1, 1));
  w.must(World::proof(w.node, 0, small));
  EXPECT_EQ(w.seen_node().low_at.v, 0);
  w.must(NodeDrain{w.node, DrainReason::none});
}

TEST(CoreMetering, WhatTheExchangeItselfBrokeAndItsOwnAbsenceCountForNothing) {
  MeterWorld w;
  w.order(carl, w.token_order(units(2), TimeInForce::ioc));
  auto const broken = w.last_job();
  w.must(JobAcknowledged{broken});
  w.order(carl, w.token_order(units(2), TimeInForce::ioc));
  auto const goes_on = w.last_job();
  w.must(JobAcknowledged{goes_on});
  w.now = w.now + seconds(1);
  w.must(World::failed(broken, Fault::exchange, FailCode::relay_died));
  EXPECT_EQ(w.seen_node().metered, MeteredSpan{});
  w.now = w.now + seconds(100);
  w.must(Resumed{seconds(100), false});
  w.must(World::completed(goes_on, 1, 1));
  EXPECT_EQ(w.seen_node().metered.sold, Micros{1'000'000 / 7});
}

TEST(CoreMetering, BelongsToRulesFiveAndSurvivesASnapshot) {
  MeterWorld w;
  w.seven_jobs(seconds(70), 1);
  w.seven_jobs(seconds(20), 2);
  ExchangeCore again(w.limits);
  ASSERT_TRUE(again.import_state(exported(w.core)));
  again.check_invariants();
  auto const before = w.seen_node(), after = *again.node(w.node);
  EXPECT_GT(after.metered.sold, seconds(19));
  EXPECT_EQ(after.metered, before.metered);
  EXPECT_EQ(after.low, before.low);
  EXPECT_EQ(after.low_at, before.low_at);

  ExchangeCore old;
  Outcome out;
  for (auto entry : w.journal) {
    if (auto* const first = std::get_if<SetRules>(&entry.command)) first->rules.version = 4;
    old.apply(entry, out);
  }
  EXPECT_EQ(old.node(w.node)->metered, MeteredSpan{});
  EXPECT_EQ(old.node(w.node)->low_at.v, 0);
  out.clear();
  old.apply({Seq{old.applied().v + 1}, w.now, system_itself, NodeDrain{w.node, DrainReason::metered}}, out);
  EXPECT_EQ(Refusal{out.records.at(0).head.code}, Refusal::malformed);
}

class MeterProperty : public testing::TestWithParam<std::uint32_t> {};

TEST_P(MeterProperty, EveryNodesMeterIsWhatItsJobsAddUpTo) {
  World w;
  w.check_every = 20;
  Crowd crowd(GetParam());
  MeterByHand by_hand{w.core.reference(), w.core.rules().class_scale, 0, {}, {}, {}, {}};
  int ended = 0, marks = 0;
  for (int i = 0; i < 6'000; ++i) {
    ParticipantId who;
    auto command = crowd.roll(8) == 0 ? crowd.next(w, who) : crowd.trade(w, who);
    w.now = w.now + Micros{static_cast<std::int64_t>(crowd.roll(crowd.roll(6) == 0 ? 20'000'000 : 200'000))};
    auto const before = w.core.now();
    auto const* const resumed = std::get_if<Resumed>(&command);
    auto const gap = resumed ? std::clamp(resumed->gap, Micros{}, w.now - before) : Micros{};
    auto const first = w.records.size();
    w.send(who, command);
    by_hand.gaps += gap.v;
    for (auto at = first; at < w.records.size(); ++at) {
      if (w.records[at].head.kind != RecordKind::job_state) continue;
      auto const shown = w.records[at].as<record::JobState>();
      auto const job = *w.core.job(JobId{shown.job});
      by_hand.at.try_emplace(job.id.v, by_hand.gaps);
      if (JobPhase{shown.phase} < JobPhase::completed) continue;
      by_hand.add(job, w.core.book().instrument(job.instrument), w.core.now());
      ++ended;
    }
    for (auto const& node : w.core.nodes()) {
      ASSERT_EQ(node.metered, by_hand.running[node.id.v]) << "entry " << w.core.applied().v;
      ASSERT_TRUE(node.low_at.v == 0 || node.low == by_hand.low[node.id.v]);
    }
  }
  for (auto const& r : w.records)
    marks += r.head.kind == RecordKind::node_state &&
             r.head.code == static_cast<std::uint16_t>(DrainReason::metered);
  int marks_by_hand = 0;
  for (auto const& [node, count] : by_hand.marks) marks_by_hand += count;
  EXPECT_EQ(marks, marks_by_hand);
  EXPECT_GT(ended, 200);
  EXPECT_GT(marks, 0);
}
INSTANTIATE_TEST_SUITE_P(Seeds, MeterProperty, testing::Values(1u, 2u, 3u));

}  // namespace
}  // namespace spillway
