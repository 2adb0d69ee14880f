// journal/src/blake2b_avx512.cpp - BLAKE2b by AVX-512, and SHA-256 between its steps. A row of the state has
// four words; it is rotated by one instruction, and eight words of the block are picked by one.
#include <array>
#include <cstdint>
#include <utility>

#include "blake2b.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#include "sha256.hpp"
#include "sha_beside.hpp"

namespace spillway::blake2b {
namespace {

#define SW_AVX512 [[gnu::target("avx512f,avx512vl,sha"), gnu::always_inline]] inline

using Picks = std::array<std::uint64_t, 8>;

/// Which words of the block a round takes: the first ones of its four mixes, then the second ones. Those of
/// the diagonals begin with the last: its b is the one that stays in place.
constexpr std::array<std::array<Picks, 2>, 10> all_picks() {
  std::array<std::array<Picks, 2>, 10> picks{};
  for (std::size_t round = 0; round < picks.size(); ++round)
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t second = 0; second < 2; ++second) {
        picks[round][0][4 * second + i] = order[round][2 * i + second];
        picks[round][1][4 * second + i] = order[round][8 + 2 * ((i + 3) % 4) + second];
      }
  return picks;
}
alignas(64) constexpr auto picks_of = all_picks();

/// The four rows of the state and the two halves of the block, of so many hashes.
template <std::size_t hashes>
struct Wide {
  __m256i a[hashes], b[hashes], c[hashes], d[hashes];
  __m512i low[hashes], high[hashes];
};

struct NothingBeside {
  template <std::size_t half>
  SW_AVX512 void behind_half() {}
};

template <int by_d, int by_b, std::size_t hashes>
SW_AVX512 void half_mixed(Wide<hashes>& v, __m256i const (&words)[hashes]) {
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i)
    v.a[i] = _mm256_add_epi64(_mm256_add_epi64(v.a[i], words[i]), v.b[i]);
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i) v.d[i] = _mm256_ror_epi64(_mm256_xor_si256(v.d[i], v.a[i]), by_d);
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i) v.c[i] = _mm256_add_epi64(v.c[i], v.d[i]);
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i) v.b[i] = _mm256_ror_epi64(_mm256_xor_si256(v.b[i], v.c[i]), by_b);
}

template <std::size_t half, std::size_t hashes, class Beside>
SW_AVX512 void mixed_with(Wide<hashes>& v, Picks const& picks, Beside& beside) {
  __m256i first[hashes], second[hashes];
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i) {
    auto const eight = _mm512_permutex2var_epi64(v.low[i], _mm512_load_si512(picks.data()), v.high[i]);
    first[i] = _mm512_maskz_extracti64x4_epi64(0xff, eight, 0);
    second[i] = _mm512_maskz_extracti64x4_epi64(0xff, eight, 1);
  }
  half_mixed<32, 24>(v, first);
  beside.template behind_half<half>();
  half_mixed<16, 63>(v, second);
  beside.template behind_half<half + 1>();
}

// b is ready last: the others turn.
template <std::size_t round, std::size_t hashes, class Beside>
SW_AVX512 void mixed_wide(Wide<hashes>& v, Beside& beside) {
  mixed_with<4 * round>(v, picks_of[round % 10][0], beside);
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i) {
    v.a[i] = _mm256_permute4x64_epi64(v.a[i], 0x93);
    v.d[i] = _mm256_permute4x64_epi64(v.d[i], 0x4e);
    v.c[i] = _mm256_permute4x64_epi64(v.c[i], 0x39);
  }
  mixed_with<4 * round + 2>(v, picks_of[round % 10][1], beside);
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i) {
    v.a[i] = _mm256_permute4x64_epi64(v.a[i], 0x39);
    v.d[i] = _mm256_permute4x64_epi64(v.d[i], 0x4e);
    v.c[i] = _mm256_permute4x64_epi64(v.c[i], 0x93);
  }
}

template <std::size_t hashes, class Beside, std::size_t... round>
SW_AVX512 void all_mixed_wide(Wide<hashes>& v, Beside& beside, std::index_sequence<round...>) {
  (mixed_wide<round>(v, beside), ...);
}

template <std::size_t hashes, class Beside>
[[gnu::target("avx512f,avx512vl,sha")]] void compress_wide(Step const* steps, Beside beside) {
  Wide<hashes> v;
  auto const* const first = reinterpret_cast<__m256i const*>(first_words.data());
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i) {
    auto const* const state = reinterpret_cast<__m256i const*>(steps[i].state->data());
    v.low[i] = _mm512_loadu_si512(steps[i].block);
    v.high[i] = _mm512_loadu_si512(steps[i].block + sizeof(__m512i));
    v.a[i] = _mm256_loadu_si256(state);
    v.b[i] = _mm256_loadu_si256(state + 1);
    v.c[i] = _mm256_load_si256(first);
    v.d[i] = _mm256_xor_si256(
        _mm256_load_si256(first + 1),
        _mm256_set_epi64x(0, steps[i].last ? -1 : 0, 0, static_cast<long long>(steps[i].bytes)));
  }
  all_mixed_wide(v, beside, std::make_index_sequence<rounds>());
#pragma GCC unroll 3
  for (std::size_t i = 0; i < hashes; ++i) {
    auto* const state = reinterpret_cast<__m256i*>(steps[i].state->data());
    auto const upper = _mm256_xor_si256(v.a[i], v.c[i]), lower = _mm256_xor_si256(v.b[i], v.d[i]);
    _mm256_storeu_si256(state, _mm256_xor_si256(_mm256_loadu_si256(state), upper));
    _mm256_storeu_si256(state + 1, _mm256_xor_si256(_mm256_loadu_si256(state + 1), lower));
  }
}

#undef SW_AVX512

template <class Beside>
void compress_wide(std::span<Step const> steps, Beside const& beside) {
  if (steps.size() == 1) return compress_wide<1>(steps.data(), beside);
  if (steps.size() == 2) return compress_wide<2>(steps.data(), beside);
  compress_wide<3>(steps.data(), beside);
}

}  // namespace

bool has_avx512() {
  static bool const has = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
                          has_sha_instructions();
  return has;
}

void compress_by_avx512(std::span<Step const> steps) { compress_wide(steps, NothingBeside{}); }

void compress_by_avx512(std::span<Step const> steps, std::span<ShaStep const, sha_blocks_beside> beside) {
  compress_wide(steps, ShaBeside{beside.data(), {}, {}});
}

}  // namespace spillway::blake2b

#endif
