// tests/tidy/text.hpp - just enough reading of source text for the rules: lines, words, code without its
// comments.
// Room:   tests/tidy; sees the standard library only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spillway::tidy {

[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);  // views into `text`

/// The text with comments and the insides of literals blanked; every line keeps its place.
[[nodiscard]] std::string code_of(std::string_view text);

/// Whether `word` stands in `line` with no letter, digit or '_' directly before or after it.
[[nodiscard]] bool has_word(std::string_view line, std::string_view word);

[[nodiscard]] std::size_t columns_of(std::string_view line);  // UTF-8 code points

[[nodiscard]] std::vector<std::string_view> parts_of(std::string_view path);  // between its '/'

[[nodiscard]] bool is_cpp(std::string_view path);  // .cpp or .hpp

}  // namespace spillway::tidy
