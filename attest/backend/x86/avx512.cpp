// attest/backend/x86/avx512.cpp - 512-bit vectors without VNNI: pairs of int16 by multiply-add-pairs.
#include "avx512.hpp"

namespace spillway::attest::x86 {

namespace {

struct Avx512 : Avx512Common {
  static constexpr std::uint32_t group = 2;
  CAP1_INLINE static Vector add_products(Vector sum, Vector b, Vector a) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
};

}  // namespace

constinit CpuKernel const kernel{Pairs<Avx512>::packed_elements, Pairs<Avx512>::pack, Pairs<Avx512>::multiply,
                                 walk<Avx512>};

}  // namespace spillway::attest::x86
