// tests/market/words_test.cpp - every code of refusal.cpp and account.cpp has words of its own; check.cpp
// stops loudly.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "market/account.hpp"
#include "market/check.hpp"
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
  EXPECT_EQ(names.size(), 64u) << "the list of refusal.hpp grew or shrank";
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
