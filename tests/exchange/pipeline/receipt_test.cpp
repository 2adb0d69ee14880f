// tests/exchange/pipeline/receipt_test.cpp - receipt.cpp: the way from a record to its seal, in bytes, and
// what does not lead there.
#include "exchange/receipt.hpp"

#include <gtest/gtest.h>

#include "exchange/outcome_chain.hpp"

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

}  // namespace
}  // namespace spillway
