// tests/apps/audit_flip_test.cpp - one changed bit anywhere in a closed journal is found and its file named.
// Covers tiles_check.cpp, audit.cpp, checkpoint_seen.cpp, progress.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "apps/audit/audit.hpp"
#include "audit_world.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;

std::vector<fs::path> files_of(fs::path const& journal) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::recursive_directory_iterator(journal)) {
    auto const name = entry.path().lexically_relative(journal).string();
    bool const ours = name.starts_with("segments/") || name.starts_with("records/") ||
                      name.starts_with("tiles/") || name == "checkpoint";
    if (entry.is_regular_file() && ours) files.push_back(name);
  }
  std::ranges::sort(files);
  return files;
}

struct Flips : ::testing::Test {
  ScratchFolder folder;
  World world;

  AuditReport audit() {
    auto report = audit_journal({folder.path(), vkey, {}, {}});
    if (!report) throw std::runtime_error(report.error().sentence);
    return std::move(*report);
  }
  /// What the audit says of the journal with one bit changed.
  std::string said_of(fs::path const& file, std::uint64_t at, unsigned bit) {
    flip_bit(folder.path() / file, at, bit);
    auto const report = audit();
    flip_bit(folder.path() / file, at, bit);
    return report.ok() ? "nothing" : report.finding->reason;
  }
};

TEST_F(Flips, AreFoundWhereverTheyAre) {
  live_a_little(world, 40);
  write_journal(folder.path(), world.journal);
  auto const whole = audit();
  ASSERT_TRUE(whole.ok()) << whole.finding->reason;
  EXPECT_TRUE(whole.closed);
  EXPECT_GE(whole.tiles_compared, 3u) << "a full one, and partial ones";
  auto const files = files_of(folder.path());
  ASSERT_GE(files.size(), 6u);
  std::uint32_t const seed = 20'261;
  std::mt19937 random(seed);
  auto const look_at = [&](fs::path const& file, std::uint64_t at) {
    unsigned const bit = random() % 8;
    EXPECT_THAT(said_of(file, at, bit), HasSubstr(file.string()))
        << file << " at byte " << at << ", bit " << bit << ", seed " << seed;
  };
  for (auto const& file : files) {
    auto const size = fs::file_size(folder.path() / file);
    for (int i = 0; i < 12; ++i) look_at(file, random() % size);
    look_at(file, 0);
    look_at(file, size - 1);  // of a segment: its zero tail
  }
  for (std::uint64_t at = 0; at < fs::file_size(folder.path() / "checkpoint"); ++at)
    look_at("checkpoint", at);
  EXPECT_TRUE(audit().ok()) << "each bit was put back";
}

TEST_F(Flips, WithoutAKeyAtHandTheCheckpointsOwnWordsStillMustFitTheTree) {
  live_a_little(world, 3);
  write_journal(folder.path(), world.journal);
  auto const note = file_bytes(folder.path() / "checkpoint");
  auto const size_line = std::string(note.begin(), note.end()).find('\n') + 1;
  flip_bit(folder.path() / "checkpoint", size_line, 0);
  auto const report = audit_journal({folder.path(), {}, {}, {}});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->ok());
}

TEST_F(Flips, AMissingTileACutTileAndAStrangeTileAreNamed) {
  live_a_little(world, 40);
  write_journal(folder.path(), world.journal);
  auto const tile = folder.path() / "tiles/tile/0/000";
  auto const bytes = file_bytes(tile);
  fs::resize_file(tile, bytes.size() - 1);
  EXPECT_THAT(audit().finding->reason, HasSubstr("tiles/tile/0/000 has not 256 hashes"));
  fs::rename(tile, folder.path() / "tiles/tile/0/009");
  EXPECT_THAT(audit().finding->reason, HasSubstr("tiles/tile/0/000 is missing"));
  std::ofstream(tile, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_THAT(audit().finding->reason, HasSubstr("tiles/tile/0/009 is no tile of this tree"));
}

TEST_F(Flips, AJournalFromBeforeTilesIsStillRight) {
  live_a_little(world, 2);
  write_journal(folder.path(), world.journal);
  fs::remove_all(folder.path() / "tiles");
  auto const report = audit();
  EXPECT_TRUE(report.ok());
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_THAT(report.notes.front(), HasSubstr("there are no tiles"));
}

}  // namespace
}  // namespace spillway
