// exchange/src/projection.cpp - the tables on disk: opened, written in one transaction, read.
#include "exchange/projection.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "market/check.hpp"
#include "projection_rows.hpp"

namespace spillway {
namespace {

struct StoredPosition {
  std::uint64_t seq{};
  Hash256 digest{};
};

constexpr std::string_view position_key = "position", layout_key = "layout";
constexpr std::string_view layout_now = "3";  // another one is made again
constexpr char const* table_names[] = {"meta",    "orders",   "jobs",  "postings",
                                       "reports", "accounts", "fills", "receipts"};
constexpr std::uint32_t commits_per_reader_check = 64;

std::optional<StoredRow> stored(ByteView bytes) {
  if (bytes.size() != sizeof(StoredRow)) return std::nullopt;
  StoredRow row;
  std::memcpy(&row, bytes.data(), sizeof row);
  return row;
}

/// Calls visit(place in the block, row) until it returns false; whether it never did.
template <class Row, class Visit>
bool each_in_block(ByteView block, Visit&& visit) {
  for (std::size_t i = 0; (i + 1) * sizeof(Row) <= block.size(); ++i) {
    Row row;
    std::memcpy(&row, block.data() + i * sizeof(Row), sizeof row);
    if (!visit(i, row)) return false;
  }
  return true;
}

}  // namespace

Projection::Projection(Store store)
    : store_(std::move(store)),
      pending_(std::make_unique<ProjectionRows>()),
      writing_(std::make_unique<ProjectionRows>()) {
  for (auto const* name : table_names) names_.emplace(name, store_.table(name));
  auto const at = [this](char const* name) { return names_.find(name)->second; };
  tables_ = std::make_unique<ProjectionTables const>(
      ProjectionTables{at("meta"), at("orders"), at("jobs"), at("postings"), at("reports"), at("accounts"),
                       at("fills"), at("receipts")});
}
Projection::Projection(Projection&&) noexcept = default;
Projection& Projection::operator=(Projection&&) noexcept = default;
Projection::~Projection() = default;

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
    if (auto const at = txn->get(tables_->meta, as_byte_view(position_key));
        at && at->size() == sizeof(StoredPosition)) {
      StoredPosition position;
      std::memcpy(&position, at->data(), sizeof position);
      committed_ = Seq{position.seq};
      committed_digest_ = position.digest;
    }
    auto const layout = txn->get(tables_->meta, as_byte_view(layout_key));
    same_layout = layout && std::ranges::equal(*layout, as_byte_view(layout_now));
  }
  if (same_layout || !committed_.some()) return {};
  lost_ = "another version of this program made its tables";
  return clear();
}

std::expected<void, std::string> Projection::clear() {
  auto txn = WriteTxn::begin(store_);
  if (!txn) return std::unexpected(txn.error().message);
  for (auto const& [name, table] : names_)
    if (auto done = txn->clear(table); !done) return std::unexpected(done.error().message);
  if (auto done = std::move(*txn).commit(); !done) return std::unexpected(done.error().message);
  committed_ = {};
  committed_digest_ = {};
  return {};
}

void Projection::add(Entry const& entry, std::vector<Record> const& records) {
  pending_->add(entry, records);
}
void Projection::add(FillId fill, ReceiptRow const& row) { pending_->add(fill, row); }
std::size_t Projection::pending() const { return pending_->count(); }

std::expected<void, StoreError> Projection::write() {
  auto txn = WriteTxn::begin(store_);
  if (!txn) return std::unexpected(txn.error());
  if (auto done = writing_->write(*txn, *tables_); !done) return done;
  StoredPosition const position{writing_to_.v, writing_digest_};
  auto const bytes = std::as_bytes(std::span(&position, 1));
  auto const meta = tables_->meta;
  if (auto done = txn->put(meta, as_byte_view(position_key), bytes); !done) return done;
  if (auto done = txn->put(meta, as_byte_view(layout_key), as_byte_view(layout_now)); !done) return done;
  return std::move(*txn).commit();
}

void Projection::begin_commit(Seq seq, Hash256 const& digest) {
  sw_check(writing_->count() == 0, "one commit ends before the next one begins");
  std::swap(pending_, writing_);
  writing_to_ = seq;
  writing_digest_ = digest;
}

