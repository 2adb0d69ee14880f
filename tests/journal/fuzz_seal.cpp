// tests/journal/fuzz_seal.cpp - any bytes as a seal or a stored frontier: what is accepted encodes to the
// same bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "journal/merkle.hpp"
#include "journal/seal.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace spillway;
  ByteView const bytes = std::as_bytes(std::span(data, size));
  if (auto const seal = parse_seal(bytes))
    if (!std::ranges::equal(encode_seal(*seal), bytes)) std::abort();
  if (auto const frontier = Frontier::parse(bytes))
    if (!std::ranges::equal(frontier->serialise(), bytes)) std::abort();
  return 0;
}
