// journal/store.hpp - the projection's store: sorted tables of bytes in one memory-mapped file, behind four
// types.
// Room:   journal; sees market. The library under it is named in store.cpp and nowhere else.
// Thread: one WriteTxn at a time in the process; any number of ReadTxn, each used by one thread at a time.
// Errors: StoreError where the operator can act (full, in use, no file); a file damaged while it is open
//         stops the process, damage() finds it before.
// Rule:   keep read transactions short: pages they might see cannot be reused while they live.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/bytes.hpp"
#include "journal/store_key.hpp"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace spillway {

enum class StoreErrc : std::uint8_t {
  io,
  map_full,
  readers_full,
  not_found,
  out_of_order,
  bad_argument,
  damaged
};
struct StoreError {
  StoreErrc code = StoreErrc::io;
  std::string message;
};

/// One named table of an open store.
struct StoreTable {
  std::uint32_t handle = 0;
};

struct StoreOptions {
  std::vector<std::string> tables;  // made if missing (unless read_only)
  std::uint64_t map_bytes = std::uint64_t{16}
                            << 30;  // address space; the file is sparse. Sanitizers: say 1 GiB
  bool read_only = false;
  bool sync = true;  // false only in tests that measure something else
};

class Store {
 public:
  /// `folder` is made if missing (unless read_only). A process opens one folder once.
  [[nodiscard]] static std::expected<Store, StoreError> open(std::filesystem::path const& folder,
                                                             StoreOptions const& options);
  /// What is wrong with the file in `folder` that nobody has open: one line; empty when it is whole or not
  /// there. Every page that can be reached is looked at.
  [[nodiscard]] static std::string damage(std::filesystem::path const& folder);
  /// Notes beside the file what it looks like to the file system: nobody writes to it any more, and what
  /// comes later shows. Waits until it would, a few milliseconds. A note that cannot be written does no harm.
  static void vouch(std::filesystem::path const& folder);
  /// Whether the file is still as it was noted; the note is gone then, for good. Then damage() would look at
  /// many pages in vain.
  [[nodiscard]] static bool vouched(std::filesystem::path const& folder);
  /// Removes the file, for a store that can be made again.
  [[nodiscard]] static std::expected<void, StoreError> remove(std::filesystem::path const& folder);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// A table named in the options; any other name is a bug.
  [[nodiscard]] StoreTable table(std::string_view name) const;
  /// Frees the places of readers whose process died; how many there were. What they saw can be reused then.
  int clear_stale_readers();
  /// A larger map, at least `map_bytes`: for a transaction that met map_full and was given up. No transaction
  /// of this process may live (checked); other processes follow at their next one.
  [[nodiscard]] std::expected<void, StoreError> grow(std::uint64_t map_bytes);
  [[nodiscard]] std::uint64_t map_bytes() const;

 private:
  friend class Txn;
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct StoreRow {
  ByteView key;
  ByteView value;
};

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const noexcept;
};
using CursorHandle = std::unique_ptr<MDB_cursor, CloseCursor>;

/// Walks a table in key order. Rows live as long as the transaction and, in a WriteTxn, until its next
/// change.
class StoreCursor {
 public:
  [[nodiscard]] std::optional<StoreRow> first();
  [[nodiscard]] std::optional<StoreRow> last();
  [[nodiscard]] std::optional<StoreRow> seek(ByteView key);  // the first row at or behind `key`
  [[nodiscard]] std::optional<StoreRow> next();
  [[nodiscard]] std::optional<StoreRow> previous();

 private:
  friend class Txn;
  CursorHandle cursor_;
};

class Txn {
 public:
  [[nodiscard]] std::optional<ByteView> get(StoreTable table, ByteView key) const&;
  std::optional<ByteView> get(StoreTable table, ByteView key) const&& = delete;
  /// The cursor must die before the transaction ends.
  [[nodiscard]] StoreCursor cursor(StoreTable table) const&;
  StoreCursor cursor(StoreTable table) const&& = delete;

  /// Calls visit(key, value) for rows with first <= key < last, in order, until it returns false.
  template <class Visit>
  void each(StoreTable table, ByteView first, ByteView last, Visit&& visit) const& {
    StoreCursor walk = cursor(table);
    for (auto row = walk.seek(first); row && before(row->key, last); row = walk.next())
      if (!visit(row->key, row->value)) return;
  }
  [[nodiscard]] std::uint64_t rows(StoreTable table) const;

 protected:
  struct Abort {
    std::atomic<int>* live;  // transactions of the store that have not ended
    void operator()(MDB_txn* txn) const noexcept;
  };
  using Handle = std::unique_ptr<MDB_txn, Abort>;
  [[nodiscard]] static std::expected<Handle, StoreError> start(Store const& store, bool write);
  [[nodiscard]] static bool before(ByteView a, ByteView b);
  Handle txn_;
};

/// A view of the store as of begin().
class ReadTxn : public Txn {
 public:
  [[nodiscard]] static std::expected<ReadTxn, StoreError> begin(Store const& store);
};

/// All or nothing: what is not committed leaves no trace.
class WriteTxn : public Txn {
 public:
  [[nodiscard]] static std::expected<WriteTxn, StoreError> begin(Store const& store);
  /// Quick for keys that come in order.
  [[nodiscard]] std::expected<void, StoreError> put(StoreTable table, ByteView key, ByteView value);
  /// For keys that only grow: quicker than put; out_of_order if `key` is not behind the last one.
  [[nodiscard]] std::expected<void, StoreError> append(StoreTable table, ByteView key, ByteView value);
  /// False if there was no such key.
  [[nodiscard]] std::expected<bool, StoreError> del(StoreTable table, ByteView key);
  [[nodiscard]] std::expected<void, StoreError> clear(StoreTable table);
  [[nodiscard]] std::expected<void, StoreError> commit() &&;

 private:
  [[nodiscard]] MDB_cursor* writer(StoreTable table);
  std::vector<CursorHandle> writers_;  // by table
};

}  // namespace spillway
