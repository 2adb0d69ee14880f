// tests/apps/bundle_test.cpp - a bundle of an exchange at work is a journal that the auditor accepts, and
// holds nothing that is secret. Covers bundle.cpp.
#include "apps/bundle/bundle.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "apps/audit/attest_audit.hpp"
#include "apps/audit/postings.hpp"
#include "gate_world.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string content_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// An exchange with a proven unit and a fill; another second later its checkpoint covers them.
class Bundle : public ::testing::Test {
 protected:
  Bundle() : line_(world_.log_in(ada)) {
    supply(line_);
    auto buyer = world_.log_in(carl);
    (void)buyer.ask(token_order());
    auto const dispatch = line_.next<msg::Dispatch>();
    deliver(line_, dispatch.job, {"word"});
    finish(line_, dispatch.job, 10, 1, world_.key_of(ada));
    (void)buyer.next<msg::JobEnd>();
  }
  [[nodiscard]] fs::path journal() const { return world_.directory() / "journal"; }
  [[nodiscard]] fs::path out() const { return world_.directory() / "bundle"; }
  AuditReport audit(ProofReport* proofs = nullptr) {
    ProofCheck check(out() / attest::evidence_folder);
    AuditOptions options{out(), {}};
    options.each = [&](Entry const& entry, Outcome const& outcome) { check.gather(entry, outcome); };
    auto report = audit_journal(options);
    if (!report) throw std::runtime_error(report.error().sentence);
    if (proofs) *proofs = check.finish();
    return *report;
  }
  GateWorld world_;
  Line line_;
};

TEST_F(Bundle, OfAnExchangeAtWorkIsWholeAndSignedAndEndsWithItsCheckpoint) {
  auto const made = make_bundle(journal(), out());
  ASSERT_TRUE(made) << made.error();
  auto const report = audit();
  ASSERT_TRUE(report.ok()) << report.finding->reason;
  EXPECT_EQ(report.signed_by, made->vkey) << "the public key is there";
  EXPECT_EQ(report.checkpoint_size, made->size);
  EXPECT_EQ(report.entries + report.seals, made->size) << "no more than what the checkpoint covers";
  EXPECT_EQ(report.entries, made->entries);
  EXPECT_EQ(report.records_compared, made->entries);
  EXPECT_EQ(report.torn_bytes, 0u);
  EXPECT_THAT(report.notes, IsEmpty());
  EXPECT_THAT(make_bundle(journal(), out()).error(), HasSubstr("is there already"));
}

TEST_F(Bundle, OfAClosedExchangeIsAllOfItWithoutItsSecrets) {
  std::vector<std::string> secrets;
  for (auto const& file : fs::directory_iterator(journal() / attest::evidence_folder))
    if (file.path().extension() == ".open") secrets.push_back(content_of(file.path()));
  ASSERT_FALSE(secrets.empty());
  ASSERT_TRUE(make_bundle(journal(), world_.directory() / "early"));
  (void)world_.stop_exchange();
  secrets.push_back(content_of(journal() / "keys" / "log.key").substr(12));
  auto const made = make_bundle(journal(), out());
  ASSERT_TRUE(made) << made.error();
  ProofReport proofs;
  auto const report = audit(&proofs);
  EXPECT_TRUE(report.ok());
  EXPECT_TRUE(report.closed);
  EXPECT_TRUE(proofs.ok());
  EXPECT_EQ(proofs.rechecked, 1u);
  EXPECT_TRUE(sum_postings({out(), made->vkey}).value().ok());
  for (auto const* const folder : {"early", "bundle"})
    for (auto const& file : fs::recursive_directory_iterator(world_.directory() / folder)) {
      if (!file.is_regular_file()) continue;
      EXPECT_THAT(content_of(file.path()), Not(HasSubstr("PRIVATE+KEY"))) << file.path();
      if (file.path().extension() == ".seed") continue;  // of an epoch that is over
      for (auto const& secret : secrets) EXPECT_THAT(content_of(file.path()), Not(HasSubstr(secret)));
    }
  EXPECT_FALSE(fs::exists(out() / "projection"));
}

TEST_F(Bundle, IsNotMadeOutOfADamagedJournal) {
  (void)world_.stop_exchange();
  auto const segment = journal() / "segments" / "00000000000000000001";
  std::fstream both(segment, std::ios::binary | std::ios::in | std::ios::out);
  both.seekp(4096 + 40);
  both.put('\x55');
  both.close();
  EXPECT_THAT(make_bundle(journal(), out()).error(), HasSubstr("at byte 4096"));
  EXPECT_FALSE(fs::exists(out()));
  EXPECT_FALSE(fs::exists(world_.directory() / "bundle.part"));
  EXPECT_THAT(make_bundle(world_.directory() / "tls", out()).error(), HasSubstr("not a journal"));
}

}  // namespace
}  // namespace spillway
