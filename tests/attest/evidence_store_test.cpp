// tests/attest/evidence_store_test.cpp - what is kept is found again under its hash, seeds are revealed when
// their epoch is over, and damage is named. Covers: evidence_store.cpp.
#include "attest/evidence_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace spillway::attest {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Bytes32 filled(int value) {
  Bytes32 out;
  out.fill(std::byte(value));
  return out;
}

Transcript some_transcript(int value = 1) {
  return {TranscriptVersion::striped,
          filled(value),
          {{Speaker::unit, Micros{5}, {std::byte{1}, std::byte{2}}}, {Speaker::exchange, Micros{6}, {}}}};
}

class EvidenceTest : public ::testing::Test {
 protected:
  EvidenceTest() : path_(fs::temp_directory_path() / ("spillway-evidence-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
  }
  ~EvidenceTest() override { fs::remove_all(path_); }

  EvidenceStore store() { return EvidenceStore::open(path_).value(); }
  [[nodiscard]] EvidenceReader reader() const { return EvidenceReader(path_); }

  fs::path path_;
};

TEST_F(EvidenceTest, ATranscriptIsFoundUnderItsHash) {
  auto kept = store();
  ASSERT_TRUE(kept.keep(some_transcript()).has_value());
  auto const hash = hash_of(some_transcript());
  EXPECT_EQ(reader().transcript(hash).value(), some_transcript());
  EXPECT_EQ(reader().transcripts().value(), std::vector{reader().file_of(hash).filename().string()});
  EXPECT_EQ(reader().file_of(hash).filename().string().size(), 64u + 5u);
  EXPECT_EQ(reader().transcript(filled(9)).value(), std::nullopt);
}

TEST_F(EvidenceTest, NobodyElseMayRead) {
  auto kept = store();
  ASSERT_TRUE(kept.keep(some_transcript()).has_value());
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(reader().file_of(hash_of(some_transcript()))).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(EvidenceTest, ASeedIsSecretUntilItsEpochCloses) {
  auto kept = store();
  ASSERT_TRUE(kept.open_epoch(filled(2), filled(3)).has_value());
  EXPECT_TRUE(reader().epoch_is_open(filled(2)));
  EXPECT_EQ(reader().seed(filled(2)).value(), std::nullopt);
  ASSERT_TRUE(kept.close_epochs().has_value());
  EXPECT_FALSE(reader().epoch_is_open(filled(2)));
  EXPECT_EQ(reader().seed(filled(2)).value(), filled(3));
  EXPECT_EQ(reader().seed(filled(4)).value(), std::nullopt);
}

TEST_F(EvidenceTest, AnExchangeThatCrashedRevealsWhenItStartsAgain) {
  {
    auto kept = store();
    ASSERT_TRUE(kept.open_epoch(filled(2), filled(3)).has_value());
  }
  auto const again = store();
  EXPECT_EQ(reader().seed(filled(2)).value(), filled(3));
}

TEST_F(EvidenceTest, DamageIsNamedWithItsFile) {
  auto kept = store();
  ASSERT_TRUE(kept.keep(some_transcript()).has_value());
  ASSERT_TRUE(kept.open_epoch(filled(2), filled(3)).has_value());
  ASSERT_TRUE(kept.close_epochs().has_value());
  auto const file = reader().file_of(hash_of(some_transcript()));
  fs::resize_file(file, fs::file_size(file) - 1);
  auto const cut = reader().transcript(hash_of(some_transcript()));
  ASSERT_FALSE(cut.has_value());
  EXPECT_THAT(cut.error(), HasSubstr(file.filename().string() + ": it ends before it is complete"));
  for (auto const& entry : fs::directory_iterator(path_))
    if (entry.path().extension() == ".seed") std::ofstream(entry.path()) << "not a seed";
  EXPECT_THAT(reader().seed(filled(2)).error(), HasSubstr("no 64 hexadecimal digits"));
}

TEST_F(EvidenceTest, OldEpochsArePrunedWholeAndWhatACrashLeftIsFinished) {
  auto seeds = store();
  for (std::uint64_t epoch = 8; epoch <= 11; ++epoch) {
    auto folder = EvidenceStore::open(epoch_folder(path_, epoch)).value();
    ASSERT_TRUE(folder.keep(some_transcript(static_cast<int>(epoch))).has_value());
  }
  ASSERT_TRUE(seeds.open_epoch(filled(2), filled(3)).has_value());
  ASSERT_TRUE(seeds.close_epochs().has_value());
  ASSERT_TRUE(seeds.open_epoch(filled(4), filled(5)).has_value());
  fs::create_directory(path_ / "7.old");  // a crash between the renaming and the removal
  std::ofstream(path_ / "7.old" / "x.cap1") << "half";
  fs::create_directory(path_ / "09");  // not a name that an epoch gets
  ASSERT_TRUE(prune_epochs(path_, 10).has_value());
  EXPECT_EQ(epochs_kept(path_).value(), (std::vector<std::uint64_t>{10, 11}));
  EXPECT_FALSE(fs::exists(path_ / "7.old") || fs::exists(path_ / "8") || fs::exists(path_ / "8.old"));
  EXPECT_TRUE(fs::exists(path_ / "09"));
  auto const kept = EvidenceReader(epoch_folder(path_, 10)).transcript(hash_of(some_transcript(10)));
  EXPECT_EQ(kept.value(), some_transcript(10));
  EXPECT_EQ(reader().seed(filled(2)).value(), std::nullopt) << "the journal has it";
  EXPECT_TRUE(reader().epoch_is_open(filled(4)));
  EXPECT_TRUE(prune_epochs(path_, 10).has_value()) << "nothing to do is no error";
}

TEST_F(EvidenceTest, WhatCannotBePrunedIsSaid) {
  EXPECT_TRUE(epochs_kept(path_).value().empty());
  EXPECT_THAT(prune_epochs(path_, 10).error(), HasSubstr(path_.string()));
}

TEST_F(EvidenceTest, AFolderThatCannotBeWrittenIsSaid) {
  std::ofstream(path_) << "a file";
  EXPECT_THAT(EvidenceStore::open(path_).error(), HasSubstr(path_.string()));
  EXPECT_FALSE(reader().present());
}

}  // namespace
}  // namespace spillway::attest
