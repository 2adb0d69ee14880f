// tests/journal/store_test.cpp - the projection's store.
// Covers src/store.cpp.
// Openings walk its pages by store_damage.cpp, where nobody vouched for them; damaged ones:
// tests/exchange/pipeline/damage_test.cpp.
#include "journal/store.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "support.hpp"

namespace spillway {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

StoreOptions two_tables(std::uint64_t map_bytes = 16 << 20) {
  return {{"accounts", "orders"}, map_bytes, false, true};
}

std::vector<std::uint64_t> keys_between(Txn const& txn, StoreTable table, std::uint64_t first,
                                        std::uint64_t last) {
  std::vector<std::uint64_t> keys;
  txn.each(table, StoreKey{}.u64(first), StoreKey{}.u64(last), [&](ByteView key, ByteView) {
    keys.push_back(key_part<std::uint64_t>(key, 0));
    return true;
  });
  return keys;
}

TEST(Store, KeepsWhatWasCommittedOverACloseAndNothingElse) {
  TempDir dir;
  {
    Store const store = Store::open(dir.path() / "projection", two_tables()).value();
    StoreTable const accounts = store.table("accounts");
    WriteTxn txn = WriteTxn::begin(store).value();
    ASSERT_TRUE(txn.put(accounts, StoreKey{}.u32(7), as_byte_view("seven")));
    EXPECT_EQ(text_of(txn.get(accounts, StoreKey{}.u32(7)).value()), "seven") << "a writer sees its own rows";
    ASSERT_TRUE(std::move(txn).commit());
    WriteTxn dropped = WriteTxn::begin(store).value();
    ASSERT_TRUE(dropped.put(accounts, StoreKey{}.u32(8), as_byte_view("eight")));
  }
  Store const store = Store::open(dir.path() / "projection", two_tables()).value();
  ReadTxn const txn = ReadTxn::begin(store).value();
  EXPECT_EQ(text_of(txn.get(store.table("accounts"), StoreKey{}.u32(7)).value()), "seven");
  EXPECT_FALSE(txn.get(store.table("accounts"), StoreKey{}.u32(8)));
  EXPECT_FALSE(txn.get(store.table("orders"), StoreKey{}.u32(7))) << "tables are apart";
  EXPECT_EQ(txn.rows(store.table("accounts")), 1U);
}

TEST(Store, IsVouchedForOnceAndOnlyAsLongAsNobodyTouchesTheFile) {
  TempDir dir;
  auto const commit = [&](std::uint32_t key) {
    Store const store = Store::open(dir.path(), two_tables()).value();
    WriteTxn txn = WriteTxn::begin(store).value();
    ASSERT_TRUE(txn.put(store.table("accounts"), StoreKey{}.u32(key), as_byte_view("row")));
    ASSERT_TRUE(std::move(txn).commit());
  };
  EXPECT_FALSE(Store::vouched(dir.path())) << "there is no file";
  commit(1);
  EXPECT_FALSE(Store::vouched(dir.path())) << "nobody did";
  Store::vouch(dir.path());
  EXPECT_TRUE(Store::vouched(dir.path()));
  EXPECT_FALSE(Store::vouched(dir.path())) << "once";
  Store::vouch(dir.path());
  commit(2);
  EXPECT_FALSE(Store::vouched(dir.path())) << "written since";
  Store::vouch(dir.path());
  auto const file = dir.path() / "data.mdb";
  auto const time = std::filesystem::last_write_time(file);
  spit(file, slurp(file));
  std::filesystem::last_write_time(file, time);
  EXPECT_FALSE(Store::vouched(dir.path())) << "the same bytes with the same time, but by another hand";
  Store::vouch(dir.path());
  spit(dir.path() / "closed", {'x'});
  EXPECT_FALSE(Store::vouched(dir.path())) << "no such note";
  Store::vouch(dir.path());
  ASSERT_TRUE(Store::remove(dir.path()));
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "closed"));
}

