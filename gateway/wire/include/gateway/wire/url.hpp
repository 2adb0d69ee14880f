// gateway/wire/url.hpp - the addresses that people type: scheme://host[:port][/path][?query].
// Room:   gateway, target wire; sees the standard library only.
// Errors: a sentence that says what is wrong with the text.
// Source: RFC 3986, the part that http, https, ws and wss need.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace spillway::wire {

struct Url {
  std::string scheme;      // http, https, ws or wss, in lower case
  std::string host;        // name or address, without the brackets of an IPv6 address
  std::uint16_t port = 0;  // given, or the scheme's: 80, 443
  std::string target;      // path and query, begins with "/"; the fragment is dropped

  [[nodiscard]] bool secure() const { return scheme == "https" || scheme == "wss"; }
  /// For the Host header: brackets around an IPv6 address, the port only when it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] std::string text() const;
  /// The same place with another path appended to this one's ("/v1" + "/models"), its query dropped.
  [[nodiscard]] Url below(std::string_view path) const;

  friend bool operator==(Url const&, Url const&) = default;
};

/// User names and passwords in URLs are refused: secrets do not belong there.
std::expected<Url, std::string> parse_url(std::string_view text);

}  // namespace spillway::wire
