// journal/src/endian.hpp - little-endian integers at fixed places, whatever the machine.
// Room:   journal, inside only.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace spillway {

// Compilers see through the loops only at times; where the machine agrees, the bytes are copied as they lie.
template <class Int>
void store_le(std::byte* at, Int v) {
  if constexpr (std::endian::native == std::endian::little) return void(std::memcpy(at, &v, sizeof v));
  for (std::size_t i = 0; i < sizeof(Int); ++i) at[i] = static_cast<std::byte>(v >> (8 * i));
}

template <class Int>
[[nodiscard]] Int load_le(std::byte const* at) {
  if constexpr (std::endian::native == std::endian::little) {
    Int v;
    std::memcpy(&v, at, sizeof v);
    return v;
  }
  std::uint64_t v = 0;
  for (std::size_t i = sizeof(Int); i-- > 0;) v = v << 8 | std::to_integer<std::uint64_t>(at[i]);
  return static_cast<Int>(v);
}

}  // namespace spillway
