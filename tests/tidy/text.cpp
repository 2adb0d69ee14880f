// tests/tidy/text.cpp - a small scanner for C++ comments and literals, no more.
#include "text.hpp"

#include <algorithm>
#include <cctype>

namespace spillway::tidy {
namespace {

std::vector<std::string_view> split(std::string_view text, char end) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at < text.size();) {
    auto const stop = std::min(text.find(end, at), text.size());
    parts.push_back(text.substr(at, stop - at));
    at = stop + 1;
  }
  return parts;
}

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where the literal or comment that starts at `at` ends (one past it); `at` itself where neither starts
// there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::size_t skip(std::size_t at) const {
    auto const rest = text_.substr(at);
    if (rest.starts_with("//")) return until("\n", at, 0);
    if (rest.starts_with("/*")) return until("*/", at + 2, 2);
    if (rest.starts_with("R\"")) return raw_string(at);
    if (rest.starts_with("\"")) return literal(at, '"');
    if (rest.starts_with("'") && !digit_separator(at)) return literal(at, '\'');
    return at;
  }

 private:
  std::size_t until(std::string_view mark, std::size_t from, std::size_t beyond) const {
    auto const found = text_.find(mark, from);
    return found == std::string_view::npos ? text_.size() : found + beyond;
  }

  std::size_t raw_string(std::size_t at) const {
    auto const open = until("(", at, 0);
    auto const close = ")" + std::string(text_.substr(at + 2, open - at - 2)) + "\"";
    return until(close, open, close.size());
  }

  std::size_t literal(std::size_t at, char quote) const {
    for (++at; at < text_.size() && text_[at] != quote && text_[at] != '\n'; ++at) {
      if (text_[at] == '\\') ++at;
    }
    return std::min(at + 1, text_.size());
  }

  bool digit_separator(std::size_t at) const { return at > 0 && is_word_char(text_[at - 1]); }  // 10'000

  std::string_view text_;
};

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) { return split(text, '\n'); }

std::vector<std::string_view> parts_of(std::string_view path) { return split(path, '/'); }

std::string code_of(std::string_view text) {
  std::string code(text);
  Scanner const scanner(text);
  for (std::size_t at = 0; at < text.size();) {
    auto const end = scanner.skip(at);
    auto const include_line = text.substr(0, at).ends_with("#include ");  // "room/x.hpp" is no literal
    if (end > at && !include_line) {
      std::replace_if(
          code.begin() + static_cast<std::ptrdiff_t>(at), code.begin() + static_cast<std::ptrdiff_t>(end),
          [](char c) { return c != '\n'; }, ' ');
    }
    at = std::max(end, at + 1);
  }
  return code;
}

bool has_word(std::string_view line, std::string_view word) {
  auto const edge = [&](std::size_t at) { return at >= line.size() || !is_word_char(line[at]); };
  for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    bool const starts = !is_word_char(word.front()) || at == 0 || edge(at - 1);
    bool const stops = !is_word_char(word.back()) || edge(at + word.size());
    if (starts && stops) return true;
  }
  return false;
}

std::size_t columns_of(std::string_view line) {
  auto const continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  return line.size() - static_cast<std::size_t>(std::ranges::count_if(line, continues));
}

bool is_cpp(std::string_view path) { return path.ends_with(".cpp") || path.ends_with(".hpp"); }

}  // namespace spillway::tidy