TEST(Store, WalksKeysInNumberOrderInRangesAndBackwards) {
  TempDir dir;
  Store const store = Store::open(dir.path(), two_tables()).value();
  StoreTable const orders = store.table("orders");
  WriteTxn txn = WriteTxn::begin(store).value();
  for (std::uint64_t key : {256ULL, 3ULL, 70'000ULL, 1ULL, 255ULL, 2ULL})
    ASSERT_TRUE(txn.put(orders, StoreKey{}.u64(key), as_byte_view("row")));
  EXPECT_EQ(keys_between(txn, orders, 0, ~0ULL), (std::vector<std::uint64_t>{1, 2, 3, 255, 256, 70'000}));
  EXPECT_EQ(keys_between(txn, orders, 2, 256), (std::vector<std::uint64_t>{2, 3, 255}));
  EXPECT_TRUE(keys_between(txn, orders, 4, 255).empty());
  StoreCursor cursor = txn.cursor(orders);
  EXPECT_EQ(key_part<std::uint64_t>(cursor.last()->key, 0), 70'000U);
  EXPECT_EQ(key_part<std::uint64_t>(cursor.previous()->key, 0), 256U);
  EXPECT_EQ(key_part<std::uint64_t>(cursor.seek(StoreKey{}.u64(4))->key, 0), 255U);
  EXPECT_EQ(key_part<std::uint64_t>(cursor.first()->key, 0), 1U);
  EXPECT_FALSE(cursor.previous());
  EXPECT_EQ(key_part<std::uint64_t>(cursor.seek({})->key, 0), 1U);
}

TEST(Store, AppendRefusesAKeyThatIsNotBehindTheLast) {
  TempDir dir;
  Store const store = Store::open(dir.path(), two_tables()).value();
  StoreTable const orders = store.table("orders");
  WriteTxn txn = WriteTxn::begin(store).value();
  EXPECT_TRUE(txn.append(orders, StoreKey{}.u64(5), as_byte_view("a")));
  EXPECT_TRUE(txn.append(orders, StoreKey{}.u64(6), as_byte_view("b")));
  EXPECT_EQ(txn.append(orders, StoreKey{}.u64(6), as_byte_view("c")).error().code, StoreErrc::out_of_order);
  EXPECT_EQ(txn.append(orders, StoreKey{}.u64(4), as_byte_view("c")).error().code, StoreErrc::out_of_order);
}

TEST(Store, DeletesOneRowAndClearsATable) {
  TempDir dir;
  Store const store = Store::open(dir.path(), two_tables()).value();
  StoreTable const orders = store.table("orders");
  WriteTxn txn = WriteTxn::begin(store).value();
  for (std::uint64_t key = 0; key < 10; ++key)
    ASSERT_TRUE(txn.put(orders, StoreKey{}.u64(key), as_byte_view("x")));
  EXPECT_TRUE(txn.del(orders, StoreKey{}.u64(3)).value());
  EXPECT_FALSE(txn.del(orders, StoreKey{}.u64(3)).value());
  EXPECT_EQ(txn.rows(orders), 9U);
  ASSERT_TRUE(txn.clear(orders));
  EXPECT_EQ(txn.rows(orders), 0U);
  EXPECT_EQ(txn.put(orders, {}, as_byte_view("x")).error().code, StoreErrc::bad_argument)
      << "a key is not empty";
}

TEST(Store, AReaderKeepsItsViewWhileAWriterGoesOn) {
  TempDir dir;
  Store const store = Store::open(dir.path(), two_tables()).value();
  StoreTable const accounts = store.table("accounts");
  auto const write = [&](char const* value) {
    WriteTxn txn = WriteTxn::begin(store).value();
    ASSERT_TRUE(txn.put(accounts, StoreKey{}.u8(1), as_byte_view(value)));
    ASSERT_TRUE(std::move(txn).commit());
  };
  write("old");
  ReadTxn const before = ReadTxn::begin(store).value();
  write("new");
  ReadTxn const after = ReadTxn::begin(store).value();
  EXPECT_EQ(text_of(before.get(accounts, StoreKey{}.u8(1)).value()), "old");
  EXPECT_EQ(text_of(after.get(accounts, StoreKey{}.u8(1)).value()), "new");
}

TEST(Store, AFullMapIsAnAnswerAndTheRestStaysReadable) {
  TempDir dir;
  Store const store = Store::open(dir.path(), two_tables(256 << 10)).value();
  StoreTable const orders = store.table("orders");
  std::uint64_t committed = 0;
  std::expected<void, StoreError> last;
  for (std::uint64_t key = 0; key < 1000 && last; ++key) {
    WriteTxn txn = WriteTxn::begin(store).value();
    last = txn.append(orders, StoreKey{}.u64(key), std::vector<std::byte>(2000));
    if (last) last = std::move(txn).commit();
    if (last) ++committed;
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, StoreErrc::map_full);
  EXPECT_NE(last.error().message.find("larger map"), std::string::npos) << last.error().message;
  EXPECT_EQ(ReadTxn::begin(store).value().rows(orders), committed);
}

TEST(Store, GrowsBetweenTransactionsAndKeepsWhatItHas) {
  TempDir dir;
  Store store = Store::open(dir.path(), two_tables(256 << 10)).value();
  StoreTable const orders = store.table("orders");
  auto const put = [&](std::uint64_t key) -> std::expected<void, StoreError> {
    WriteTxn txn = WriteTxn::begin(store).value();
    if (auto done = txn.append(orders, StoreKey{}.u64(key), std::vector<std::byte>(2000)); !done) return done;
    return std::move(txn).commit();
  };
  std::uint64_t grown = 0;
  for (std::uint64_t key = 0; key < 500; ++key) {
    auto done = put(key);
    if (done) continue;
    ASSERT_EQ(done.error().code, StoreErrc::map_full);
    ++grown;
    ASSERT_TRUE(store.grow(store.map_bytes() * 2));
    ASSERT_TRUE(put(key));
  }
  EXPECT_GE(grown, 2u);
  EXPECT_EQ(ReadTxn::begin(store).value().rows(orders), 500u);
}

TEST(StoreDeathTest, GrowingUnderATransactionIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  TempDir dir;
  Store store = Store::open(dir.path(), two_tables()).value();
  ReadTxn const open = ReadTxn::begin(store).value();
  EXPECT_DEATH((void)store.grow(store.map_bytes() * 2), "a store grows between transactions");
}

TEST(Store, ReadOnlyNeedsAStoreAndItsTables) {
  TempDir dir;
  StoreOptions options = two_tables();
  options.read_only = true;
  EXPECT_FALSE(Store::open(dir.path() / "none", options));
  { ASSERT_TRUE(Store::open(dir.path(), two_tables())); }
  {
    auto const store = Store::open(dir.path(), options);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_FALSE(WriteTxn::begin(*store));
    EXPECT_EQ(ReadTxn::begin(*store).value().rows(store->table("orders")), 0U);
  }
  options.tables.emplace_back("unheard_of");
  EXPECT_EQ(Store::open(dir.path(), options).error().code, StoreErrc::not_found);
}

TEST(Store, FreesThePlacesOfReadersThatDied) {
  TempDir dir;
  { ASSERT_TRUE(Store::open(dir.path(), two_tables())); }
  pid_t const child = ::fork();
  if (child == 0) {  // dies with a read transaction open
    auto store = Store::open(dir.path(), two_tables());
    auto txn = store ? ReadTxn::begin(*store) : std::unexpected(StoreError{});
    ::_exit(txn ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  Store store = Store::open(dir.path(), two_tables()).value();
  EXPECT_EQ(store.clear_stale_readers(), 0) << "opening has cleared them already";
}

TEST(Store, AFileThatIsNoStoreIsRefusedWithAdvice) {
  TempDir dir;
  spit(dir.path() / "data.mdb", std::vector<char>(8192, 'x'));
  auto const store = Store::open(dir.path(), two_tables());
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("can be made again"), std::string::npos) << store.error().message;
}

TEST(StoreDeathTest, AnUnknownTableIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  TempDir dir;
  Store const store = Store::open(dir.path(), two_tables()).value();
  EXPECT_DEATH((void)store.table("nonsense"), "a table is named");
}

TEST(StoreKey, OrdersAsNumbersAndGivesItsPartsBack) {
  StoreKey key;
  key.u32(7).u64(1ULL << 40).u16(3).id(Seq{9});
  EXPECT_EQ(to_hex(key),
            "000000070000010000000000"
            "0003"
            "0000000000000009");
  EXPECT_EQ(key_part<std::uint32_t>(key, 0), 7U);
  EXPECT_EQ(key_part<std::uint64_t>(key, 4), 1ULL << 40);
  EXPECT_EQ(key_part<std::uint16_t>(key, 12), 3U);
}

}  // namespace
}  // namespace spillway
