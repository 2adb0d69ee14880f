// gateway/wire/src/url.cpp - reads and writes URLs.
// Room:   gateway, target wire; standard library only.
// Source: RFC 3986 sections 3.1 to 3.4.
#include "gateway/wire/url.hpp"

#include <algorithm>
#include <charconv>

namespace spillway::wire {
namespace {

constexpr std::size_t longest_url = 8192;

struct SchemePort {
  std::string_view scheme;
  std::uint16_t port;
};
constexpr SchemePort schemes[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}};

std::uint16_t default_port(std::string_view scheme) {
  auto const* found = std::ranges::find(schemes, scheme, &SchemePort::scheme);
  return found == std::end(schemes) ? std::uint16_t{0} : found->port;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}
bool is_address6_char(char c) {
  return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

using Parsed = std::expected<void, std::string>;

Parsed parse_port(std::string_view digits, Url& url) {
  auto const* const end = digits.data() + digits.size();
  auto const [at, error] = std::from_chars(digits.data(), end, url.port);
  if (error != std::errc{} || at != end || url.port == 0) {
    return std::unexpected("the port of a URL is a number from 1 to 65535");
  }
  return {};
}

Parsed parse_authority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) {
    return std::unexpected("a URL must not hold a user name or password; give keys by file or environment");
  }
  bool const bracketed = text.starts_with('[');
  auto const host_end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && host_end == std::string_view::npos) {
    return std::unexpected("the IPv6 address of the URL has no closing bracket");
  }
  url.host = lower(bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end));
  if (url.host.empty()) return std::unexpected("the URL has no host");
  if (!std::ranges::all_of(url.host, bracketed ? is_address6_char : is_host_char)) {
    return std::unexpected("the host of the URL has a character that no host name or address has");
  }
  auto rest = host_end == std::string_view::npos ? std::string_view{}
                                                 : text.substr(bracketed ? host_end + 1 : host_end);
  if (rest.empty()) return {};
  if (rest.front() != ':') return std::unexpected("after the host of a URL comes a port, a path or nothing");
  return parse_port(rest.substr(1), url);
}

}  // namespace

std::expected<Url, std::string> parse_url(std::string_view text) {
  if (text.size() > longest_url) return std::unexpected("the URL is longer than 8192 bytes");
  auto const control = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  if (std::ranges::any_of(text, control))
    return std::unexpected("the URL holds a space or a control character");

  auto const colon = text.find("://");
  if (colon == std::string_view::npos)
    return std::unexpected("a URL begins with http://, https://, ws:// or wss://");
  Url url;
  url.scheme = lower(text.substr(0, colon));
  url.port = default_port(url.scheme);
  if (url.port == 0) return std::unexpected("the scheme of the URL is not http, https, ws or wss");

  auto rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  auto const target_at = std::min(rest.find_first_of("/?"), rest.size());
  if (auto parsed = parse_authority(rest.substr(0, target_at), url); !parsed)
    return std::unexpected(parsed.error());
  url.target = rest.substr(target_at);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

std::string Url::authority() const {
  auto out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

std::string Url::text() const { return scheme + "://" + authority() + target; }

Url Url::below(std::string_view path) const {
  Url out = *this;
  out.target = target.substr(0, target.find('?'));
  while (out.target.ends_with('/')) out.target.pop_back();
  if (!path.starts_with('/')) out.target += '/';
  out.target += path;
  return out;
}

}  // namespace spillway::wire
