// tests/apps/audit_test.cpp - a journal written by the real pipeline is right, and every way of changing it
// is found with its place. Covers audit.cpp, audit_page.cpp, checkpoint_seen.cpp, statement.cpp,
// account_name.cpp.
#include "apps/audit/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "apps/audit/account_name.hpp"
#include "apps/audit/audit_page.hpp"
#include "exchange/pipeline.hpp"
#include "journal/frame.hpp"
#include "journal/keys.hpp"
#include "journal/segment_file.hpp"
#include "market/codec.hpp"
#include "reference/genesis.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr ParticipantId the_buyer{2};

std::vector<Command> first_entries() {
  std::vector<Command> commands{SetRules{}};
  auto tables = *genesis_commands(shipped_tables());
  std::move(tables.begin(), tables.end(), std::back_inserter(commands));
  commands.emplace_back(
      AddParticipant{ParticipantId{1}, FirmId{1}, static_cast<std::uint32_t>(Role::operator_)});
  commands.emplace_back(AddParticipant{the_buyer, FirmId{2}, static_cast<std::uint32_t>(Role::buyer)});
  commands.emplace_back(FundGuarantee{Nano{5 * nano_per_unit}});
  return commands;
}

PlaceOrder capacity_order(std::uint64_t client) {
  PlaceOrder order;
  order.client = ClientOrderId{client};
  order.predicate.product = ProductKind::capacity;
  order.tif = TimeInForce::gtc;
  order.limit = *exact_step(Nano{2 * nano_per_unit});
  order.quantity = Lots{milli_per_accelerator};
  return order;
}

/// A directory with a journal in it; gone with the test.
class AuditTest : public ::testing::Test {
 protected:
  AuditTest() : path_(fs::temp_directory_path() / ("spillway-audit-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
  }
  ~AuditTest() override { fs::remove_all(path_); }

  std::unique_ptr<Pipeline> open() {
    PipelineOptions options;
    options.directory = path_;
    options.segment_bytes = std::uint64_t{1} << 20;
    options.projection_map_bytes = std::uint64_t{1} << 30;
    options.genesis = first_entries();
    auto pipeline = Pipeline::open(std::move(options));
    if (!pipeline) throw std::runtime_error(pipeline.error().message);
    return std::move(*pipeline);
  }
  static void trade(Pipeline& pipeline) {
    auto send = [&](ParticipantId who, Command command) {
      EXPECT_EQ(pipeline.submit({who, std::move(command), {}}), Refusal::none);
    };
    send(ParticipantId{1}, Deposit{the_buyer, Nano{100 * nano_per_unit}});
    for (std::uint64_t client = 1; client <= 20; ++client) send(the_buyer, capacity_order(client));
    send(ParticipantId{1}, Deposit{the_buyer, Nano{7 * nano_per_unit}});
  }
  Pipeline::Stopped closed_journal() {
    auto const pipeline = open();
    trade(*pipeline);
    return pipeline->stop();
  }
  AuditReport audit(std::string vkey = {}) {
    auto report = audit_journal({path_, std::move(vkey), {}});
    if (!report) throw std::runtime_error(report.error().sentence);
    return std::move(*report);
  }
  fs::path first(char const* stream) { return path_ / stream / segment_name(Seq{1}); }

  fs::path path_;
};

std::vector<std::byte> bytes_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<char> const text(std::istreambuf_iterator<char>(in), {});
  auto const* const begin = reinterpret_cast<std::byte const*>(text.data());
  return {begin, begin + text.size()};
}

void write(fs::path const& file, std::vector<std::byte> const& bytes) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void flip(fs::path const& file, std::size_t at) {
  auto bytes = bytes_of(file);
  bytes.at(at) ^= std::byte{0x10};
  write(file, bytes);
}

