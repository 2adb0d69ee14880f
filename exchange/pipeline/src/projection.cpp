// exchange/src/projection.cpp - record kinds to rows. Keys are big-endian, so tables are in the order people
// read them.
#include "exchange/projection.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "market/check.hpp"

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

constexpr std::string_view position_key = "position", layout_key = "layout";
constexpr std::string_view layout_now = "2";  // another one is made again
constexpr char const* table_names[] = {"meta",    "orders",   "jobs",  "postings",
                                       "reports", "accounts", "fills", "receipts"};
constexpr std::uint32_t commits_per_reader_check = 64;

std::optional<StoredRow> stored(ByteView bytes) {
  if (bytes.size() != sizeof(StoredRow)) return std::nullopt;
  StoredRow row;
  std::memcpy(&row, bytes.data(), sizeof row);
  return row;
}

// An account's row is its latest posting per side; balances are summed from postings, or read from the
// follower's core.
StoreKey account_key(std::uint32_t owner, std::uint16_t kind) { return StoreKey{}.u32(owner).u16(kind); }

/// Stamps are never before 1970: as numbers without sign they are in the order of time.
std::uint64_t moment(Stamp stamp) { return static_cast<std::uint64_t>(std::max(stamp.v, std::int64_t{0})); }

}  // namespace

Projection::Projection(Store store) : store_(std::move(store)) {
  for (auto const* name : table_names) tables_.emplace(name, store_.table(name));
  meta_ = tables_.at("meta"), orders_ = tables_.at("orders"), jobs_ = tables_.at("jobs");
  postings_ = tables_.at("postings"), reports_ = tables_.at("reports"), accounts_ = tables_.at("accounts");
  fills_ = tables_.at("fills"), receipts_ = tables_.at("receipts");
}

std::expected<Store, StoreError> Projection::open_store(std::filesystem::path const& folder,
                                                        std::uint64_t map_bytes) {
  StoreOptions options{.tables = {std::begin(table_names), std::end(table_names)}, .map_bytes = map_bytes};
  auto store = Store::open(folder, options);
  for (; !store && store.error().code == StoreErrc::map_full; store = Store::open(folder, options))
    options.map_bytes *= 2;
  return store;
}

std::expected<Projection, std::string> Projection::open(std::filesystem::path const& folder,
                                                        std::uint64_t map_bytes) {
  // A damaged file is found before the library maps it: in its hands it could end the process.
  auto lost = Store::vouched(folder) ? std::string() : Store::damage(folder);
  if (!lost.empty())
    if (auto gone = Store::remove(folder); !gone) return std::unexpected(gone.error().message);
  auto store = open_store(folder, map_bytes);
  if (!store && store.error().code == StoreErrc::damaged) {
    lost = store.error().message;
    if (auto gone = Store::remove(folder); !gone) return std::unexpected(gone.error().message);
    store = open_store(folder, map_bytes);
  }
  if (!store) return std::unexpected("the projection: " + store.error().message);
  Projection made(std::move(*store));
  made.folder_ = folder;
  made.lost_ = std::move(lost);
  if (auto read = made.read_position(); !read)
    return std::unexpected("the projection: " + std::move(read.error()));
  return made;
}

std::expected<void, std::string> Projection::read_position() {
  bool same_layout = true;
  {
    auto txn = ReadTxn::begin(store_);
    if (!txn) return std::unexpected(txn.error().message);
    if (auto const at = txn->get(meta_, as_byte_view(position_key));
        at && at->size() == sizeof(StoredPosition)) {
      StoredPosition position;
      std::memcpy(&position, at->data(), sizeof position);
      committed_ = Seq{position.seq};
      committed_digest_ = position.digest;
    }
    auto const layout = txn->get(meta_, as_byte_view(layout_key));
    same_layout = layout && std::ranges::equal(*layout, as_byte_view(layout_now));
  }
  if (same_layout || !committed_.some()) return {};
  lost_ = "another version of this program made its tables";
  return clear();
}

std::expected<void, std::string> Projection::clear() {
  auto txn = WriteTxn::begin(store_);
  if (!txn) return std::unexpected(txn.error().message);
  for (auto const& [name, table] : tables_)
    if (auto done = txn->clear(table); !done) return std::unexpected(done.error().message);
  if (auto done = std::move(*txn).commit(); !done) return std::unexpected(done.error().message);
  committed_ = {};
  committed_digest_ = {};
  return {};
}

void Projection::put(StoreTable table, StoreKey key, Entry const& entry, Record const& record) {
  StoredRow const row{entry.seq.v, entry.stamp.v, record};
  pending_.push_back({table, key, values_.size(), sizeof row});
  put_value(std::as_bytes(std::span(&row, 1)));
}

void Projection::put_value(ByteView bytes) { values_.insert(values_.end(), bytes.begin(), bytes.end()); }

void Projection::add(Entry const& entry, std::vector<Record> const& records) {
  for (auto const& record : records) {
    for (auto const& to : {record.head.first, record.head.second})
      if (to.report != 0) put(reports_, StoreKey{}.u32(to.participant).u64(to.report), entry, record);
    if (record.head.kind == RecordKind::order_state)
      put(orders_, StoreKey{}.u64(record.as<record::OrderState>().order), entry, record);
    if (record.head.kind == RecordKind::job_state)
      put(jobs_, StoreKey{}.u64(record.as<record::JobState>().job), entry, record);
    if (record.head.kind == RecordKind::fill)
      put(fills_, StoreKey{}.u64(record.as<record::Fill>().fill), entry, record);
    if (record.head.kind == RecordKind::posting) {
      auto const p = record.as<record::Posting>();
      auto const when = moment(entry.stamp);
      put(postings_, account_key(p.debit_owner, p.debit_kind).u64(when).u64(p.transfer), entry, record);
      put(postings_, account_key(p.credit_owner, p.credit_kind).u64(when).u64(p.transfer), entry, record);
      put(accounts_, account_key(p.debit_owner, p.debit_kind), entry, record);
      put(accounts_, account_key(p.credit_owner, p.credit_kind), entry, record);
    }
  }
}

