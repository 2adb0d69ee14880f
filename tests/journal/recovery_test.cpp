// tests/journal/recovery_test.cpp - torn tails and damage: what is cut, what is refused, and that nothing is
// cut silently; and what was moved elsewhere. Covers src/tear.cpp and src/archive.cpp.
#include <gtest/gtest.h>

#include "journal/archive.hpp"
#include "journal/tail.hpp"
#include "support.hpp"

namespace spillway {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

/// Three batches in one segment, and the places in it.
class Recovery : public ::testing::Test {
 protected:
  void SetUp() override {
    {
      LogWriter log = must_open(dir_.path(), StreamKind::entries, small_segments(16384));
      write_batch(log, 1, 3);
      write_batch(log, 4, 5);
      write_batch(log, 6, 8);
    }
    file_ = segments_of(dir_.path()).front();
    good_ = slurp(file_);
    story_ = read_all(dir_.path(), ReadMode::strict);
    ASSERT_EQ(story_.frames.size(), 11U);
    written_ = good_.size();
    while (good_[written_ - 1] == 0) --written_;
    written_ = (written_ + 7) / 8 * 8;
  }

  /// Offset of frame `i` in the file; the first segment's positions are file offsets.
  [[nodiscard]] std::size_t at(std::size_t i) const { return story_.positions[i]; }

  void recover_to(std::size_t frames, std::uint64_t torn_bytes) {
    RecoveryReport report;
    {
      LogWriter log = must_open(dir_.path(), StreamKind::entries, small_segments(16384), &report);
      EXPECT_EQ(report.frames, frames);
      EXPECT_EQ(report.torn_bytes, torn_bytes);
      EXPECT_EQ(report.torn_segment.empty(), torn_bytes == 0);
      if (torn_bytes > 0) {
        EXPECT_EQ(report.torn_offset, at(frames));
      }
      write_batch(log, report.last_seq.v + 1, report.last_seq.v + 1);
    }
    Story const after = read_all(dir_.path(), ReadMode::strict);
    ASSERT_EQ(after.damage, "");
    ASSERT_EQ(after.frames.size(), frames + 2);
    EXPECT_TRUE(std::equal(story_.frames.begin(), story_.frames.begin() + static_cast<std::ptrdiff_t>(frames),
                           after.frames.begin()));
  }

  void expect_refused(std::vector<char> const& content, std::uint64_t offset) {
    spit(file_, content);
    auto const log = LogWriter::open(dir_.path(), StreamKind::entries, small_segments(16384));
    ASSERT_FALSE(log) << "damage was accepted";
    EXPECT_EQ(log.error().code, JournalErrc::damaged);
    EXPECT_EQ(log.error().damage.offset, offset) << log.error().message;
    EXPECT_EQ(slurp(file_), content) << "a damaged file is left as it is";
  }

