// tests/apps/attest_audit_test.cpp - units prove themselves to a real exchange, and the auditor checks every
// proof again from what was kept: an altered, missing or forged one is named. Covers attest_audit.cpp,
// attest_page.cpp.
#include "apps/audit/attest_audit.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "attest/recheck.hpp"
#include "forged_transcript.hpp"
#include "gate_world.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class AttestAudit : public ::testing::Test {
 protected:
  // Three proofs, two providers; `stop` closes the exchange and so its epoch.
  void prove_three() {
    auto first = world_.log_in(ada);
    auto second = world_.log_in(bert);
    EXPECT_TRUE(prove(first, add_node(first)).admitted);
    EXPECT_TRUE(prove(second, add_node(second)).admitted);
    auto const node = add_node(second, 2);
    EXPECT_TRUE(prove(second, node).admitted);
  }
  [[nodiscard]] fs::path journal() const { return world_.directory() / "journal"; }
  [[nodiscard]] fs::path evidence() const { return journal() / attest::evidence_folder; }
  [[nodiscard]] fs::path a_transcript() const {
    for (auto const& entry : fs::directory_iterator(evidence()))
      if (entry.path().extension() == ".cap1") return entry.path();
    throw std::runtime_error("no transcript was kept");
  }
  ProofReport audit() {
    ProofCheck check(evidence());
    AuditOptions options{journal(), {}, {}};
    options.each = [&](Entry const& entry, Outcome const& outcome) { check.gather(entry, outcome); };
    auto const report = audit_journal(options);
    if (!report) throw std::runtime_error(report.error().sentence);
    journal_ok_ = report->ok();
    auto proofs = check.finish();
    page_ = attest_page(*report, proofs, PageForm::text);
    document_ = attest_page(*report, proofs, PageForm::json);
    return proofs;
  }
  // Of a closed exchange.
  ProofReport audit_at_rest() {
    if (!stopped_) (void)world_.stop_exchange();
    stopped_ = true;
    auto report = audit();
    EXPECT_TRUE(journal_ok_) << page_;
    return report;
  }

  // The secret of the epoch of `a_transcript`, as everybody can make it once the seed is revealed.
  [[nodiscard]] std::shared_ptr<attest::EpochSecret const> revealed() const {
    std::ifstream in(a_transcript(), std::ios::binary);
    std::vector<char> const text(std::istreambuf_iterator<char>(in), {});
    auto const epoch =
        attest::claim_of(attest::decode_transcript(std::as_bytes(std::span(text))).value()).value().epoch;
    auto const seed = attest::EvidenceReader(evidence()).seed(epoch.beacon).value().value();
    return std::make_shared<attest::EpochSecret const>(epoch.epoch, seed, epoch.beacon, epoch.params.n);
  }

  GateWorld world_;
  bool stopped_{}, journal_ok_{};
  std::string page_, document_;
};

void flip(fs::path const& file, std::uintmax_t at) {
  std::fstream f(file, std::ios::binary | std::ios::in | std::ios::out);
  f.seekg(static_cast<std::streamoff>(at));
  auto const byte = static_cast<char>(f.get() ^ 1);
  f.seekp(static_cast<std::streamoff>(at));
  f.put(byte);
}

}  // namespace

TEST_F(AttestAudit, EveryProofOfTheJournalIsCheckedAgain) {
  prove_three();
  auto const report = audit_at_rest();
  EXPECT_TRUE(report.ok()) << page_;
  EXPECT_EQ(report.proofs, 3u);
  EXPECT_EQ(report.rechecked, 3u);
  EXPECT_TRUE(report.strangers.empty());
  EXPECT_THAT(page_, HasSubstr("3 in the journal, 3 checked again"));
  EXPECT_THAT(document_, HasSubstr(R"({"ok":true,"proofs":3,"rechecked":3,)"));
}

TEST_F(AttestAudit, AProofInF16xIsCheckedAgainInItsProfile) {
  auto line = world_.log_in(ada);
  EXPECT_TRUE(prove(line, add_node(line, 1, "V100-16"), "V100-16").admitted);
  EXPECT_TRUE(prove(line, add_node(line, 2)).admitted);
  EXPECT_EQ(audit_at_rest().rechecked, 2u) << page_;
}

TEST_F(AttestAudit, OneByteAlteredInOneTranscriptIsFoundAndNamed) {
  prove_three();
  (void)audit_at_rest();
  auto const file = a_transcript();
  auto const size = fs::file_size(file);
  // The exchange's randomness, the first message, the middle of the opened rows, the last byte.
  for (auto const at : {std::uintmax_t{20}, std::uintmax_t{70}, size / 2, size - 1}) {
    flip(file, at);
    auto const report = audit();
    EXPECT_EQ(report.rechecked, 2u) << at;
    ASSERT_EQ(report.wrong.size(), 1u) << at;
    EXPECT_THAT(report.wrong[0].what, HasSubstr(file.filename().string()));
    EXPECT_THAT(page_, ContainsRegex("WRONG    sequence [0-9]+, node [0-9]+ unit 0: .*\\.cap1"));
    EXPECT_THAT(page_, HasSubstr("verdict  NOT OK"));
    flip(file, at);
  }
  EXPECT_TRUE(audit().ok()) << page_;
}

