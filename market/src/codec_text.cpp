// market/codec_text.cpp - what every decoder checks of texts and sizes.
// Room:   market, private; sees the standard library only.
#include <cstdint>

#include "complaints.hpp"

namespace spillway::wire {
namespace {

struct Lead {
  std::size_t length;
  std::uint32_t bits;      // of the first byte
  std::uint32_t smallest;  // code point that needs this length
};

Lead lead(std::uint8_t first) {
  if (first < 0x80) return {1, first, 1};  // NUL is no text
  if (first >= 0xC0 && first < 0xE0) return {2, first & 0x1Fu, 0x80};
  if (first >= 0xE0 && first < 0xF0) return {3, first & 0x0Fu, 0x800};
  if (first >= 0xF0 && first < 0xF8) return {4, first & 0x07u, 0x10000};
  return {0, 0, 0};
}

}  // namespace

bool is_text(std::string_view text) {
  while (!text.empty()) {
    auto const [length, bits, smallest] = lead(static_cast<std::uint8_t>(text[0]));
    if (length == 0 || length > text.size()) return false;
    std::uint32_t point = bits;
    for (char const c : text.substr(1, length - 1)) {
      if ((static_cast<std::uint8_t>(c) & 0xC0u) != 0x80u) return false;
      point = point << 6 | (static_cast<std::uint8_t>(c) & 0x3Fu);
    }
    if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    text.remove_prefix(length);
  }
  return true;
}

void say_too_long(Complaints& complaints, std::size_t most, std::string_view unit) {
  complaints.say(DecodeCode::too_large, "at most " + std::to_string(most) + " " + std::string{unit});
}

void say_wrong_length(Complaints& complaints, std::size_t wanted) {
  complaints.say(DecodeCode::out_of_range, "must be " + std::to_string(wanted) + " bytes");
}

}  // namespace spillway::wire
