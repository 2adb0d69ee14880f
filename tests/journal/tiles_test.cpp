// tests/journal/tiles_test.cpp - tiles by the specification's own examples, and proofs out of them.
// Covers src/tiles.cpp, src/tile_writer.cpp, src/tiled_tree.cpp.
#include "journal/tiles.hpp"

#include <gtest/gtest.h>

#include "journal/merkle.hpp"
#include "journal/tiled_tree.hpp"
#include "support.hpp"

namespace spillway {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

std::vector<std::string> files_under(fs::path const& folder) {
  std::vector<std::string> files;
  for (auto const& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), folder).string());
  std::ranges::sort(files);
  return files;
}

/// A folder that had a checkpoint at each of these sizes.
void publish(fs::path const& folder, std::span<Hash256 const> leaves, std::vector<std::size_t> const& sizes) {
  TileWriter writer(folder);
  for (std::size_t size : sizes) {
    while (writer.size() < size) writer.append(leaves[writer.size()]);
    ASSERT_TRUE(writer.write_all());
  }
}

TEST(Tiles, AreTheSameWithTheRootsThatTheFrontierFound) {
  auto const leaves = numbered_leaves(66'000);  // one tile of level 1 is full
  Frontier frontier;
  TileTree alone, beside;
  std::vector<std::pair<TileName, std::vector<Hash256>>> made, given;
  auto const into = [](auto& tiles) {
    return [&tiles](TileName const& name, std::span<Hash256 const> hashes) {
      tiles.emplace_back(name, std::vector(hashes.begin(), hashes.end()));
    };
  };
  for (auto const& leaf : leaves) {
    frontier.append(leaf);
    ASSERT_EQ(frontier.finished().size(), frontier.size() % 65'536 == 0 ? 2u : frontier.size() % 256 == 0);
    alone.append(leaf, into(made));
    beside.append(leaf, into(given), frontier.finished());
  }
  EXPECT_EQ(made.size(), 257u + 1);
  EXPECT_EQ(given, made);
  EXPECT_TRUE(std::ranges::equal(alone.open(2), beside.open(2)));
}

TEST(Tiles, AreNamedAsTheSpecificationNamesThem) {
  EXPECT_EQ(tile_path({0, 1'234'067, tile_width}), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path({0, 273, 112}), "tile/0/273.p/112");
  EXPECT_EQ(tile_path({7, 0, 1}), "tile/7/000.p/1");
  EXPECT_EQ(tile_path({1, 1000, tile_width}), "tile/1/x001/000");
  for (TileName const name :
       {TileName{0, 1'234'067, 256}, TileName{0, 273, 112}, TileName{3, 999'999'999, 255}})
    EXPECT_EQ(parse_tile_path(tile_path(name)), name);
  for (char const* path :
       {"", "tile/0/", "tile/0/1", "tile/0/0001", "tile/00/001", "tile/8/001", "tile/0/x001",
        "tile/0/x000/001", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/001.tmp",
        "tile/entries/001", "tiles/0/001", "tile/0/001/002"})
    EXPECT_FALSE(parse_tile_path(path)) << path;
}

// The specification's example: 70,000 leaves are 273 full tiles and one of 112, then 1 and one of 17, then 1.
TEST(Tiles, OfSeventyThousandLeavesAreThoseOfTheSpecification) {
  EXPECT_EQ(tile_width_at(0, 272, 70'000), 256u);
  EXPECT_EQ(tile_width_at(0, 273, 70'000), 112u);
  EXPECT_EQ(tile_width_at(0, 274, 70'000), 0u);
  EXPECT_EQ(tile_width_at(1, 0, 70'000), 256u);
  EXPECT_EQ(tile_width_at(1, 1, 70'000), 17u);
  EXPECT_EQ(tile_width_at(2, 0, 70'000), 1u);
  EXPECT_EQ(tile_width_at(3, 0, 70'000), 0u);
  TempDir dir;
  auto const leaves = numbered_leaves(70'000);
  publish(dir.path(), leaves, {70'000});
  EXPECT_EQ(files_under(dir.path()).size(), 273u + 1 + 1 + 1 + 1);
  for (char const* path :
       {"tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"})
    EXPECT_TRUE(fs::exists(dir.path() / path)) << path;
  TiledTree tree(TileFolder(dir.path()), 70'000);
  EXPECT_EQ(tree.root().value(), tree_root(leaves));
  for (std::uint64_t const index : {0, 255, 256, 65'535, 65'536, 69'887, 69'999})
    EXPECT_EQ(tree.inclusion(index).value(), inclusion_proof(leaves, index)) << index;
  for (std::uint64_t const old : {0, 1, 256, 777, 65'536, 69'999, 70'000})
    EXPECT_EQ(tree.consistency(old).value(), consistency_proof(leaves, old)) << old;
}

TEST(Tiles, GiveTheProofThatOtherImplementationsAccepted) {
  TempDir dir;
  auto const leaves = numbered_leaves(1000);
  publish(dir.path(), leaves, {777, 1000});
  TiledTree tree(TileFolder(dir.path()), 1000);
  auto const proof = tree.consistency(777).value();
  EXPECT_EQ(proof.size(), 11u);
  EXPECT_TRUE(
      verify_consistency(777, 1000, tree_root(std::span(leaves).first(777)), tree_root(leaves), proof));
  TiledTree older(TileFolder(dir.path()), 777);
  EXPECT_EQ(older.root().value(), tree_root(std::span(leaves).first(777))) << "from what a checkpoint left";
}

TEST(Tiles, PartialOnesOfCheckpointsStayUntilTheirTileIsFull) {
  TempDir dir;
  auto const leaves = numbered_leaves(600);
  publish(dir.path(), leaves, {10, 200});
  EXPECT_EQ(files_under(dir.path()), (std::vector<std::string>{"tile/0/000.p/10", "tile/0/000.p/200"}));
  publish(dir.path(), leaves, {10, 200, 300});
  EXPECT_EQ(files_under(dir.path()),
            (std::vector<std::string>{"tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"}));
  for (std::uint64_t const size : {10, 200, 256, 300}) {
    TiledTree tree(TileFolder(dir.path()), size);
    EXPECT_EQ(tree.root().value(), tree_root(std::span(leaves).first(size))) << size;
  }
  TiledTree beyond(TileFolder(dir.path()), 301);
  EXPECT_NE(beyond.root().error().message.find("tile/0/001.p/45"), std::string::npos);
}

// Sizes between two checkpoints have no files of their own.
TEST(Tiles, OfAnySizeAreReadOutOfThoseOfALargerOne) {
  TempDir dir;
  auto const leaves = numbered_leaves(600);
  publish(dir.path(), leaves, {10, 599});
  for (std::uint64_t const size : {1, 9, 10, 11, 256, 257, 513, 598, 599}) {
    TiledTree tree(TileFolder(dir.path()), size);
    EXPECT_EQ(tree.root().value(), tree_root(std::span(leaves).first(size))) << size;
    EXPECT_EQ(tree.consistency(1).value(), consistency_proof(std::span(leaves).first(size), 1)) << size;
  }
  EXPECT_FALSE(TiledTree(TileFolder(dir.path()), 600).root());
  EXPECT_EQ(TileFolder(dir.path()).read_front({0, 2, 87})->value().size(), 87u);
  EXPECT_FALSE(TileFolder(dir.path()).read_front({0, 2, 88})->has_value()) << "599 = 512 + 87";
}

TEST(Tiles, RecoveryMakesAgainWhatIsMissingOrWrongAndNothingElse) {
  TempDir dir;
  auto const leaves = numbered_leaves(700);
  publish(dir.path(), leaves, {530, 650, 699});
  auto const recover = [&](std::size_t size) {
    TileWriter writer(dir.path());
    for (std::size_t i = 0; i < size; ++i) EXPECT_TRUE(writer.recall(leaves[i]));
    EXPECT_TRUE(writer.recalled());
    return writer.remade();
  };
  EXPECT_EQ(recover(700), 0u);
  auto const whole = slurp(dir.path() / "tile/0/001");
  spit(dir.path() / "tile/0/001", flipped(whole, 4711));
  spit(dir.path() / "tile/0/002.p/18", {});
  fs::remove(dir.path() / "tile/0/000");
  EXPECT_EQ(recover(700), 3u);
  EXPECT_EQ(slurp(dir.path() / "tile/0/001"), whole);
  EXPECT_EQ(recover(700), 0u);
  EXPECT_EQ(recover(650), 0u) << "what lay behind was lost";
  EXPECT_FALSE(fs::exists(dir.path() / "tile/0/002.p/187"));
}

TEST(Tiles, WhatCannotBeWrittenIsTriedAgain) {
  TempDir dir;
  auto const leaves = numbered_leaves(300);
  spit(dir.path() / "tile", {'x'});  // a file where a folder must be
  TileWriter writer(dir.path());
  for (auto const& leaf : leaves) writer.append(leaf);
  EXPECT_FALSE(writer.write_full());
  EXPECT_FALSE(writer.write_all());
  fs::remove(dir.path() / "tile");
  ASSERT_TRUE(writer.write_all());
  EXPECT_EQ(TiledTree(TileFolder(dir.path()), 300).root().value(), tree_root(leaves));
}

}  // namespace
}  // namespace spillway
