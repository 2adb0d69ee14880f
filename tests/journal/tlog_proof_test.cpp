// tests/journal/tlog_proof_test.cpp - the text of a proof, and the walk from an entry to the signed root.
// Covers src/tlog_proof.cpp.
#include "journal/tlog_proof.hpp"

#include <gtest/gtest.h>

#include "journal/merkle.hpp"

namespace spillway {
namespace {

TEST(TlogProof, IsReadBackAsItWasWritten) {
  TlogProof const proof{
      {std::byte{1}}, 7, {leaf_hash(as_byte_view("a")), leaf_hash(as_byte_view("b"))}, "note"};
  auto const text = tlog_proof_text(proof);
  auto const again = parse_tlog_proof(text);
  ASSERT_TRUE(again) << again.error().reason;
  EXPECT_EQ(again->extra, proof.extra);
  EXPECT_EQ(again->index, 7u);
  EXPECT_EQ(again->hashes, proof.hashes);
  EXPECT_EQ(again->checkpoint, "note");
  EXPECT_TRUE(parse_tlog_proof("c2sp.org/tlog-proof@v1\nindex 0\n\nnote"));
  for (char const* bad : {"", "c2sp.org/tlog-proof@v2\nindex 0\n\n", "c2sp.org/tlog-proof@v1\nindex 01\n\n",
                          "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n", "c2sp.org/tlog-proof@v1\nindex 0\n",
                          "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n", "c2sp.org/tlog-proof@v1\n\n",
                          "c2sp.org/tlog-proof@v1\nindex -1\n\n"})
    EXPECT_FALSE(parse_tlog_proof(bad)) << bad;
}

TEST(TlogProof, TheLinesOfAConsistencyProofAreReadBackAsTheyWereWritten) {
  std::vector<Hash256> const hashes{leaf_hash(as_byte_view("a")), leaf_hash(as_byte_view("b"))};
  EXPECT_EQ(parse_proof_lines(proof_lines(hashes)).value(), hashes);
  EXPECT_TRUE(parse_proof_lines("")->empty());
  std::string const line = proof_lines(std::span(hashes).first(1));
  std::string many;
  for (int i = 0; i < 65; ++i) many += line;
  EXPECT_EQ(parse_proof_lines(many.substr(line.size()))->size(), 64u);
  for (std::string const& bad : {many, line + "\n", line.substr(0, line.size() - 1), std::string("AAAA\n"),
                                 "\n" + line, line + "not base64\n"})
    EXPECT_FALSE(parse_proof_lines(bad)) << bad;
}

TEST(TlogProof, LeadsFromTheEntryToTheSignedRootAndFromNoOther) {
  std::vector<Hash256> leaves;
  for (char const* entry : {"a", "b", "c", "d", "e"}) leaves.push_back(leaf_hash(as_byte_view(entry)));
  auto const key = LogKey::from_seed("log.example", {});
  TlogProof proof{{}, 3, inclusion_proof(leaves, 3), sign_checkpoint(5, tree_root(leaves), key)};
  auto const checkpoint = check_tlog_proof(proof, as_byte_view("d"), &key.verifier());
  ASSERT_TRUE(checkpoint) << checkpoint.error().reason;
  EXPECT_EQ(checkpoint->size, 5u);
  EXPECT_TRUE(check_tlog_proof(proof, as_byte_view("d"), nullptr));
  EXPECT_FALSE(check_tlog_proof(proof, as_byte_view("c"), &key.verifier()));
  auto const stranger = LogKey::from_seed("log.example", {std::byte{1}});
  EXPECT_FALSE(check_tlog_proof(proof, as_byte_view("d"), &stranger.verifier()));
  proof.index = 2;
  EXPECT_FALSE(check_tlog_proof(proof, as_byte_view("d"), &key.verifier()));
}

}  // namespace
}  // namespace spillway
