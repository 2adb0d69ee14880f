// tests/market/csv_test.cpp - good tables are split exactly; each kind of broken text is named with its line.
#include "reference/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace spillway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Csv, SplitsPlainAndQuotedFields) {
  auto const table = parse_csv("a,b,c\n1,\"x, \"\"y\"\"\",\n,,z\n", "t.csv", {"a", "c"});
  ASSERT_TRUE(table.has_value()) << text(table.error());
  EXPECT_THAT(table->columns, ElementsAre("a", "b", "c"));
  ASSERT_EQ(table->rows.size(), 2u);
  EXPECT_THAT(table->rows[0].fields, ElementsAre("1", "x, \"y\"", ""));
  EXPECT_THAT(table->rows[1].fields, ElementsAre("", "", "z"));
  EXPECT_EQ(table->rows[1].line, 3);
  EXPECT_EQ(table->at(table->rows[1], "c"), "z");
}

TEST(Csv, TakesWindowsLineEndsAByteOrderMarkAndAMissingLastLineEnd) {
  auto const table = parse_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n1,2\r\n3,4",
      "t.csv", {"a", "b"});
  ASSERT_TRUE(table.has_value());
  ASSERT_EQ(table->rows.size(), 2u);
  EXPECT_EQ(table->at(table->rows[1], "b"), "4");
}

TEST(Csv, NamesTheLineOfABrokenRow) {
  auto const error = [](std::string_view content) {
    auto const table = parse_csv(content, "t.csv", {"a"});
    return table ? std::string("no error") : text(table.error());
  };
  EXPECT_THAT(error(""), HasSubstr("t.csv: the file is empty"));
  EXPECT_THAT(error("b\n1\n"), HasSubstr("t.csv:1: the column \"a\" is missing"));
  EXPECT_THAT(error("a,a\n"), HasSubstr("stands twice"));
  EXPECT_THAT(error("a,b\n1,2\n1\n"), HasSubstr("t.csv:3: the row has 1 fields, the header has 2"));
  EXPECT_THAT(error("a\n\"x\n"), HasSubstr("t.csv:2: a quoted field does not end"));
  EXPECT_THAT(error("a\n\"x\"y\n"), HasSubstr("t.csv:2: text follows a closing quote"));
  EXPECT_THAT(error("a\nx\"y\n"), HasSubstr("t.csv:2: a quote stands inside"));
  EXPECT_THAT(error(std::string_view("a\nx\0y\n", 6)), HasSubstr("t.csv:2: a zero byte"));
}

TEST(Csv, WhatIsWrittenIsReadBack) {
  std::mt19937 random{11};
  for (int round = 0; round < 500; ++round) {
    std::vector<std::vector<std::string>> rows;
    std::string content = "a,b,c\n";
    for (int r = 0; r < 5; ++r) {
      std::vector<std::string> fields;
      for (int f = 0; f < 3; ++f) {
        std::string field;
        for (auto n = random() % 6; n > 0; --n) field += "ab,\" x"[random() % 6];
        std::string quoted = "\"";
        for (char const c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        content += quoted + (f == 2 ? "\"\n" : "\",");
        fields.push_back(std::move(field));
      }
      rows.push_back(std::move(fields));
    }
    auto const table = parse_csv(content, "t.csv", {"a"});
    ASSERT_TRUE(table.has_value()) << content;
    ASSERT_EQ(table->rows.size(), rows.size());
    for (std::size_t r = 0; r < rows.size(); ++r) ASSERT_EQ(table->rows[r].fields, rows[r]);
  }
}

TEST(Csv, ReadsScaledNumbersExactly) {
  auto const table = *parse_csv("n\n1.5\n0.0001\n-7\nx\n\n", "t.csv", {"n"});
  EXPECT_EQ(scaled(table, table.rows[0], "n", 3), 1'500);
  EXPECT_THAT(text(scaled(table, table.rows[1], "n", 3).error()), HasSubstr("t.csv:3: n \"0.0001\""));
  EXPECT_EQ(scaled(table, table.rows[2], "n", 0), -7);
  EXPECT_THAT(text(scaled(table, table.rows[3], "n", 3).error()), HasSubstr("t.csv:5"));
  EXPECT_FALSE(scaled(table, table.rows[4], "n", 3).has_value());
}

TEST(Csv, AFileThatIsNotThereIsNamed) {
  EXPECT_THAT(text(read_csv("no/such/table.csv", {"a"}).error()),
              HasSubstr("no/such/table.csv: cannot be opened"));
}

}  // namespace
}  // namespace spillway
