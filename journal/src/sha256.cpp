// journal/src/sha256.cpp - SHA-256 by the instructions that processors have for it, or by OpenSSL.
#include "sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "market/check.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace spillway {
namespace {

/// A thread's SHA-256. The method is looked up once: to name it at each hash costs locks and a search.
class ShaLibrary {
 public:
  ShaLibrary() {
    auto* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    sw_check(context_ && method && EVP_DigestInit_ex(context_.get(), method, nullptr) == 1,
             "OpenSSL has SHA-256");
    EVP_MD_free(method);  // the context holds it
  }
  Hash256 of(std::byte first, ByteView rest) {
    Hash256 out{};
    bool const good =
        EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1 &&
        EVP_DigestUpdate(context_.get(), &first, 1) == 1 &&
        EVP_DigestUpdate(context_.get(), rest.data(), rest.size()) == 1 &&
        EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1;
    sw_check(good, "SHA-256 accepts any bytes");
    return out;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
};

#if defined(__x86_64__)

constexpr std::size_t sha_block_bytes = 64, sha_length_bytes = 8, sha_groups = 16;  // a group: four rounds

alignas(64) constexpr std::uint32_t round_words[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

bool has_sha_instructions() {
  constexpr unsigned ssse3 = 1U << 9, sse4_1 = 1U << 19, sha = 1U << 29;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & ssse3) == 0 || (c & sse4_1) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & sha) != 0;
}

bool may_use_instructions() {
  static bool const has = has_sha_instructions();
  return has;
}

/// The eight words of the state as the instructions want them.
struct ShaState {
  __m128i abef, cdgh;
};

[[gnu::target("sha,sse4.1,ssse3")]] inline __m128i sha_words(std::byte const* bytes) {
  __m128i const big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<__m128i const*>(bytes)), big_endian);
}

/// A block of each of so many messages. Each step waits for the one before; another message's need not.
template <std::size_t messages>
[[gnu::target("sha,sse4.1,ssse3")]] inline void sha_block(ShaState* const (&states)[messages],
                                                          std::byte const* const (&blocks)[messages]) {
  auto const* const k = reinterpret_cast<__m128i const*>(round_words);
  ShaState state[messages];
  __m128i w[messages][4];
#pragma GCC unroll 2
  for (std::size_t m = 0; m < messages; ++m) {
    state[m] = *states[m];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) w[m][i] = sha_words(blocks[m] + 16 * i);
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < sha_groups; ++i)
#pragma GCC unroll 2
    for (std::size_t m = 0; m < messages; ++m) {
      __m128i& now = w[m][i % 4];
      __m128i const words = _mm_add_epi32(now, _mm_load_si128(k + i));
      state[m].cdgh = _mm_sha256rnds2_epu32(state[m].cdgh, state[m].abef, words);
      state[m].abef = _mm_sha256rnds2_epu32(state[m].abef, state[m].cdgh, _mm_shuffle_epi32(words, 0x0e));
      __m128i const last = w[m][(i + 3) % 4];  // four groups on, these words are needed
      now = _mm_add_epi32(_mm_sha256msg1_epu32(now, w[m][(i + 1) % 4]),
                          _mm_alignr_epi8(last, w[m][(i + 2) % 4], 4));
      now = _mm_sha256msg2_epu32(now, last);
    }
#pragma GCC unroll 2
  for (std::size_t m = 0; m < messages; ++m) {
    states[m]->abef = _mm_add_epi32(state[m].abef, states[m]->abef);
    states[m]->cdgh = _mm_add_epi32(state[m].cdgh, states[m]->cdgh);
  }
}

[[gnu::target("sha,sse4.1,ssse3")]] Hash256 sha_result(ShaState const& state) {
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
  std::byte front_[sha_block_bytes];
  std::byte const* middle_ = nullptr;
  std::byte last_[2 * sha_block_bytes];
  std::size_t whole_ = 0, blocks_ = 0;
};

/// a, b, e, f and c, d, g, h, the first of each in the highest place.
ShaState sha_start() {
  return {_mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c)),
          _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19)};
}

[[gnu::target("sha,sse4.1,ssse3")]] void sha_blocks(ShaState& state, ShaMessage const& message,
                                                    std::size_t from) {
  ShaState* const states[]{&state};
  for (; from < message.blocks(); ++from) {
    std::byte const* const blocks[]{message.block(from)};
    sha_block(states, blocks);
  }
}

Hash256 sha256_by_instructions(std::byte first, ByteView rest) {
  auto state = sha_start();
  sha_blocks(state, ShaMessage(first, rest), 0);
  return sha_result(state);
}

[[gnu::target("sha,sse4.1,ssse3")]] std::array<Hash256, 2> sha256_by_instructions(std::byte first,
                                                                                  ByteView one,
                                                                                  ByteView other) {
  ShaState mine = sha_start(), theirs = sha_start();
  ShaState* const states[]{&mine, &theirs};
  ShaMessage const a(first, one), b(first, other);
  std::size_t const both = std::min(a.blocks(), b.blocks());
  for (std::size_t i = 0; i < both; ++i) {
    std::byte const* const blocks[]{a.block(i), b.block(i)};
    sha_block(states, blocks);
  }
  sha_blocks(mine, a, both);
  sha_blocks(theirs, b, both);
  return {sha_result(mine), sha_result(theirs)};
}

#endif

}  // namespace

Hash256 sha256_by_library(std::byte first, ByteView rest) {
  thread_local ShaLibrary library;
  return library.of(first, rest);
}

Hash256 sha256(std::byte first, ByteView rest) {
#if defined(__x86_64__)
  if (may_use_instructions()) return sha256_by_instructions(first, rest);
#endif
  return sha256_by_library(first, rest);
}

std::array<Hash256, 2> sha256(std::byte first, ByteView one, ByteView other) {
#if defined(__x86_64__)
  if (may_use_instructions()) return sha256_by_instructions(first, one, other);
#endif
  return {sha256_by_library(first, one), sha256_by_library(first, other)};
}

}  // namespace spillway
