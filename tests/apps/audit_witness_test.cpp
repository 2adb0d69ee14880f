// tests/apps/audit_witness_test.cpp - what others keep finds what the exchange hides: a removed end, a second
// history; a quorum of cosignatures is there or its lack is told. Covers witnesses.cpp, heads_check.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/audit/audit_page.hpp"
#include "apps/audit/postings.hpp"
#include "apps/audit/prove.hpp"
#include "audit_world.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Witnessed : ::testing::Test {
  ScratchFolder folder, kept;
  World world;
  WitnessKey one = WitnessKey::from_seed("w1.example", {std::byte{1}});
  WitnessKey two = WitnessKey::from_seed("w2.example", {std::byte{2}});
  std::string early, late;  // the checkpoints at half of the journal and at its end

  Witnessed() { live_a_little(world, 12); }
  void write() {
    write_journal(folder.path(), world.journal, {.on_checkpoint = [&](std::string const& note) {
                    if (early.empty()) early = note;
                    late = note;
                  }});
  }
  fs::path keep(char const* name, std::string const& note) {
    std::ofstream(kept.path() / name, std::ios::binary) << note;
    return kept.path() / name;
  }
  AuditOptions options(std::vector<fs::path> checkpoints, std::size_t quorum = 0) {
    AuditOptions out{folder.path(), vkey};
    out.checkpoints = std::move(checkpoints);
    out.witnesses = {{one.verifier().vkey(), two.verifier().vkey()}, quorum};
    return out;
  }
  static std::string reason(std::expected<AuditReport, AuditError> const& report) {
    if (!report) return report.error().sentence;
    return report->ok() ? std::string() : report->finding->reason;
  }
  /// With replay and without, the same is found.
  static std::string reason(AuditOptions const& asked) {
    auto const found = reason(audit_journal(asked));
    EXPECT_EQ(reason(sum_postings(asked)), found);
    return found;
  }
};

