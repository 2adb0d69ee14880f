// exchange/src/projection.cpp - record kinds to rows. Keys are big-endian, so tables are in the order people
// read them.
#include "exchange/projection.hpp"

#include <cstring>

namespace spillway {
namespace {

struct StoredRow {
  std::uint64_t seq{};
  std::int64_t stamp{};
  Record record;
};
static_assert(sizeof(StoredRow) == 112 && std::has_unique_object_representations_v<StoredRow>);

struct StoredPosition {
  std::uint64_t seq{};
  Hash256 digest{};
};

constexpr std::string_view position_key = "position";

std::optional<StoredRow> stored(ByteView bytes) {
  if (bytes.size() != sizeof(StoredRow)) return std::nullopt;
  StoredRow row;
  std::memcpy(&row, bytes.data(), sizeof row);
  return row;
}

// An account's row is its latest posting per side; balances are summed from postings, or read from the
// follower's core.
StoreKey account_key(std::uint32_t owner, std::uint16_t kind) { return StoreKey{}.u32(owner).u16(kind); }

}  // namespace

Projection::Projection(Store store)
    : store_(std::move(store)),
      meta_(store_.table("meta")),
      orders_(store_.table("orders")),
      jobs_(store_.table("jobs")),
      postings_(store_.table("postings")),
      reports_(store_.table("reports")),
      accounts_(store_.table("accounts")) {}

std::expected<Projection, std::string> Projection::open(std::filesystem::path const& folder,
                                                        std::uint64_t map_bytes) {
  // A damaged file is found before the library maps it: in its hands it could end the process.
  auto lost = Store::damage(folder);
  if (!lost.empty())
    if (auto gone = Store::remove(folder); !gone) return std::unexpected(gone.error().message);
  StoreOptions const options{.tables = {"meta", "orders", "jobs", "postings", "reports", "accounts"},
                             .map_bytes = map_bytes};
  auto store = Store::open(folder, options);
  if (!store && store.error().code == StoreErrc::damaged) {
    lost = store.error().message;
    if (auto gone = Store::remove(folder); !gone) return std::unexpected(gone.error().message);
    store = Store::open(folder, options);
  }
  if (!store) return std::unexpected("the projection: " + store.error().message);
  store->clear_stale_readers();
  Projection made(std::move(*store));
  made.lost_ = std::move(lost);
  auto txn = ReadTxn::begin(made.store_);
  if (!txn) return std::unexpected("the projection: " + txn.error().message);
  if (auto const at = txn->get(made.meta_, as_byte_view(position_key));
      at && at->size() == sizeof(StoredPosition)) {
    StoredPosition position;
    std::memcpy(&position, at->data(), sizeof position);
    made.committed_ = Seq{position.seq};
    made.committed_digest_ = position.digest;
  }
  return made;
}

std::expected<void, std::string> Projection::clear() {
  auto txn = WriteTxn::begin(store_);
  if (!txn) return std::unexpected(txn.error().message);
  for (auto const table : {meta_, orders_, jobs_, postings_, reports_, accounts_})
    if (auto done = txn->clear(table); !done) return std::unexpected(done.error().message);
  if (auto done = std::move(*txn).commit(); !done) return std::unexpected(done.error().message);
  committed_ = {};
  committed_digest_ = {};
  return {};
}

void Projection::put(StoreTable table, StoreKey key, Entry const& entry, Record const& record) {
  StoredRow const row{entry.seq.v, entry.stamp.v, record};
  Row made{table, key, std::vector<std::byte>(sizeof row)};
  std::memcpy(made.value.data(), &row, sizeof row);
  pending_.push_back(std::move(made));
}

void Projection::add(Entry const& entry, std::vector<Record> const& records) {
  for (auto const& record : records) {
    for (auto const& to : {record.head.first, record.head.second})
      if (to.report != 0) put(reports_, StoreKey{}.u32(to.participant).u64(to.report), entry, record);
    if (record.head.kind == RecordKind::order_state)
      put(orders_, StoreKey{}.u64(record.as<record::OrderState>().order), entry, record);
    if (record.head.kind == RecordKind::job_state)
      put(jobs_, StoreKey{}.u64(record.as<record::JobState>().job), entry, record);
    if (record.head.kind == RecordKind::posting) {
      auto const p = record.as<record::Posting>();
      put(postings_, account_key(p.debit_owner, p.debit_kind).u64(p.transfer), entry, record);
      put(postings_, account_key(p.credit_owner, p.credit_kind).u64(p.transfer), entry, record);
      put(accounts_, account_key(p.debit_owner, p.debit_kind), entry, record);
      put(accounts_, account_key(p.credit_owner, p.credit_kind), entry, record);
    }
  }
}

std::expected<void, std::string> Projection::commit(Seq seq, Hash256 const& digest) {
  auto txn = WriteTxn::begin(store_);
  if (!txn) return std::unexpected(txn.error().message);
  for (auto const& row : pending_)
    if (auto done = txn->put(row.table, row.key, row.value); !done)
      return std::unexpected(done.error().message);
  StoredPosition const position{seq.v, digest};
  auto const bytes = std::as_bytes(std::span(&position, 1));
  if (auto done = txn->put(meta_, as_byte_view(position_key), bytes); !done)
    return std::unexpected(done.error().message);
  if (auto done = std::move(*txn).commit(); !done) return std::unexpected(done.error().message);
  pending_.clear();
  committed_ = seq;
  committed_digest_ = digest;
  return {};
}

std::vector<ReportRow> Projection::reports(ParticipantId who, std::uint64_t after, std::size_t most) const {
  std::vector<ReportRow> out;
  auto txn = ReadTxn::begin(store_);
  if (!txn || most == 0) return out;
  txn->each(
      reports_, StoreKey{}.id(who).u64(after + 1), StoreKey{}.id(who).u64(~std::uint64_t{0}),
      [&](ByteView key, ByteView value) {
        if (auto const row = stored(value))
          out.push_back({key_part<std::uint64_t>(key, 4), Seq{row->seq}, Stamp{row->stamp}, row->record});
        return out.size() < most;
      });
  return out;
}

std::vector<PostingRow> Projection::postings(ParticipantId owner, std::uint16_t kind,
                                             std::size_t most) const {
  std::vector<PostingRow> out;
  auto txn = ReadTxn::begin(store_);
  if (!txn || most == 0) return out;
  txn->each(postings_, account_key(owner.v, kind).u64(0), account_key(owner.v, kind).u64(~std::uint64_t{0}),
            [&](ByteView, ByteView value) {
              if (auto const row = stored(value))
                out.push_back({Seq{row->seq}, Stamp{row->stamp}, row->record});
              return out.size() < most;
            });
  return out;
}

}  // namespace spillway
