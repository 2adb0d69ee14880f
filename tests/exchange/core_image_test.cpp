// tests/exchange/core_image_test.cpp - core_image.cpp, core_fields.hpp, core_archive.hpp,
// matching/book_image.cpp, fast_image.cpp: a core that was made from another's state is that core, whatever
// comes next.
#include "core_archive.hpp"
#include "core_crowd.hpp"

namespace spillway {
namespace {

using Bytes = std::vector<std::byte>;

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
  Crowd::ask_for_bonds(w);
  Crowd crowd(GetParam());
  std::vector<std::unique_ptr<ExchangeCore>> twins;
  Outcome outcome;
  std::size_t running = 0;
  for (int i = 1; i <= 6'000; ++i) {
    ParticipantId who;
    auto const command = crowd.next_with_bonds(w, who);
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
  EXPECT_FALSE(w.core.bonds().empty());
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
    if (!core->can_export() || !core->unfinished() || ++cut % 8 != 0) continue;
    auto const bytes = exported(*core);
    core = imported(bytes, w.limits, cut % 16 == 0 ? BookKind::plain : BookKind::fast);
    ASSERT_EQ(exported(*core), bytes);
    ASSERT_TRUE(core->unfinished());
    core->check_invariants();
  }
  if (w.limits.steps < 256) {
    EXPECT_GT(cut, 32u);
  }
  EXPECT_TRUE(same(outcome.records, w.records));
  EXPECT_EQ(exported(*core), exported(w.core));
}

// What is full is counted, and the counts are in the image: where memory lay before decides nothing. The twin
// is made anew from its own image again and again, so its free rows and blocks lie otherwise.
TEST_P(CoreImage, ACoreMadeFromAnothersStateRefusesForWantOfRoomWhereTheOtherDoes) {
  CoreLimits tight = sizes(GetParam());
  tight.orders_kept = 40, tight.offers_kept = 4, tight.orders = 10, tight.offers = 2;
  tight.leases_kept = 10, tight.lease_claims = 40, tight.nodes = 5, tight.units = 12, tight.keys = 3;
  tight.list_bytes = 4'096, tight.participants = 100;
  World w(tight);
  w.check_every = 1'000;
  Crowd crowd(GetParam());
  std::unique_ptr<ExchangeCore> twin;
  Outcome outcome;
  std::size_t refused_orders = 0, refused_offers = 0, refused_proofs = 0;
  for (int i = 1; i <= 4'000; ++i) {
    ParticipantId who;
    auto command = crowd.next(w, who);
    if (auto* const order = std::get_if<PlaceOrder>(&command); order && crowd.roll(3) == 0)
      order->predicate.within.assign(9 + crowd.roll(400), crowd.roll(2) == 0 ? here : there);
    // Now and then most of a day goes by, so that what is old makes room.
    auto const hours = crowd.roll(100) == 0 ? crowd.roll(20) : 0;
    w.now = w.now + Micros{static_cast<std::int64_t>(crowd.roll(50'000) + hours * micros_per_hour)};
    auto const before = w.journal.size();
    w.send(who, command);
    for (auto const& r : w.last.records) {
      if (r.head.kind != RecordKind::refused || r.head.code != static_cast<std::uint16_t>(Refusal::capacity))
        continue;
      auto const refused = r.as<record::Refused>();
      auto const of = [&](auto const& kind) { return refused.command == Command(kind).index(); };
      refused_orders += of(PlaceOrder{}) ? 1 : 0;
      refused_offers += of(PostOffer{}) ? 1 : 0;
      refused_proofs += of(UnitAttested{}) || of(RegisterNode{}) ? 1 : 0;
    }
    if (twin) {
      outcome.clear();
      for (auto j = before; j < w.journal.size(); ++j) twin->apply(w.journal[j], outcome);
      ASSERT_TRUE(same(outcome.records, w.last.records)) << "entry " << w.last_seq();
    }
    if (i % 200 != 0) continue;
    auto const bytes = exported(w.core);
    if (twin) {
      ASSERT_EQ(exported(*twin), bytes) << "after command " << i;
    }
    twin = imported(bytes, w.limits, i % 400 == 0 ? BookKind::plain : BookKind::fast);
  }
  EXPECT_GT(refused_orders, 50u);
  EXPECT_GT(refused_offers, 5u);
  EXPECT_GT(refused_proofs, 0u);
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
  ExchangeCore unchecked;
  EXPECT_FALSE(unchecked.import_state(longer, ExchangeCore::ImportCheck::none));
  EXPECT_TRUE(unchecked.import_state(whole, ExchangeCore::ImportCheck::none));
  EXPECT_EQ(exported(unchecked), whole);
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
