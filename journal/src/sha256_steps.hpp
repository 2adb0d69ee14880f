// journal/src/sha256_steps.hpp - SHA-256 by the processor's instructions, in steps of four rounds that other
// work can stand between.
// Room:   journal, inside only; empty where the processor is not of that kind.
// Source: FIPS 180-4.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "journal/bytes.hpp"

#define SW_SHA [[gnu::target("sha,sse4.1,ssse3"), gnu::always_inline]] inline

namespace spillway {

inline constexpr std::size_t sha_block_bytes = 64, sha_length_bytes = 8, sha_groups = 16;
// A group is four rounds.

alignas(64) inline constexpr std::uint32_t round_words[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The eight words of the state as the instructions want them.
struct ShaState {
  __m128i abef, cdgh;
};

/// One block of one message.
struct ShaStep {
  ShaState* state = nullptr;
  std::byte const* block = nullptr;  // aligned in no way
};

SW_SHA __m128i sha_words(std::byte const* bytes) {
  __m128i const big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<__m128i const*>(bytes)), big_endian);
}

/// Four rounds. `w`: the words of a block, of which these use the group's place.
template <std::size_t group>
SW_SHA void sha_four_rounds(ShaState& state, __m128i (&w)[4]) {
  auto const* const k = reinterpret_cast<__m128i const*>(round_words);
  __m128i& now = w[group % 4];
  __m128i const words = _mm_add_epi32(now, _mm_load_si128(k + group));
  state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, words);
  state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, _mm_shuffle_epi32(words, 0x0e));
  if constexpr (group + 4 < sha_groups) {
    __m128i const last = w[(group + 3) % 4];  // four groups on, these words are needed
    now = _mm_add_epi32(_mm_sha256msg1_epu32(now, w[(group + 1) % 4]),
                        _mm_alignr_epi8(last, w[(group + 2) % 4], 4));
    now = _mm_sha256msg2_epu32(now, last);
  }
}

SW_SHA void sha_load(std::byte const* block, __m128i (&w)[4]) {
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) w[i] = sha_words(block + 16 * i);
}

SW_SHA void sha_add(ShaState const& more, ShaState& to) {
  to.abef = _mm_add_epi32(more.abef, to.abef);
  to.cdgh = _mm_add_epi32(more.cdgh, to.cdgh);
}

[[gnu::target("sha,sse4.1,ssse3")]] inline Hash256 sha_result(ShaState const& state) {
  __m128i const feba = _mm_shuffle_epi32(state.abef, 0x1b), dchg = _mm_shuffle_epi32(state.cdgh, 0xb1);
  __m128i const dcba = _mm_blend_epi16(feba, dchg, 0xf0), hgfe = _mm_alignr_epi8(dchg, feba, 8);
  __m128i const big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  Hash256 out;
  auto* const to = reinterpret_cast<__m128i*>(out.data());
  _mm_storeu_si128(to, _mm_shuffle_epi8(dcba, big_endian));
  _mm_storeu_si128(to + 1, _mm_shuffle_epi8(hgfe, big_endian));
  return out;
}

/// The blocks of one byte and a message. Only the first and what is behind the last whole one are copied.
class ShaMessage {
 public:
  ShaMessage(std::byte first, ByteView rest) {
    std::uint64_t const bits = 8 * (std::uint64_t{rest.size()} + 1);
    last_[0] = first;
    std::size_t held = 1;
    if (rest.size() >= sha_block_bytes - 1) {
      front_[0] = first;
      std::memcpy(front_ + 1, rest.data(), sha_block_bytes - 1);
      rest = rest.subspan(sha_block_bytes - 1);
      middle_ = rest.data();
      whole_ = 1 + rest.size() / sha_block_bytes;
      rest = rest.subspan(rest.size() / sha_block_bytes * sha_block_bytes);
      held = 0;
    }
    if (!rest.empty()) std::memcpy(last_ + held, rest.data(), rest.size());
    held += rest.size();
    last_[held] = std::byte{0x80};
    std::size_t const ending = held + 1 + sha_length_bytes <= sha_block_bytes ? 1 : 2;
    std::memset(last_ + held + 1, 0, ending * sha_block_bytes - held - 1);
    for (std::size_t i = 0; i < sha_length_bytes; ++i)
      last_[ending * sha_block_bytes - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
    blocks_ = whole_ + ending;
  }
  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  [[nodiscard]] std::byte const* block(std::size_t i) const {
    if (i >= whole_) return last_ + (i - whole_) * sha_block_bytes;
    return i == 0 ? front_ : middle_ + (i - 1) * sha_block_bytes;
  }

 private:
  std::byte front_[sha_block_bytes];  // with the first byte, when there is more than one block
  std::byte const* middle_ = nullptr;
  std::byte last_[2 * sha_block_bytes];
  std::size_t whole_ = 0, blocks_ = 0;
};

/// a, b, e, f and c, d, g, h, the first of each in the highest place.
inline ShaState sha_start() {
  return {_mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c)),
          _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19)};
}

/// The blocks of a message from there on.
void sha_blocks(ShaState& state, ShaMessage const& message, std::size_t from);

}  // namespace spillway

#undef SW_SHA
#endif
