// attest/backend/x86/avx512_vnni.cpp - 512-bit vectors with VNNI: fours of unsigned B by signed A, without
// saturation.
#include "avx512.hpp"

namespace spillway::attest::x86 {

namespace {

struct Avx512Vnni : Avx512Common {
  static constexpr std::uint32_t group = 4;
  CAP1_INLINE static Vector add_products(Vector sum, Vector b, Vector a) {
    return _mm512_dpbusd_epi32(sum, b, a);
  }
};

}  // namespace

constinit CpuKernel const kernel{Fours<Avx512Vnni>::packed_elements, Fours<Avx512Vnni>::pack,
                                 Fours<Avx512Vnni>::multiply, walk<Avx512Vnni>};

}  // namespace spillway::attest::x86
