// tests/exchange/pipeline/projection_test.cpp - projection.cpp: rows and position are written together or not
// at all.
#include "exchange/projection.hpp"

#include <gtest/gtest.h>

#include "pipeline_world.hpp"

namespace spillway {
namespace {

constexpr std::uint64_t small_map = std::uint64_t{1} << 26;

Record report_to(std::uint32_t who, std::uint64_t number) {
  auto r = Record::of(record::Accepted{number, 0, 0, {}});
  r.head.first = {who, 0, number};
  return r;
}

Entry entry(std::uint64_t seq) {
  return {Seq{seq}, Stamp{static_cast<std::int64_t>(seq)}, ParticipantId{1}, Tick{}};
}

TEST(Projection, GivesAParticipantItsReportsInOrderAfterTheOneItHas) {
  Folder folder;
  auto projection = Projection::open(folder.path(), small_map);
  ASSERT_TRUE(projection);
  for (std::uint64_t i = 1; i <= 300; ++i) projection->add(entry(i), {report_to(5, i), report_to(6, i)});
  ASSERT_TRUE(projection->commit(Seq{300}, {}));
  auto const rows = projection->reports(ParticipantId{5}, 290, 100);
  ASSERT_EQ(rows.size(), 10u);
  EXPECT_EQ(rows.front().report, 291u);
  EXPECT_EQ(rows.back().report, 300u);
  EXPECT_EQ(rows.back().seq, Seq{300});
  EXPECT_EQ(projection->reports(ParticipantId{7}, 0, 100).size(), 0u);
}

TEST(Projection, RemembersItsPositionAndForgetsWhatWasNotCommitted) {
  Folder folder;
  Hash256 digest{};
  digest[0] = std::byte{9};
  {
    auto projection = Projection::open(folder.path(), small_map);
    ASSERT_TRUE(projection);
    projection->add(entry(1), {report_to(5, 1)});
    ASSERT_TRUE(projection->commit(Seq{1}, digest));
    projection->add(entry(2), {report_to(5, 2)});
  }
  auto projection = Projection::open(folder.path(), small_map);
  ASSERT_TRUE(projection);
  EXPECT_EQ(projection->committed(), Seq{1});
  EXPECT_EQ(projection->committed_digest(), digest);
  EXPECT_EQ(projection->reports(ParticipantId{5}, 0, 10).size(), 1u);
  ASSERT_TRUE(projection->clear());
  EXPECT_EQ(projection->committed(), Seq{});
  EXPECT_EQ(projection->reports(ParticipantId{5}, 0, 10).size(), 0u);
}

}  // namespace
}  // namespace spillway
