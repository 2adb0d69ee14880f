// gateway/wire/src/http.cpp - looking at requests, and the error body that doors answer with.
// Room:   gateway, target wire; standard library only.
#include "gateway/wire/http.hpp"

#include <algorithm>

namespace spillway::wire {
namespace {

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void append_json_text(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\', out += c;
    } else if (byte < 0x20) {
      out += "\\u00", out += hex[byte >> 4], out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

bool same_header_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower_letter, lower_letter);
}

std::string_view find_header(Headers const& headers, std::string_view name) {
  auto const found =
      std::ranges::find_if(headers, [&](Header const& h) { return same_header_name(h.name, name); });
  return found == headers.end() ? std::string_view{} : std::string_view(found->value);
}

std::string_view RequestHead::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view RequestHead::query() const {
  auto const at = target.find('?');
  return at == std::string::npos ? std::string_view{} : std::string_view(target).substr(at + 1);
}

Headers json_headers() { return {{"Content-Type", "application/json"}}; }

std::string error_body(std::string_view message, std::string_view type, std::string_view code) {
  std::string out = R"({"error":{"message":)";
  append_json_text(out, message);
  out += R"(,"type":)";
  append_json_text(out, type);
  out += R"(,"param":null,"code":)";
  append_json_text(out, code);
  out += "}}";
  return out;
}

}  // namespace spillway::wire
