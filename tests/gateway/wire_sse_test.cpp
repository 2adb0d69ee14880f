// tests/gateway/wire_sse_test.cpp - the event stream parser and writer (gateway/wire/src/sse.cpp).
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "gateway/wire/sse.hpp"

namespace spillway::wire {
namespace {

std::vector<SseEvent> events_of(SseParser& parser) {
  std::vector<SseEvent> out;
  while (auto event = parser.next()) out.push_back(std::move(*event));
  return out;
}

std::vector<SseEvent> parse(std::string_view text) {
  SseParser parser;
  parser.feed(text);
  return events_of(parser);
}

TEST(WireSse, ReadsWhatEnginesSend) {
  auto const events = parse("data: {\"a\":1}\n\ndata: [DONE]\n\n");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].data, "{\"a\":1}");
  EXPECT_EQ(events[1].data, "[DONE]");
}

struct Row {
  char const* name;
  std::string_view text;
  std::vector<SseEvent> events;
};

TEST(WireSse, FollowsTheStandardRowByRow) {
  std::vector<Row> const rows = {
      {"LF", "data: x\n\n", {{"", "x", ""}}},
      {"CR", "data: x\r\r", {{"", "x", ""}}},
      {"CRLF", "data: x\r\n\r\n", {{"", "x", ""}}},
      {"mixed ends", "data: x\rdata: y\r\n\n", {{"", "x\ny", ""}}},
      {"several data lines", "data: x\ndata: y\ndata\n\n", {{"", "x\ny\n", ""}}},
      {"only the first space goes", "data:  x\n\n", {{"", " x", ""}}},
      {"no space", "data:x\n\n", {{"", "x", ""}}},
      {"event and id", "event: done\nid: 7\ndata: x\n\n", {{"done", "x", "7"}}},
      {"empty data is an event", "data\n\n", {{"", "", ""}}},
      {"no data is none", "event: ping\n\ndata: x\n\n", {{"", "x", ""}}},
      {"comments", ": hello\n:\ndata: x\n\n", {{"", "x", ""}}},
      {"unknown field", "color: red\ndata: x\n\n", {{"", "x", ""}}},
      {"retry", "retry: 100\ndata: x\n\n", {{"", "x", ""}}},
      {"colon in the value", "data: a: b\n\n", {{"", "a: b", ""}}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "data: x\n\n",
       {{"", "x", ""}}},
      {"without its blank line", "data: x\n", {}},
      {"blank lines alone", "\n\r\n\r\n\n", {}},
      {"id with NUL", std::string_view("id: a\0b\ndata: x\n\n", 17), {{"", "x", ""}}},
  };
  for (auto const& row : rows) EXPECT_EQ(parse(row.text), row.events) << row.name;
}

TEST(WireSse, CountsWhatItSkips) {
  SseParser parser;
  parser.feed(": c\ncolor: red\nnonsense\ndata: x\n\n");
  EXPECT_EQ(events_of(parser).size(), 1U);
  EXPECT_EQ(parser.comments(), 1U);
  EXPECT_EQ(parser.skipped_lines(), 2U);
}

TEST(WireSse, DropsAnEventOverTheBoundAndReadsTheNext) {
  SseParser parser(64);
  parser.feed("data: " + std::string(1000, 'x') + "\n\n");
  for (int line = 0; line < 10; ++line) parser.feed("data: 0123456789\n");
  parser.feed("\ndata: short\n\n: " + std::string(1000, 'c') + "\ndata: after\n\n");
  auto const events = events_of(parser);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].data, "short");
  EXPECT_EQ(events[1].data, "after");
  EXPECT_EQ(parser.dropped_events(), 2U);
  EXPECT_EQ(parser.comments(), 1U);
}

std::string random_stream(std::mt19937& random) {
  static constexpr std::string_view pieces[] = {
      "data", ": ",    ":", "\n",   "\r",    "\r\n",         "event",     "id",
      "x",    "hello", " ", "\n\n", "retry", "\xEF\xBB\xBF", "{\"a\":1}", "data: y\n\n"};
  std::string out;
  for (int at = 0; at < 60; ++at) out += pieces[random() % std::size(pieces)];
  return out;
}

TEST(WireSse, GivesTheSameEventsHoweverTheBytesAreSplit) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    auto const text = random_stream(random);
    SseParser whole(40), split(40), bytewise(40);
    whole.feed(text);
    auto const expected = events_of(whole);
    std::vector<SseEvent> by_split, by_byte;
    for (std::size_t at = 0; at < text.size();) {
      auto const size = 1 + random() % 9;
      split.feed(std::string_view(text).substr(at, size));
      at += size;
      if (random() % 2) std::ranges::move(events_of(split), std::back_inserter(by_split));
    }
    std::ranges::move(events_of(split), std::back_inserter(by_split));
    for (char const c : text) bytewise.feed({&c, 1});
    by_byte = events_of(bytewise);
    ASSERT_EQ(by_split, expected) << "seed " << seed;
    ASSERT_EQ(by_byte, expected) << "seed " << seed;
    ASSERT_EQ(split.skipped_lines(), whole.skipped_lines()) << "seed " << seed;
  }
}

TEST(WireSse, ReadsBackWhatItWrites) {
  auto const text =
      sse_event("one\ntwo\r\nthree\rfour", "kind", "9") + sse_comment("still\nhere") + sse_event("");
  auto const events = parse(text);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0], (SseEvent{"kind", "one\ntwo\nthree\nfour", "9"}));
  EXPECT_EQ(events[1], SseEvent{});
  EXPECT_EQ(sse_event("{}"), "data: {}\n\n");
}

TEST(WireSse, AnEventNameCannotSmuggleAField) {
  EXPECT_EQ(sse_event("x", "a\ndata: evil"), "event: a\ndata: x\n\n");
}

}  // namespace
}  // namespace spillway::wire
