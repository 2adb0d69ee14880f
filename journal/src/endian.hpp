// journal/src/endian.hpp - little-endian integers at fixed places, whatever the machine.
// Room:   journal, inside only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spillway {

template <class Int>
void store_le(std::byte* at, Int v) {
  for (std::size_t i = 0; i < sizeof(Int); ++i) at[i] = static_cast<std::byte>(v >> (8 * i));
}

template <class Int>
[[nodiscard]] Int load_le(std::byte const* at) {
  std::uint64_t v = 0;
  for (std::size_t i = sizeof(Int); i-- > 0;) v = v << 8 | std::to_integer<std::uint64_t>(at[i]);
  return static_cast<Int>(v);
}

}  // namespace spillway
