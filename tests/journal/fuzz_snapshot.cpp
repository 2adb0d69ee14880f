// tests/journal/fuzz_snapshot.cpp - any bytes as a snapshot, as they are and as a front with its right length
// and hash and no state: what is accepted encodes to the same bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "journal/digest.hpp"
#include "journal/snapshot.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace spillway;
  ByteView const bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> hashed(bytes.begin(), bytes.end());
  constexpr std::size_t length_at = 16, digest_at = 80;  // docs/formats/journal.md
  if (std::uint64_t const front = size + sizeof(Hash256); size >= digest_at + sizeof(Hash256)) {
    std::memcpy(&hashed[length_at], &front, sizeof front);
    std::ranges::copy(blake2b_256({}), &hashed[digest_at]);
  }
  auto const hash = blake2b_256(hashed);
  hashed.insert(hashed.end(), hash.begin(), hash.end());
  for (ByteView const input : {bytes, ByteView(hashed)})
    if (auto const snapshot = parse_snapshot(input))
      if (!std::ranges::equal(encode_snapshot(*snapshot), input)) std::abort();
  return 0;
}