/// Where the frames of a segment begin, in order.
std::vector<std::size_t> frames_in(std::vector<std::byte> const& bytes) {
  std::vector<std::size_t> starts;
  for (std::size_t at = segment_header_bytes;;) {
    auto const frame = parse_frame(ByteView(bytes).subspan(at));
    if (!frame) return starts;
    starts.push_back(at);
    at += frame_bytes(frame->payload.size());
  }
}

TEST_F(AuditTest, AClosedJournalIsRightAndGivesTheDigestThatTheExchangeGave) {
  auto const stopped = closed_journal();
  auto const report = audit();
  EXPECT_TRUE(report.ok()) << report.finding->reason;
  EXPECT_TRUE(report.closed);
  EXPECT_EQ(report.digest, stopped.digest);
  EXPECT_EQ(report.last, stopped.last);
  EXPECT_EQ(report.entries, stopped.last.v);
  EXPECT_EQ(report.records_compared, report.entries);
  EXPECT_EQ(report.checkpoint_size, report.entries + report.seals);
  EXPECT_FALSE(report.signed_by.empty());
  EXPECT_EQ(report.torn_bytes, 0u);
  EXPECT_THAT(replay_page(report, PageForm::text), HasSubstr("D        " + to_hex(stopped.digest)));
}

TEST_F(AuditTest, ThePlainBookGivesTheDigestThatTheFastBookGave) {
  auto const stopped = closed_journal();
  AuditOptions options;
  options.directory = path_;
  options.book = BookKind::plain;
  auto const report = audit_journal(options);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << report->finding->reason;
  EXPECT_EQ(report->digest, stopped.digest);
  EXPECT_EQ(report->records_compared, stopped.last.v);
}

TEST_F(AuditTest, AJournalCanBeAuditedWhileTheExchangeRuns) {
  auto const pipeline = open();
  trade(*pipeline);
  // The first batch is followed by the first checkpoint.
  for (int i = 0; i < 10'000 && !fs::exists(path_ / "checkpoint"); ++i) ::usleep(1'000);
  auto const report = audit();
  EXPECT_TRUE(report.ok()) << report.finding->reason;
  EXPECT_FALSE(report.closed);
}

TEST_F(AuditTest, OneChangedBitIsFoundWithItsPositionWhereverItIs) {
  closed_journal();
  auto const file = first("segments");
  auto const whole = bytes_of(file);
  auto const frames = frames_in(whole);
  ASSERT_GT(frames.size(), 30u);
  for (std::size_t i = 0; i < frames.size(); i += frames.size() / 12) {
    flip(file, frames[i] + 20);
    auto const report = audit();
    ASSERT_FALSE(report.ok()) << i;
    EXPECT_EQ(report.finding->position, frames[i]) << "the first segment's base is 0";
    EXPECT_THAT(report.finding->reason, HasSubstr("segments/" + segment_name(Seq{1})));
    write(file, whole);
  }
  EXPECT_TRUE(audit().ok());
}

TEST_F(AuditTest, AChangedClosingSealIsNoTornTail) {
  closed_journal();
  auto const frames = frames_in(bytes_of(first("segments")));
  flip(first("segments"), frames.back() + 30);
  auto const report = audit();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.finding->position, frames.back());
  EXPECT_THAT(report.finding->reason, HasSubstr("the checkpoint vouches for"));
}

// Somebody who can compute checksums changes a deposit: the batch's seal gives him away.
TEST_F(AuditTest, AnEntryRewrittenWithItsChecksumDisagreesWithItsSeal) {
  closed_journal();
  auto bytes = bytes_of(first("segments"));
  bool rewritten = false;
  for (auto const at : frames_in(bytes)) {
    auto const frame = *parse_frame(ByteView(bytes).subspan(at));
    auto entry =
        frame.type == FrameType::entry ? decode_entry(frame.payload) : std::unexpected(DecodeError{});
    if (!entry || !std::holds_alternative<Deposit>(entry->command)) continue;
    std::get<Deposit>(entry->command).amount = Nano{900 * nano_per_unit};
    std::vector<std::byte> forged;
    encode_frame(FrameType::entry, frame.seq, encode(*entry), forged);
    ASSERT_EQ(forged.size(), frame_bytes(frame.payload.size()));
    std::copy(forged.begin(), forged.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    rewritten = true;
    break;
  }
  ASSERT_TRUE(rewritten);
  write(first("segments"), bytes);
  auto const report = audit();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.finding->reason, HasSubstr("says another outcome for sequence"));
  fs::remove_all(path_ / "records");
  fs::create_directory(path_ / "records");
  EXPECT_THAT(audit().finding->reason, HasSubstr("D: the journal says"));
}

