// tests/exchange/pipeline/outcome_chain_test.cpp - seals by outcome_chain.cpp: what the writer says, a reader
// finds.
#include "exchange/outcome_chain.hpp"

#include <gtest/gtest.h>

namespace spillway {
namespace {

std::vector<Record> some_records(std::uint64_t n) {
  std::vector<Record> out;
  for (std::uint64_t i = 0; i < n % 4; ++i) out.push_back(Record::of(record::Accepted{n, i, 0, {}}));
  return out;
}

TEST(OutcomeChain, GivesADigestThatDoesNotDependOnHowBatchesFell) {
  OutcomeChain one, other;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    one.add(Seq{i}, some_records(i));
    other.add(Seq{i}, some_records(i));
    if (i % 3 == 0) (void)one.seal();
    if (i % 7 == 0) (void)other.seal();
  }
  EXPECT_EQ(one.digest(), other.digest());
}

TEST(OutcomeChain, SealsTheOutcomesOfTheBatchBefore) {
  OutcomeChain chain;
  chain.add(Seq{1}, some_records(3));
  chain.add(Seq{2}, some_records(2));
  auto const first = chain.seal();
  EXPECT_EQ(first.outcome_count, 0u);
  EXPECT_EQ(first.outcome_root, empty_root());
  auto const closing = chain.seal();
  EXPECT_TRUE(closing.empty());
  EXPECT_EQ(closing.outcome_count, 2u);
  std::vector<Hash256> const leaves{leaf_hash(outcome_bytes(some_records(3))),
                                    leaf_hash(outcome_bytes(some_records(2)))};
  EXPECT_EQ(closing.outcome_root, tree_root(leaves));
}

TEST(OutcomeChain, FindsASealThatSaysSomethingElse) {
  auto const check = [](auto&& change) {
    OutcomeChain writer, reader;
    for (auto* chain : {&writer, &reader})
      chain->add(Seq{1}, some_records(3)), chain->add(Seq{2}, some_records(1));
    auto seal = writer.seal();
    change(seal);
    return reader.check(seal).has_value();
  };
  EXPECT_TRUE(check([](Seal&) {}));
  EXPECT_FALSE(check([](Seal& s) { s.first = Seq{2}; }));
  EXPECT_FALSE(check([](Seal& s) { s.last = Seq{3}; }));
  EXPECT_FALSE(check([](Seal& s) { s.digest[5] ^= std::byte{1}; }));
  EXPECT_FALSE(check([](Seal& s) { s.outcome_root[31] ^= std::byte{1}; }));
  EXPECT_FALSE(check([](Seal& s) { s.outcome_count = 1; }));
}

}  // namespace
}  // namespace spillway
