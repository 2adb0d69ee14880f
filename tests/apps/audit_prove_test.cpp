// tests/apps/audit_prove_test.cpp - a receipt proves its fill to anybody with the key, and no changed receipt
// does; Go's sumdb packages agree. Covers prove.cpp, prove_page.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "apps/audit/prove.hpp"
#include "audit_world.hpp"
#include "journal/cosignature.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Writes the journal, and returns the checkpoint that stood at half of it.
std::string write_half(fs::path const& path, std::vector<Entry> const& entries) {
  std::string early;
  write_journal(path, entries, {.on_checkpoint = [&](std::string const& note) {
                  if (early.empty()) early = note;
                }});
  return early;
}

struct Receipts : ::testing::Test {
  ScratchFolder folder;
  World world;
  NoteVerifier verifier = fixed_key().verifier();

  std::string proof_of(std::uint64_t fill) {
    auto const proof = prove_fill({folder.path(), vkey, {}, {}}, FillId{fill});
    return proof ? proof->text : proof.error().sentence;
  }
};

TEST_F(Receipts, ProveEveryFillOfAClosedJournal) {
  live_a_little(world, 40);
  write_journal(folder.path(), world.journal);
  auto const fills = World::of<record::Fill>(world.records);
  ASSERT_GT(fills.size(), 40u);
  for (auto const& fill : fills) {
    auto const text = proof_of(fill.fill);
    ASSERT_THAT(text, StartsWith("c2sp.org/tlog-proof@v1\nextra "));
    auto const proven = check_fill_proof(text, &verifier);
    ASSERT_TRUE(proven) << proven.error();
    EXPECT_EQ(proven->record.as<record::Fill>().fill, fill.fill);
    EXPECT_EQ(proven->record.as<record::Fill>().price, fill.price);
    Outcome outcome;  // the entry that the receipt names made that fill
    ExchangeCore core;
    for (std::size_t i = 0; i < proven->seq.v; ++i) outcome.clear(), core.apply(world.journal[i], outcome);
    ASSERT_FALSE(World::of<record::Fill>(outcome.records).empty());
    EXPECT_EQ(World::of<record::Fill>(outcome.records).front().fill, fill.fill);
  }
}

TEST_F(Receipts, ThatWereTouchedProveNothing) {
  live_a_little(world, 12);
  write_journal(folder.path(), world.journal);
  auto const text = proof_of(5);
  ASSERT_TRUE(check_fill_proof(text, &verifier));
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto hurt = text;
    hurt[at] = static_cast<char>(hurt[at] ^ 1);
    EXPECT_FALSE(check_fill_proof(hurt, &verifier)) << at;
  }
  auto const stranger = LogKey::from_seed("spillway.example/journal", {std::byte{1}}).verifier();
  EXPECT_FALSE(check_fill_proof(text, &stranger));
}

// What `extra` says is believed only as far as it hashes to the signed tree.
TEST_F(Receipts, CannotBorrowTheProofOfAnotherRecord) {
  live_a_little(world, 12);
  write_journal(folder.path(), world.journal);
  auto proof = *parse_tlog_proof(proof_of(5));
  auto receipt = *parse_receipt(proof.extra);
  auto const try_it = [&](FillReceipt const& changed) {
    proof.extra = encode_receipt(changed);
    return check_fill_proof(tlog_proof_text(proof), &verifier).has_value();
  };
  ASSERT_TRUE(try_it(receipt));
  auto richer = receipt;
  auto fill = richer.outcome[richer.record].as<record::Fill>();
  fill.lots += 1'000;
  std::memcpy(richer.outcome[richer.record].body.data(), &fill, sizeof fill);
  EXPECT_FALSE(try_it(richer));
  auto elsewhere = receipt;
  elsewhere.place += 1;
  EXPECT_FALSE(try_it(elsewhere));
  auto later = receipt;
  later.seal.first = Seq{later.seal.first.v + 1}, later.seal.last = Seq{later.seal.last.v + 1};
  EXPECT_FALSE(try_it(later));
  auto other = receipt;
  other.record += 1;
  EXPECT_FALSE(try_it(other)) << "the record behind a fill is no fill";
}

TEST_F(Receipts, AreNotGivenForWhatIsNotThereOrNotCovered) {
  live_a_little(world, 12);
  write_journal(folder.path(), world.journal, {.closed = false});
  EXPECT_THAT(proof_of(999), HasSubstr("no record tells of a fill 999"));
  auto const last = World::of<record::Fill>(world.records).back().fill;
  EXPECT_THAT(proof_of(last), HasSubstr("does not cover the seal"));
  EXPECT_THAT(proof_of(1), StartsWith("c2sp.org/tlog-proof@v1\n")) << "the earlier checkpoint covers it";
}

