// tests/gateway/wire_http_parse_test.cpp - HTTP/1.1 out of bytes (gateway/wire/src/http_parse.cpp, http.cpp).
#include <gtest/gtest.h>

#include <optional>

#include "http_parse.hpp"

namespace spillway::wire {
namespace {

struct Parsed {
  RequestHead head;
  std::string body;
  bool keep_alive = false;
};

/// Feeds `step` more bytes at a time, as a connection does.
std::expected<Parsed, HttpFault> parse_request(std::string_view text, std::size_t step) {
  RequestParser parser(1024, 64);
  std::size_t consumed = 0;
  for (std::size_t end = std::min(step, text.size());; end = std::min(end + step, text.size())) {
    for (std::size_t last = text.size() + 1; consumed != last && !parser.done();) {
      last = consumed;
      auto const fed = parser.feed(text.substr(consumed, end - consumed));
      if (!fed) return std::unexpected(fed.error());
      consumed += *fed;
    }
    if (parser.done()) break;
    if (end == text.size()) return std::unexpected(HttpFault::cut_short);
  }
  return Parsed{parser.head(), parser.take_body(), parser.keep_alive()};
}

TEST(WireHttpParse, ReadsARequestHoweverItsBytesAreSplit) {
  std::string_view const text =
      "POST /v1/chat?x=1 HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    auto const parsed = parse_request(text, step);
    ASSERT_TRUE(parsed) << step;
    EXPECT_EQ(parsed->head.method, "POST");
    EXPECT_EQ(parsed->head.path(), "/v1/chat");
    EXPECT_EQ(parsed->head.query(), "x=1");
    EXPECT_EQ(parsed->head.header("x-two"), "1");
    EXPECT_EQ(parsed->head.header("absent"), "");
    EXPECT_EQ(parsed->body, "hello");
    EXPECT_TRUE(parsed->keep_alive);
  }
}

TEST(WireHttpParse, ReadsChunkedBodies) {
  std::string_view const text =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  for (std::size_t step = 1; step <= text.size(); ++step)
    EXPECT_EQ(parse_request(text, step)->body, "abcde") << step;
}

TEST(WireHttpParse, ReadsAnEmptyChunkedBodyByteByByte) {
  std::string_view const text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t step = 1; step <= text.size(); ++step)
    EXPECT_EQ(parse_request(text, step)->body, "") << step;
}

TEST(WireHttpParse, NamesWhatIsWrong) {
  std::string const start = "POST / HTTP/1.1\r\nHost: a\r\n";
  struct Row {
    char const* name;
    std::string text;
    HttpFault fault;
  };
  std::vector<Row> const rows = {
      {"TLS on a plain port", "\x16\x03\x01\x02", HttpFault::malformed},
      {"no version", "GET /\r\n\r\n", HttpFault::malformed},
      {"header without colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", HttpFault::malformed},
      {"two lengths", start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", HttpFault::malformed},
      {"length and chunks", start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
       HttpFault::malformed},
      {"bad chunk size", start + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", HttpFault::malformed},
      {"bad length", start + "Content-Length: five\r\n\r\n", HttpFault::malformed},
      {"long head", start + "X: " + std::string(2000, 'x') + "\r\n\r\n", HttpFault::head_too_large},
      {"long body by length", start + "Content-Length: 65\r\n\r\n", HttpFault::body_too_large},
      {"long body by chunks",
       start + "Transfer-Encoding: chunked\r\n\r\n41\r\n" + std::string(65, 'x') + "\r\n0\r\n\r\n",
       HttpFault::body_too_large},
      {"half a request", start + "Content-Length: 5\r\n\r\nhel", HttpFault::cut_short},
  };
  for (auto const& row : rows) {
    for (std::size_t const step : {std::size_t{7}, row.text.size()}) {
      auto const parsed = parse_request(row.text, step);
      ASSERT_FALSE(parsed) << row.name;
      EXPECT_EQ(parsed.error(), row.fault) << row.name;
    }
  }
}

TEST(WireHttpParse, AnUnfinishedChunkHeaderIsNotKeptForEver) {
  RequestParser parser(1024, 64);
  std::string text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  ASSERT_TRUE(parser.feed(text));
  auto const fed = parser.feed("1;" + std::string(100'000, 'x'));
  ASSERT_FALSE(fed);
}

TEST(WireHttpParse, ReadsAnswersHoweverTheyEnd) {
  auto const read = [](std::string_view text, bool end) -> std::optional<std::string> {
    ResponseParser parser(1024, false);
    auto const fed = parser.feed(text);
    if (!fed) return std::nullopt;
    if (end && !parser.done() && !parser.feed_end()) return std::nullopt;
    if (!parser.done()) return std::nullopt;
    return std::to_string(parser.status()) + parser.take_body();
  };
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false), "200hi");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false),
            "200hi");
  EXPECT_EQ(read("HTTP/1.1 404 No\r\n\r\nhi", true), "404hi");
  EXPECT_EQ(read("HTTP/1.1 204 No\r\n\r\n", false), "204");
  EXPECT_EQ(read("HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false), "200hi");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", true), std::nullopt);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", true), std::nullopt);
  EXPECT_EQ(read("", true), std::nullopt);
  EXPECT_EQ(read("SSH-2.0-x\r\n\r\n", true), std::nullopt);
}

TEST(WireHttpParse, ErrorBodiesAreJsonWhateverTheMessage) {
  EXPECT_EQ(error_body("say \"hi\"\n\\", "t", "c"),
            R"({"error":{"message":"say \"hi\"\u000a\\","type":"t","param":null,"code":"c"}})");
}

}  // namespace
}  // namespace spillway::wire
