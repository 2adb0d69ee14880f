// tests/journal/register_test.cpp - who a number is can be written, read and erased; the hash in the journal
// tells nothing of a row that is gone. Covers src/register.cpp.
#include "journal/register.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace spillway {
namespace {

std::string text_of(Register::Row const& row) {
  return {reinterpret_cast<char const*>(row.bytes.data()), row.bytes.size()};
}

struct RegisterFolder : ::testing::Test {
  testing::TempDir dir;
  testing::fs::path folder = dir.path() / "register";
  Register names{folder};
};

TEST_F(RegisterFolder, GivesBackWhatWasWrittenWithTheHashThatTheJournalHolds) {
  auto const hash = names.put(20, as_byte_view("Carl's firm"));
  ASSERT_TRUE(hash) << hash.error();
  auto const row = names.get(20);
  ASSERT_TRUE(row && *row);
  EXPECT_EQ(text_of(**row), "Carl's firm");
  EXPECT_EQ((*row)->hash, *hash);
  EXPECT_FALSE(names.get(21).value());
}

TEST_F(RegisterFolder, IsReadByItsOwnerAlone) {
  ASSERT_TRUE(names.put(20, as_byte_view("x")));
  using testing::fs::perms;
  EXPECT_EQ(testing::fs::status(folder).permissions(), perms::owner_all);
  EXPECT_EQ(testing::fs::status(folder / "20").permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(RegisterFolder, TheSameRowHasAnotherHashEachTime) {
  auto const first = names.put(20, as_byte_view("Carl")), second = names.put(20, as_byte_view("Carl")),
             other = names.put(21, as_byte_view("Carl"));
  ASSERT_TRUE(first && second && other);
  EXPECT_NE(*first, *second);
  EXPECT_NE(*second, *other);
}

TEST_F(RegisterFolder, WhatWasErasedIsGoneAndTheOthersStay) {
  ASSERT_TRUE(names.put(20, as_byte_view("Carl")) && names.put(21, as_byte_view("Dora")));
  EXPECT_TRUE(names.erase(20).value());
  EXPECT_FALSE(names.get(20).value());
  EXPECT_FALSE(testing::fs::exists(folder / "20"));
  EXPECT_EQ(text_of(**names.get(21)), "Dora");
  EXPECT_FALSE(names.erase(20).value()) << "there is nothing left to erase";
}

TEST_F(RegisterFolder, ACrashInTheMiddleOfAReplacementLeavesTheRowBeforeAndErasingGetsThatToo) {
  ASSERT_TRUE(names.put(20, as_byte_view("Carl")));
  testing::fs::rename(folder / "20", folder / "20.before");
  EXPECT_EQ(text_of(**names.get(20)), "Carl");
  ASSERT_TRUE(names.put(20, as_byte_view("Carla")));
  EXPECT_FALSE(testing::fs::exists(folder / "20.before")) << "nobody else would wipe it";
  testing::fs::copy_file(folder / "20", folder / "20.before");
  testing::fs::copy_file(folder / "20", folder / "20.tmp");
  EXPECT_TRUE(names.erase(20).value());
  EXPECT_TRUE(testing::fs::is_empty(folder));
}

TEST_F(RegisterFolder, AFileThatWasCutShortIsRefused) {
  ASSERT_TRUE(names.put(20, as_byte_view("Carl")));
  testing::fs::resize_file(folder / "20", 31);
  EXPECT_FALSE(names.get(20));
}

}  // namespace
}  // namespace spillway
