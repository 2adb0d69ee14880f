// tests/journal/log_test.cpp - writing and reading back.
// Covers src/log_writer.cpp, src/log_reader.cpp, src/leaf_range.cpp, src/preallocator.cpp and src/file.cpp.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "journal/leaf_range.hpp"
#include "support.hpp"

namespace spillway {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

TEST(Log, AnEmptyStreamHasNoFrames) {
  TempDir dir;
  EXPECT_TRUE(read_all(dir.path(), ReadMode::strict).frames.empty());
  RecoveryReport report;
  LogWriter const log = must_open(dir.path(), StreamKind::entries, small_segments(), &report);
  EXPECT_EQ(report.frames, 0U);
  EXPECT_EQ(log.durable_seq(), Seq{});
  Story const story = read_all(dir.path(), ReadMode::strict);
  EXPECT_TRUE(story.frames.empty());
  EXPECT_EQ(story.damage, "");
}

TEST(Log, GivesBackEveryFrameInOrderOverManySegments) {
  TempDir dir;
  std::vector<std::string> expected;
  {
    LogWriter log = must_open(dir.path());
    for (std::uint64_t first = 1; first <= 600; first += 6) {
      write_batch(log, first, first + 5);
      for (std::uint64_t seq = first; seq < first + 6; ++seq)
        expected.push_back("1 " + std::to_string(seq) + " " + entry_text(seq));
      expected.push_back("2 " + std::to_string(first + 5) + " seal");
    }
    EXPECT_EQ(log.durable_seq(), Seq{600});
    EXPECT_EQ(log.durable_frames(), 700U);
  }
  EXPECT_GT(segments_of(dir.path()).size(), 5U);
  Story const story = read_all(dir.path(), ReadMode::strict);
  EXPECT_EQ(story.damage, "");
  EXPECT_EQ(story.frames, expected);
  EXPECT_TRUE(std::ranges::is_sorted(story.positions));
}

// The reader takes pieces of 256 KiB: frames across their ends, and one that is larger than two of them.
TEST(Log, GivesBackFramesOfEveryLengthWhereverTheyLieAndFindsAFlipInAnyPlace) {
  TempDir dir;
  auto options = small_segments(std::size_t{2} << 20);
  options.sync_each_commit = false;
  std::vector<std::string> expected;
  {
    LogWriter log = must_open(dir.path(), StreamKind::records, options);
    for (std::uint64_t seq = 1; seq <= 2'100; ++seq) {
      std::size_t const size = seq % 700 == 0 ? 600'000 + seq : 1'000 + seq % 90;
      std::string const payload(size, static_cast<char>('a' + seq % 26));
      log.append(FrameType::records, Seq{seq}, as_byte_view(payload));
      expected.push_back("3 " + std::to_string(seq) + " " + payload);
      if (seq % 100 == 0) log.commit();
    }
  }
  auto const segments = segments_of(dir.path(), StreamKind::records);
  ASSERT_EQ(segments.size(), 2U);
  auto const whole = read_all(dir.path(), ReadMode::strict, StreamKind::records);
  ASSERT_EQ(whole.damage, "");
  ASSERT_TRUE(whole.frames == expected);
  auto const first = slurp(segments[0]);
  for (std::size_t i = 5;
       whole.positions[i + 1] < first.size() && whole.positions[i + 1] > whole.positions[i]; i += 173) {
    std::size_t const begins = whole.positions[i], middle = (begins + whole.positions[i + 1]) / 2;
    spit(segments[0], flipped(first, middle));
    auto const hurt = read_all(dir.path(), ReadMode::allow_torn_tail, StreamKind::records);
    EXPECT_EQ(hurt.damage_offset, begins) << hurt.damage;
    EXPECT_EQ(hurt.frames.size(), i);
  }
  spit(segments[0], flipped(first, first.size() - 1));
  EXPECT_NE(read_all(dir.path(), ReadMode::strict, StreamKind::records).damage.find("not zero"),
            std::string::npos);
}

// Another hash takes blocks of the reader's along, or none; a changed segment is found all the same.
TEST(Log, AClosedSegmentThatWasRewrittenIsFoundByItsHashWhoeverTakesItButNotInAGlance) {
  TempDir dir;
  {
    LogWriter log = must_open(dir.path());
    for (std::uint64_t first = 1; first <= 300; first += 6) write_batch(log, first, first + 5);
  }
  auto const said = [&](bool along) {
    auto reader = LogReader::open(dir.path(), StreamKind::entries, ReadMode::strict).value();
    PendingHash* const pending[]{reader.pending_hash()};
    for (;;) {
      auto const frame = reader.next();
      if (!frame) return to_string(frame.error());
      if (!*frame) return std::string();
      if (along) (void)next_digest(first_digest(), (*frame)->payload, pending);
    }
  };
  EXPECT_EQ(said(true), "");
  auto const first = segments_of(dir.path()).front();
  auto content = slurp(first);
  std::vector<std::byte> other;
  auto text = entry_text(1);
  text.back() = '!';
  encode_frame(FrameType::entry, Seq{1}, as_byte_view(text), other);
  std::memcpy(content.data() + segment_header_bytes, other.data(), other.size());
  spit(first, content);
  auto const found = said(false);
  EXPECT_NE(found.find("the hash of the segment before does not match"), std::string::npos) << found;
  EXPECT_EQ(said(true), found);
  EXPECT_EQ(read_all(dir.path(), ReadMode::glance).damage, "");
}

// The position counts what is right: up to a segment that is gone or cut, up to the front of one that was
// rewritten.
TEST(Log, APositionEndsWhereWhatIsRightEnds) {
  TempDir dir;
  {
    LogWriter log = must_open(dir.path());
    for (std::uint64_t first = 1; first <= 300; first += 6) write_batch(log, first, first + 5);
  }
  auto const segments = segments_of(dir.path());
  ASSERT_GT(segments.size(), 2U);
  auto const end_of_stream = [&] {
    auto reader = LogReader::open(dir.path(), StreamKind::entries, ReadMode::strict).value();
    std::uint64_t behind_last = 0;
    for (;;) {
      auto const frame = reader.next();
      if (!frame || !*frame) return std::pair{reader.position(), behind_last};
      behind_last = (*frame)->position + frame_bytes((*frame)->payload.size());
    }
  };
  auto const second = slurp(segments[1]);
  spit(segments[1], {second.begin(), second.end() - 104});
  auto const [cut, right] = end_of_stream();
  EXPECT_EQ(cut, right);
  std::filesystem::remove(segments[1]);
  EXPECT_EQ(end_of_stream(), (std::pair{right, right}));
  spit(segments[1], second);
  auto changed = slurp(segments[0]);
  std::vector<std::byte> other;
  auto text = entry_text(1);
  text.back() = '!';
  encode_frame(FrameType::entry, Seq{1}, as_byte_view(text), other);
  std::memcpy(changed.data() + segment_header_bytes, other.data(), other.size());
  spit(segments[0], changed);
  EXPECT_EQ(end_of_stream().first, 0U) << "anywhere in the first segment";
}

// The reader says when the hash of a segment is not the one in the next header.
TEST(Log, WhileItIsWrittenAnotherHashMayTakeBlocksOfTheSegmentAlong) {
  TempDir dir;
  {
    LogWriter log = must_open(dir.path());
    PendingHash* const pending[]{log.pending_hash()};
    std::size_t most = 0;
    for (std::uint64_t first = 1; first <= 600; first += 6) {
      write_batch(log, first, first + 5);
      most = std::max(most, pending[0]->bytes.size());
      auto const taken = entry_text(first) + std::string(first % 400, 'x');
      EXPECT_EQ(next_digest(first_digest(), as_byte_view(taken), pending),
                next_digest(first_digest(), as_byte_view(taken)));
    }
    EXPECT_GT(most, 128U) << "there was something to take along";
  }
  EXPECT_GT(segments_of(dir.path()).size(), 5U);
  EXPECT_EQ(read_all(dir.path(), ReadMode::strict).damage, "");
}

TEST(Log, GivesAnyRangeOfLeavesWithoutTheOnesBefore) {
  TempDir dir;
  std::vector<std::string> all;
  {
    LogWriter log = must_open(dir.path());
    for (std::uint64_t first = 1; first <= 300; first += 6) {
      write_batch(log, first, first + 5);
      for (std::uint64_t seq = first; seq < first + 6; ++seq) all.push_back(entry_text(seq));
      all.emplace_back("seal");
    }
  }
  ASSERT_GT(segments_of(dir.path()).size(), 3U);
  for (std::uint64_t const first : {0U, 1U, 6U, 100U, 256U, 349U})
    for (std::uint64_t const count : {1U, 7U, 200U}) {
      auto const leaves = read_leaves(dir.path(), {}, first, count);
      ASSERT_EQ(leaves.has_value(), first + count <= all.size()) << first << " and " << count;
      for (std::uint64_t i = 0; leaves && i < count; ++i)
        EXPECT_EQ(text_of((*leaves)[static_cast<std::size_t>(i)]), all[static_cast<std::size_t>(first + i)]);
    }
  auto const second = segments_of(dir.path())[1];
  spit(second, flipped(slurp(second), segment_header_bytes + 30));
  EXPECT_TRUE(read_leaves(dir.path(), {}, 0, 1));
  auto const hurt = read_leaves(dir.path(), {}, 0, 350);
  ASSERT_FALSE(hurt);
  EXPECT_NE(hurt.error().message.find("at byte 4096"), std::string::npos) << hurt.error().message;
}

TEST(Log, OneBatchMayBeLargerThanASegment) {
  TempDir dir;
  {
    LogWriter log = must_open(dir.path());
    write_batch(log, 1, 400);
  }
  EXPECT_GT(segments_of(dir.path()).size(), 3U);
  Story const story = read_all(dir.path(), ReadMode::strict);
  EXPECT_EQ(story.damage, "");
  EXPECT_EQ(story.frames.size(), 401U);
}

TEST(Log, WhatWasNotCommittedIsNotThere) {
  TempDir dir;
  {
    LogWriter log = must_open(dir.path());
    write_batch(log, 1, 2);
    std::uint64_t const durable = log.durable_position();
    log.append(FrameType::entry, Seq{3}, as_byte_view("lost"));
    EXPECT_EQ(log.durable_position(), durable);
  }
  EXPECT_EQ(read_all(dir.path(), ReadMode::strict).frames.size(), 3U);
}

TEST(Log, ReopenedItGoesOnWhereItStoppedAndReplaysOnTheWay) {
  TempDir dir;
  std::uint64_t next = 1;
  for (int round = 0; round < 12; ++round) {
    LogOptions options = small_segments(round % 2 == 0 ? 8192 : 16384);  // a size may change between runs
    std::uint64_t seen = 0;
    options.each_frame = [&](FrameView const&) { ++seen; };
    RecoveryReport report;
    LogWriter log = must_open(dir.path(), StreamKind::entries, options, &report);
    EXPECT_EQ(report.last_seq, Seq{next - 1});
    EXPECT_EQ(seen, report.frames);
    EXPECT_EQ(report.torn_bytes, 0U);
    EXPECT_EQ(report.ends_with_seal, round > 0);
    write_batch(log, next, next + 29);
    next += 30;
  }
  Story const story = read_all(dir.path(), ReadMode::strict);
  EXPECT_EQ(story.damage, "");
  EXPECT_EQ(story.frames.size(), 12U * 31U);
}

TEST(Log, BothStreamsLiveSideBySide) {
  TempDir dir;
  {
    LogOptions lazy = small_segments();
    lazy.sync_each_commit = false;
    LogWriter entries = must_open(dir.path());
    LogWriter records = must_open(dir.path(), StreamKind::records, lazy);
    for (std::uint64_t seq = 1; seq <= 100; ++seq) {
      write_batch(entries, seq, seq);
      records.append(FrameType::records, Seq{seq}, std::vector<std::byte>(seq));
      if (seq % 10 == 0) records.commit();
    }
    EXPECT_EQ(records.durable_seq(), Seq{100});
  }
  EXPECT_EQ(read_all(dir.path(), ReadMode::strict).frames.size(), 200U);
  Story const records = read_all(dir.path(), ReadMode::strict, StreamKind::records);
  EXPECT_EQ(records.damage, "");
  EXPECT_EQ(records.frames.size(), 100U);
}

TEST(Log, LeavesNoSpareBehindAndForgetsOneThatACrashLeft) {
  TempDir dir;
  { LogWriter const log = must_open(dir.path()); }
  EXPECT_FALSE(fs::exists(dir.path() / "segments" / "next.spare"));
  spit(dir.path() / "segments" / "next.spare", {'x'});
  {
    LogWriter log = must_open(dir.path());
    write_batch(log, 1, 300);
  }
  EXPECT_EQ(read_all(dir.path(), ReadMode::strict).frames.size(), 301U);
}

TEST(Log, RefusesSizesThatNoSegmentHas) {
  TempDir dir;
  for (std::uint64_t bytes : {0ULL, 4096ULL, 10'000ULL, 1ULL << 40}) {
    auto const log = LogWriter::open(dir.path(), StreamKind::entries, small_segments(bytes));
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, JournalErrc::bad_options);
  }
}

TEST(Log, TellsHowManySegmentsTheDiskStillHoldsForBothStreams) {
  TempDir dir;
  LogWriter const small = must_open(dir.path());
  LogWriter const beside = must_open(dir.path(), StreamKind::records);
  EXPECT_GT(LogWriter::further_segments(small, beside), 4U);
  EXPECT_EQ(LogOptions{}.segment_bytes, std::uint64_t{64} << 20) << "what an exchange uses";
}

TEST(LogDeathTest, RefusesGapsWrongTypesAndHugeLeavesAsBugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  TempDir dir;
  LogWriter log = must_open(dir.path(), StreamKind::entries, small_segments(1 << 20));
  EXPECT_DEATH(log.append(FrameType::entry, Seq{2}, {}), "in sequence");
  EXPECT_DEATH(log.append(FrameType::seal, Seq{1}, {}), "in sequence");
  EXPECT_DEATH(log.append(FrameType::records, Seq{1}, {}), "in sequence");
  EXPECT_DEATH(log.append(FrameType::entry, Seq{1}, std::vector<std::byte>(largest_leaf_bytes + 1)), "65535");
}

/// Commits batch after batch and tells each acknowledged sequence down the pipe, until it is killed.
[[noreturn]] void write_until_killed(fs::path const& journal, int pipe) {
  LogWriter log = must_open(journal);
  for (std::uint64_t seq = log.durable_seq().v + 1;; seq += 3) {
    write_batch(log, seq, seq + 2);
    std::uint64_t const acknowledged = log.durable_seq().v;
    if (::write(pipe, &acknowledged, sizeof acknowledged) != sizeof acknowledged) ::_exit(1);
  }
}

TEST(Log, AfterAKillEveryAcknowledgedEntryIsThere) {
  TempDir dir;
  for (int round = 1; round <= 5; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    pid_t const child = ::fork();
    if (child == 0) write_until_killed(dir.path(), ends[1]);
    std::uint64_t acknowledged = 0;
    for (int i = 0; i < 10 * round; ++i) ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged), 8);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[1]);
    while (::read(ends[0], &acknowledged, sizeof acknowledged) == 8) continue;  // told before it died
    ::close(ends[0]);
    RecoveryReport report;
    LogWriter const log = must_open(dir.path(), StreamKind::entries, small_segments(), &report);
    EXPECT_GE(report.last_seq.v, acknowledged);
    EXPECT_EQ(read_all(dir.path(), ReadMode::strict).damage, "");
  }
}

