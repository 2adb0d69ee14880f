// tests/gateway/wire_url_test.cpp - URLs (gateway/wire/src/url.cpp).
#include <gtest/gtest.h>

#include "gateway/wire/url.hpp"

namespace spillway::wire {
namespace {

TEST(WireUrl, ReadsEverySchemeWithItsPort) {
  EXPECT_EQ(parse_url("http://a"), (Url{"http", "a", 80, "/"}));
  EXPECT_EQ(parse_url("HTTPS://Engine.Example/v1?x=1#top"), (Url{"https", "engine.example", 443, "/v1?x=1"}));
  EXPECT_EQ(parse_url("ws://127.0.0.1:8080/v1/stream"), (Url{"ws", "127.0.0.1", 8080, "/v1/stream"}));
  EXPECT_EQ(parse_url("wss://[::1]:9?q"), (Url{"wss", "::1", 9, "/?q"}));
}

TEST(WireUrl, WritesWhatItRead) {
  for (char const* text : {"http://a/", "https://a:8443/x?y", "ws://[::1]/v1", "wss://[fe80::1]:1/"}) {
    auto const url = parse_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->text(), text);
  }
}

TEST(WireUrl, RefusesWhatIsNoAddress) {
  for (char const* text :
       {"", "localhost", "localhost:80", "ftp://a", "http://", "http:///x", "http://a:", "http://a:0",
        "http://a:65536", "http://a:8o", "http://a b", "http://a\r\nHost: b", "http://user:secret@a",
        "http://[::1", "http://[zz]", "http://[::1]x", "http://a%20b", "http://a:-1", "http://\x7f"}) {
    auto const url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_GT(url.error().size(), 10U) << text;
  }
  EXPECT_FALSE(parse_url("http://a/" + std::string(9000, 'x')));
}

TEST(WireUrl, ErrorsDoNotRepeatSecrets) {
  EXPECT_EQ(parse_url("http://user:secret@a").error().find("secret"), std::string::npos);
}

TEST(WireUrl, AppendsAPath) {
  EXPECT_EQ(parse_url("http://a/v1/")->below("/models").target, "/v1/models");
  EXPECT_EQ(parse_url("http://a?x=1")->below("models").target, "/models");
}

}  // namespace
}  // namespace spillway::wire
