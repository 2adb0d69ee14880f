// tests/attest/transcript_fuzz.cpp - any bytes decode to a transcript that encodes to the same bytes, or to
// an error; checking one again breaks on none.
#include <algorithm>
#include <cstdlib>

#include "attest/recheck.hpp"

using namespace spillway::attest;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const of_int8 = std::make_shared<EpochSecret const>(1, Bytes32{}, Bytes32{}, smallest_n);
  static auto const of_f16x = std::make_shared<EpochSecret const>(of_int8->in(Profile::f16x));
  auto const bytes = std::as_bytes(std::span(data, size));
  auto const transcript = decode_transcript(bytes);
  if (!transcript) return 0;
  if (!std::ranges::equal(encode(*transcript), bytes)) std::abort();
  auto const claim = claim_of(*transcript);
  if (!claim || claim->epoch.params.n != smallest_n) return 0;
  (void)recheck(*transcript, claim->epoch.params.profile == Profile::f16x ? of_f16x : of_int8);
  return 0;
}
