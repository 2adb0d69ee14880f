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

/// The eight words of the state as the instructions want them.
struct ShaState {
  __m128i abef, cdgh;
};

[[gnu::target("sha,sse4.1,ssse3")]] inline __m128i sha_words(std::byte const* bytes) {
  __m128i const big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<__m128i const*>(bytes)), big_endian);
}

[[gnu::target("sha,sse4.1,ssse3")]] void sha_blocks(ShaState& state, std::byte const* bytes,
                                                    std::size_t blocks) {
  auto const* const k = reinterpret_cast<__m128i const*>(round_words);
  for (; blocks > 0; --blocks, bytes += sha_block_bytes) {
    ShaState const before = state;
    __m128i w[4] = {sha_words(bytes), sha_words(bytes + 16), sha_words(bytes + 32), sha_words(bytes + 48)};
#pragma GCC unroll 16
    for (std::size_t i = 0; i < sha_groups; ++i) {
      __m128i& now = w[i % 4];
      __m128i const words = _mm_add_epi32(now, _mm_load_si128(k + i));
      state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, words);
      state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, _mm_shuffle_epi32(words, 0x0e));
      __m128i const last = w[(i + 3) % 4];  // four groups on, these words are needed
      now =
          _mm_add_epi32(_mm_sha256msg1_epu32(now, w[(i + 1) % 4]), _mm_alignr_epi8(last, w[(i + 2) % 4], 4));
      now = _mm_sha256msg2_epu32(now, last);
    }
    state.abef = _mm_add_epi32(state.abef, before.abef);
    state.cdgh = _mm_add_epi32(state.cdgh, before.cdgh);
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

Hash256 sha256_by_instructions(std::byte first, ByteView rest) {
  // a, b, e, f and c, d, g, h, the first of each in the highest place.
  ShaState state{
      _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c)),
      _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19)};
  std::uint64_t const bits = 8 * (std::uint64_t{rest.size()} + 1);
  // The first block, later what is left over with the length behind it.
  std::byte last[2 * sha_block_bytes]{first};
  std::size_t held = 1;
  if (rest.size() >= sha_block_bytes - 1) {
    std::memcpy(last + 1, rest.data(), sha_block_bytes - 1);
    sha_blocks(state, last, 1);
    rest = rest.subspan(sha_block_bytes - 1);
    sha_blocks(state, rest.data(), rest.size() / sha_block_bytes);
    rest = rest.subspan(rest.size() / sha_block_bytes * sha_block_bytes);
    std::memset(last, 0, sha_block_bytes);
    held = 0;
  }
  if (!rest.empty()) std::memcpy(last + held, rest.data(), rest.size());
  held += rest.size();
  last[held] = std::byte{0x80};
  std::size_t const blocks = held + 1 + sha_length_bytes <= sha_block_bytes ? 1 : 2;
  for (std::size_t i = 0; i < sha_length_bytes; ++i)
    last[blocks * sha_block_bytes - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
  sha_blocks(state, last, blocks);
  return sha_result(state);
}

#endif

}  // namespace

Hash256 sha256_by_library(std::byte first, ByteView rest) {
  thread_local ShaLibrary library;
  return library.of(first, rest);
}

Hash256 sha256(std::byte first, ByteView rest) {
#if defined(__x86_64__)
  static bool const instructions = has_sha_instructions();
  if (instructions) return sha256_by_instructions(first, rest);
#endif
  return sha256_by_library(first, rest);
}

}  // namespace spillway
