// attest/backend/x86/avx2.cpp - 256-bit vectors: pairs of int16 by multiply-add-pairs, exact because 2 * 2^14
// fits.
#include <immintrin.h>

#include "kernel.hpp"
#include "panel.hpp"

namespace spillway::attest::x86 {

namespace {

struct Avx2 {
  using Vector = __m256i;
  static constexpr std::uint32_t columns = 8, vectors = 2, rows = 4, group = 2;
  CAP1_INLINE static Vector all(std::int32_t x) { return _mm256_set1_epi32(x); }
  CAP1_INLINE static Vector load(void const* p) { return _mm256_loadu_si256(static_cast<__m256i const*>(p)); }
  CAP1_INLINE static void store(void* p, Vector x) { _mm256_storeu_si256(static_cast<__m256i*>(p), x); }
  CAP1_INLINE static Vector add_products(Vector sum, Vector b, Vector a) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  CAP1_INLINE static Vector mix(Vector h, Vector x, Vector factor) {
    auto const mixed = _mm256_mullo_epi32(_mm256_xor_si256(h, x), factor);
    return _mm256_xor_si256(mixed, _mm256_srli_epi32(mixed, 15));
  }
};

}  // namespace

constinit CpuKernel const kernel{Pairs<Avx2>::packed_elements, Pairs<Avx2>::pack, Pairs<Avx2>::multiply,
                                 walk<Avx2>};

}  // namespace spillway::attest::x86
