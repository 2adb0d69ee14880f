// exchange/pipeline/src/projection_rows.cpp - record kinds to rows. Keys are big-endian, so tables are in the
// order people read them.
#include "projection_rows.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>

#include "market/check.hpp"

namespace spillway {
namespace {

std::uint64_t account_number(std::uint32_t owner, std::uint16_t kind) {
  return std::uint64_t{owner} << 16 | kind;
}

StoreKey key_of(std::uint64_t account) {
  return account_key(static_cast<std::uint32_t>(account >> 16), static_cast<std::uint16_t>(account));
}

template <class Row>
ByteView bytes_of(std::vector<Row> const& rows) {
  return std::as_bytes(std::span(rows));
}

template <class Row>
ByteView bytes_of(Row const& row) {
  return std::as_bytes(std::span(&row, 1));
}

/// A block that lies in the table; empty where there is none. Copied: the next change would move it.
template <class Row>
void read_block(WriteTxn const& txn, StoreTable table, StoreKey const& key, std::vector<Row>& block) {
  auto const found = txn.get(table, key);
  block.resize(found ? found->size() / sizeof(Row) : 0);
  if (found) std::memcpy(static_cast<void*>(block.data()), found->data(), block.size() * sizeof(Row));
}

}  // namespace

StoreKey account_key(std::uint32_t owner, std::uint16_t kind) { return StoreKey{}.u32(owner).u16(kind); }

std::uint64_t moment(Stamp stamp) { return static_cast<std::uint64_t>(std::max(stamp.v, std::int64_t{0})); }

Record unpacked(StoredPosting const& p) {
  record::Posting posting{};
  posting.transfer = p.transfer, posting.amount_nano = p.amount_nano, posting.about = p.about;
  posting.debit_owner = p.debit_owner, posting.credit_owner = p.credit_owner;
  posting.debit_kind = p.debit_kind, posting.credit_kind = p.credit_kind;
  auto record = Record::of(posting);
  record.head.code = p.code;
  return record;
}

void ProjectionRows::add(Entry const& entry, std::span<Record const> records) {
  for (auto const& record : records) {
    auto const kind = record.head.kind;
    if (kind == RecordKind::posting) add_posting(entry, record);
    auto const at = static_cast<std::uint32_t>(rows_.size());
    auto const before = count_;
    for (auto const& to : {record.head.first, record.head.second})
      if (to.report != 0) {
        readers_.push_back({to.participant, static_cast<std::uint32_t>(reports_.size())});
        reports_.push_back({to.report, at});
        ++count_;
      }
    if (kind == RecordKind::order_state)
      orders_.push_back({record.as<record::OrderState>().order, at}), ++count_;
    if (kind == RecordKind::job_state) jobs_.push_back({record.as<record::JobState>().job, at}), ++count_;
    if (kind == RecordKind::fill) fills_.push_back({record.as<record::Fill>().fill, at}), ++count_;
    if (count_ > before) rows_.push_back({entry.seq.v, entry.stamp.v, record});
  }
}

void ProjectionRows::add_posting(Entry const& entry, Record const& record) {
  auto const p = record.as<record::Posting>();
  StoredPosting const row{
      entry.seq.v,   entry.stamp.v,    p.transfer, p.debit_owner, p.credit_owner, p.debit_kind,
      p.credit_kind, record.head.code, 0,          p.amount_nano, p.about};
  auto const again = unpacked(row);
  sw_check(std::memcmp(&again, &record, sizeof record) == 0,
           "a posting is told to nobody and has no further fields");
  auto const at = static_cast<std::uint32_t>(postings_.size());
  auto const debit = account_number(p.debit_owner, p.debit_kind);
  auto const credit = account_number(p.credit_owner, p.credit_kind);
  postings_.push_back(row);
  sides_.push_back({debit, at}), ++count_;
  if (credit != debit) sides_.push_back({credit, at}), ++count_;
}

void ProjectionRows::add(FillId fill, ReceiptRow const& row) {
  auto const leaf = bytes_of(row.leaf);
  filled_.push_back({fill.v, static_cast<std::uint32_t>(receipts_.size())});
  receipts_.push_back({values_.size(), leaf.size() + row.receipt.size()});
  values_.insert(values_.end(), leaf.begin(), leaf.end());
  values_.insert(values_.end(), row.receipt.begin(), row.receipt.end());
  ++count_;
}

void ProjectionRows::clear() {
  rows_.clear(), orders_.clear(), jobs_.clear(), fills_.clear(), reports_.clear(), readers_.clear();
  postings_.clear(), sides_.clear(), receipts_.clear(), filled_.clear(), values_.clear();
  count_ = 0;
}

std::expected<void, StoreError> ProjectionRows::write(WriteTxn& txn, ProjectionTables const& tables) {
  if (auto done = write_by_id(txn, tables.orders, orders_); !done) return done;
  if (auto done = write_by_id(txn, tables.jobs, jobs_); !done) return done;
  if (auto done = write_by_id(txn, tables.fills, fills_); !done) return done;
  if (auto done = write_reports(txn, tables.reports); !done) return done;
  if (auto done = write_postings(txn, tables); !done) return done;
  return write_receipts(txn, tables.receipts);
}

// By key, and with one key in the order in which they came: byte by byte from the least, those left out that
// are the same in all keys. Ids that come together differ in two or three.
void ProjectionRows::sort(std::vector<Keyed>& keyed) {
  std::uint64_t any = 0, all = ~std::uint64_t{0};
  for (auto const& one : keyed) any |= one.key, all &= one.key;
  aside_.resize(keyed.size());
  for (unsigned shift = 0; shift < 64; shift += 8) {
    if (((any ^ all) >> shift & 0xff) == 0) continue;
    std::array<std::uint32_t, 257> begins{};
    for (auto const& one : keyed) ++begins[(one.key >> shift & 0xff) + 1];
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    for (auto const& one : keyed) aside_[begins[one.key >> shift & 0xff]++] = one;
    keyed.swap(aside_);
  }
}

ProjectionRows::Done ProjectionRows::write_by_id(WriteTxn& txn, StoreTable table, std::vector<Keyed>& ids) {
  sort(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + 1 < ids.size() && ids[i + 1].key == ids[i].key) continue;
    if (auto done = txn.put(table, StoreKey{}.u64(ids[i].key), bytes_of(rows_[ids[i].place])); !done)
      return done;
  }
  return {};
}

