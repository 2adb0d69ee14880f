// tests/market/fuzz_entry.cpp - any bytes as entries of the journal: no harm, and what is accepted can be
// written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "market/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::span const bytes_in{reinterpret_cast<std::byte const*>(data), size};
  auto const stated = spillway::stated_bytes(bytes_in);
  if (stated && stated->size() != size) std::abort();
  auto const entry = spillway::decode_entry(bytes_in);
  if (!entry) return 0;
  if (!stated) std::abort();
  auto const bytes = encode(*entry);
  auto const again = spillway::decode_entry(bytes);
  if (!again || encode(*again) != bytes) std::abort();
  return 0;
}
