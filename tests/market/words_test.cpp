// tests/market/words_test.cpp - every code of refusal.cpp, fail_words.cpp and account.cpp has words of its
// own; check.cpp stops loudly.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "market/account.hpp"
#include "market/check.hpp"
#include "market/fail_words.hpp"
#include "market/refusal.hpp"

namespace spillway {
namespace {

TEST(Refusals, EachHasANameAndASentenceOfItsOwn) {
  std::set<std::string> names;
  std::set<std::string> sentences;
  for (std::uint16_t code = 0; code < 1'000; ++code) {
    std::string const called = name(Refusal{code});
    if (called == "unknown") continue;
    EXPECT_TRUE(names.insert(called).second) << called;
    EXPECT_TRUE(sentences.insert(sentence(Refusal{code})).second) << called;
    EXPECT_EQ(called.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << called;
  }
  EXPECT_EQ(names.size(), 69u) << "the list of refusal.hpp grew or shrank";
}

TEST(FailCodes, EachHasWordsOfItsOwnAndAnUnknownOneSaysSo) {
  std::set<std::string> all;
  for (std::uint16_t code = 1; code <= 12; ++code)
    EXPECT_TRUE(all.insert(words(FailCode{code})).second) << code;
  EXPECT_FALSE(all.contains("no reason given"));
  EXPECT_STREQ(words(FailCode{13}), "no reason given")
      << "the list of command.hpp grew: give the new one words";
}

TEST(Refusals, KeepTheirNumbers) {
  EXPECT_STREQ(name(Refusal{50}), "funds_short");
  EXPECT_STREQ(name(Refusal{31}), "predicate_too_wide");
  EXPECT_STREQ(name(Refusal{97}), "server_stopping");
  EXPECT_STREQ(name(Refusal{999}), "unknown");
}

TEST(Accounts, KindsAndCodesHaveNamesOfTheirOwn) {
  std::set<std::string> kinds;
  std::set<std::string> codes;
  for (std::uint16_t i = 0; i <= 6; ++i) EXPECT_TRUE(kinds.insert(name(AccountKind{i})).second);
  for (std::uint16_t i = 0; i <= 9; ++i) EXPECT_TRUE(codes.insert(name(TransferCode{i})).second);
  EXPECT_FALSE(kinds.contains("unknown"));
  EXPECT_FALSE(codes.contains("unknown"));
  EXPECT_STREQ(name(AccountKind{99}), "unknown");
  EXPECT_STREQ(name(TransferCode{99}), "unknown");
}

TEST(CheckDeathTest, ABrokenInvariantNamesItsRuleAndStops) {
  EXPECT_DEATH(sw_check(1 + 1 == 3, "sums are right"), "words_test.cpp:.*sums are right");
}

}  // namespace
}  // namespace spillway
