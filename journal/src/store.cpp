// journal/src/store.cpp - the only file that knows LMDB.
#include "journal/store.hpp"

#include <lmdb.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "market/check.hpp"

namespace spillway {
namespace {

StoreError error_of(int rc, std::string const& doing) {
  StoreErrc code = StoreErrc::io;
  std::string advice;
  if (rc == MDB_MAP_FULL) code = StoreErrc::map_full, advice = ". Open the store with a larger map";
  if (rc == MDB_READERS_FULL) code = StoreErrc::readers_full, advice = ". Too many readers hold the store";
  if (rc == MDB_NOTFOUND || rc == ENOENT) code = StoreErrc::not_found;
  if (rc == MDB_KEYEXIST) code = StoreErrc::out_of_order;
  if (rc == MDB_BAD_VALSIZE || rc == EINVAL) code = StoreErrc::bad_argument;
  if (rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_VERSION_MISMATCH)
    code = StoreErrc::damaged, advice = ". The projection can be made again: remove its folder";
  return {code, "cannot " + doing + ": " + mdb_strerror(rc) + advice};
}

std::unexpected<StoreError> refuse(int rc, std::string const& doing) {
  return std::unexpected(error_of(rc, doing));
}

MDB_val in(ByteView bytes) { return {bytes.size(), const_cast<std::byte*>(bytes.data())}; }
ByteView out(MDB_val const& value) { return {static_cast<std::byte const*>(value.mv_data), value.mv_size}; }

struct CloseEnv {
  void operator()(MDB_env* env) const noexcept { mdb_env_close(env); }
};

}  // namespace

struct Store::Impl {
  std::unique_ptr<MDB_env, CloseEnv> env;
  std::map<std::string, MDB_dbi, std::less<>> tables;
  mutable std::atomic<int> live{0};  // transactions that have not ended