  TempDir dir_;
  fs::path file_;
  std::vector<char> good_;
  Story story_;
  std::size_t written_ = 0;
};

TEST_F(Recovery, ForgetsATornLastRecordAndKeepsEveryEarlierOne) {
  for (std::size_t cut = at(10); cut < written_; ++cut) {
    SCOPED_TRACE(cut);
    spit(file_, with_zeros(good_, cut, written_));
    std::size_t last = cut;  // of what is left, zeros at the end of the cut piece do not show
    while (last > at(10) && good_[last - 1] == 0) --last;
    bool const whole =
        parse_frame(std::as_bytes(std::span<char const>(slurp(file_))).subspan(at(10))).has_value();
    recover_to(whole ? 11 : 10, whole ? 0 : last - at(10));
    if (HasFatalFailure()) return;
  }
}

TEST_F(Recovery, ForgetsATornBatchCutAnywhereAndKeepsWhatWasSealed) {
  for (std::size_t cut = at(7); cut < written_; cut += 3) {
    spit(file_, with_zeros(good_, cut, written_));
    Story const left = read_all(dir_.path(), ReadMode::allow_torn_tail);
    ASSERT_EQ(left.damage, "") << cut;
    ASSERT_GE(left.frames.size(), 7U) << cut;
    ASSERT_TRUE(std::equal(left.frames.begin(), left.frames.end(), story_.frames.begin())) << cut;
  }
}

TEST_F(Recovery, RefusesAFlippedBitInAnyByteBeforeTheLastFrameWithItsPlace) {
  for (std::size_t offset = segment_header_bytes; offset < at(10); ++offset) {
    SCOPED_TRACE(offset);
    auto const hurt = flipped(good_, offset, offset % 8);
    std::size_t frame = 0;
    while (frame < 10 && at(frame + 1) <= offset) ++frame;
    expect_refused(hurt, at(frame));
    EXPECT_NE(read_all(dir_.path(), ReadMode::strict).damage, "");
    if (HasFailure()) return;
  }
}

TEST_F(Recovery, RefusesAFlippedBitAnywhereInTheHeader) {
  for (std::size_t offset = 0; offset < segment_header_bytes; offset += 5) {
    spit(file_, flipped(good_, offset));
    EXPECT_FALSE(LogWriter::open(dir_.path(), StreamKind::entries, small_segments(16384))) << offset;
  }
}

TEST_F(Recovery, StrictReadingReportsAFlippedBitAnywhereInTheFile) {
  for (std::size_t offset = segment_header_bytes; offset < good_.size();
       offset += offset < written_ + 64 ? 1 : 97) {
    spit(file_, flipped(good_, offset));
    Story const story = read_all(dir_.path(), ReadMode::strict);
    ASSERT_NE(story.damage, "") << offset;
    ASSERT_LE(story.damage_offset, offset);
    if (offset >= written_) {
      ASSERT_EQ(story.damage_offset, written_) << story.damage;
    }
  }
}

TEST_F(Recovery, AJunkByteInTheZerosBehindTheLastFrameIsCutAndReported) {
  spit(file_, flipped(good_, written_ + 100));
  RecoveryReport report;
  { LogWriter const log = must_open(dir_.path(), StreamKind::entries, small_segments(16384), &report); }
  EXPECT_EQ(report.frames, 11U);
  EXPECT_EQ(report.torn_bytes, 101U);
  EXPECT_EQ(slurp(file_), good_);
}

TEST_F(Recovery, RefusesAMissingFrameThatLaterBatchesFollow) {
  // The middle batch never reached the disk, yet the next one is there: it had been synced, so this is
  // damage.
  expect_refused(with_zeros(good_, at(4), at(7)), at(4));
}

TEST_F(Recovery, ATailThatEndsBeforeWhatWasSyncedIsDamage) {
  spit(file_, with_zeros(good_, at(7), written_));
  LogOptions options = small_segments(16384);
  options.synced_frames = 11;
  auto const log = LogWriter::open(dir_.path(), StreamKind::entries, options);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("ends after 7 frames, but 11 were synced"), std::string::npos)
      << log.error().message;
}

TEST_F(Recovery, RefusesAFileThatBecameShorterOrLonger) {
  auto shorter = good_;
  shorter.resize(written_);
  expect_refused(shorter, 0);
  auto longer = good_;
  longer.resize(good_.size() + 4096);
  expect_refused(longer, 0);
  expect_refused({}, 0);
}

TEST(RecoveryOfLargeBatches, AHoleOfUnwrittenSectorsInTheUnfinishedBatchIsATornTail) {
  TempDir dir;
  {
    LogWriter log = must_open(dir.path(), StreamKind::entries, small_segments(65536));
    write_batch(log, 1, 3);
    write_batch(log, 4, 200);
  }
  fs::path const file = segments_of(dir.path()).front();
  auto const good = slurp(file);
  std::size_t const sector = 6144;  // in the middle of the second batch
  spit(file, with_zeros(good, sector, sector + 1024));
  RecoveryReport report;
  { LogWriter const log = must_open(dir.path(), StreamKind::entries, small_segments(65536), &report); }
  EXPECT_GE(report.last_seq, Seq{4});
  EXPECT_LT(report.last_seq, Seq{200});
  EXPECT_GT(report.torn_bytes, 1024U);
  Story const story = read_all(dir.path(), ReadMode::strict);
  EXPECT_EQ(story.damage, "");
  EXPECT_EQ(story.frames.size(), report.frames);
}

TEST(RecoveryOfRecords, WhatReplayCanMakeAgainMayHaveAHoleOverSeveralBatches) {
  TempDir dir;
  {
    LogWriter log = must_open(dir.path(), StreamKind::records, small_segments(65536));
    for (std::uint64_t seq = 1; seq <= 300; ++seq) {
      log.append(FrameType::records, Seq{seq}, std::vector<std::byte>(100, std::byte{1}));
      if (seq % 10 == 0) log.commit();
    }
  }
  fs::path const file = segments_of(dir.path(), StreamKind::records).front();
  auto const good = slurp(file);
  spit(file, with_zeros(good, 8192, 12288));
  RecoveryReport report;
  { LogWriter const log = must_open(dir.path(), StreamKind::records, small_segments(65536), &report); }
  EXPECT_EQ(report.last_seq, Seq{(8192 - 4096) / 128});
  spit(file, flipped(good, 9000));
  EXPECT_FALSE(LogWriter::open(dir.path(), StreamKind::records, small_segments(65536)));
}

