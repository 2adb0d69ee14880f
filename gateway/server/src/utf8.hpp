// gateway/server/src/utf8.hpp - text of strangers that is quoted or passed on stays valid UTF-8.
// Room:   gateway, target server, private; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spillway {

/// At most `most` bytes of valid text, cut between characters.
[[nodiscard]] std::string cut_utf8(std::string_view text, std::size_t most);
/// Each byte that belongs to no character becomes U+FFFD.
[[nodiscard]] std::string mended_utf8(std::string_view text);
/// Takes the beginning of a character that `text` ends with, if it does, out of `text`.
[[nodiscard]] std::string take_begun_character(std::string& text);

}  // namespace spillway
