// gateway/server/src/utf8.cpp - see utf8.hpp. Source: RFC 3629, section 4.
#include "utf8.hpp"

#include <algorithm>

namespace spillway {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Bytes of the character that begins with `c`; 0 when none does.
std::size_t length_of(char c) {
  auto const byte = static_cast<unsigned char>(c);
  if (byte < 0x80) return 1;
  if (byte >= 0xC2 && byte <= 0xDF) return 2;
  if (byte >= 0xE0 && byte <= 0xEF) return 3;
  return byte >= 0xF0 && byte <= 0xF4 ? 4 : 0;
}

/// Neither longer than it needs to be, nor a surrogate, nor past the last character.
bool second_fits(char first, char second) {
  auto const byte = static_cast<unsigned char>(second);
  switch (static_cast<unsigned char>(first)) {
    case 0xE0:
      return byte >= 0xA0;
    case 0xED:
      return byte < 0xA0;
    case 0xF0:
      return byte >= 0x90;
    case 0xF4:
      return byte < 0x90;
    default:
      return true;
  }
}

bool is_character(std::string_view bytes) {
  return bytes.size() == 1 ||
         (std::ranges::all_of(bytes.substr(1), continues) && second_fits(bytes[0], bytes[1]));
}

}  // namespace

std::string cut_utf8(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && continues(text[most])) --most;
  return std::string(text.substr(0, most));
}

std::string mended_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto const size = length_of(text.front());
    bool const whole = size != 0 && size <= text.size() && is_character(text.substr(0, size));
    out += whole ? text.substr(0, size) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(whole ? size : 1);
  }
  return out;
}

std::string take_begun_character(std::string& text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    auto const at = text.size() - back;
    if (continues(text[at])) continue;
    if (length_of(text[at]) <= back) return {};
    auto begun = text.substr(at);
    text.resize(at);
    return begun;
  }
  return {};
}

}  // namespace spillway