std::expected<void, std::string> Projection::write_begun() {
  // A reader that died would keep pages from being used again, and the file would only grow.
  if (++commits_ % commits_per_reader_check == 0) store_.clear_stale_readers();
  for (auto done = write(); !done; done = write()) {
    if (done.error().code != StoreErrc::map_full) return std::unexpected(done.error().message);
    if (auto grown = store_.grow(store_.map_bytes() * 2); !grown)
      return std::unexpected(grown.error().message);
  }
  return {};
}

void Projection::end_commit() {
  writing_->clear();
  committed_ = writing_to_;
  committed_digest_ = writing_digest_;
}

std::expected<void, std::string> Projection::commit(Seq seq, Hash256 const& digest) {
  begin_commit(seq, digest);
  if (auto done = write_begun(); !done) return done;
  end_commit();
  return {};
}

std::vector<ReportRow> Projection::reports(ParticipantId who, std::uint64_t after, std::size_t most) const {
  std::vector<ReportRow> out;
  auto txn = ReadTxn::begin(store_);
  if (!txn || most == 0) return out;
  auto const first = after / reports_a_block * reports_a_block + 1;  // of the block with the next one
  txn->each(tables_->reports, StoreKey{}.id(who).u64(first), StoreKey{}.id(who).u64(~std::uint64_t{0}),
            [&](ByteView key, ByteView block) {
              auto const begins = key_part<std::uint64_t>(key, 4);
              return each_in_block<StoredRow>(block, [&](std::size_t i, StoredRow const& row) {
                if (begins + i > after)
                  out.push_back({begins + i, Seq{row.seq}, Stamp{row.stamp}, row.record});
                return out.size() < most;
              });
            });
  return out;
}

// The block that holds the first one may begin before it.
std::vector<PostingRow> Projection::postings(ParticipantId owner, std::uint16_t kind, Stamp from, Stamp to,
                                             std::size_t most) const {
  std::vector<PostingRow> out;
  auto txn = ReadTxn::begin(store_);
  if (!txn || most == 0) return out;
  auto const first = account_key(owner.v, kind).u64(moment(from));
  auto const account = account_key(owner.v, kind);
  auto walk = txn->cursor(tables_->postings);
  auto const begins = walk.seek(first);
  auto const before = begins ? walk.previous() : walk.last();
  bool const of_it = before && std::ranges::equal(before->key.first(account.view().size()), account.view());
  auto row = of_it ? before : walk.seek(first);
  for (; row && std::ranges::equal(row->key.first(account.view().size()), account.view()); row = walk.next())
    if (!each_in_block<StoredPosting>(row->value, [&](std::size_t, StoredPosting const& p) {
          auto const when = moment(Stamp{p.stamp});
          if (when >= moment(to)) return false;
          if (when >= moment(from)) out.push_back({Seq{p.seq}, Stamp{p.stamp}, unpacked(p)});
          return out.size() < most;
        }))
      break;
  return out;
}

std::vector<PostingRow> Projection::postings(ParticipantId owner, std::uint16_t kind,
                                             std::size_t most) const {
  return postings(owner, kind, Stamp{}, Stamp{std::numeric_limits<std::int64_t>::max()}, most);
}

std::optional<FillRow> Projection::fill(FillId id) const {
  auto txn = ReadTxn::begin(store_);
  if (!txn) return std::nullopt;
  auto const value = txn->get(tables_->fills, StoreKey{}.id(id));
  auto const row = value ? stored(*value) : std::nullopt;
  if (!row) return std::nullopt;
  return FillRow{Seq{row->seq}, Stamp{row->stamp}, row->record};
}

std::optional<ReceiptRow> Projection::receipt(FillId id) const {
  auto txn = ReadTxn::begin(store_);
  if (!txn) return std::nullopt;
  auto const value = txn->get(tables_->receipts, StoreKey{}.id(id));
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
  for (auto const& [name, table] : names_) {
    auto walk = txn->cursor(table);
    for (auto row = walk.first(); row; row = walk.next()) visit(name, row->key, row->value);
  }
}

}  // namespace spillway
