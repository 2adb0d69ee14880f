// market/base64.cpp - RFC 4648 with padding, strict.
#include "market/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace spillway {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t foreign = 0xFF;

constexpr auto values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(foreign);
  for (std::size_t i = 0; i < letters.size(); ++i)
    table[static_cast<std::uint8_t>(letters[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

}  // namespace

std::string base64_text(std::span<std::byte const> bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t const here = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < here ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) out += k <= here ? letters[group >> (18 - 6 * k) & 0x3Fu] : '=';
  }
  return out;
}

std::optional<std::vector<std::byte>> bytes_from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);
  std::vector<std::byte> out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (char const c : text) {
    auto const value = values[static_cast<std::uint8_t>(c)];
    if (value == foreign) return std::nullopt;
    pending = (pending << 6 | value) & 0xFFFFu;
    if (bits += 6; bits >= 8) out.push_back(static_cast<std::byte>(pending >> (bits -= 8) & 0xFFu));
  }
  if ((pending & ((1u << bits) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace spillway