// An entry may say something else without another outcome: only the tree knows, and no tile is to blame.
TEST_F(AuditTest, AnEntryRewrittenWithTheSameOutcomeIsNotTakenForAChangedTile) {
  closed_journal();
  auto bytes = bytes_of(first("segments"));
  std::size_t last = 0;
  for (auto const at : frames_in(bytes))
    if (parse_frame(ByteView(bytes).subspan(at))->type == FrameType::entry) last = at;
  auto const frame = *parse_frame(ByteView(bytes).subspan(last));
  auto entry = decode_entry(frame.payload).value();
  entry.stamp = entry.stamp + Micros{1};
  std::vector<std::byte> forged;
  encode_frame(FrameType::entry, frame.seq, encode(entry), forged);
  ASSERT_EQ(forged.size(), frame_bytes(frame.payload.size()));
  std::copy(forged.begin(), forged.end(), bytes.begin() + static_cast<std::ptrdiff_t>(last));
  write(first("segments"), bytes);
  auto const report = audit();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.finding->reason, HasSubstr("the root over the first"));
  EXPECT_THAT(report.finding->reason, HasSubstr("an entry or a seal was changed"));
}

TEST_F(AuditTest, AJournalOfWhichNothingIsLeftIsNotWellToWhoNamesAKey) {
  closed_journal();
  auto const key = audit().signed_by;
  for (auto const* const part : {"segments", "records", "checkpoint"}) fs::remove_all(path_ / part);
  auto const report = audit(key);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.finding->reason, HasSubstr("checkpoint is missing"));
  EXPECT_THAT(audit().notes.front(), HasSubstr("nothing is signed"))
      << "a start that was cut off looks the same";
}

TEST_F(AuditTest, AKeyBesideTheJournalThatCanNotBeUsedIsNotTakenForNone) {
  closed_journal();
  std::ofstream(path_ / "keys/log.key") << "garbage";
  auto const report = audit_journal({path_, {}, {}});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().sentence, HasSubstr("--vkey"));
  fs::remove_all(path_ / "keys");
  EXPECT_TRUE(audit().ok()) << "with a note";
}

TEST_F(AuditTest, AChangedRecordIsFound) {
  closed_journal();
  auto const frames = frames_in(bytes_of(first("records")));
  flip(first("records"), frames.at(frames.size() / 2) + frame_header_bytes);
  auto const report = audit();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.finding->reason, HasSubstr("records/"));
}

TEST_F(AuditTest, AMissingCheckpointIsSaid) {
  closed_journal();
  fs::remove(path_ / "checkpoint");
  auto const report = audit();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.finding->reason, HasSubstr("checkpoint is missing"));
}

// The key beside the journal is the journal's, whatever the checkpoint calls it.
TEST_F(AuditTest, ACheckpointUnderAnotherNameIsFound) {
  closed_journal();
  flip(path_ / "checkpoint", 0);
  EXPECT_THAT(audit().finding->reason, HasSubstr("the file checkpoint: "));
}

TEST_F(AuditTest, AnEmptyCheckpointIsDamage) {
  closed_journal();
  fs::resize_file(path_ / "checkpoint", 0);
  EXPECT_THAT(audit().finding->reason, HasSubstr("the file checkpoint is empty"));
}