/// Several segments.
class RecoveryOfManySegments : public ::testing::Test {
 protected:
  void SetUp() override {
    {
      LogWriter log = must_open(dir_.path());
      for (std::uint64_t seq = 1; seq <= 300; seq += 30) write_batch(log, seq, seq + 29);
    }
    files_ = segments_of(dir_.path());
    ASSERT_GT(files_.size(), 4U);
  }
  std::string refusal() {
    auto const log = LogWriter::open(dir_.path(), StreamKind::entries, small_segments());
    return log ? std::string("accepted") : log.error().message;
  }
  TempDir dir_;
  std::vector<fs::path> files_;
};

TEST_F(RecoveryOfManySegments, AFlippedBitInAnyPartOfAClosedSegmentIsReportedWithItsFile) {
  auto const good = slurp(files_[1]);
  for (std::size_t offset = 0; offset < good.size(); offset += 13) {
    spit(files_[1], flipped(good, offset));
    Story const story = read_all(dir_.path(), ReadMode::allow_torn_tail);
    ASSERT_NE(story.damage.find(files_[1].filename().string()), std::string::npos)
        << offset << " " << story.damage;
  }
}

TEST_F(RecoveryOfManySegments, AMissingSegmentIsReported) {
  fs::rename(files_[2], dir_.path() / "elsewhere");
  EXPECT_NE(refusal().find("the segment before this one is missing"), std::string::npos) << refusal();
  fs::rename(dir_.path() / "elsewhere", files_[2]);
  fs::rename(files_[0], dir_.path() / "elsewhere");
  EXPECT_NE(refusal().find("the segment before this one is missing"), std::string::npos) << refusal();
}

/// Several segments that a locked journal has moved away.
class Archived : public RecoveryOfManySegments {
 protected:
  void SetUp() override {
    RecoveryOfManySegments::SetUp();
    before_ = read_all(dir_.path(), ReadMode::strict);
    std::ofstream(dir_.path() / "LAYOUT") << "spillway journal 1\n";
  }
  std::expected<ArchiveReport, JournalError> move() {
    auto const journal = JournalDirectory::open(dir_.path(), DirectoryMode::write);
    if (!journal) return std::unexpected(journal.error());
    return archive_sealed(*journal, archive_.path());
  }
  [[nodiscard]] std::vector<std::string> read_with_archive() const {
    std::vector<std::string> frames;
    auto reader = LogReader::open(dir_.path(), StreamKind::entries, ReadMode::strict, archive_.path());
    for (auto frame = reader->next(); frame && *frame; frame = reader->next())
      frames.push_back(line_of(**frame));
    return frames;
  }
  [[nodiscard]] LogOptions with_archive() const {
    LogOptions options = small_segments();
    options.archive = archive_.path();
    return options;
  }
  TempDir archive_;
  Story before_;
};

TEST_F(Archived, SealedSegmentsAreReadFromThereAndTheLastOneStays) {
  auto const report = move();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->moved, files_.size() - 1);
  EXPECT_EQ(report->bytes, (files_.size() - 1) * 8192);
  EXPECT_EQ(segments_of(dir_.path()), std::vector<fs::path>{files_.back()});
  EXPECT_EQ(read_with_archive(), before_.frames);
  Tail tail = Tail::open(dir_.path(), StreamKind::entries, 0, archive_.path()).value();
  std::size_t followed = 0;
  while (tail.position() < before_.positions.back() && tail.next(before_.positions.back()).value())
    ++followed;
  EXPECT_EQ(followed, before_.frames.size() - 1);
  {
    LogWriter log = must_open(dir_.path(), StreamKind::entries, with_archive());
    write_batch(log, 301, 400);
  }
  EXPECT_EQ(read_with_archive().size(), before_.frames.size() + 101);
  EXPECT_GT(move().value().moved, 0U) << "and again, what was sealed since";
  EXPECT_EQ(read_with_archive().size(), before_.frames.size() + 101);
}

