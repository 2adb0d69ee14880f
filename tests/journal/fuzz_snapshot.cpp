// tests/journal/fuzz_snapshot.cpp - any bytes as a snapshot, as they are and behind a right hash: what is
// accepted encodes to the same bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "journal/digest.hpp"
#include "journal/snapshot.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace spillway;
  ByteView const bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> hashed(bytes.begin(), bytes.end());
  auto const hash = blake2b_256(bytes);
  hashed.insert(hashed.end(), hash.begin(), hash.end());
  for (ByteView const input : {bytes, ByteView(hashed)})
    if (auto const snapshot = parse_snapshot(input))
      if (!std::ranges::equal(encode_snapshot(*snapshot), input)) std::abort();
  return 0;
}
