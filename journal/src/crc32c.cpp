// journal/src/crc32c.cpp - CRC32C by eight tables, or by the SSE4.2 instruction where the machine has it.
#include <array>

#include "endian.hpp"
#include "journal/frame.hpp"

namespace spillway {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    t[0][i] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t i = 0; i < 256; ++i) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 255U];
  return t;
}

constexpr Tables tables = make_tables();

#if defined(__x86_64__)
[[gnu::target("sse4.2")]] std::uint32_t crc32c_by_instruction(ByteView bytes, std::uint32_t crc) {
  std::uint64_t wide = crc ^ 0xffffffffU;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8)
    wide = __builtin_ia32_crc32di(wide, load_le<std::uint64_t>(bytes.data() + i));
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; i < bytes.size(); ++i)
    narrow = __builtin_ia32_crc32qi(narrow, std::to_integer<unsigned char>(bytes[i]));
  return narrow ^ 0xffffffffU;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(ByteView bytes, std::uint32_t crc) {
  crc ^= 0xffffffffU;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t const word = load_le<std::uint64_t>(bytes.data() + i) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= tables[7 - k][word >> (8 * k) & 255U];
  }
  for (; i < bytes.size(); ++i)
    crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(bytes[i])) & 255U];
  return crc ^ 0xffffffffU;
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t crc) {
#if defined(__x86_64__)
  static bool const has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc32c_by_instruction(bytes, crc);
#endif
  return crc32c_by_table(bytes, crc);
}

}  // namespace spillway