// Behind an older checkpoint nothing is signed, but the records still know of what was cut.
TEST_F(AuditTest, EntriesThatOnlyTheRecordsStillKnowAreMissed) {
  closed_journal();
  fs::copy_file(path_ / "checkpoint", path_ / "early");
  auto const pipeline = open();
  trade(*pipeline);
  pipeline->stop();
  fs::rename(path_ / "early", path_ / "checkpoint");
  EXPECT_TRUE(audit().ok()) << audit().finding->reason;
  auto bytes = bytes_of(first("segments"));
  auto const frames = frames_in(bytes);
  auto const cut = frames.at(frames.size() - 4);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end(), std::byte{});
  write(first("segments"), bytes);
  auto const report = audit();
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.finding->reason, HasSubstr("segments/" + segment_name(Seq{1})));
  EXPECT_THAT(report.finding->reason, HasSubstr("records go on to sequence"));
}

TEST_F(AuditTest, ACheckpointOfAnotherKeyIsRefused) {
  closed_journal();
  auto const stranger = LogKey::from_seed("spillway.local/journal", {}).verifier().vkey();
  EXPECT_FALSE(audit(stranger).ok());
  EXPECT_FALSE(audit_journal({path_, "no key", {}}).has_value());
}

TEST_F(AuditTest, ADirectoryThatIsNoJournalIsRefusedInOneSentence) {
  EXPECT_FALSE(audit_journal({path_ / "nowhere", {}, {}}).has_value());
}

TEST_F(AuditTest, AStatementAddsUpToTheBalanceInTheBooks) {
  closed_journal();
  Statement statement({the_buyer, AccountKind::funds});
  auto const report =
      audit_journal({path_, {}, [&](Entry const& e, Outcome const& o) { statement.gather(e, o); }});
  ASSERT_TRUE(report && report->ok());
  ASSERT_EQ(statement.lines().size(), 22u) << "two deposits and twenty holds";
  EXPECT_EQ(statement.lines().front().code, TransferCode::deposit);
  EXPECT_EQ(statement.lines().front().balance, Nano{100 * nano_per_unit});
  Nano running;
  for (auto const& line : statement.lines()) {
    running = running + line.credit - line.debit;
    EXPECT_EQ(line.balance, running);
  }
  EXPECT_TRUE(statement_agrees(*report, statement));
  EXPECT_THAT(statement_page(*report, statement, PageForm::text), HasSubstr("as in the books"));
}

TEST_F(AuditTest, TheTrialBalanceListsEveryAccountAndSumsToZero) {
  closed_journal();
  auto const report = audit();
  EXPECT_TRUE(trial_balance(report).balanced());
  EXPECT_EQ(
      trial_balance(report).debits.v, 112 * nano_per_unit + [&] {
        std::int64_t held = 0;
        for (auto const& a : report.accounts)
          if (a.key.kind == AccountKind::escrow) held += a.credits.v;
        return held;
      }());
  auto const page = trial_balance_page(report, PageForm::text);
  for (auto const* account : {"bank:0", "guarantee:0", "funds:2", "escrow:2"})
    EXPECT_THAT(page, HasSubstr(account));
  EXPECT_THAT(page, HasSubstr("the books balance"));
  auto const document = trial_balance_page(report, PageForm::json);
  EXPECT_THAT(document, HasSubstr(R"("ok":true)"));
  EXPECT_THAT(document, HasSubstr(R"("books_balance":true)"));
}

TEST(AccountName, ReadsWhatItWritesAndRefusesTheRest) {
  for (auto const* text :
       {"funds:2", "escrow:4294967295", "earnings:11", "fees:0", "bank:0", "guarantee:0"}) {
    auto const account = parse_account(text);
    ASSERT_TRUE(account) << text;
    EXPECT_EQ(account_text(*account), text);
  }
  EXPECT_EQ(account_text(*parse_account("fees")), "fees:0");
  for (auto const* text :
       {"", "funds", "funds:", "funds:0", "fees:3", "money:2", "funds:-1", "funds:2x", "funds:4294967296"})
    EXPECT_FALSE(parse_account(text)) << text;
}

}  // namespace
}  // namespace spillway