TEST_F(Receipts, AreCheckedFromTheirFileAlone) {
  live_a_little(world, 12);
  write_journal(folder.path(), world.journal);
  ScratchFolder elsewhere;
  auto const file = elsewhere.path() / "fill.tlog-proof";
  std::ofstream(file, std::ios::binary) << proof_of(3);
  auto const checked = check_proof_file(file, vkey);
  ASSERT_TRUE(checked) << checked.error().sentence;
  EXPECT_THAT(check_proof_page(*checked, PageForm::text), HasSubstr("fill     3: order "));
  EXPECT_THAT(check_proof_page(*checked, PageForm::json), HasSubstr(R"("ok":true)"));
  EXPECT_FALSE(check_proof_file(file, "no key"));
  EXPECT_FALSE(check_proof_file(elsewhere.path() / "nothing", vkey));
}

/// Whether Go's own packages agree; what they say goes to `said`.
struct Go {
  fs::path program = fs::path(SPILLWAY_SOURCE_DIR) / "tests/apps/go_check/main.go";
  fs::path folder;
  [[nodiscard]] static int status_of(std::string const& command) { return std::system(command.c_str()); }
  [[nodiscard]] static bool installed() {
    return status_of("command -v go >/dev/null") == 0 &&
           fs::exists("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog");
  }
  [[nodiscard]] bool build() const {
    return status_of("cd '" + folder.string() + "' && GO111MODULE=off GOFLAGS= GOCACHE='" + folder.string() +
                     "/cache' GOPATH=/usr/share/gocode go build -o judge '" + program.string() + "'") == 0;
  }
  [[nodiscard]] bool accepts(std::string const& arguments) const {
    return status_of("'" + (folder / "judge").string() + "' " + arguments + " >/dev/null 2>&1") == 0;
  }
};

TEST_F(Receipts, AndCheckpointsConvinceGosOwnPackagesAndTamperedOnesDoNot) {
  if (!Go::installed())
    GTEST_SKIP() << "no go with golang.org/x/mod here (golang-go, golang-golang-x-mod-dev)";
  ScratchFolder elsewhere;
  Go const go{.folder = elsewhere.path()};
  ASSERT_TRUE(go.build());
  live_a_little(world, 40);
  auto const early = write_half(folder.path(), world.journal);
  auto const put = [&](char const* name, std::string const& text) {
    std::ofstream(elsewhere.path() / name, std::ios::binary) << text;
    return " '" + (elsewhere.path() / name).string() + "'";
  };
  auto const text = proof_of(30);
  auto const receipt = *parse_receipt(parse_tlog_proof(text)->extra);
  auto const leaf = " " + to_hex(encode_seal(receipt.seal));
  auto const tiles = " '" + (folder.path() / "tiles").string() + "'";
  auto const good = put("good", text), old = put("old", early);
  EXPECT_TRUE(go.accepts("'" + vkey + "'" + good + leaf));
  EXPECT_TRUE(go.accepts("'" + vkey + "'" + good + leaf + old + tiles)) << "and the trees are consistent";
  auto other = receipt.seal;
  other.outcome_count ^= 1;
  EXPECT_FALSE(go.accepts("'" + vkey + "'" + good + " " + to_hex(encode_seal(other)))) << "another leaf";
  auto const stranger = LogKey::from_seed("spillway.example/journal", {std::byte{1}}).verifier().vkey();
  EXPECT_FALSE(go.accepts("'" + stranger + "'" + good + leaf)) << "another key";
  for (auto const* part : {"index ", "\n\n", "spillway.example/journal\n", "journal "}) {
    auto hurt = text;
    auto& byte = hurt.at(hurt.find(part) + std::string(part).size());
    byte = byte == '1' ? '2' : '1';
    EXPECT_FALSE(go.accepts("'" + vkey + "'" + put("hurt", hurt) + leaf)) << "changed behind " << part;
  }
  auto const witness = WitnessKey::from_seed("w1.example", {});
  auto cosigned = witness.cosign(early, 1'700'000'000);
  auto const judged = [&](std::string const& note) {
    return go.accepts("cosigned '" + vkey + "' '" + witness.verifier().vkey() + "'" + put("cosigned", note));
  };
  EXPECT_TRUE(judged(cosigned)) << "a witness's word";
  EXPECT_FALSE(judged(early)) << "which is not there";
  cosigned[cosigned.size() - 20] = cosigned[cosigned.size() - 20] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(judged(cosigned)) << "a changed one";
  flip_bit(folder.path() / "tiles/tile/0/000", 100, 0);
  EXPECT_FALSE(go.accepts("'" + vkey + "'" + good + leaf + old + tiles)) << "a changed tile";
}

}  // namespace
}  // namespace spillway
