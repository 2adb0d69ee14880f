// tests/exchange/pipeline/receipt_test.cpp - receipt.cpp: the way from a record to its seal, in bytes, and
// what does not lead there; fill_proof.cpp: found in a journal.
#include "exchange/receipt.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "exchange/fill_proof.hpp"
#include "exchange/outcome_chain.hpp"
#include "exchange/projection.hpp"
#include "journal/log_writer.hpp"
#include "journal/tiles.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

/// Three commands in a batch, the second with a posting and a fill; and the seal of the batch behind it.
struct Covered : ::testing::Test {
  std::vector<std::vector<Record>> outcomes{3};
  FillReceipt receipt;

  Covered() {
    for (auto& outcome : outcomes) outcome.push_back(Record::of(record::Accepted{}));
    outcomes[1].push_back(Record::of(record::Posting{}));
    outcomes[1].push_back(Record::of(record::Fill{7, 1, 2, 1'000, 5, 1, 1, 0, 1, 1, {}}));
    OutcomeChain chain;
    std::vector<Hash256> leaves;
    for (std::uint64_t seq = 1; seq <= 3; ++seq) {
      chain.add(Seq{seq}, outcomes[seq - 1]);
      leaves.push_back(leaf_hash(outcome_bytes(outcomes[seq - 1])));
    }
    (void)chain.seal();
    receipt.record = 2, receipt.place = 1, receipt.seal = chain.seal();
    receipt.hashes = inclusion_proof(leaves, 1);
    receipt.outcome = outcomes[1];
  }
};

TEST_F(Covered, IsReadBackAsItWasWrittenAndNamesItsEntry) {
  auto const bytes = encode_receipt(receipt);
  EXPECT_EQ(bytes.size(), 120 + 2 * 32 + 3 * 96u);
  auto const again = parse_receipt(bytes);
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->seq(), Seq{2});
  EXPECT_EQ(encode_receipt(*again), bytes);
}

TEST_F(Covered, NoChangedByteLeadsToTheSeal) {
  auto const bytes = encode_receipt(receipt);
  // D and the last sequence are vouched for by the tree above, not by this part.
  auto const by_the_tree = [](std::size_t at) {
    return at >= 32 + 8 && at < 32 + 56 && !(at >= 32 + 16 && at < 32 + 24);
  };
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (by_the_tree(at)) continue;
    auto hurt = bytes;
    hurt[at] ^= std::byte{1};
    auto const read = parse_receipt(hurt);
    EXPECT_TRUE(!read || read->seq() != Seq{2}) << at;
  }
  EXPECT_FALSE(parse_receipt(ByteView(bytes).first(bytes.size() - 1)));
  EXPECT_FALSE(parse_receipt({}));
}

TEST_F(Covered, OnlyAFillIsProven) {
  receipt.record = 1;
  EXPECT_EQ(parse_receipt(encode_receipt(receipt)).error(), "the record that the receipt names is no fill");
  receipt.record = 9;
  EXPECT_FALSE(parse_receipt(encode_receipt(receipt)));
}

/// The same three commands in a journal: leaves 0 to 2 and their seal, then the closing seal.
struct InAJournal : Covered {
  std::filesystem::path folder = [] {
    auto name = (std::filesystem::temp_directory_path() / "spillway-receipt-XXXXXX").string();
    return std::filesystem::path(::mkdtemp(name.data()));
  }();
  LogKey key = LogKey::from_seed("log.example", {});
  std::vector<std::string> notes;  // after each seal

  InAJournal() {
    auto const directory = JournalDirectory::open(folder, DirectoryMode::write);
    LogOptions options;
    options.segment_bytes = 65'536;
    auto entries = LogWriter::open(folder, StreamKind::entries, options).value();
    auto records = LogWriter::open(folder, StreamKind::records, options).value();
    TileWriter tiles(directory->tiles());
    Frontier tree;
    OutcomeChain chain;
    auto const leaf = [&](FrameType type, Seq seq, ByteView bytes) {
      entries.append(type, seq, bytes);
      tree.append(leaf_hash(bytes));
      tiles.append(leaf_hash(bytes));
    };
    for (std::uint64_t seq = 1; seq <= 3; ++seq) {
      leaf(FrameType::entry, Seq{seq}, as_byte_view("entry"));
      chain.add(Seq{seq}, outcomes[seq - 1]);
      records.append(FrameType::records, Seq{seq}, outcome_bytes(outcomes[seq - 1]));
    }
    for (int seals = 0; seals < 2; ++seals) {
      leaf(FrameType::seal, chain.last(), encode_seal(chain.seal()));
      entries.commit();
      records.commit();
      EXPECT_TRUE(tiles.write_all());
      notes.push_back(sign_checkpoint(tree.size(), tree.root(), key));
    }
  }
  ~InAJournal() override { std::filesystem::remove_all(folder); }
  [[nodiscard]] std::expected<std::string, NoFillProof> proof(std::uint64_t fill, std::uint64_t size) const {
    auto const directory = JournalDirectory::open(folder, DirectoryMode::read_only);
    return make_fill_proof(*directory, FillId{fill}, size, notes[static_cast<std::size_t>(size - 4)]);
  }
};

TEST_F(InAJournal, AFillIsFoundAndProvenUnderTheHeadThatCoversItsSeal) {
  auto const text = proof(7, 5);
  ASSERT_TRUE(text) << text.error().sentence;
  auto const proven = check_fill_proof(*text, &key.verifier());
  ASSERT_TRUE(proven) << proven.error();
  EXPECT_EQ(proven->seq, Seq{2});
  EXPECT_EQ(proven->leaf, 4u);
  EXPECT_EQ(proven->record.as<record::Fill>().fill, 7u);
  auto const early = proof(7, 4);
  ASSERT_FALSE(early);
  EXPECT_TRUE(early.error().uncovered && !early.error().absent) << early.error().sentence;
  auto const again = parse_tlog_proof(*text);
  ASSERT_TRUE(again);
  auto const kept = make_fill_proof(folder / "tiles", {4, again->extra}, 5, notes[1]);
  EXPECT_EQ(kept.value(), *text) << "out of what the projection keeps it is the same";
  auto const nothing = proof(8, 5);
  ASSERT_FALSE(nothing);
  EXPECT_TRUE(nothing.error().absent && !nothing.error().uncovered) << nothing.error().sentence;
}

}  // namespace
}  // namespace spillway
