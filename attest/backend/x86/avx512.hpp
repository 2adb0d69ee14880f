// attest/backend/x86/avx512.hpp - what the two AVX-512 kernels share.
// Room:   attest, private to the x86 back ends.
#pragma once

#include <immintrin.h>

#include "kernel.hpp"
#include "panel.hpp"

namespace spillway::attest::x86 {

struct Avx512Common {
  using Vector = __m512i;
  static constexpr std::uint32_t columns = 16, vectors = 4, rows = 6;
  CAP1_INLINE static Vector all(std::int32_t x) { return _mm512_set1_epi32(x); }
  CAP1_INLINE static Vector load(void const* p) { return _mm512_loadu_si512(p); }
  CAP1_INLINE static void store(void* p, Vector x) { _mm512_storeu_si512(p, x); }
  CAP1_INLINE static Vector mix(Vector h, Vector x, Vector factor) {
    auto const mixed = _mm512_mullo_epi32(_mm512_xor_si512(h, x), factor);
    return _mm512_xor_si512(mixed, _mm512_srli_epi32(mixed, 15));
  }
};

}  // namespace spillway::attest::x86