/// Writes beyond this file size fail, as on a full disk, until the guard dies.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(Log, AfterAFailedWriteNothingIsAcknowledgedAnyMore) {
  TempDir dir;
  std::vector<std::string> fatal;
  {
    LogOptions options = small_segments(1 << 20);
    options.fatal = [&](std::string_view what) { fatal.emplace_back(what); };
    LogWriter log = must_open(dir.path(), StreamKind::entries, options);
    write_batch(log, 1, 3);
    std::uint64_t const durable = log.durable_position();
    {
      FileSizeLimit const full(4096 + 512);
      write_batch(log, 4, 40);
    }
    ASSERT_EQ(fatal.size(), 1U);
    EXPECT_NE(fatal[0].find("cannot write"), std::string::npos) << fatal[0];
    write_batch(log, 41, 42);  // the disk has room again: too late
    EXPECT_TRUE(log.failed());
    EXPECT_EQ(log.durable_position(), durable);
    EXPECT_EQ(log.durable_seq(), Seq{3});
    EXPECT_EQ(fatal.size(), 1U);
  }
  RecoveryReport report;
  LogWriter log = must_open(dir.path(), StreamKind::entries, small_segments(), &report);
  EXPECT_GE(report.last_seq, Seq{3}) << "what was acknowledged is there";
  EXPECT_LT(report.last_seq, Seq{40});
  EXPECT_EQ(read_all(dir.path(), ReadMode::strict).damage, "");
}

