// tests/attest/transcript_fuzz.cpp - any bytes decode to a transcript that encodes to the same bytes, or to
// an error; checking one again breaks on none.
#include <algorithm>
#include <cstdlib>

#include "attest/recheck.hpp"

using namespace spillway::attest;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const secret = std::make_shared<EpochSecret const>(1, Bytes32{}, Bytes32{}, smallest_n);
  auto const bytes = std::as_bytes(std::span(data, size));
  auto const transcript = decode_transcript(bytes);
  if (!transcript) return 0;
  if (!std::ranges::equal(encode(*transcript), bytes)) std::abort();
  auto const claim = claim_of(*transcript);
  if (claim && claim->epoch.params.n == smallest_n) (void)recheck(*transcript, secret);
  return 0;
}