TEST_F(AttestAudit, ATranscriptThatIsGoneIsMissed) {
  prove_three();
  (void)audit_at_rest();
  fs::remove(a_transcript());
  auto const report = audit();
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.missing.size(), 1u);
  EXPECT_EQ(report.rechecked, 2u);
  fs::remove_all(evidence());
  EXPECT_EQ(audit().missing.size(), 3u);
}

TEST_F(AttestAudit, AnAlteredSeedConfirmsNothing) {
  prove_three();
  (void)audit_at_rest();
  for (auto const& entry : fs::directory_iterator(evidence()))
    if (entry.path().extension() == ".seed") std::ofstream(entry.path()) << std::string(64, 'a') << '\n';
  auto const report = audit();
  EXPECT_EQ(report.rechecked, 0u);
  EXPECT_EQ(report.wrong.size(), 3u);
}

TEST_F(AttestAudit, ATranscriptForgedAfterTheRevealIsPerfectAndCountsForNothing) {
  prove_three();
  (void)audit_at_rest();
  auto const secret = revealed();
  auto const forged = forge(secret, {64, 2, 2, 1, 8});
  EXPECT_TRUE(attest::recheck(forged, secret)->admitted()) << "by itself it can't be told from a true one";
  auto store = attest::EvidenceStore::open(evidence());
  ASSERT_TRUE(store.has_value()) << store.error();
  ASSERT_TRUE(store->keep(forged).has_value());
  auto const report = audit();
  EXPECT_EQ(report.rechecked, 3u);
  EXPECT_EQ(report.strangers.size(), 1u);
  EXPECT_THAT(page_, HasSubstr("no entry names it, it counts for nothing"));
}

TEST_F(AttestAudit, AProofThatTwoEntriesNameIsTheProofOfTheFirst) {
  prove_three();
  (void)world_.stop_exchange();
  ProofCheck check(evidence());
  AuditOptions options;
  options.directory = journal();
  options.each = [&](Entry const& entry, Outcome const& outcome) {
    check.gather(entry, outcome);
    if (std::holds_alternative<UnitAttested>(entry.command)) check.gather(entry, outcome);
  };
  ASSERT_TRUE(audit_journal(options).has_value());
  auto const report = check.finish();
  EXPECT_EQ(report.rechecked, 3u);
  ASSERT_EQ(report.wrong.size(), 3u);
  EXPECT_THAT(report.wrong.front().what, HasSubstr("an earlier entry"));
}

TEST_F(AttestAudit, AConversationThatIsWrittenDownTwiceIsOneProof) {
  prove_three();
  (void)world_.stop_exchange();
  auto store = attest::EvidenceStore::open(evidence());
  ASSERT_TRUE(store.has_value()) << store.error();
  ProofCheck check(evidence());
  AuditOptions options;
  options.directory = journal();
  options.each = [&](Entry const& entry, Outcome const& outcome) {
    check.gather(entry, outcome);
    auto again = entry;
    auto* const said = std::get_if<UnitAttested>(&again.command);
    if (said == nullptr) return;
    auto other = attest::EvidenceReader(evidence()).transcript(said->transcript).value().value();
    other.version = attest::TranscriptVersion::one_chain;
    said->transcript = attest::hash_of(other);
    ASSERT_TRUE(store->keep(other).has_value());
    check.gather(again, outcome);
  };
  ASSERT_TRUE(audit_journal(options).has_value());
  auto const report = check.finish();
  EXPECT_EQ(report.rechecked, 3u);
  ASSERT_EQ(report.wrong.size(), 3u);
  EXPECT_THAT(report.wrong.front().what, HasSubstr("the same challenge as an earlier proof"));
}

TEST_F(AttestAudit, ProofsOfAnEpochThatIsStillOpenWaitForItsSeed) {
  prove_three();
  ProofReport report;
  world_.until(  // beside the exchange at work, whose journal is a little behind
      [&] {
        report = audit();
        return journal_ok_ && report.proofs == 3;
      },
      "three proofs in the journal");
  EXPECT_TRUE(report.ok()) << page_;
  EXPECT_EQ(report.rechecked, 0u);
  EXPECT_EQ(report.epoch_open, 3u);
  EXPECT_EQ(audit_at_rest().rechecked, 3u);
}

}  // namespace spillway