TEST(Log, WhenNoFurtherSegmentCanBeMadeItStopsBeforeAcknowledging) {
  TempDir dir;
  std::vector<std::string> fatal;
  LogOptions options = small_segments(16384);
  options.fatal = [&](std::string_view what) { fatal.emplace_back(what); };
  LogWriter log = must_open(dir.path(), StreamKind::entries, options);
  FileSizeLimit const full(8192);
  Seq acknowledged;
  for (std::uint64_t seq = 1; seq <= 1000 && fatal.empty(); ++seq) {
    write_batch(log, seq, seq);
    if (!log.failed()) acknowledged = log.durable_seq();
  }
  ASSERT_EQ(fatal.size(), 1U);
  EXPECT_EQ(log.durable_seq(), acknowledged);
  EXPECT_EQ(read_all(dir.path(), ReadMode::allow_torn_tail).damage, "");
}

TEST(LogDeathTest, WithoutAHandlerAFailedWriteEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  TempDir dir;
  EXPECT_DEATH(
      {
        LogWriter log = must_open(dir.path(), StreamKind::entries, small_segments(1 << 20));
        FileSizeLimit const full(4096);
        write_batch(log, 1, 3);
      },
      "cannot be written, stopping at once");
}

}  // namespace
}  // namespace spillway