TEST_F(Witnessed, AQuorumVouchesForAsMuchAsEachOfItCosigned) {
  write();
  auto const first = keep("one", one.cosign(late, 1'700'000'000));
  auto const second = keep("two", two.cosign(early, 1'700'000'060));
  auto const report = audit_journal(options({first, second})).value();
  ASSERT_TRUE(report.ok()) << report.finding->reason;
  auto const half = parse_checkpoint_text(parse_note(early)->text)->size;
  EXPECT_EQ(report.witnesses.covered(), half) << "two of two";
  EXPECT_THAT(report.notes, Contains(HasSubstr("vouches for the first " + std::to_string(half))));
  auto const page = verify_page(report, PageForm::text);
  EXPECT_THAT(page, HasSubstr("witness  w2.example: covers " + std::to_string(half) +
                              " entries and seals, cosigned 2023-11-14 22:14:20\n"));
  EXPECT_THAT(verify_page(report, PageForm::json), HasSubstr("\"quorum_size\":" + std::to_string(half)));
  auto const any = audit_journal(options({first, second}, 1)).value();
  EXPECT_EQ(any.witnesses.covered(), report.checkpoint_size) << "one of two";
  EXPECT_THAT(any.notes, IsEmpty());
  auto const from_records = sum_postings(options({first, second})).value();
  EXPECT_EQ(from_records.notes, report.notes);
  for (auto const& text : {replay_page(report, PageForm::text), trial_balance_page(report, PageForm::text),
                           trial_balance_page(from_records, PageForm::text)})
    EXPECT_THAT(text, HasSubstr("witness  w2.example: covers " + std::to_string(half)));
}

TEST_F(Witnessed, AMissingOrFlippedCosignatureIsTold) {
  write();
  EXPECT_THAT(reason(options({})),
              HasSubstr("0 of 2 witnesses cosigned, the quorum is 2; no cosignature of w1.ex"));
  auto const first = keep("one", one.cosign(late, 1'700'000'000));
  EXPECT_THAT(reason(options({first})), HasSubstr("1 of 2 witnesses cosigned"));
  auto both = two.cosign(one.cosign(late, 1'700'000'000), 1'700'000'000);
  EXPECT_EQ(reason(options({keep("both", both)})), "");
  auto& byte = both[both.size() - 20];
  byte = byte == 'A' ? 'B' : 'A';
  auto const flipped = keep("flipped", both);
  EXPECT_THAT(reason(options({flipped})), HasSubstr("the cosignature of w2.example is wrong"));
  auto const enough = audit_journal(options({flipped}, 1)).value();
  EXPECT_TRUE(enough.ok());
  EXPECT_THAT(enough.notes,
              Contains(HasSubstr("the cosignature of w2.example is wrong; the quorum is reached")));
}

TEST_F(Witnessed, CosignaturesInTheJournalsOwnCheckpointCountToo) {
  write();
  ASSERT_TRUE(persist_checkpoint(folder.path() / "checkpoint", two.cosign(one.cosign(late, 5), 6)));
  EXPECT_EQ(reason(options({})), "");
}

// The exchange signs what it likes; the witness's newer head is what tells.
TEST_F(Witnessed, ARemovedEndIsFoundByTheHeadThatAWitnessKept) {
  write();
  auto const file = keep("kept", one.cosign(late, 1'700'000'000));
  fs::remove_all(folder.path());
  auto shorter = world.journal;
  shorter.resize(shorter.size() - 30);
  write_journal(folder.path(), shorter);
  AuditOptions alone{folder.path(), vkey};
  EXPECT_EQ(reason(alone), "") << "by itself it is a journal like any other";
  alone.checkpoints = {file};
  auto const size = std::to_string(parse_checkpoint_text(parse_note(late)->text)->size);
  EXPECT_THAT(reason(alone), HasSubstr("kept vouches for " + size + " entries and seals, the segments hold"));
}

TEST_F(Witnessed, ASecondHistoryIsFoundWhateverItsLength) {
  write();
  auto const file = keep("kept", early);
  fs::remove_all(folder.path());
  write_journal(folder.path(), world.journal, {.batch = 5});
  AuditOptions alone{folder.path(), vkey};
  EXPECT_EQ(reason(alone), "");
  alone.checkpoints = {file};
  EXPECT_THAT(reason(alone), HasSubstr("the exchange has shown two histories"));
}

TEST_F(Witnessed, AKeptHeadMustBeSignedByTheLog) {
  write();
  auto const stranger = LogKey::from_seed("spillway.example/journal", {std::byte{9}});
  auto const size = parse_checkpoint_text(parse_note(late)->text).value();
  auto const forged = keep("forged", sign_checkpoint(size.size, size.root, stranger));
  EXPECT_THAT(reason(options({forged})), HasSubstr("no known key signed the note"));
  EXPECT_THAT(reason(options({kept.path() / "nothing"})), HasSubstr("is not there"));
}

TEST_F(Witnessed, APolicyThatCannotBeIsRefused) {
  auto const w1 = one.verifier().vkey();
  EXPECT_THAT(WitnessTally::of({{"w1"}, 0}).error(), HasSubstr("--witness must be"));
  EXPECT_THAT(WitnessTally::of({{vkey}, 0}).error(), HasSubstr("--witness must be")) << "the log's own key";
  EXPECT_THAT(WitnessTally::of({{w1, w1}, 1}).error(), HasSubstr("named twice"));
  EXPECT_THAT(WitnessTally::of({{w1}, 2}).error(), HasSubstr("1 are named"));
  EXPECT_TRUE(WitnessTally::of({})->report().reached()) << "nobody was asked for";
}

TEST_F(Witnessed, AReceiptCarriesItsCosignaturesToWhoeverWantsThem) {
  write();
  auto asked =
      options({keep("one", one.cosign(late, 1'700'000'000)), keep("two", two.cosign(late, 1'700'000'001))});
  auto const proof = prove_fill(asked, FillId{3});
  ASSERT_TRUE(proof) << proof.error().sentence;
  auto const file = keep("fill.tlog-proof", proof->text);
  auto const checked = check_proof_file(file, vkey, asked.witnesses);
  ASSERT_TRUE(checked) << checked.error().sentence;
  EXPECT_THAT(check_proof_page(*checked, PageForm::text), HasSubstr("\ncosigned w1.example, w2.example\n"));
  EXPECT_THAT(check_proof_page(*checked, PageForm::json),
              HasSubstr(R"("cosigned_by":["w1.example","w2.example"])"));
  auto const plain = prove_fill({folder.path(), vkey}, FillId{3});
  auto const bare = check_proof_file(keep("bare", plain->text), vkey, asked.witnesses);
  ASSERT_FALSE(bare);
  EXPECT_THAT(bare.error().sentence, HasSubstr("0 of 2 witnesses cosigned"));
  EXPECT_TRUE(check_proof_file(kept.path() / "bare", vkey));
  asked.checkpoints = {keep("one", one.cosign(late, 1)), keep("two", two.cosign(early, 1))};
  EXPECT_THAT(prove_fill(asked, FillId{3}).error().sentence, HasSubstr("not over the same text"));
  asked.checkpoints = {keep("early", one.cosign(early, 1))};
  EXPECT_TRUE(prove_fill(asked, FillId{1})) << "under an older head, out of the tiles of the newer one";
}

}  // namespace
}  // namespace spillway