ProjectionRows::Done ProjectionRows::write_reports(WriteTxn& txn, StoreTable table) {
  sort(readers_);
  std::vector<StoredRow> block;
  for (std::size_t i = 0; i < readers_.size();) {
    auto const who = readers_[i].key;
    auto const number = reports_[readers_[i].place].number;
    auto const first = (number - 1) / reports_a_block * reports_a_block + 1;
    auto const key = StoreKey{}.u32(static_cast<std::uint32_t>(who)).u64(first);
    block.clear();
    if (number != first) read_block(txn, table, key, block);
    for (; i < readers_.size() && readers_[i].key == who && block.size() < reports_a_block; ++i) {
      auto const& report = reports_[readers_[i].place];
      sw_check(report.number == first + block.size(), "reports of a participant have no gaps");
      block.push_back(rows_[report.row]);
    }
    if (auto done = txn.put(table, key, bytes_of(block)); !done) return done;
  }
  return {};
}

ProjectionRows::Done ProjectionRows::write_postings(WriteTxn& txn, ProjectionTables const& tables) {
  sort(sides_);
  auto const all = std::span<Keyed const>(sides_);
  for (std::size_t from = 0; from < all.size();) {
    auto to = from + 1;
    while (to < all.size() && all[to].key == all[from].key) ++to;
    if (auto done = write_account(txn, tables, all.subspan(from, to - from)); !done) return done;
    from = to;
  }
  return {};
}

ProjectionRows::Done ProjectionRows::write_account(WriteTxn& txn, ProjectionTables const& tables,
                                                   std::span<Keyed const> its) {
  auto const number = its.front().key;
  StoredAccount account;
  if (auto const known = txn.get(tables.accounts, key_of(number)); known && known->size() == sizeof account)
    std::memcpy(&account, known->data(), sizeof account);
  std::vector<StoredPosting> block;
  auto const block_key = [&] { return key_of(number).u64(account.block_stamp).u64(account.block_transfer); };
  if (account.postings % postings_a_block != 0) read_block(txn, tables.postings, block_key(), block);
  sw_check(block.size() == account.postings % postings_a_block,
           "an account knows how full its last block is");
  for (auto const& side : its) {
    auto const& p = postings_[side.place];
    if (block.empty()) account.block_stamp = moment(Stamp{p.stamp}), account.block_transfer = p.transfer;
    block.push_back(p);
    ++account.postings;
    if (account_number(p.debit_owner, p.debit_kind) == number) account.debits_nano += p.amount_nano;
    if (account_number(p.credit_owner, p.credit_kind) == number) account.credits_nano += p.amount_nano;
    account.last_seq = p.seq;
    if (block.size() < postings_a_block) continue;
    if (auto done = txn.put(tables.postings, block_key(), bytes_of(block)); !done) return done;
    block.clear();
  }
  if (!block.empty())
    if (auto done = txn.put(tables.postings, block_key(), bytes_of(block)); !done) return done;
  return txn.put(tables.accounts, key_of(number), bytes_of(account));
}

ProjectionRows::Done ProjectionRows::write_receipts(WriteTxn& txn, StoreTable table) {
  sort(filled_);
  for (auto const& [fill, place] : filled_) {
    auto const [at, bytes] = receipts_[place];
    if (auto done = txn.put(table, StoreKey{}.u64(fill), ByteView(values_).subspan(at, bytes)); !done)
      return done;
  }
  return {};
}

}  // namespace spillway
