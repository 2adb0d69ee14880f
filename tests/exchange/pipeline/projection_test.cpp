// tests/exchange/pipeline/projection_test.cpp - projection.cpp, projection_rows.cpp, projection_writer.cpp,
// receipt_maker.cpp: rows and position are written together or not at all, and made again they are the same.
#include "exchange/projection.hpp"

#include <gmock/gmock.h>

#include "exchange/receipt.hpp"
#include "journal/log_reader.hpp"
#include "journal/tiled_tree.hpp"
#include "journal/tlog_proof.hpp"
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

using Dump = std::map<std::pair<std::string, std::vector<std::byte>>, std::vector<std::byte>>;

Dump dump(Projection const& projection) {
  Dump rows;
  projection.each_row([&](std::string_view table, ByteView key, ByteView value) {
    rows.emplace(std::pair{std::string(table), std::vector(key.begin(), key.end())},
                 std::vector(value.begin(), value.end()));
  });
  return rows;
}

Dump dump_of(std::filesystem::path const& folder) {
  auto const projection = Projection::open(folder, small_map);
  EXPECT_TRUE(projection);
  EXPECT_EQ(projection->lost(), "");
  return dump(*projection);
}

/// The follower over a journal that nobody writes, into tables that begin empty.
Dump made_again(std::filesystem::path const& journal) {
  auto reader = LogReader::open(journal, StreamKind::entries, ReadMode::strict);
  EXPECT_TRUE(reader);
  for (auto frame = reader->next(); frame && *frame; frame = reader->next()) continue;
  Folder folder;
  {
    auto follower = Follower::open({.journal = journal}, *Projection::open(folder.path(), small_map));
    EXPECT_TRUE(follower);
    (*follower)->durable_to(reader->position(), reader->last_seq());
    (*follower)->stop();
  }
  return dump_of(folder.path());
}

TEST(Projection, MadeAgainFromTheJournalItIsTheSameRowByRow) {
  Folder folder;
  {
    Ear ear;
    auto const pipeline = opened(folder.path(), ear);
    Trader trader(*pipeline, ear);
    trader.offer_slots();
    for (int i = 0; i < 20; ++i) trader.buy_job();
    pipeline->stop();
  }
  {
    Ear ear;
    auto const pipeline = opened(folder.path(), ear);  // goes on with the tables that are there
    Trader trader(*pipeline, ear);
    trader.send(system_itself, Deposit{carl, Nano{1}});
    pipeline->stop();
  }
  auto const kept = dump_of(folder.path() / "projection");
  EXPECT_GT(kept.size(), 100u);
  EXPECT_EQ(made_again(folder.path()), kept);

  std::vector<std::string> lines;
  {
    Ear ear;
    auto options = options_for(folder.path(), ear);
    options.rebuild_projection = true;
    options.log = [&](std::string const& line) { lines.push_back(line); };
    auto const pipeline = Pipeline::open(std::move(options));
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    (*pipeline)->stop();
  }
  EXPECT_THAT(lines, testing::Contains(testing::HasSubstr("that was asked for")));
  EXPECT_EQ(made_again(folder.path()), dump_of(folder.path() / "projection"));
}

TEST(Projection, GrowsItsMapWhenItIsFull) {
  Folder small, large;
  auto const fill = [](std::filesystem::path const& folder, std::uint64_t map_bytes) {
    auto projection = Projection::open(folder, map_bytes);
    EXPECT_TRUE(projection);
    std::vector<Record> records;
    for (std::uint64_t i = 1; i <= 8'000; ++i) {
      projection->add(entry(i), {report_to(5, i), report_to(6, i)});
      if (i % 1'000 == 0) {
        EXPECT_TRUE(projection->commit(Seq{i}, {}));
      }
    }
    return projection->map_bytes();
  };
  EXPECT_GT(fill(small.path(), 1 << 20), 1u << 20);
  EXPECT_EQ(fill(large.path(), small_map), small_map);
  EXPECT_EQ(dump_of(small.path()), dump_of(large.path()));
}

Record posting(std::uint64_t transfer, std::uint32_t from, std::uint32_t to) {
  record::Posting p{};
  p.transfer = transfer, p.debit_owner = from, p.credit_owner = to, p.amount_nano = 3;
  p.debit_kind = p.credit_kind = static_cast<std::uint16_t>(AccountKind::funds);
  return Record::of(p);
}

