// attest/src/two_dots.cpp - see two_dots.hpp. Built with -O3. The plain loop is for every machine; AVX-512
// has its own because compilers take three instructions for a product of vectors that is one there.
#include "two_dots.hpp"

#include <cstring>

#include "hot_loop.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace spillway::attest {

namespace {

std::uint64_t residue(std::int64_t sum) {
  auto const m = sum % static_cast<std::int64_t>(field_prime);
  return static_cast<std::uint64_t>(m < 0 ? m + static_cast<std::int64_t>(field_prime) : m);
}

// Halves of the elements keep each sum below 16384 * 2^28 * 2^16 = 2^58.
struct Sums {
  std::int64_t low[2], high[2];
};
// Factors of 32 bits with a sign on both sides: one multiplication of vectors, any other form is three.
ATTEST_HOT_LOOP void add_up(Sums* out, std::int32_t const* __restrict row, std::int32_t const* __restrict one,
                            std::int32_t const* __restrict two, std::size_t n) {
  std::int64_t low0 = 0, high0 = 0, low1 = 0, high1 = 0;
  for (std::size_t j = 0; j < n; ++j) {
    low0 += std::int64_t{row[j]} * (one[j] & 0xffff);
    high0 += std::int64_t{row[j]} * (one[j] >> 16);
    low1 += std::int64_t{row[j]} * (two[j] & 0xffff);
    high1 += std::int64_t{row[j]} * (two[j] >> 16);
  }
  *out = {{low0, low1}, {high0, high1}};
}

// 16384 * 2^7 * 2^31 = 2^52.
ATTEST_HOT_LOOP void add_up(Sums* out, std::int8_t const* __restrict row, std::int32_t const* __restrict one,
                            std::int32_t const* __restrict two, std::size_t n) {
  std::int64_t low0 = 0, low1 = 0;
  for (std::size_t j = 0; j < n; ++j) {
    low0 += std::int64_t{row[j]} * one[j];
    low1 += std::int64_t{row[j]} * two[j];
  }
  *out = {{low0, low1}, {0, 0}};
}

template <class Entry>
TwoDots plainly(Entry const* row, std::int32_t const* one, std::int32_t const* two, std::size_t size) {
  Sums sums;
  add_up(&sums, row, one, two, size);
  auto const whole = [&](std::size_t v) {
    return (residue(sums.high[v]) * 65'536 + residue(sums.low[v])) % field_prime;
  };
  return {whole(0), whole(1)};
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

using Wide = std::int64_t __attribute__((vector_size(64)));

// The lower halves of eight pairs, signed. (The form with a mask: in GCC 12 the other begins with a register
// that it then warns of.)
#define ATTEST_TIMES(a, b) ((Wide)_mm512_maskz_mul_epi32(0xff, (__m512i)(a), (__m512i)(b)))
// Congruent, between -2^32 and 2^32.
#define ATTEST_FOLD(sum) (((sum) & static_cast<std::int64_t>(field_prime)) + ((sum) >> 31))

template <class Entry>
[[gnu::target("avx512f")]] TwoDots by_avx512(Entry const* row, std::int32_t const* one,
                                             std::int32_t const* two, std::size_t size) {
  constexpr std::size_t step = 16, steps_per_fold = 4;  // 4 products of 2^59 a lane: 2^61
  Wide even0{}, odd0{}, even1{}, odd1{};
  while (size > 0) {
    for (std::size_t i = 0; i < steps_per_fold; ++i, row += step, one += step, two += step) {
      Wide x, a, b;
      if constexpr (sizeof(Entry) == 1) {
        __m128i bytes;
        std::memcpy(&bytes, row, sizeof bytes);
        x = (Wide)_mm512_maskz_cvtepi8_epi32(0xffff, bytes);
      } else {
        std::memcpy(&x, row, sizeof x);
      }
      std::memcpy(&a, one, sizeof a);
      std::memcpy(&b, two, sizeof b);
      even0 += ATTEST_TIMES(x, a), odd0 += ATTEST_TIMES(x >> 32, a >> 32);
      even1 += ATTEST_TIMES(x, b), odd1 += ATTEST_TIMES(x >> 32, b >> 32);
    }
    even0 = ATTEST_FOLD(even0), odd0 = ATTEST_FOLD(odd0);
    even1 = ATTEST_FOLD(even1), odd1 = ATTEST_FOLD(odd1);
    size -= step * steps_per_fold;
  }
  even0 += odd0, even1 += odd1;
  std::int64_t first = 0, second = 0;
  for (std::size_t lane = 0; lane < 8; ++lane) first += even0[lane], second += even1[lane];
  return {residue(first), residue(second)};
}

#undef ATTEST_FOLD
#undef ATTEST_TIMES

bool has_avx512() {
  static bool const has = __builtin_cpu_supports("avx512f") != 0;
  return has;
}
#define ATTEST_TWO_DOTS(...) (has_avx512() ? by_avx512(__VA_ARGS__) : plainly(__VA_ARGS__))
#else
#define ATTEST_TWO_DOTS(...) plainly(__VA_ARGS__)
#endif

// Elements have 31 bits: nothing changes when they are read as numbers with a sign.
std::int32_t const* with_sign(std::uint32_t const* vector) {
  return reinterpret_cast<std::int32_t const*>(vector);
}

}  // namespace

TwoDots two_dots(std::int32_t const* row, std::uint32_t const* one, std::uint32_t const* two,
                 std::size_t size) {
  return ATTEST_TWO_DOTS(row, with_sign(one), with_sign(two), size);
}

TwoDots two_dots(std::int8_t const* row, std::uint32_t const* one, std::uint32_t const* two,
                 std::size_t size) {
  return ATTEST_TWO_DOTS(row, with_sign(one), with_sign(two), size);
}

#undef ATTEST_TWO_DOTS

TwoDots two_dots_plainly(std::int32_t const* row, std::uint32_t const* one, std::uint32_t const* two,
                         std::size_t size) {
  return plainly(row, with_sign(one), with_sign(two), size);
}

TwoDots two_dots_plainly(std::int8_t const* row, std::uint32_t const* one, std::uint32_t const* two,
                         std::size_t size) {
  return plainly(row, with_sign(one), with_sign(two), size);
}

}  // namespace spillway::attest
