// journal/bytes.hpp - byte views, 32-byte hashes, and the two text forms in which hashes leave the process.
// Room:   journal; sees market and the standard library.
// Errors: decoding returns nothing for text that is not exactly one encoding of bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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

[[nodiscard]] std::string to_hex(ByteView bytes);
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view text);

/// Standard alphabet with padding (RFC 4648 section 4); the decoder accepts only the canonical form.
[[nodiscard]] std::string to_base64(ByteView bytes);
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace spillway
