// tests/apps/crash_world.cpp - the exchange that is cut off, and the judge.
#include "crash_world.hpp"

#include <cstdlib>
#include <stdexcept>

#include "apps/audit/audit.hpp"
#include "exchange/projection.hpp"
#include "journal/log_reader.hpp"
#include "journal/store.hpp"
#include "pipeline/pipeline_world.hpp"

namespace spillway::crash {
namespace {

constexpr std::uint64_t small_segment = 12'288, map_bytes = std::uint64_t{1} << 26;

PipelineOptions small_exchange(fs::path const& journal, Ear& ear, Told const& told) {
  static auto const genesis = first_commands();
  PipelineOptions options;
  options.directory = journal;
  options.segment_bytes = small_segment;
  options.projection_map_bytes = map_bytes;
  options.limits.book = BookKind::plain;  // made in no time, and D is the same
  options.genesis = genesis;
  options.log = [](std::string const&) {};
  options.released = [&ear, told](std::shared_ptr<ReleasedBatch const> const& batch) {
    for (auto const& one : *batch) told(one.entry.seq);
    ear.hear(*batch);
  };
  return options;
}

PlaceOrder waiting_order(std::uint64_t client) {
  PlaceOrder order;
  order.client = ClientOrderId{client};
  order.predicate.product = ProductKind::tokens;
  order.predicate.models = {seven};
  order.tif = TimeInForce::timed;
  order.good_for = seconds(60);
  order.limit = units(1);
  order.input = order.output_max = Tokens{10};
  return order;
}

std::string differs(std::string const& table, std::string const& where) {
  return "the projection's table " + table + " is not what the entries give: " + where;
}

/// Row by row; the table that says how far it goes is left out, as entries without rows do not move it.
std::string compare_projections(fs::path const& found, fs::path const& expected) {
  StoreOptions const options{{"orders", "jobs", "postings", "reports", "accounts"}, map_bytes, true, true};
  auto const left = Store::open(found, options), right = Store::open(expected, options);
  if (!left || !right) return "a projection cannot be read";
  auto const one = ReadTxn::begin(*left), other = ReadTxn::begin(*right);
  if (!one || !other) return "a projection cannot be read";
  for (auto const& table : options.tables) {
    auto a = one->cursor(left->table(table)), b = other->cursor(right->table(table));
    auto row = a.first(), want = b.first();
    for (; row && want; row = a.next(), want = b.next())
      if (!std::ranges::equal(row->key, want->key) || !std::ranges::equal(row->value, want->value))
        return differs(table, "row " + to_hex(row->key));
    if (row || want) return differs(table, row ? "a row too many" : "a row is missing");
  }
  return {};
}

struct Raw {
  std::string wrong;
  Seq last{};
  std::uint64_t torn_bytes = 0;
};

/// The log as the crash left it.
Raw read_raw(fs::path const& journal, Crashed const& crashed) {
  Raw raw;
  auto reader = LogReader::open(journal, StreamKind::entries, ReadMode::allow_torn_tail);
  if (!reader) return {reader.error().message, {}, 0};
  for (std::size_t i = 0;; ++i) {
    auto const frame = reader->next();
    if (!frame) return {to_string(frame.error()), {}, 0};
    if (!*frame) break;
    if (crashed.leaves &&
        (i >= crashed.leaves->size() || !std::ranges::equal((*frame)->payload, (*crashed.leaves)[i])))
      return {"leaf " + std::to_string(i) + " is not what was written", {}, 0};
  }
  raw.last = reader->last_seq();
  raw.torn_bytes = reader->torn_tail() ? reader->torn_tail()->bytes : 0;
  if (raw.last < crashed.acknowledged)
    raw.wrong = "the log ends at " + std::to_string(raw.last.v) + ", acknowledged was " +
                std::to_string(crashed.acknowledged.v);
  return raw;
}

/// Tiles are not synced: until the exchange starts again, an auditor may find one torn and says so. Neither
/// can it tell the first write after a clean stop, when that is torn, from a tail that was changed.
std::string audit_raw(fs::path const& journal, Raw const& raw) {
  if (!fs::exists(journal / "LAYOUT")) return {};
  auto const report = audit_journal({.directory = journal, .vkey = {}, .book = BookKind::plain});
  if (!report) return report.error().sentence;
  auto const reason = report->finding ? report->finding->reason : std::string();
  bool const first_write = raw.torn_bytes > 0 && reason.starts_with("bytes behind the closing seal");
  if (!reason.empty() && !reason.starts_with("tiles/") && !first_write) return reason;
  if (!report->finding && report->torn_bytes != raw.torn_bytes) return "the auditor reports another cut tail";
  return {};
}

std::string start_on(fs::path const& journal, Raw const& raw) {
  Ear ear;
  auto pipeline = Pipeline::open(small_exchange(journal, ear, [](Seq) {}));
  if (!pipeline) return "it does not start: " + pipeline.error().message;
  auto const& start = (*pipeline)->start();
  if (start.entries != raw.last.v) return "it starts with " + std::to_string(start.entries) + " entries";
  if (start.torn_bytes != raw.torn_bytes) return "it cut " + std::to_string(start.torn_bytes) + " bytes";
  if ((*pipeline)->submit({system_itself, Deposit{carl, Nano{1}}, {0, 7, 0}}) != Refusal::none)
    return "it takes no command";
  (void)ear.wait(7);
  (*pipeline)->stop();
  return {};
}

std::string audit_closed(fs::path const& journal) {
  ScratchFolder expected;
  auto projection = Projection::open(expected.path(), map_bytes);
  if (!projection) return projection.error();
  AuditOptions options{.directory = journal, .vkey = {}, .book = BookKind::plain};
  options.each = [&](Entry const& entry, Outcome const& outcome) { projection->add(entry, outcome.records); };
  auto const report = audit_journal(options);
  if (!report) return report.error().sentence;
  if (report->finding) return report->finding->reason;
  if (!report->closed || report->torn_bytes != 0) return "it was not closed in good order";
  if (report->records_compared != report->entries) return "records are missing";
  if (auto done = projection->commit(report->last, report->digest); !done) return done.error();
  return compare_projections(journal / "projection", expected.path());
}

}  // namespace

ScratchFolder::ScratchFolder() {
  bool const memory = ::access("/dev/shm", W_OK) == 0;
  std::string name =
      ((memory ? fs::path("/dev/shm") : fs::temp_directory_path()) / "spillway-crash-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}
ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string live(fs::path const& journal, int rounds, Told const& told) {
  Ear ear;
  auto opened = Pipeline::open(small_exchange(journal, ear, told));
  if (!opened) return opened.error().message;
  auto& pipeline = **opened;
  std::uint64_t ticket = 0;
  auto const submit = [&](ParticipantId who, Command command) {
    (void)pipeline.submit({who, std::move(command), {0, ++ticket, 0}});
  };
  auto const client = pipeline.start().entries;  // ids of orders that nobody used yet
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < 5; ++i) submit(system_itself, Deposit{carl, Nano{i + 1}});
    submit(carl, waiting_order(client + static_cast<std::uint64_t>(round) + 1));
    auto const placed = ear.wait(ticket).entry.seq;
    submit(carl, CancelOrder{OrderId{placed.v}, CancelReason::asked});
    auto const last = ear.wait(ticket).entry.seq;
    if (round % 3 == 0)
      (void)ask(pipeline, last, [](FollowerView const& view) { return view.projection().committed(); });
  }
  pipeline.stop();
  return {};
}

Leaves leaves_of(fs::path const& journal) {
  Leaves leaves;
  auto reader = LogReader::open(journal, StreamKind::entries, ReadMode::strict);
  if (!reader) throw std::runtime_error(reader.error().message);
  for (;;) {
    auto const frame = reader->next();
    if (!frame) throw std::runtime_error(to_string(frame.error()));
    if (!*frame) return leaves;
    leaves.emplace_back((*frame)->payload.begin(), (*frame)->payload.end());
  }
}

std::string judge(fs::path const& journal, Crashed const& crashed) {
  auto const raw = read_raw(journal, crashed);
  if (!raw.wrong.empty()) return raw.wrong;
  if (auto wrong = audit_raw(journal, raw); !wrong.empty()) return "before the start: " + wrong;
  if (auto wrong = start_on(journal, raw); !wrong.empty()) return wrong;
  if (auto wrong = audit_closed(journal); !wrong.empty()) return "after the start: " + wrong;
  return {};
}

std::size_t effort() {
  auto const* const asked = std::getenv("SPILLWAY_CRASH_EFFORT");
  return asked != nullptr ? std::max<std::size_t>(1, std::strtoul(asked, nullptr, 10)) : 1;
}

}  // namespace spillway::crash
