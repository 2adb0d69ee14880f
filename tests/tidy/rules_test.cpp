// tests/tidy/rules_test.cpp - each house rule finds the breach it is for, and lets the innocent neighbour
// pass. Covers: rules.cpp, rules_of_shape.cpp, text.cpp.
#include "rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spillway::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> places(Breaches const& breaches) {
  std::vector<std::string> found;
  for (auto const& breach : breaches) found.push_back(breach.path + ":" + std::to_string(breach.line));
  return found;
}

TEST(Rules, APureRoomMayNotUseWhatItsArgumentsDoNotHold) {
  for (auto const* line : {"#include <chrono>", "auto t = steady_clock::now();", "std::random_device d;",
                           "#include <thread>", "double price;", "float x = 1;",
                           "std::unordered_map<int, int> m;", "#include <fstream>", "getenv(name);"}) {
    EXPECT_THAT(places(pure_rooms_stay_pure({{"matching/src/x.cpp", "\n" + std::string(line) + "\n"}})),
                testing::Contains("matching/src/x.cpp:2"))
        << line;
  }
}

TEST(Rules, CommentsLiteralsAndLongerWordsAreNotCode) {
  auto const* text =
      "// double entry\n/* float\nstd::thread */\nauto s = \"double\";\nauto c = '\"'; int doubled = 1'000;\n"
      "auto r = R\"x(float)x\";\nint floating;\n";
  EXPECT_THAT(pure_rooms_stay_pure({{"settlement/src/x.cpp", text}}), IsEmpty());
}

TEST(Rules, CodeAfterALiteralIsSeenAgain) {
  EXPECT_THAT(places(pure_rooms_stay_pure({{"market/src/x.cpp", "f(\"a\\\"b\", 'c'); double d;\n"}})),
              ElementsAre("market/src/x.cpp:1"));
}

TEST(Rules, OnlyThePurePartsArePure) {
  for (auto const* path : {"market/include/market/x.hpp", "matching/src/x.cpp", "settlement/src/x.cpp",
                           "attest/registry/src/registry.cpp", "exchange/include/exchange/core.hpp"}) {
    EXPECT_TRUE(is_pure(path)) << path;
  }
  for (auto const* path : {"market/src/codec_json.cpp", "market/tools/x.cpp", "exchange/pipeline/src/x.cpp",
                           "attest/src/x.cpp", "journal/src/x.cpp", "matching/README.md"}) {
    EXPECT_FALSE(is_pure(path)) << path;
  }
}

TEST(Rules, AThirdPartyHeaderMayOnlyStandInItsRoom) {
  Tree const tree = {{"gateway/server/src/a.cpp", "#include <boost/beast/http.hpp>\n"},
                     {"gateway/wire/src/b.cpp", "#include <boost/beast/http.hpp>\n"},
                     {"journal/src/store.cpp", "#include <lmdb.h>\n"},
                     {"market/src/x.cpp", "\n#include \"market_generated.h\"\n"},
                     {"tests/journal/x_test.cpp", "#include <lmdb.h>\n"}};
  EXPECT_THAT(places(third_parties_stay_in_their_room(tree)),
              ElementsAre("gateway/server/src/a.cpp:1", "market/src/x.cpp:2"));
}

TEST(Rules, ALineMayHave110ColumnsOfAnyAlphabet) {
  std::string wide;
  for (int i = 0; i < 110; ++i) wide += "\u00e9";
  EXPECT_THAT(lines_fit({{"market/x.hpp", wide + "\n"}}), IsEmpty());
  EXPECT_THAT(places(lines_fit({{"market/x.hpp", "\n" + wide + "x\n"}})), ElementsAre("market/x.hpp:2"));
}

TEST(Rules, AFileMayHave450LinesAndAMegabyte) {
  EXPECT_THAT(files_stay_small({{"a.cpp", std::string(450, '\n')}, {"b.json", std::string(1'000'000, 'x')}}),
              IsEmpty());
  EXPECT_THAT(
      places(files_stay_small({{"a.cpp", std::string(451, '\n')}, {"b.json", std::string(1'000'001, 'x')}})),
      ElementsAre("a.cpp:451", "b.json:0"));
}

TEST(Rules, AFileNamesItselfAndItsPurpose) {
  EXPECT_THAT(files_say_their_purpose({{"market/include/market/ids.hpp", "// market/ids.hpp - names.\n"},
                                       {"market/src/check.cpp", "// market/src/check.cpp - stops.\n"}}),
              IsEmpty());
  for (auto const* head : {"#pragma once\n", "// ids.hpp - no room\n", "// market/other.hpp - another\n",
                           "// market/ids.hpp\n", "// market/ids.hpp - "}) {
    EXPECT_THAT(places(files_say_their_purpose({{"market/include/market/ids.hpp", head}})),
                ElementsAre("market/include/market/ids.hpp:1"))
        << head;
  }
}

TEST(Rules, ARoomWithFilesHasAReadme) {
  EXPECT_THAT(places(rooms_have_a_readme(
                  {{"cmake/x.cmake", ""}, {"journal/src/x.cpp", ""}, {"market/README.md", ""}})),
              ElementsAre("journal/README.md:0"));
}

TEST(Rules, ASourceIsTestedByItsOwnTestOrByOneThatNamesIt) {
  Tree const tree = {
      {"journal/src/alone.cpp", ""},
      {"journal/src/covered.cpp", ""},
      {"journal/src/seal.cpp", ""},
      {"tests/journal/seal_test.cpp", "// tests/journal/seal_test.cpp - of seal.cpp and covered.cpp\n"},
      {"tests/market/alone_test.cpp", "// another room\n"}};
  EXPECT_THAT(places(sources_have_a_test(tree)), ElementsAre("journal/src/alone.cpp:0"));
}

TEST(Rules, NoFileNamesAFolderOfOneMachineOrARegistry) {
  std::string const folder =
      "/ho"
      "me/me/x";
  std::string const host =
      "https://pypi"
      ".org/simple";
  EXPECT_THAT(places(nothing_names_one_machine({{"README.md", "cd " + folder + "\n" + host + "\n"},
                                                {"docs/a.md", "see frame/work/x and a/home/b\n"}})),
              ElementsAre("README.md:1", "README.md:2"));
}

}  // namespace
}  // namespace spillway::tidy
