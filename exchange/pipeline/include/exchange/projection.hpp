// exchange/projection.hpp - the books as tables on disk: accounts, postings, orders, jobs, reports.
// Disposable. Room:   exchange_pipeline; sees market and journal (store). Thread: the follower's. Rule:   the
// journal position is written in the same transaction as what it covers, so the tables are never ahead or
// torn.
#pragma once

#include <expected>
#include <filesystem>
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

class Projection {
 public:
  /// A damaged file is removed and the tables begin empty; lost() says what was wrong.
  [[nodiscard]] static std::expected<Projection, std::string> open(std::filesystem::path const& folder,
                                                                   std::uint64_t map_bytes);

  [[nodiscard]] Seq committed() const { return committed_; }
  [[nodiscard]] std::string const& lost() const { return lost_; }
  /// D after `committed`: tells whether the tables belong to this journal.
  [[nodiscard]] Hash256 const& committed_digest() const { return committed_digest_; }
  /// Forgets everything: the tables belong to another journal, or to another future of this one.
  [[nodiscard]] std::expected<void, std::string> clear();

  /// Gathers the rows of one applied entry.
  void add(Entry const& entry, std::vector<Record> const& records);
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }
  /// Writes what was gathered and the position in one transaction.
  [[nodiscard]] std::expected<void, std::string> commit(Seq seq, Hash256 const& digest);

  /// Reports of a participant after number `after`, oldest first, at most `most`.
  [[nodiscard]] std::vector<ReportRow> reports(ParticipantId, std::uint64_t after, std::size_t most) const;
  /// Postings of an account, oldest first.
  [[nodiscard]] std::vector<PostingRow> postings(ParticipantId owner, std::uint16_t kind,
                                                 std::size_t most) const;

 private:
  struct Row {
    StoreTable table;
    StoreKey key;
    std::vector<std::byte> value;
  };
  explicit Projection(Store store);
  void put(StoreTable table, StoreKey key, Entry const& entry, Record const& record);

  Store store_;
  StoreTable meta_, orders_, jobs_, postings_, reports_, accounts_;
  std::vector<Row> pending_;
  Seq committed_{};
  Hash256 committed_digest_{};
  std::string lost_;
};

}  // namespace spillway
