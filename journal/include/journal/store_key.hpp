// journal/store_key.hpp - keys of the store: integers big endian, so that byte order is number order.
// Room:   journal; sees market/ids.hpp.
// Errors: a key longer than a store key may be, or read beyond its end, is a bug.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "journal/bytes.hpp"
#include "market/check.hpp"
#include "market/ids.hpp"

namespace spillway {

inline constexpr std::size_t largest_store_key_bytes = 64;

/// StoreKey{}.u32(account).u64(seq): the parts one behind the other.
class StoreKey {
 public:
  StoreKey& u8(std::uint8_t v) { return put(v); }
  StoreKey& u16(std::uint16_t v) { return put(v); }
  StoreKey& u32(std::uint32_t v) { return put(v); }
  StoreKey& u64(std::uint64_t v) { return put(v); }
  template <class Tag, class Rep>
  StoreKey& id(Id<Tag, Rep> v) {
    return put(v.v);
  }

  [[nodiscard]] ByteView view() const { return {bytes_.data(), size_}; }
  operator ByteView() const { return view(); }  // NOLINT: a key is what the store takes

 private:
  template <class Int>
  StoreKey& put(Int v) {
    static_assert(std::is_unsigned_v<Int>);
    sw_check(size_ + sizeof(Int) <= bytes_.size(), "a store key fits its buffer");
    for (std::size_t i = sizeof(Int); i-- > 0;) bytes_[size_++] = static_cast<std::byte>(v >> (8 * i));
    return *this;
  }
  std::array<std::byte, largest_store_key_bytes> bytes_{};
  std::size_t size_ = 0;
};

/// The number of type Int that lies at `offset` of a key, big endian.
template <class Int>
[[nodiscard]] Int key_part(ByteView key, std::size_t offset) {
  static_assert(std::is_unsigned_v<Int>);
  sw_check(offset + sizeof(Int) <= key.size(), "a key part lies inside its key");
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    v = (v << 8) | std::to_integer<std::uint64_t>(key[offset + i]);
  return static_cast<Int>(v);
}

}  // namespace spillway