TEST_F(Archived, AMissingSegmentIsNamedAndAMissingArchiveToo) {
  ASSERT_TRUE(move());
  std::string const where = " is neither in the journal nor in an archive";
  EXPECT_NE(refusal().find(segment_name(Seq{1}) + where), std::string::npos) << refusal();
  fs::remove(archive_.path() / "segments" / files_[2].filename());
  auto reader = LogReader::open(dir_.path(), StreamKind::entries, ReadMode::strict, archive_.path()).value();
  std::string said;
  while (said.empty())
    if (auto const frame = reader.next(); !frame) said = to_string(frame.error());
  EXPECT_NE(said.find(files_[2].filename().string() + where), std::string::npos) << said;
  auto const gone = LogReader::open(dir_.path(), StreamKind::entries, ReadMode::strict, dir_.path() / "gone");
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("there is no archive"), std::string::npos) << gone.error().message;
}

TEST_F(Archived, AWriterRefusesWhenTheLastSegmentWasMovedToo) {
  ASSERT_TRUE(move());
  fs::copy_file(files_.back(), archive_.path() / "segments" / files_.back().filename());
  fs::remove(files_.back());
  auto const log = LogWriter::open(dir_.path(), StreamKind::entries, with_archive());
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("move it back"), std::string::npos) << log.error().message;
}

TEST_F(Archived, AMoveThatWasInterruptedIsFinishedAndAFileOfAnotherJournalStopsIt) {
  fs::create_directories(archive_.path() / "segments");
  fs::path const copied = archive_.path() / "segments" / files_[0].filename();
  fs::copy_file(files_[0], copied);
  EXPECT_EQ(read_with_archive(), before_.frames) << "it is in both places";
  spit(copied, flipped(slurp(copied), 5000));
  auto const stopped = move();
  ASSERT_FALSE(stopped);
  EXPECT_NE(stopped.error().message.find("no copy of the journal's own"), std::string::npos);
  EXPECT_TRUE(fs::exists(files_[0]));
  fs::copy_file(files_[0], copied, fs::copy_options::overwrite_existing);
  EXPECT_EQ(move().value().moved, files_.size() - 1);
  EXPECT_EQ(read_with_archive(), before_.frames);
}

TEST_F(Archived, ADamagedJournalIsNotMovedNorAnyIntoItself) {
  auto const into_itself =
      archive_sealed(JournalDirectory::open(dir_.path(), DirectoryMode::write).value(), dir_.path());
  ASSERT_FALSE(into_itself);
  EXPECT_NE(into_itself.error().message.find("another directory"), std::string::npos);
  spit(files_[1], flipped(slurp(files_[1]), 5000));
  EXPECT_EQ(move().error().code, JournalErrc::damaged);
  EXPECT_EQ(segments_of(dir_.path()).size(), files_.size());
}

TEST_F(RecoveryOfManySegments, ARewrittenHistoryWithGoodChecksumsBreaksTheChainOfHashes) {
  // An entry of the same length is replaced and the checksum made to fit: only the next header can tell.
  auto content = slurp(files_[0]);
  auto bytes = std::as_writable_bytes(std::span<char>(content)).subspan(segment_header_bytes);
  auto const frame = parse_frame(bytes).value();
  std::vector<std::byte> forged;
  std::string text = text_of(frame.payload);
  text.back() = '!';
  encode_frame(frame.type, frame.seq, as_byte_view(text), forged);
  std::ranges::copy(forged, bytes.begin());
  spit(files_[0], content);
  EXPECT_NE(refusal().find("hash of the segment before does not match"), std::string::npos) << refusal();
}

TEST_F(RecoveryOfManySegments, SegmentsThatChangedPlacesAreReported) {
  fs::rename(files_[1], dir_.path() / "elsewhere");
  fs::rename(files_[2], files_[1]);
  fs::rename(dir_.path() / "elsewhere", files_[2]);
  EXPECT_NE(refusal().find("another segment"), std::string::npos) << refusal();
}

TEST_F(RecoveryOfManySegments, ASegmentOfTheOtherStreamIsReported) {
  fs::create_directories(dir_.path() / "records");
  fs::copy_file(files_[0], dir_.path() / "records" / files_[0].filename());
  EXPECT_NE(read_all(dir_.path(), ReadMode::strict, StreamKind::records).damage.find("another stream"),
            std::string::npos);
}

}  // namespace
}  // namespace spillway
