// journal/src/blake2b.cpp - BLAKE2b by what the machine has: AVX-512, AVX2 or plain arithmetic.
#include "blake2b.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "endian.hpp"
#include "market/check.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace spillway::blake2b {
namespace {

#if defined(__x86_64__)

#define SW_AVX2 [[gnu::target("avx2"), gnu::always_inline]] inline

/// The four rows of the state, of so many hashes.
template <std::size_t hashes>
struct Rows {
  __m256i a[hashes], b[hashes], c[hashes], d[hashes];
};

template <int bits>
SW_AVX2 __m256i rotated(__m256i x) {
  if constexpr (bits == 32) return _mm256_shuffle_epi32(x, 0xb1);
  if constexpr (bits == 63) return _mm256_or_si256(_mm256_srli_epi64(x, 63), _mm256_add_epi64(x, x));
  constexpr std::int64_t by_24 = 0x0201000706050403, by_16 = 0x0100070605040302, next = 0x0808080808080808;
  constexpr std::int64_t by = bits == 24 ? by_24 : by_16;
  return _mm256_shuffle_epi8(x, _mm256_set_epi64x(by + next, by, by + next, by));
}

/// Four words of a block. Those of the diagonals begin with the last: its b is the one that stays in place.
template <std::size_t round, bool diagonals, std::size_t second>
SW_AVX2 __m256i taken(std::byte const* block) {
  constexpr auto word = [](std::size_t i) {
    return sizeof(std::uint64_t) * order[round % 10][(diagonals ? 8 + 2 * ((i + 3) % 4) : 2 * i) + second];
  };
  auto const at = [block](std::size_t from) {
    return static_cast<long long>(load_le<std::uint64_t>(block + from));
  };
  return _mm256_set_epi64x(at(word(3)), at(word(2)), at(word(1)), at(word(0)));
}

template <std::size_t round, bool diagonals, bool second, std::size_t hashes>
SW_AVX2 void half_mixed(Rows<hashes>& v, Step const* steps) {
#pragma GCC unroll 2
  for (std::size_t i = 0; i < hashes; ++i)
    v.a[i] =
        _mm256_add_epi64(_mm256_add_epi64(v.a[i], taken<round, diagonals, second>(steps[i].block)), v.b[i]);
#pragma GCC unroll 2
  for (std::size_t i = 0; i < hashes; ++i)
    v.d[i] = rotated < second ? 16 : 32 > (_mm256_xor_si256(v.d[i], v.a[i]));
#pragma GCC unroll 2
  for (std::size_t i = 0; i < hashes; ++i) v.c[i] = _mm256_add_epi64(v.c[i], v.d[i]);
#pragma GCC unroll 2
  for (std::size_t i = 0; i < hashes; ++i)
    v.b[i] = rotated < second ? 63 : 24 > (_mm256_xor_si256(v.b[i], v.c[i]));
}

// b is ready last: the others turn.
template <std::size_t round, std::size_t hashes>
SW_AVX2 void mixed(Rows<hashes>& v, Step const* steps) {
  half_mixed<round, false, false>(v, steps);
  half_mixed<round, false, true>(v, steps);
#pragma GCC unroll 2
  for (std::size_t i = 0; i < hashes; ++i) {
    v.a[i] = _mm256_permute4x64_epi64(v.a[i], 0x93);
    v.d[i] = _mm256_permute4x64_epi64(v.d[i], 0x4e);
    v.c[i] = _mm256_permute4x64_epi64(v.c[i], 0x39);
  }
  half_mixed<round, true, false>(v, steps);
  half_mixed<round, true, true>(v, steps);
#pragma GCC unroll 2
  for (std::size_t i = 0; i < hashes; ++i) {
    v.a[i] = _mm256_permute4x64_epi64(v.a[i], 0x39);
    v.d[i] = _mm256_permute4x64_epi64(v.d[i], 0x4e);
    v.c[i] = _mm256_permute4x64_epi64(v.c[i], 0x93);
  }
}

template <std::size_t hashes, std::size_t... round>
SW_AVX2 void all_mixed(Rows<hashes>& v, Step const* steps, std::index_sequence<round...>) {
  (mixed<round>(v, steps), ...);
}

template <std::size_t hashes>
[[gnu::target("avx2")]] void compress_some_by_avx2(Step const* steps) {
  Rows<hashes> v;
  auto const* const first = reinterpret_cast<__m256i const*>(first_words.data());
#pragma GCC unroll 2
  for (std::size_t i = 0; i < hashes; ++i) {
    auto const* const state = reinterpret_cast<__m256i const*>(steps[i].state->data());
    v.a[i] = _mm256_loadu_si256(state);
    v.b[i] = _mm256_loadu_si256(state + 1);
    v.c[i] = _mm256_load_si256(first);
    v.d[i] = _mm256_xor_si256(
        _mm256_load_si256(first + 1),
        _mm256_set_epi64x(0, steps[i].last ? -1 : 0, 0, static_cast<long long>(steps[i].bytes)));
  }
  all_mixed(v, steps, std::make_index_sequence<rounds>());
#pragma GCC unroll 2
  for (std::size_t i = 0; i < hashes; ++i) {
    auto* const state = reinterpret_cast<__m256i*>(steps[i].state->data());
    auto const low = _mm256_xor_si256(v.a[i], v.c[i]), high = _mm256_xor_si256(v.b[i], v.d[i]);
    _mm256_storeu_si256(state, _mm256_xor_si256(_mm256_loadu_si256(state), low));
    _mm256_storeu_si256(state + 1, _mm256_xor_si256(_mm256_loadu_si256(state + 1), high));
  }
}

#undef SW_AVX2

#endif

}  // namespace

