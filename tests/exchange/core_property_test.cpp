// tests/exchange/core_property_test.cpp - thousands of commands, sensible ones and garbage, against laws
// that are recomputed
// from the outcome records alone: exchange/src/core_invariants.cpp walks the inside, this file the outside.
#include <map>

#include "core_crowd.hpp"

namespace spillway {
namespace {

/// What an auditor knows who sees records only.
struct Auditor {
  std::map<AccountKey, std::int64_t> balances;
  std::map<TransferCode, int> transfers_of;
  std::map<std::uint64_t, std::uint8_t> jobs;  // last phase
  std::map<std::uint64_t, int> job_ends, lease_ends;
  std::map<std::uint32_t, std::uint64_t> reports;
  std::uint64_t transfers{}, fills{};

  void see(Record const& r) {
    for (auto const& to : {r.head.first, r.head.second})
      ASSERT_EQ(to.report, to.participant == 0 ? 0 : ++reports[to.participant]);
    if (r.head.kind == RecordKind::posting) posting(r.as<record::Posting>());
    if (r.head.kind == RecordKind::posting) ++transfers_of[TransferCode{r.head.code}];
    if (r.head.kind == RecordKind::fill) {
      ASSERT_EQ(r.as<record::Fill>().fill, ++fills);
    }
    if (r.head.kind == RecordKind::job_state) job(r.as<record::JobState>());
    if (r.head.kind == RecordKind::lease_state) {
      auto const s = r.as<record::LeaseState>();
      ASSERT_EQ(lease_ends[s.lease], 0) << "nothing after the end";
      lease_ends[s.lease] += s.phase >= static_cast<std::uint8_t>(LeasePhase::ended) ? 1 : 0;
    }
  }
  void posting(record::Posting const& p) {
    ASSERT_EQ(p.transfer, ++transfers);
    ASSERT_GT(p.amount_nano, 0);
    AccountKey const debit{ParticipantId{p.debit_owner}, static_cast<AccountKind>(p.debit_kind)};
    AccountKey const credit{ParticipantId{p.credit_owner}, static_cast<AccountKind>(p.credit_kind)};
    balances[debit] -= p.amount_nano;
    balances[credit] += p.amount_nano;
    ASSERT_TRUE(debit.kind == AccountKind::bank || balances[debit] >= 0);
  }
  void job(record::JobState const& s) {
    ASSERT_EQ(job_ends[s.job], 0) << "nothing after the end";
    ASSERT_GE(s.phase, jobs[s.job]) << "a job never goes back";
    jobs[s.job] = s.phase;
    job_ends[s.job] += s.phase >= static_cast<std::uint8_t>(JobPhase::completed) ? 1 : 0;
  }
  void agree_with(ExchangeCore const& core) const {
    std::int64_t sum = 0;
    for (auto const& account : core.accounts()) {
      auto const found = balances.find(account.key);
      ASSERT_EQ(found == balances.end() ? 0 : found->second, account.balance.v);
      sum += account.balance.v;
    }
    ASSERT_EQ(sum, 0);
  }
};

class CoreProperty : public testing::TestWithParam<std::uint32_t> {};

TEST_P(CoreProperty, TheLawsHoldUnderAnyCommandsAndReplayIsExact) {
  // Odd seeds live under the rules, even ones with so few steps that much is left to `Continue`.
  CoreLimits limits;
  bool const by_the_rules = GetParam() % 2 == 1;
  if (!by_the_rules) limits.steps = 3;
  World w(limits);
  w.check_every = 25;
  bool const bonds = GetParam() > 4;
  if (bonds) Crowd::ask_for_bonds(w);
  Auditor auditor;
  for (auto const& record : w.records) auditor.see(record);
  Crowd crowd(GetParam());
  std::map<Refusal, int> refusals;
  for (int i = 0; i < 20'000; ++i) {
    ParticipantId who;
    auto const command = bonds ? crowd.next_with_bonds(w, who) : crowd.next(w, who);
    w.now = w.now + Micros{static_cast<std::int64_t>(crowd.roll(50'000))};
    ++refusals[w.send(who, command)];
    for (auto const& record : w.last.records) auditor.see(record);
    ASSERT_TRUE(std::is_sorted(w.last.touched.begin(), w.last.touched.end()));
    ASSERT_FALSE(w.last.records.empty() && who.some()) << "people are always answered";
    if (HasFatalFailure()) return;
    if (i % 25 == 0) auditor.agree_with(w.core);
  }
  // When everything has had its time, everything has ended: exactly once.
  for (int i = 0; i < 40; ++i) w.pass(seconds(60));
  for (auto const& lease : w.core.open_leases()) w.send(lease.buyer, ReleaseLease{lease.id});
  w.pass(seconds(400));
  EXPECT_TRUE(w.core.open_jobs().empty());
  Auditor end;
  for (auto const& record : w.records) end.see(record);
  end.agree_with(w.core);
  for (auto const& [job, ends] : end.job_ends) EXPECT_EQ(ends, 1) << "job " << job;
  EXPECT_GT(end.job_ends.size(), 100u) << "the crowd trades";
  EXPECT_GT(end.lease_ends.size(), 20u);
  EXPECT_GT(refusals.size(), 20u) << "and is refused for many reasons";

  if (bonds) {
    EXPECT_GT(end.transfers_of[TransferCode::bond_post], 10);
    EXPECT_GT(end.transfers_of[TransferCode::bond_loss], 5);
    EXPECT_GT(end.transfers_of[TransferCode::bond_return], 0);
  }
  EXPECT_LE(w.most_steps, limits.steps);
  // Nothing depends on where the work was cut: a core without a bound has nothing to do at each `Continue`.
  if (by_the_rules) limits.steps = UINT32_MAX;
  ExchangeCore again(limits);
  Outcome outcome;
  for (auto const& entry : w.journal) again.apply(entry, outcome);
  ASSERT_EQ(outcome.records.size(), w.records.size());
  EXPECT_EQ(std::memcmp(outcome.records.data(), w.records.data(), w.records.size() * sizeof(Record)), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, CoreProperty, testing::Range(1u, 7u));

}  // namespace
}  // namespace spillway