  [[nodiscard]] std::expected<void, StoreError> open_env(std::filesystem::path const& folder,
                                                         StoreOptions const& options);
  [[nodiscard]] std::expected<void, StoreError> open_tables(StoreOptions const& options);
};

std::expected<void, StoreError> Store::Impl::open_env(std::filesystem::path const& folder,
                                                      StoreOptions const& options) {
  MDB_env* raw = nullptr;
  if (int const rc = mdb_env_create(&raw); rc != 0) return refuse(rc, "make a store environment");
  env.reset(raw);
  mdb_env_set_maxdbs(raw, static_cast<MDB_dbi>(options.tables.size()));
  if (int const rc = mdb_env_set_mapsize(raw, options.map_bytes); rc != 0)
    return refuse(rc, "size the store");
  unsigned flags = MDB_NOTLS;  // a read transaction belongs to an object, not to a thread
  if (options.read_only) flags |= MDB_RDONLY;
  if (!options.sync) flags |= MDB_NOSYNC;
  if (int const rc = mdb_env_open(raw, folder.c_str(), flags, 0640); rc != 0)
    return refuse(rc, "open the store in " + folder.string());
  return {};
}

std::expected<void, StoreError> Store::Impl::open_tables(StoreOptions const& options) {
  MDB_txn* txn = nullptr;
  if (int const rc = mdb_txn_begin(env.get(), nullptr, options.read_only ? MDB_RDONLY : 0U, &txn); rc != 0)
    return refuse(rc, "begin a transaction");
  for (std::string const& name : options.tables) {
    MDB_dbi dbi = 0;
    if (int const rc = mdb_dbi_open(txn, name.c_str(), options.read_only ? 0U : MDB_CREATE, &dbi); rc != 0) {
      mdb_txn_abort(txn);
      return refuse(rc, "open the table " + name);
    }
    tables.emplace(name, dbi);
  }
  if (int const rc = mdb_txn_commit(txn); rc != 0) return refuse(rc, "make the tables");
  return {};
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

std::expected<Store, StoreError> Store::open(std::filesystem::path const& folder,
                                             StoreOptions const& options) {
  std::error_code failed;
  if (!options.read_only) std::filesystem::create_directories(folder, failed);
  if (failed) return refuse(failed.value(), "make " + folder.string());
  auto impl = std::make_unique<Impl>();
  if (auto opened = impl->open_env(folder, options); !opened) return std::unexpected(opened.error());
  if (auto opened = impl->open_tables(options); !opened) return std::unexpected(opened.error());
  Store store(std::move(impl));
  store.clear_stale_readers();
  return store;
}

std::expected<void, StoreError> Store::remove(std::filesystem::path const& folder) {
  for (auto const* name : {"data.mdb", "lock.mdb", "closed"}) {
    std::error_code failed;
    std::filesystem::remove(folder / name, failed);
    if (failed) return refuse(failed.value(), "remove " + (folder / name).string());
  }
  return {};
}

StoreTable Store::table(std::string_view name) const {
  auto const found = impl_->tables.find(name);
  sw_check(found != impl_->tables.end(), "a table is named when the store is opened");
  return {found->second};
}

int Store::clear_stale_readers() {
  int dead = 0;
  sw_check(mdb_reader_check(impl_->env.get(), &dead) == 0, "the store's table of readers can be read");
  return dead;
}

std::expected<void, StoreError> Store::grow(std::uint64_t map_bytes) {
  sw_check(impl_->live.load() == 0, "a store grows between transactions");
  if (int const rc = mdb_env_set_mapsize(impl_->env.get(), map_bytes); rc != 0)
    return refuse(rc, "make the store's map " + std::to_string(map_bytes) + " bytes large");
  return {};
}

std::uint64_t Store::map_bytes() const {
  MDB_envinfo info{};
  sw_check(mdb_env_info(impl_->env.get(), &info) == 0, "an open store tells its size");
  return info.me_mapsize;
}

// ---- transactions

void Txn::Abort::operator()(MDB_txn* txn) const noexcept {
  mdb_txn_abort(txn);
  live->fetch_sub(1);
}

std::expected<Txn::Handle, StoreError> Txn::start(Store const& store, bool write) {
  auto const& impl = *store.impl_;
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(impl.env.get(), nullptr, write ? 0U : MDB_RDONLY, &txn);
  if (rc == MDB_MAP_RESIZED && impl.live.load() == 0) {  // another process made it larger: take its size
    rc = mdb_env_set_mapsize(impl.env.get(), 0);
    if (rc == 0) rc = mdb_txn_begin(impl.env.get(), nullptr, write ? 0U : MDB_RDONLY, &txn);
  }
  if (rc != 0) return refuse(rc, "begin a transaction");
  impl.live.fetch_add(1);
  return Handle(txn, Abort{&impl.live});
}

bool Txn::before(ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); }

std::optional<ByteView> Txn::get(StoreTable table, ByteView key) const& {
  MDB_val k = in(key), v{};
  int const rc = mdb_get(txn_.get(), table.handle, &k, &v);
  if (rc == MDB_NOTFOUND) return std::nullopt;
  sw_check(rc == 0, "a store that opened can be read");
  return out(v);
}

StoreCursor Txn::cursor(StoreTable table) const& {
  MDB_cursor* raw = nullptr;
  sw_check(mdb_cursor_open(txn_.get(), table.handle, &raw) == 0, "a store that opened can be read");
  StoreCursor cursor;
  cursor.cursor_.reset(raw);
  return cursor;
}

std::uint64_t Txn::rows(StoreTable table) const {
  MDB_stat stat{};
  sw_check(mdb_stat(txn_.get(), table.handle, &stat) == 0, "a store that opened can be read");
  return stat.ms_entries;
}

std::expected<ReadTxn, StoreError> ReadTxn::begin(Store const& store) {
  auto raw = start(store, false);
  if (!raw) return std::unexpected(raw.error());
  ReadTxn txn;
  txn.txn_ = std::move(*raw);
  return txn;
}

std::expected<WriteTxn, StoreError> WriteTxn::begin(Store const& store) {
  auto raw = start(store, true);
  if (!raw) return std::unexpected(raw.error());
  WriteTxn txn;
  txn.txn_ = std::move(*raw);
  return txn;
}

// It stays where it wrote, so a key near the last one is not looked for from the top of the table.
MDB_cursor* WriteTxn::writer(StoreTable table) {
  if (writers_.size() <= table.handle) writers_.resize(table.handle + std::size_t{1});
  auto& writer = writers_[table.handle];
  if (!writer) {
    MDB_cursor* raw = nullptr;
    sw_check(mdb_cursor_open(txn_.get(), table.handle, &raw) == 0, "a store that opened can be written");
    writer.reset(raw);
  }
  return writer.get();
}

std::expected<void, StoreError> WriteTxn::put(StoreTable table, ByteView key, ByteView value) {
  MDB_val k = in(key), v = in(value);
  if (int const rc = mdb_cursor_put(writer(table), &k, &v, 0); rc != 0) return refuse(rc, "put a row");
  return {};
}

std::expected<void, StoreError> WriteTxn::append(StoreTable table, ByteView key, ByteView value) {
  MDB_val k = in(key), v = in(value);
  if (int const rc = mdb_put(txn_.get(), table.handle, &k, &v, MDB_APPEND); rc != 0)
    return refuse(rc, "append a row");
  return {};
}

std::expected<bool, StoreError> WriteTxn::del(StoreTable table, ByteView key) {
  MDB_val k = in(key);
  int const rc = mdb_del(txn_.get(), table.handle, &k, nullptr);
  if (rc == MDB_NOTFOUND) return false;
  if (rc != 0) return refuse(rc, "delete a row");
  return true;
}

std::expected<void, StoreError> WriteTxn::clear(StoreTable table) {
  if (int const rc = mdb_drop(txn_.get(), table.handle, 0); rc != 0) return refuse(rc, "clear a table");
  return {};
}

std::expected<void, StoreError> WriteTxn::commit() && {
  writers_.clear();
  txn_.get_deleter().live->fetch_sub(1);  // it ends here, either way
  if (int const rc = mdb_txn_commit(txn_.release()); rc != 0) return refuse(rc, "commit");
  return {};
}

// ---- cursors

void CloseCursor::operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }

namespace {

std::optional<StoreRow> move_to(MDB_cursor* cursor, MDB_val key, MDB_cursor_op where) {
  MDB_val value{};
  int const rc = mdb_cursor_get(cursor, &key, &value, where);
  if (rc == MDB_NOTFOUND) return std::nullopt;
  sw_check(rc == 0, "a store that opened can be read");
  return StoreRow{out(key), out(value)};
}

}  // namespace

std::optional<StoreRow> StoreCursor::first() { return move_to(cursor_.get(), {}, MDB_FIRST); }
std::optional<StoreRow> StoreCursor::last() { return move_to(cursor_.get(), {}, MDB_LAST); }
std::optional<StoreRow> StoreCursor::next() { return move_to(cursor_.get(), {}, MDB_NEXT); }
std::optional<StoreRow> StoreCursor::previous() { return move_to(cursor_.get(), {}, MDB_PREV); }
std::optional<StoreRow> StoreCursor::seek(ByteView key) {
  // An empty key is before every row; the library itself refuses it.
  return key.empty() ? first() : move_to(cursor_.get(), in(key), MDB_SET_RANGE);
}

}  // namespace spillway
