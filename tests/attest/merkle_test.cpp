// tests/attest/merkle_test.cpp - the tree against a plain one.
#include "attest/merkle.hpp"

#include <gtest/gtest.h>

#include "reference.hpp"

namespace spillway::attest {
namespace {

std::vector<Digest> leaves(std::size_t count) {
  std::vector<Digest> out;
  for (std::uint32_t i = 0; i < count; ++i) out.push_back(hash("leaf", {le32(i)}));
  return out;
}

// For one leaf, as ascend() does it for eight.
bool leads_to(Digest const& root, Digest const& leaf, std::size_t index, std::size_t count,
              std::span<Digest const> path) {
  if (index >= count || path.size() != path_length(index, count)) return false;
  Ascent way{leaf, index, path};
  ascend({&way, 1}, count);
  return way.here == root;
}

}  // namespace

TEST(Merkle, TakesEightLeavesToTheirRootsAtOnce) {
  for (std::size_t count : {8u, 13u, 64u, 100u}) {
    auto const all = leaves(count);
    MerkleTree const tree(all);
    std::vector<std::vector<Digest>> paths;
    for (std::size_t i = 0; i < hash_width; ++i) paths.push_back(tree.path(i * (count - 1) / 7));
    paths[3][0][0] ^= std::byte{1};
    std::vector<Ascent> ways;
    for (std::size_t i = 0; i < hash_width; ++i) {
      auto const index = i * (count - 1) / 7;
      ways.push_back({all[index], index, paths[i]});
    }
    ascend(ways, count);
    for (std::size_t i = 0; i < hash_width; ++i) EXPECT_EQ(ways[i].here == tree.root(), i != 3) << count;
  }
}

TEST(Merkle, HasTheRootAndThePathsOfThePlainTreeForEveryCount) {
  for (std::size_t count = 1; count <= 40; ++count) {
    auto const all = leaves(count);
    MerkleTree const tree(all);
    ASSERT_EQ(tree.root(), reference::root_of(all)) << count;
    for (std::size_t i = 0; i < count; ++i) {
      auto const path = tree.path(i);
      ASSERT_EQ(path, reference::path_of(all, i));
      ASSERT_EQ(path.size(), path_length(i, count));
      ASSERT_TRUE(leads_to(tree.root(), all[i], i, count, path));
    }
  }
}

TEST(Merkle, RefusesALeafAtEveryOtherIndex) {
  for (std::size_t count : {2u, 3u, 5u, 8u, 13u}) {
    auto const all = leaves(count);
    MerkleTree const tree(all);
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < count + 2; ++j)
        ASSERT_EQ(leads_to(tree.root(), all[i], j, count, tree.path(i)), i == j)
            << count << " " << i << " " << j;
  }
}

TEST(Merkle, RefusesPathsThatAreTooShortTooLongOrChanged) {
  auto const all = leaves(11);
  MerkleTree const tree(all);
  auto path = tree.path(6);
  EXPECT_FALSE(leads_to(tree.root(), all[6], 6, 11, std::span(path).first(path.size() - 1)));
  path.push_back(all[0]);
  EXPECT_FALSE(leads_to(tree.root(), all[6], 6, 11, path));
  path.pop_back();
  for (auto& partner : path) {
    partner[5] ^= std::byte{1};
    EXPECT_FALSE(leads_to(tree.root(), all[6], 6, 11, path));
    partner[5] ^= std::byte{1};
  }
  EXPECT_TRUE(leads_to(tree.root(), all[6], 6, 11, path));
}

}  // namespace spillway::attest
