// journal/bytes.hpp - byte views, 32-byte hashes, and hex.
// Room:   journal; sees the standard library. Base64 is market/base64.hpp.
// Errors: decoding returns nothing for text that is not exactly one encoding of bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spillway {

using ByteView = std::span<std::byte const>;
using Hash256 = std::array<std::byte, 32>;

[[nodiscard]] inline ByteView as_byte_view(std::string_view text) {
  return std::as_bytes(std::span<char const>(text.data(), text.size()));
}

/// As std::ranges::equal, which goes byte by byte where std::byte is concerned.
[[nodiscard]] inline bool same_bytes(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

[[nodiscard]] std::string to_hex(ByteView bytes);
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace spillway
