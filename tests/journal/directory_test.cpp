// tests/journal/directory_test.cpp - journal directories: one holder, a known layout, errors that say what to
// do. Covers src/directory.cpp, src/error.cpp.
#include "journal/directory.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace spillway {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

TEST(Directory, IsMadeWithEverythingInIt) {
  TempDir dir;
  auto const journal = JournalDirectory::open(dir.path() / "deep" / "journal", DirectoryMode::write);
  ASSERT_TRUE(journal) << journal.error().message;
  for (fs::path const& part :
       {journal->segments(), journal->records(), journal->projection(), journal->keys()})
    EXPECT_TRUE(fs::is_directory(part)) << part;
  EXPECT_EQ(fs::status(journal->keys()).permissions(), fs::perms::owner_all);
}

TEST(Directory, InUseNamesTheProcessAndWhatToDo) {
  TempDir dir;
  auto const first = JournalDirectory::open(dir.path(), DirectoryMode::write);
  ASSERT_TRUE(first);
  auto const second = JournalDirectory::open(dir.path(), DirectoryMode::write);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, JournalErrc::in_use);
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos);
  EXPECT_NE(second.error().message.find("another directory"), std::string::npos);
}

TEST(Directory, IsFreeAgainWhenItsHolderIsGone) {
  TempDir dir;
  { ASSERT_TRUE(JournalDirectory::open(dir.path(), DirectoryMode::write)); }
  EXPECT_TRUE(JournalDirectory::open(dir.path(), DirectoryMode::write));
}

TEST(Directory, TheAuditorReadsBesideTheHolderAndChangesNothing) {
  TempDir dir;
  auto const missing = JournalDirectory::open(dir.path() / "none", DirectoryMode::read_only);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, JournalErrc::not_a_journal);
  EXPECT_FALSE(fs::exists(dir.path() / "none"));
  auto const holder = JournalDirectory::open(dir.path(), DirectoryMode::write);
  ASSERT_TRUE(holder);
  EXPECT_TRUE(JournalDirectory::open(dir.path(), DirectoryMode::read_only));
}

TEST(Directory, RefusesAFolderOfOtherThings) {
  TempDir dir;
  spit(dir.path() / "holiday.jpg", {'x'});
  auto const journal = JournalDirectory::open(dir.path(), DirectoryMode::write);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code, JournalErrc::not_a_journal);
  EXPECT_FALSE(fs::exists(dir.path() / "segments"));
}

TEST(Directory, RefusesALayoutOfAnotherRelease) {
  TempDir dir;
  spit(dir.path() / "LAYOUT", {'v', '9', '\n'});
  for (DirectoryMode mode : {DirectoryMode::write, DirectoryMode::read_only}) {
    auto const journal = JournalDirectory::open(dir.path(), mode);
    ASSERT_FALSE(journal);
    EXPECT_EQ(journal.error().code, JournalErrc::wrong_layout);
    EXPECT_NE(journal.error().message.find("\"v9\""), std::string::npos) << journal.error().message;
  }
}

TEST(Directory, ShowsWhatAStrangeLayoutSaysInPlainLettersOnly) {
  TempDir dir;
  spit(dir.path() / "LAYOUT", {'v', '\x1b', '[', 'J', '\xff', '\xfe', '\n'});
  auto const journal = JournalDirectory::open(dir.path(), DirectoryMode::read_only);
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.error().message.find("\"v?[J??\""), std::string::npos) << journal.error().message;
}

TEST(Damage, ReadsAsOneLineWithItsPlace) {
  EXPECT_EQ(to_string(Damage{"segments/1", 77, "why"}), "segments/1 at byte 77: why");
  EXPECT_NE(damaged({"segments/1", 77, "why"}).message.find("segments/1 at byte 77: why"), std::string::npos);
}

}  // namespace
}  // namespace spillway