#if defined(__x86_64__)

/// The registers hold two.
void compress_by_avx2(std::span<Step const> steps) {
  for (; steps.size() >= 2; steps = steps.subspan(2)) compress_some_by_avx2<2>(steps.data());
  if (!steps.empty()) compress_some_by_avx2<1>(steps.data());
}

bool has_avx2() {
  static bool const has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

namespace {

void compress_by_vectors(std::span<Step const> steps) {
  has_avx512() ? compress_by_avx512(steps) : compress_by_avx2(steps);
}

}  // namespace

#endif

State first_state() {
  State state = first_words;
  state[0] ^= parameters;
  return state;
}

/// A vector of the four columns does in one instruction what takes four plain ones, which a processor may do
/// at one time; then it only counts how long one of either kind takes. So both are tried, once.
bool plain_is_faster() {
  static bool const is = [] {
#if defined(__x86_64__)
    if (!has_avx2()) return true;
    constexpr int tries = 5, blocks = 100;
    auto const shortest = [](auto compress_one) {
      std::byte const block[block_bytes]{};
      auto state = first_state();
      auto least = std::chrono::steady_clock::duration::max();
      for (int i = 0; i < tries; ++i) {
        auto const before = std::chrono::steady_clock::now();
        for (int n = 0; n < blocks; ++n) compress_one(Step{&state, block, block_bytes, false});
        least = std::min(least, std::chrono::steady_clock::now() - before);
      }
      return least;
    };
    return shortest([](Step const& step) { compress_plainly(step); }) < shortest([](Step const& step) {
             compress_by_vectors({&step, 1});
           });
#else
    return true;
#endif
  }();
  return is;
}

void compress(std::span<Step const> steps) {
  sw_check(!steps.empty() && steps.size() <= most_at_once, "so many hashes at one time");
#if defined(__x86_64__)
  if (has_avx2() && !(steps.size() == 1 && plain_is_faster())) return compress_by_vectors(steps);
#endif
  for (auto const& step : steps) compress_plainly(step);
}

}  // namespace spillway::blake2b
