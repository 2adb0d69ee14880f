// tests/journal/tail_test.cpp - following a writer at work.
// Covers src/tail.cpp.
#include "journal/tail.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support.hpp"

namespace spillway {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

std::vector<std::string> drain(Tail& tail, std::uint64_t durable) {
  std::vector<std::string> lines;
  while (true) {
    auto const frame = tail.next(durable);
    if (!frame) {
      lines.push_back(to_string(frame.error()));
      return lines;
    }
    if (!*frame) return lines;
    lines.push_back(line_of(**frame));
  }
}

TEST(Tail, MayBeThereBeforeTheFirstFrame) {
  TempDir dir;
  Tail tail = Tail::open(dir.path(), StreamKind::entries).value();
  EXPECT_TRUE(drain(tail, 0).empty());
  LogWriter log = must_open(dir.path());
  EXPECT_TRUE(drain(tail, log.durable_position()).empty());
  write_batch(log, 1, 1);
  EXPECT_EQ(drain(tail, log.durable_position()).size(), 2U);
  EXPECT_EQ(tail.position(), log.durable_position());
}

TEST(Tail, SeesExactlyWhatWasCommittedAfterEachCommit) {
  TempDir dir;
  LogWriter log = must_open(dir.path());
  Tail tail = Tail::open(dir.path(), StreamKind::entries).value();
  for (std::uint64_t seq = 1; seq <= 180; ++seq) {
    log.append(FrameType::entry, Seq{seq}, as_byte_view(entry_text(seq)));
    ASSERT_TRUE(drain(tail, log.durable_position()).empty()) << "not committed yet";
    log.commit();
    auto const seen = drain(tail, log.durable_position());
    ASSERT_EQ(seen, std::vector<std::string>{"1 " + std::to_string(seq) + " " + entry_text(seq)});
  }
  EXPECT_GT(segments_of(dir.path()).size(), 2U);
}

TEST(Tail, NeverReadsBeyondTheDurablePositionItIsTold) {
  TempDir dir;
  LogWriter log = must_open(dir.path());
  write_batch(log, 1, 2);
  std::uint64_t const early = log.durable_position();
  write_batch(log, 3, 200);
  Tail tail = Tail::open(dir.path(), StreamKind::entries).value();
  EXPECT_EQ(drain(tail, early).size(), 3U);
  EXPECT_EQ(tail.position(), early);
  EXPECT_EQ(drain(tail, log.durable_position()).size(), 199U);
}

TEST(Tail, GoesOnFromAnyFrameWhereAnEarlierOneStood) {
  TempDir dir;
  LogWriter log = must_open(dir.path());
  for (std::uint64_t seq = 1; seq <= 200; seq += 5) write_batch(log, seq, seq + 4);
  Story const all = read_all(dir.path(), ReadMode::allow_torn_tail);
  for (std::size_t i = 0; i < all.frames.size(); i += 7) {
    Tail tail = Tail::open(dir.path(), StreamKind::entries, all.positions[i]).value();
    auto const seen = drain(tail, log.durable_position());
    ASSERT_EQ(seen, std::vector<std::string>(all.frames.begin() + static_cast<std::ptrdiff_t>(i),
                                             all.frames.end()));
  }
  Tail end = Tail::open(dir.path(), StreamKind::entries, log.durable_position()).value();
  EXPECT_TRUE(drain(end, log.durable_position()).empty());
}

TEST(Tail, ReportsDamageWithItsPlaceAndAMissingSegment) {
  TempDir dir;
  LogWriter log = must_open(dir.path());
  for (std::uint64_t seq = 1; seq <= 200; seq += 5) write_batch(log, seq, seq + 4);
  Story const all = read_all(dir.path(), ReadMode::allow_torn_tail);
  auto const files = segments_of(dir.path());
  auto const good = slurp(files[0]);
  spit(files[0], flipped(good, all.positions[5] + 20));
  Tail hurt = Tail::open(dir.path(), StreamKind::entries).value();
  auto const seen = drain(hurt, log.durable_position());
  ASSERT_EQ(seen.size(), 6U);
  EXPECT_NE(seen.back().find("at byte " + std::to_string(all.positions[5])), std::string::npos)
      << seen.back();
  spit(files[0], good);
  fs::remove(files[1]);
  Tail gap = Tail::open(dir.path(), StreamKind::entries).value();
  EXPECT_NE(drain(gap, log.durable_position()).back().find("does not begin where"), std::string::npos);
}

TEST(Tail, FollowsFromAnotherThreadWhileTheWriterWorks) {
  TempDir dir;
  LogWriter log = must_open(dir.path());
  constexpr std::uint64_t last = 300;
  std::vector<std::string> seen;
  std::thread follower([&] {
    Tail tail = Tail::open(dir.path(), StreamKind::entries).value();
    while (seen.size() < 2 * last) {
      auto const more = drain(tail, log.durable_position());
      seen.insert(seen.end(), more.begin(), more.end());
      if (more.empty()) std::this_thread::yield();
    }
  });
  for (std::uint64_t seq = 1; seq <= last; ++seq) write_batch(log, seq, seq);
  follower.join();
  EXPECT_EQ(seen, read_all(dir.path(), ReadMode::strict).frames);
}

}  // namespace
}  // namespace spillway
