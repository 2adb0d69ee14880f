// tests/apps/audit_states_test.cpp - what the exchange said of its state is held against replay's. Covers
// states_check.cpp, and state_digest.cpp of the pipeline.
#include <gmock/gmock.h>

#include "apps/audit/audit.hpp"
#include "audit_world.hpp"
#include "exchange/state_digest.hpp"

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct AuditedStates : testing::Test {
  World w;

  void SetUp() override { live_a_little(w, 2); }

  Seq say(StateDigest const& said, ParticipantId who = system_itself) {
    w.send(who, said);
    live_a_little(w, 1);
    return said.seq;
  }
  [[nodiscard]] StateDigest state_now() const {
    return {w.core.applied(), ExchangeCore::state_layout, state_digest(w.core)};
  }
  [[nodiscard]] AuditReport audited(bool states = true, BookKind book = BookKind::fast) const {
    ScratchFolder const folder;
    write_journal(folder.path(), w.journal);
    AuditOptions options{.directory = folder.path(), .vkey = vkey};
    options.states = states;
    options.book = book;
    auto const report = audit_journal(options);
    EXPECT_TRUE(report);
    return report ? *report : AuditReport{};
  }
};

TEST_F(AuditedStates, AreComparedEachWhereTheExchangeSaidIt) {
  say(state_now());
  say(state_now());
  for (auto const book : {BookKind::fast, BookKind::plain}) {
    auto const report = audited(true, book);
    EXPECT_TRUE(report.ok()) << report.finding->reason;
    EXPECT_EQ(report.states_compared, 2u);
  }
  EXPECT_EQ(audited(false).states_compared, 0u);
}

TEST_F(AuditedStates, OneThatIsAnotherThanReplaysIsFoundWithItsSequence) {
  auto other = state_now();
  other.digest[5] ^= std::byte{1};
  auto const seq = say(other);
  auto const report = audited();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.finding->seq, seq);
  EXPECT_THAT(report.finding->reason, HasSubstr("the state after sequence " + std::to_string(seq.v)));
  EXPECT_TRUE(audited(false).ok()) << "every outcome is right all the same";
}

TEST_F(AuditedStates, OneOfAnEarlierMomentIsNotTakenForALaterOne) {
  auto late = state_now();
  live_a_little(w, 1);
  late.seq = w.core.applied();
  say(late);
  EXPECT_FALSE(audited().ok());
}

TEST_F(AuditedStates, InAnotherLayoutAreCountedAndNotCompared) {
  auto foreign = state_now();
  ++foreign.layout;
  foreign.digest = {};
  say(foreign);
  auto const report = audited();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.states_compared, 0u);
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("1 digests of states in another layout")));
}

TEST_F(AuditedStates, ThatNobodyButTheExchangeSaidDoNotCount) {
  StateDigest claimed = state_now();
  claimed.digest = {};
  say(claimed, carl);
  auto const report = audited();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.states_compared, 0u);
}

}  // namespace
}  // namespace spillway
