// exchange/projection.hpp - the books as tables on disk: accounts, postings, orders, jobs, reports, fills and
// their receipts. Disposable.
// Room:   exchange_pipeline; sees market and journal (store).
// Thread: the follower's; what it has begun to commit, another one writes.
// Rule:   the journal position is written in the same transaction as what it covers, so the tables are never
//         ahead or torn; made again from the same entries they are the same, byte for byte.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/bytes.hpp"
#include "journal/store.hpp"
#include "market/command.hpp"
#include "market/record.hpp"

namespace spillway {

/// A report as its addressee sees it.
struct ReportRow {
  std::uint64_t report{};
  Seq seq;
  Stamp stamp;
  Record record;
};

struct PostingRow {
  Seq seq;
  Stamp stamp;
  Record record;  // a posting
};

struct FillRow {
  Seq seq;
  Stamp stamp;
  Record record;  // a fill
};

/// The way from a fill to the seal behind its batch. With the tiles and a checkpoint that covers `leaf` it is
/// the whole proof.
struct ReceiptRow {
  std::uint64_t leaf{};            // of that seal in the tree
  std::vector<std::byte> receipt;  // exchange/receipt.hpp
};

class ProjectionRows;
struct ProjectionTables;

class Projection {
 public:
  /// A damaged file is removed and the tables begin empty; lost() says what was wrong.
  [[nodiscard]] static std::expected<Projection, std::string> open(std::filesystem::path const& folder,
                                                                   std::uint64_t map_bytes);

  [[nodiscard]] Seq committed() const { return committed_; }
  [[nodiscard]] std::string const& lost() const { return lost_; }
  Projection(Projection&&) noexcept;
  Projection& operator=(Projection&&) noexcept;
  ~Projection();
  /// D after `committed`: tells whether the tables belong to this journal.
  [[nodiscard]] Hash256 const& committed_digest() const { return committed_digest_; }
  /// Forgets everything: the tables belong to another journal, or to another future of this one.
  [[nodiscard]] std::expected<void, std::string> clear();

  /// Nothing more is written: the next start need not look at every page of the file.
  void leave() const { Store::vouch(folder_); }

  /// Gathers the rows of one applied entry.
  void add(Entry const& entry, std::vector<Record> const& records);
  /// Gathers the receipt of a fill: known once the seal behind its batch is.
  void add(FillId fill, ReceiptRow const& row);
  /// Rows that were gathered and belong to no commit yet.
  [[nodiscard]] std::size_t pending() const;
  /// Writes what was gathered and the position in one transaction. A map that is full is made larger first.
  [[nodiscard]] std::expected<void, std::string> commit(Seq seq, Hash256 const& digest);

  // The same in three steps, so that another thread can write while this one gathers on. Between the first
  // and the last nothing else is called but add(), pending(), committed(), and write_begun() once, on
  // whichever thread.
  void begin_commit(Seq seq, Hash256 const& digest);
  [[nodiscard]] std::expected<void, std::string> write_begun();
  void end_commit();

  /// Reports of a participant after number `after`, oldest first, at most `most`.
  [[nodiscard]] std::vector<ReportRow> reports(ParticipantId, std::uint64_t after, std::size_t most) const;
  /// Postings of an account stamped in [from, to), oldest first, at most `most`.
  [[nodiscard]] std::vector<PostingRow> postings(ParticipantId owner, std::uint16_t kind, Stamp from,
                                                 Stamp to, std::size_t most) const;
  /// All postings of an account, oldest first.
  [[nodiscard]] std::vector<PostingRow> postings(ParticipantId owner, std::uint16_t kind,
                                                 std::size_t most) const;
  [[nodiscard]] std::optional<FillRow> fill(FillId) const;
  /// Nothing for a fill whose batch has no seal behind it yet.
  [[nodiscard]] std::optional<ReceiptRow> receipt(FillId) const;

  /// Every row of every table in the order of the keys, the position among them: two projections of the same
  /// entries give the same.
  void each_row(std::function<void(std::string_view table, ByteView key, ByteView value)> const&) const;
  [[nodiscard]] std::uint64_t map_bytes() const { return store_.map_bytes(); }

 private:
  explicit Projection(Store store);
  [[nodiscard]] static std::expected<Store, StoreError> open_store(std::filesystem::path const& folder,
                                                                   std::uint64_t map_bytes);
  [[nodiscard]] std::expected<void, std::string> read_position();
  [[nodiscard]] std::expected<void, StoreError> write();

  std::filesystem::path folder_;
  Store store_;
  std::map<std::string, StoreTable, std::less<>> names_;
  std::unique_ptr<ProjectionTables const> tables_;
  std::unique_ptr<ProjectionRows> pending_, writing_;
  std::uint32_t commits_{};
  Seq committed_{}, writing_to_{};
  Hash256 committed_digest_{}, writing_digest_{};
  std::string lost_;
};

}  // namespace spillway
