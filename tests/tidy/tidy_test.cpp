// tests/tidy/tidy_test.cpp - the house rules hold over every tracked file of the repository.
// Source: CONTRIBUTING.md has the reasons.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules.hpp"

namespace spillway::tidy {
namespace {

std::string listed(Breaches const& breaches) {
  std::string text;
  for (auto const& [path, line, instead] : breaches) {
    text += "\n  " + path + (line == 0 ? "" : ":" + std::to_string(line)) + ": " + instead;
  }
  return text;
}

Tree const& repository() {
  static Tree const tree = read_tree(SPILLWAY_SOURCE_DIR);
  return tree;
}

void expect_none(Breaches const& breaches) { EXPECT_TRUE(breaches.empty()) << listed(breaches); }

TEST(Tidy, ReadsTheWholeRepository) { EXPECT_GT(repository().size(), 50U); }
TEST(Tidy, PureRoomsHaveNoClockChanceThreadsFloatsUnorderedContainersOrFiles) {
  expect_none(pure_rooms_stay_pure(repository()));
}
TEST(Tidy, ThirdPartyHeadersStayInTheRoomThatSpeaksToThem) {
  expect_none(third_parties_stay_in_their_room(repository()));
}
TEST(Tidy, LinesFitIn110Columns) { expect_none(lines_fit(repository())); }
TEST(Tidy, FilesStaySmall) { expect_none(files_stay_small(repository())); }
TEST(Tidy, FilesStartByNamingThemselvesAndTheirPurpose) {
  expect_none(files_say_their_purpose(repository()));
}
TEST(Tidy, EveryRoomHasAReadme) { expect_none(rooms_have_a_readme(repository())); }
TEST(Tidy, EverySourceHasATest) { expect_none(sources_have_a_test(repository())); }
TEST(Tidy, NoFileNamesOneMachineOrAPackageRegistry) { expect_none(nothing_names_one_machine(repository())); }

}  // namespace
}  // namespace spillway::tidy
