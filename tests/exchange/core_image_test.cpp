// tests/exchange/core_image_test.cpp - core_image.cpp, core_fields.hpp, core_archive.hpp,
// matching/book_image.cpp, fast_image.cpp: a core that was made from another's state is that core, whatever
// comes next.
#include "core_archive.hpp"
#include "core_crowd.hpp"

namespace spillway {
namespace {

using Bytes = std::vector<std::byte>;

Bytes exported(ExchangeCore const& core) {
  Bytes bytes;
  core.export_state(
      [&](std::span<std::byte const> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

std::unique_ptr<ExchangeCore> imported(Bytes const& bytes, CoreLimits limits, BookKind kind) {
  limits.book = kind;
  auto core = std::make_unique<ExchangeCore>(limits);
  auto const done = core->import_state(bytes);
  EXPECT_TRUE(done) << (done ? "" : done.error());
  return core;
}

bool same(std::vector<Record> const& a, std::vector<Record> const& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Record)) == 0;
}

/// Odd seeds live under the rules, even ones with so few steps that much is left to `Continue`.
CoreLimits sizes(std::uint32_t seed) {
  CoreLimits limits;
  if (seed % 2 == 0) limits.steps = 3;
  return limits;
}

class CoreImage : public testing::TestWithParam<std::uint32_t> {};

// A field that is forgotten in writing or reading shows in what comes after: in a record, or in the next
// image.
TEST_P(CoreImage, ACoreMadeFromAnothersStateAnswersLikeItAndHasTheSameState) {
  World w(sizes(GetParam()));
  w.check_every = 1'000;
  Crowd crowd(GetParam());
  std::vector<std::unique_ptr<ExchangeCore>> twins;
  Outcome outcome;
  std::size_t running = 0;
  for (int i = 1; i <= 6'000; ++i) {
    ParticipantId who;
    auto const command = crowd.next(w, who);
    w.now = w.now + Micros{static_cast<std::int64_t>(crowd.roll(50'000))};
    auto const before = w.journal.size();
    w.send(who, command);
    for (auto const& twin : twins) {
      outcome.clear();
      for (auto j = before; j < w.journal.size(); ++j) twin->apply(w.journal[j], outcome);
      ASSERT_TRUE(same(outcome.records, w.last.records)) << "entry " << w.last_seq();
      ASSERT_EQ(outcome.touched, w.last.touched);
    }
    if (i % 1'500 == 0) {
      running += w.core.open_jobs().size() + w.core.open_leases().size();
      auto const bytes = exported(w.core);
      for (auto const& twin : twins) ASSERT_EQ(exported(*twin), bytes) << "after command " << i;
      for (auto const kind : {BookKind::fast, BookKind::plain}) {
        twins.push_back(imported(bytes, w.limits, kind));
        twins.back()->check_invariants();
        ASSERT_EQ(exported(*twins.back()), bytes) << "reading and writing again changes nothing";
      }
    }
  }
  EXPECT_GT(World::of<record::Fill>(w.records).size(), 50u) << "the crowd trades";
  EXPECT_GT(running, 0u) << "and was in the middle of it";
}

// The work list, what is due and the crossed book of a meeting that is not over are in the image too.
TEST_P(CoreImage, ACoreThatIsReplacedByItsImageInTheMiddleOfItsWorkGoesOnWithIt) {
  World w(sizes(GetParam()));
  w.check_every = 1'000;
  Crowd crowd(GetParam());
  for (int i = 1; i <= 3'000; ++i) {
    ParticipantId who;
    auto const command = crowd.next(w, who);
    w.now = w.now + Micros{static_cast<std::int64_t>(crowd.roll(50'000))};
    w.send(who, command);
  }
  auto core = std::make_unique<ExchangeCore>(w.limits);
  Outcome outcome;
  std::size_t cut = 0;
  for (auto const& entry : w.journal) {
    core->apply(entry, outcome);
    if (!core->can_export() || !core->unfinished() || ++cut % 40 != 0) continue;
    auto const bytes = exported(*core);
    core = imported(bytes, w.limits, cut % 80 == 0 ? BookKind::plain : BookKind::fast);
    ASSERT_EQ(exported(*core), bytes);
    ASSERT_TRUE(core->unfinished());
    core->check_invariants();
  }
  if (w.limits.steps < 256) {
    EXPECT_GT(cut, 80u);
  }
  EXPECT_TRUE(same(outcome.records, w.records));
  EXPECT_EQ(exported(*core), exported(w.core));
}

INSTANTIATE_TEST_SUITE_P(Seeds, CoreImage, testing::Range(11u, 14u));

TEST(CoreImage, BeforeTheTablesStandStillThereIsNothingToExport) {
  World w;
  EXPECT_FALSE(w.core.can_export());
  w.order(carl, w.capacity_order(units(1), 1));
  EXPECT_TRUE(w.core.can_export());
}

TEST(CoreImage, BytesThatAreNoStateLeaveTheCoreAsItIs) {
  World w;
  w.dispatched();
  auto const whole = exported(w.core);
  ExchangeCore core;
  EXPECT_FALSE(core.import_state(Bytes{}));
  for (std::size_t cut = 1; cut < whole.size(); cut += 97)
    EXPECT_FALSE(core.import_state(std::span(whole).first(cut))) << cut;
  auto longer = whole;
  longer.push_back(std::byte{});
  EXPECT_FALSE(core.import_state(longer));
  auto other = whole;
  other[0] ^= std::byte{1};
  auto const refused = core.import_state(other);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("layout"), std::string::npos) << refused.error();
  EXPECT_EQ(core.applied(), Seq{});
  EXPECT_TRUE(core.import_state(whole));
  EXPECT_EQ(core.applied(), w.core.applied());
}

TEST(CoreImage, AStateThatIsTooLargeForTheLimitsIsRefused) {
  World w;
  w.order(carl, w.capacity_order(units(1), 1));
  w.order(carl, w.capacity_order(units(1), 1));
  CoreLimits limits;
  limits.orders = 1;
  ExchangeCore core{limits};
  auto const refused = core.import_state(exported(w.core));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("limits"), std::string::npos) << refused.error();
}

TEST(CoreArchive, AMapWhoseKeysDoNotAscendIsRefused) {
  std::map<std::uint8_t, std::uint8_t> const two{{1, 10}, {2, 20}};
  Bytes bytes;
  {
    core::ArchiveWriter::Sink const sink = [&](std::span<std::byte const> piece) {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    };
    core::ArchiveWriter writer(sink);
    writer(two);
  }
  ASSERT_EQ(bytes.size(), 8u + 4u);
  std::map<std::uint8_t, std::uint8_t> read;
  core::ArchiveReader good(bytes);
  good(read);
  EXPECT_TRUE(good.at_end());
  EXPECT_EQ(read, two);
  std::swap(bytes[8], bytes[10]);
  core::ArchiveReader bad(bytes);
  bad(read);
  EXPECT_FALSE(bad.ok());
}

}  // namespace
}  // namespace spillway
