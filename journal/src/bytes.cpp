// journal/src/bytes.cpp - hex, strict: one text per value.
#include "journal/bytes.hpp"

namespace spillway {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::optional<std::uint32_t> digit(char c) {
  auto const at = hex_digits.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(at);
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (std::byte b : bytes) {
    text += hex_digits[std::to_integer<std::size_t>(b >> 4)];
    text += hex_digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return text;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    auto const high = digit(text[i]);
    auto const low = digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(*high << 4 | *low));
  }
  return bytes;
}

}  // namespace spillway
