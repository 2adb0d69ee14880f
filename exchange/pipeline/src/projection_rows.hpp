// exchange/pipeline/src/projection_rows.hpp - rows of the projection: gathered in memory as they come, sorted
// and packed when they are written.
// Room:   exchange_pipeline, private.
// Rule:   what lies in a table follows from the entries alone, never from where one commit ended and the next
//         began: reports and postings lie in blocks that are full, but for the last one of each participant
//         or account.
#pragma once

#include <cstdint>
#include <expected>
#include <type_traits>
#include <vector>

#include "exchange/projection.hpp"
#include "journal/store.hpp"
#include "market/command.hpp"
#include "market/record.hpp"

namespace spillway {

// A full block of either kind takes one page of the store, all but a few bytes of it.
inline constexpr std::size_t reports_a_block = 36, postings_a_block = 72;

/// orders, jobs, fills: u64 id to one of these, the latest. reports: u32 participant, u64 number of the
/// block's first report, to a block of them; report n lies in the block that begins with 1 + (n - 1) / 36 *
/// 36.
struct StoredRow {
  std::uint64_t seq{};
  std::int64_t stamp{};
  Record record;
};
static_assert(sizeof(StoredRow) == 112 && std::has_unique_object_representations_v<StoredRow>);

/// postings: u32 owner, u16 kind, u64 stamp and u64 transfer of the block's first posting, to a block of
/// them, oldest first.
struct StoredPosting {
  std::uint64_t seq{};
  std::int64_t stamp{};
  std::uint64_t transfer{};
  std::uint32_t debit_owner{}, credit_owner{};
  std::uint16_t debit_kind{}, credit_kind{}, code{}, pad{};
  std::int64_t amount_nano{};
  std::uint64_t about{};
};
static_assert(sizeof(StoredPosting) == 56 && std::has_unique_object_representations_v<StoredPosting>);

/// accounts: u32 owner, u16 kind, to what all its postings come to, and the key of its last block.
struct StoredAccount {
  std::uint64_t postings{};
  std::int64_t debits_nano{}, credits_nano{};
  std::uint64_t last_seq{};
  std::uint64_t block_stamp{}, block_transfer{};
};
static_assert(sizeof(StoredAccount) == 48 && std::has_unique_object_representations_v<StoredAccount>);

struct ProjectionTables {
  StoreTable meta, orders, jobs, postings, reports, accounts, fills, receipts;
};

[[nodiscard]] StoreKey account_key(std::uint32_t owner, std::uint16_t kind);
/// Stamps are never before 1970: as numbers without sign they are in the order of time.
[[nodiscard]] std::uint64_t moment(Stamp stamp);
[[nodiscard]] Record unpacked(StoredPosting const&);

class ProjectionRows {
 public:
  void add(Entry const& entry, std::span<Record const> records);
  void add(FillId fill, ReceiptRow const& row);
  /// Rows that were gathered.
  [[nodiscard]] std::size_t count() const { return count_; }
  void clear();
  /// In the order of each table's keys, so that a page is looked for and copied once; of rows with one id the
  /// last. The rows are sorted by it and stay.
  [[nodiscard]] std::expected<void, StoreError> write(WriteTxn& txn, ProjectionTables const& tables);

 private:
  using Done = std::expected<void, StoreError>;
  struct Keyed {
    std::uint64_t key;
    std::uint32_t place;  // of what belongs to it
  };
  struct Report {
    std::uint64_t number;
    std::uint32_t row;
  };
  struct Receipt {
    std::size_t at, bytes;  // in values_
  };

  void add_posting(Entry const& entry, Record const& record);
  void sort(std::vector<Keyed>& keyed);
  [[nodiscard]] Done write_by_id(WriteTxn& txn, StoreTable table, std::vector<Keyed>& ids);
  [[nodiscard]] Done write_reports(WriteTxn& txn, StoreTable table);
  [[nodiscard]] Done write_postings(WriteTxn& txn, ProjectionTables const& tables);
  [[nodiscard]] Done write_account(WriteTxn& txn, ProjectionTables const& tables, std::span<Keyed const> its);
  [[nodiscard]] Done write_receipts(WriteTxn& txn, StoreTable table);

  std::vector<StoredRow> rows_;
  std::vector<Keyed> orders_, jobs_, fills_;  // id to rows_
  std::vector<Report> reports_;
  std::vector<Keyed> readers_;  // participant to reports_
  std::vector<StoredPosting> postings_;
  std::vector<Keyed> sides_;  // owner and kind of an account to postings_
  std::vector<Receipt> receipts_;
  std::vector<Keyed> filled_;  // fill to receipts_
  std::vector<std::byte> values_;
  std::vector<Keyed> aside_;  // room to sort in
  std::size_t count_{};
};

}  // namespace spillway
