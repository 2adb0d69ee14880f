// tests/apps/audit_books_test.cpp - the books from records alone, and lives in plain words, by us and by a
// script in another language. Covers postings.cpp, explain.cpp, explain_page.cpp, command_words.cpp,
// page_words.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdio>

#include "apps/audit/account_name.hpp"
#include "apps/audit/explain.hpp"
#include "apps/audit/postings.hpp"
#include "apps/audit/prove.hpp"
#include "audit_world.hpp"
#include "journal/archive.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace json = boost::json;

struct Books : ::testing::Test {
  ScratchFolder folder;
  World world;

  AuditReport summed() {
    auto report = sum_postings({folder.path(), vkey, {}, {}});
    if (!report) throw std::runtime_error(report.error().sentence);
    return std::move(*report);
  }
  std::string life_of(char const* subject, PageForm form = PageForm::text) {
    Life life(*parse_subject(subject));
    auto const report = audit_journal(
        {folder.path(), vkey, [&](Entry const& e, Outcome const& o) { life.gather(e, o); }, {}});
    if (!report) throw std::runtime_error(report.error().sentence);
    return explain_page(*report, life, form);
  }
};

TEST_F(Books, FromRecordsAloneAreThoseOfReplay) {
  live_a_little(world, 30);
  auto const digest = write_journal(folder.path(), world.journal);
  auto const ours = summed();
  ASSERT_TRUE(ours.ok()) << ours.finding->reason;
  EXPECT_TRUE(ours.closed);
  EXPECT_EQ(ours.digest, digest);
  EXPECT_EQ(ours.records_compared, world.journal.size());
  auto const replayed = audit_journal({folder.path(), vkey, {}, {}});
  ASSERT_TRUE(replayed && replayed->ok());
  EXPECT_EQ(ours.root, replayed->root);
  EXPECT_EQ(trial_balance_page(ours, PageForm::text), trial_balance_page(*replayed, PageForm::text));
  EXPECT_TRUE(trial_balance(ours).balanced());
}

TEST_F(Books, SegmentsThatWereMovedToAnArchiveAreFollowedThereAndNamedWhereTheyAreMissing) {
  live_a_little(world, 30);
  auto const digest = write_journal(folder.path(), world.journal, {.segment_bytes = 32'768});
  ScratchFolder elsewhere;
  auto const moved =
      archive_sealed(*JournalDirectory::open(folder.path(), DirectoryMode::write), elsewhere.path());
  ASSERT_TRUE(moved) << moved.error().message;
  ASSERT_GT(moved->moved, 2u);
  AuditOptions options{folder.path(), vkey};
  auto const lost = audit_journal(options);
  ASSERT_TRUE(lost && lost->finding);
  EXPECT_THAT(lost->finding->reason,
              HasSubstr(segment_name(Seq{1}) + " is neither in the journal nor in an archive"));
  options.archive = elsewhere.path();
  auto const found = audit_journal(options);
  ASSERT_TRUE(found && found->ok()) << found->finding->reason;
  EXPECT_EQ(found->digest, digest);
  EXPECT_TRUE(found->closed);
  auto const sums = sum_postings(options);
  ASSERT_TRUE(sums && sums->ok()) << sums->finding->reason;
  EXPECT_TRUE(trial_balance(*sums).balanced());
  EXPECT_TRUE(prove_fill(options, FillId{1}));
  options.archive = elsewhere.path() / "nowhere";
  EXPECT_THAT(audit_journal(options).error().sentence, HasSubstr("there is no archive"));
}

// Somebody changes a posting and its checksum: the seal behind it gives him away, without replay.
TEST_F(Books, AChangedPostingDoesNotFitItsSeal) {
  live_a_little(world, 3);
  write_journal(folder.path(), world.journal, {.segment_bytes = std::uint64_t{1} << 20});
  auto const file = folder.path() / "records" / segment_name(Seq{1});
  auto bytes = file_bytes(file);
  auto const view = [&] { return std::as_bytes(std::span<char const>(bytes)); };
  for (std::size_t at = segment_header_bytes;;) {
    auto const frame = parse_frame(view().subspan(at));
    ASSERT_TRUE(frame) << "some outcome posts something";
    std::vector<std::byte> payload(frame->payload.begin(), frame->payload.end());
    std::size_t record = 0;
    auto const kind = [&] { return static_cast<int>(payload[record]); };
    while (record < payload.size() && kind() != static_cast<int>(RecordKind::posting))
      record += sizeof(Record);
    if (record >= payload.size()) {
      at += frame_bytes(frame->payload.size());
      continue;
    }
    payload[record + 40 + 24] ^= std::byte{1};  // the amount
    std::vector<std::byte> forged;
    encode_frame(FrameType::records, frame->seq, payload, forged);
    std::memcpy(bytes.data() + at, forged.data(), forged.size());
    break;
  }
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_THAT(summed().finding->reason, HasSubstr("the seal does not fit the records"));
}

TEST_F(Books, WithoutTheRecordsThatTheCheckpointVouchesForAreNotWell) {
  live_a_little(world, 3);
  write_journal(folder.path(), world.journal);
  fs::remove_all(folder.path() / "records");
  auto const report = summed();
  EXPECT_EQ(report.entries, 0u);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.finding->reason, HasSubstr("the stream of records ends at sequence 0"));
}

TEST_F(Books, WithoutACheckpointAreNotWell) {
  live_a_little(world, 3);
  write_journal(folder.path(), world.journal);
  fs::remove(folder.path() / "checkpoint");
  auto const report = summed();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.finding->reason, HasSubstr("checkpoint is missing"));
}

