// tests/exchange/pipeline/fuzz_receipt.cpp - any bytes as a receipt, and as a whole proof of a fill.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "exchange/receipt.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace spillway;
  ByteView const bytes(reinterpret_cast<std::byte const*>(data), size);
  if (auto const receipt = parse_receipt(bytes))
    if (!std::ranges::equal(encode_receipt(*receipt), bytes)) std::abort();
  (void)check_fill_proof({reinterpret_cast<char const*>(data), size}, nullptr);
  return 0;
}