TEST(Projection, HasTheSameRowsHoweverTheyCameInCommits) {
  constexpr std::uint64_t last = 300;
  auto const filled = [](std::uint64_t entries_a_commit, std::filesystem::path const& folder) {
    auto projection = Projection::open(folder, small_map);
    EXPECT_TRUE(projection);
    for (std::uint64_t i = 1; i <= last; ++i) {
      auto const other = static_cast<std::uint32_t>(6 + i % 3);
      projection->add(entry(i),
                      {report_to(5, i), posting(2 * i, 5, other), posting(2 * i + 1, other, other)});
      if (i % entries_a_commit == 0 || i == last) {
        EXPECT_TRUE(projection->commit(Seq{i}, {}));
      }
    }
    return dump(*projection);
  };
  Folder one, two, three;
  auto const at_once = filled(last, one.path());
  EXPECT_TRUE(filled(7, two.path()) == at_once);
  EXPECT_TRUE(filled(31, three.path()) == at_once);
  auto const projection = Projection::open(one.path(), small_map);
  ASSERT_TRUE(projection);
  auto const funds = static_cast<std::uint16_t>(AccountKind::funds);
  EXPECT_EQ(projection->postings(ParticipantId{5}, funds, 1'000).size(), 300u);
  EXPECT_EQ(projection->postings(ParticipantId{6}, funds, 1'000).size(), 200u) << "to itself counts once";
  // Blocks of postings begin at 1, 73, 145, 217 and 289, of reports at 1, 37, 73 and so on.
  for (std::int64_t const from : {1, 72, 73, 74, 216, 261, 300}) {
    auto const rows = projection->postings(ParticipantId{5}, funds, Stamp{from}, Stamp{from + 40}, 1'000);
    ASSERT_EQ(rows.size(), std::min<std::size_t>(40, static_cast<std::size_t>(301 - from)));
    EXPECT_EQ(rows.front().stamp, Stamp{from});
    EXPECT_EQ(rows.front().record.as<record::Posting>().amount_nano, 3);
  }
  EXPECT_EQ(projection->reports(ParticipantId{5}, 35, 100).front().report, 36u);
  EXPECT_EQ(projection->reports(ParticipantId{5}, 36, 100).front().report, 37u);
  EXPECT_EQ(projection->reports(ParticipantId{5}, 299, 100).size(), 1u);
  EXPECT_TRUE(projection->reports(ParticipantId{5}, 300, 100).empty());
}

TEST(Projection, GivesThePostingsOfAnAccountBetweenTwoMoments) {
  Folder folder;
  auto projection = Projection::open(folder.path(), small_map);
  ASSERT_TRUE(projection);
  auto const funds = static_cast<std::uint16_t>(AccountKind::funds);
  for (std::uint64_t i = 1; i <= 50; ++i) {
    record::Posting posting{};
    posting.transfer = i, posting.debit_kind = static_cast<std::uint16_t>(AccountKind::bank);
    posting.credit_owner = 5, posting.credit_kind = funds, posting.amount_nano = 1;
    projection->add(entry(i * 10), {Record::of(posting)});
  }
  ASSERT_TRUE(projection->commit(Seq{500}, {}));
  auto const rows = projection->postings(ParticipantId{5}, funds, Stamp{100}, Stamp{200}, 100);
  ASSERT_EQ(rows.size(), 10u);
  EXPECT_EQ(rows.front().stamp, Stamp{100});
  EXPECT_EQ(rows.back().stamp, Stamp{190});
  EXPECT_EQ(projection->postings(ParticipantId{5}, funds, Stamp{100}, Stamp{200}, 3).size(), 3u);
  EXPECT_EQ(projection->postings(ParticipantId{5}, funds, 100).size(), 50u);
  EXPECT_TRUE(projection->postings(ParticipantId{6}, funds, 100).empty());
}

TEST(Projection, KeepsTheReceiptOfEachFillWhichWithTilesAndCheckpointIsItsProof) {
  Folder folder;
  Ear ear;
  auto pipeline = opened(folder.path(), ear);
  auto const verifier = NoteVerifier::from_vkey(pipeline->verifier_key());
  std::vector<std::pair<FillId, Seq>> fills;
  {
    Trader trader(*pipeline, ear);
    trader.offer_slots();
    for (int i = 0; i < 5; ++i) {
      auto const [fill, placed] = trader.buy_job();
      fills.emplace_back(fill, placed.entry.seq);
    }
  }
  pipeline->stop();
  pipeline.reset();
  auto const projection = Projection::open(folder.path() / "projection", small_map);
  auto const note = load_checkpoint(folder.path() / "checkpoint");
  ASSERT_TRUE(projection && note && verifier);
  auto const checkpoint = open_checkpoint(*note, *verifier);
  ASSERT_TRUE(checkpoint);
  for (auto const& [fill, seq] : fills) {
    auto const row = projection->fill(fill);
    auto const receipt = projection->receipt(fill);
    ASSERT_TRUE(row && receipt) << fill.v;
    EXPECT_EQ(row->seq, seq);
    TiledTree tree(TileFolder(folder.path() / "tiles"), checkpoint->size);
    auto const hashes = tree.inclusion(receipt->leaf);
    ASSERT_TRUE(hashes) << hashes.error().message;
    auto const proven =
        check_fill_proof(tlog_proof_text({receipt->receipt, receipt->leaf, *hashes, *note}), &*verifier);
    ASSERT_TRUE(proven) << proven.error();
    EXPECT_EQ(proven->seq, seq);
    EXPECT_EQ(proven->record.as<record::Fill>().fill, fill.v);
  }
  EXPECT_FALSE(projection->receipt(FillId{999}));
}

}  // namespace
}  // namespace spillway