/// Standard output of a command; empty when it failed.
std::string output_of(std::string const& command) {
  std::string out;
  FILE* const pipe = ::popen(command.c_str(), "r");
  char some[4096];
  while (auto const n = std::fread(some, 1, sizeof some, pipe)) out.append(some, n);
  return ::pclose(pipe) == 0 ? out : std::string();
}

TEST_F(Books, AreTheSameToAScriptInAnotherLanguage) {
  if (output_of("python3 --version").empty()) GTEST_SKIP() << "no python3 here";
  live_a_little(world, 30);
  auto const digest = write_journal(folder.path(), world.journal);
  std::string const script = "python3 " SPILLWAY_SOURCE_DIR "/tests/apps/replay_postings.py ";
  auto const said = output_of(script + folder.path().string());
  ASSERT_FALSE(said.empty());
  auto const theirs = json::parse(said).as_object();
  auto const ours = summed();
  EXPECT_EQ(theirs.at("digest").as_string(), to_hex(digest));
  EXPECT_EQ(theirs.at("root").as_string(), to_hex(ours.root));
  EXPECT_EQ(theirs.at("entries").to_number<std::uint64_t>(), ours.entries);
  auto const& accounts = theirs.at("accounts").as_object();
  EXPECT_EQ(accounts.size(), ours.accounts.size());
  for (auto const& account : ours.accounts) {
    auto const& there = accounts.at(account_text(account.key)).as_object();
    EXPECT_EQ(there.at("debits").to_number<std::int64_t>(), account.debits.v) << account_text(account.key);
    EXPECT_EQ(there.at("credits").to_number<std::int64_t>(), account.credits.v) << account_text(account.key);
  }
  flip_bit(folder.path() / "records" / segment_name(Seq{1}), 5000, 3);
  EXPECT_EQ(output_of(script + folder.path().string() + " 2>/dev/null"), "") << "it can tell, too";
}

TEST_F(Books, ALifeIsToldFromItsEntries) {
  live_a_little(world, 3);
  write_journal(folder.path(), world.journal);
  auto const job = life_of("job:1");
  EXPECT_THAT(job, HasSubstr("participant 20 placed an order"));
  EXPECT_THAT(job, HasSubstr("fill 1: order "));
  EXPECT_THAT(job, HasSubstr("the exchange saw the acknowledgement of job 1"));
  EXPECT_THAT(job, HasSubstr("job 1 is complete: 1000 tokens in, 400 out"));
  EXPECT_THAT(job, HasSubstr("(charge): "));
  EXPECT_THAT(job, HasSubstr("from escrow:20 to earnings:10"));
  EXPECT_THAT(job, HasSubstr("verdict  ok"));
  EXPECT_THAT(life_of("job:2"), HasSubstr("the engine can't be reached, or died), at fault: the provider"));
  auto const order = World::of<record::Fill>(world.records).front().order;
  auto const of_order = life_of(("order:" + std::to_string(order)).c_str());
  EXPECT_THAT(of_order, HasSubstr("(hold): "));
  EXPECT_THAT(of_order, HasSubstr("is filled: 0 lots open, 1 filled, limit 2.00"));
  EXPECT_THAT(life_of("transfer:1"), HasSubstr("transfer 1 (deposit): 100.00 from bank:0 to funds:20"));
  auto const fills = World::of<record::Fill>(world.records);
  auto const lease =
      std::ranges::find(fills, static_cast<std::uint8_t>(ProductKind::capacity), &record::Fill::product);
  ASSERT_NE(lease, fills.end());
  EXPECT_THAT(life_of(("lease:" + std::to_string(lease->fill)).c_str()), HasSubstr(" is running: "));
  EXPECT_THAT(life_of("order:9999999"), HasSubstr("no record names it"));
  auto const document = json::parse(life_of("job:1", PageForm::json)).as_object();
  EXPECT_TRUE(document.at("ok").as_bool());
  EXPECT_GT(document.at("life").as_array().size(), 5u);
}

TEST_F(Books, HaveBondsUnderTheirOwnNameWhichAreNotTakenForJobs) {
  live_a_little(world, 3);
  auto rules = world.core.rules();
  rules.bond_per_unit = Nano{nano_per_unit};
  world.must(SetRules{rules});
  world.must(Deposit{bert, Nano{nano_per_unit}});
  auto const node = world.add_node(bert);
  ASSERT_EQ(world.send(bert, BondPost{node, 1}), Refusal::none);
  auto const posted = world.postings(TransferCode::bond_post).at(0).as<record::Posting>();
  write_journal(folder.path(), world.journal);
  EXPECT_THAT(trial_balance_page(summed(), PageForm::text), HasSubstr("bond:11"));
  EXPECT_EQ(account_text(*parse_account("bond:11")), "bond:11");
  EXPECT_THAT(life_of(("transfer:" + std::to_string(posted.transfer)).c_str()),
              HasSubstr("(bond_post): 1.00 from funds:11 to bond:11"));
  EXPECT_THAT(life_of(("job:" + std::to_string(posted.about)).c_str()), HasSubstr("no record names it"));
}

TEST(Subject, IsReadByItsWordAndNumber) {
  EXPECT_EQ(*parse_subject("17"), (Subject{Subject::Kind::order, 17}));
  EXPECT_EQ(*parse_subject("lease:3"), *parse_subject("job:3"));
  EXPECT_EQ(*parse_subject("transfer:9"), (Subject{Subject::Kind::transfer, 9}));
  for (char const* bad : {"", "job", "job:", "job:0", "job:x", "offer:3", "order:-1", "order:1 ", ":3"})
    EXPECT_FALSE(parse_subject(bad)) << bad;
}

}  // namespace
}  // namespace spillway