void Projection::add(FillId fill, ReceiptRow const& row) {
  pending_.push_back({receipts_, StoreKey{}.id(fill), values_.size(), sizeof row.leaf + row.receipt.size()});
  put_value(std::as_bytes(std::span(&row.leaf, 1)));
  put_value(row.receipt);
}

// In the order of the tables, so that a page is looked for and copied once; of rows with one key the last.
std::vector<Projection::Row const*> Projection::in_table_order() const {
  std::vector<Row const*> rows;
  rows.reserve(pending_.size());
  for (auto const& row : pending_) rows.push_back(&row);
  auto const table_and_key = [](Row const* row) { return std::pair(row->table.handle, row->key.view()); };
  std::ranges::stable_sort(
      rows,
      [](auto const& a, auto const& b) {
        if (a.first != b.first) return a.first < b.first;
        return std::ranges::lexicographical_compare(a.second, b.second);
      },
      table_and_key);
  auto const same = [&](Row const* a, Row const* b) {
    return a->table.handle == b->table.handle && std::ranges::equal(a->key.view(), b->key.view());
  };
  auto kept = rows.begin();
  for (auto row = rows.begin(); row != rows.end(); ++row)
    if (auto const next = row + 1; next == rows.end() || !same(*row, *next)) *kept++ = *row;
  rows.erase(kept, rows.end());
  return rows;
}

std::expected<void, StoreError> Projection::write(Seq seq, Hash256 const& digest) {
  auto txn = WriteTxn::begin(store_);
  if (!txn) return std::unexpected(txn.error());
  for (auto const* row : in_table_order())
    if (auto done =
            txn->put(row->table, row->key, ByteView(values_).subspan(row->value_at, row->value_bytes));
        !done)
      return done;
  StoredPosition const position{seq.v, digest};
  auto const bytes = std::as_bytes(std::span(&position, 1));
  if (auto done = txn->put(meta_, as_byte_view(position_key), bytes); !done) return done;
  if (auto done = txn->put(meta_, as_byte_view(layout_key), as_byte_view(layout_now)); !done) return done;
  return std::move(*txn).commit();
}

std::expected<void, std::string> Projection::commit(Seq seq, Hash256 const& digest) {
  // A reader that died would keep pages from being used again, and the file would only grow.
  if (++commits_ % commits_per_reader_check == 0) store_.clear_stale_readers();
  for (auto done = write(seq, digest); !done; done = write(seq, digest)) {
    if (done.error().code != StoreErrc::map_full) return std::unexpected(done.error().message);
    if (auto grown = store_.grow(store_.map_bytes() * 2); !grown)
      return std::unexpected(grown.error().message);
  }
  pending_.clear();
  values_.clear();
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

std::vector<PostingRow> Projection::postings(ParticipantId owner, std::uint16_t kind, Stamp from, Stamp to,
                                             std::size_t most) const {
  std::vector<PostingRow> out;
  auto txn = ReadTxn::begin(store_);
  if (!txn || most == 0) return out;
  txn->each(postings_, account_key(owner.v, kind).u64(moment(from)),
            account_key(owner.v, kind).u64(moment(to)), [&](ByteView, ByteView value) {
              if (auto const row = stored(value))
                out.push_back({Seq{row->seq}, Stamp{row->stamp}, row->record});
              return out.size() < most;
            });
  return out;
}

std::vector<PostingRow> Projection::postings(ParticipantId owner, std::uint16_t kind,
                                             std::size_t most) const {
  return postings(owner, kind, Stamp{}, Stamp{std::numeric_limits<std::int64_t>::max()}, most);
}

std::optional<FillRow> Projection::fill(FillId id) const {
  auto txn = ReadTxn::begin(store_);
  if (!txn) return std::nullopt;
  auto const value = txn->get(fills_, StoreKey{}.id(id));
  auto const row = value ? stored(*value) : std::nullopt;
  if (!row) return std::nullopt;
  return FillRow{Seq{row->seq}, Stamp{row->stamp}, row->record};
}

std::optional<ReceiptRow> Projection::receipt(FillId id) const {
  auto txn = ReadTxn::begin(store_);
  if (!txn) return std::nullopt;
  auto const value = txn->get(receipts_, StoreKey{}.id(id));
  if (!value || value->size() < sizeof(ReceiptRow::leaf)) return std::nullopt;
  ReceiptRow row;
  std::memcpy(&row.leaf, value->data(), sizeof row.leaf);
  auto const rest = value->subspan(sizeof row.leaf);
  row.receipt.assign(rest.begin(), rest.end());
  return row;
}

void Projection::each_row(std::function<void(std::string_view, ByteView, ByteView)> const& visit) const {
  auto txn = ReadTxn::begin(store_);
  sw_check(txn.has_value(), "an open projection can be read");
  for (auto const& [name, table] : tables_) {
    auto walk = txn->cursor(table);
    for (auto row = walk.first(); row; row = walk.next()) visit(name, row->key, row->value);
  }
}

}  // namespace spillway
