// attest/wide_hash.cpp - see attest/wide_hash.hpp. Built with -O3: one lane of a vector per input.
// Source: RFC 7693 (BLAKE2b), the last and only block of an unkeyed hash of 32 bytes.
#include "attest/wide_hash.hpp"

#include <bit>
#include <cstring>

#include "hot_loop.hpp"
#include "market/check.hpp"

namespace spillway::attest {

namespace {

constexpr std::size_t block_bytes = 128, words_per_block = block_bytes / 8;

using Lane = std::uint64_t __attribute__((vector_size(8 * hash_width)));

constexpr std::uint64_t initial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                      0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                      0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

constexpr std::uint8_t sigma[12][words_per_block] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                                     {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                                     {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                                     {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                                     {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                                     {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                                     {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                                     {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                                     {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                                     {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
                                                     {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                                     {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

// Word w of input i is words[w][i]; the first four words of each state come out the same way.
struct Transposed {
  alignas(64) std::uint64_t words[words_per_block][hash_width];
  alignas(64) std::uint64_t sizes[hash_width];
};

#define ATTEST_MIX(a, b, c, d, x, y)           \
  a += b + (x), d ^= a, d = d >> 32 | d << 32; \
  c += d, b ^= c, b = b >> 24 | b << 40;       \
  a += b + (y), d ^= a, d = d >> 16 | d << 48; \
  c += d, b ^= c, b = b >> 63 | b << 1

// Locals and a macro, no helper that takes vectors: those would have another calling convention per target.
ATTEST_HOT_LOOP void compress(Transposed const* in, std::uint64_t (*out)[hash_width]) {
  Lane m[words_per_block], v[16], size;
  std::memcpy(m, in->words, sizeof m);
  std::memcpy(&size, in->sizes, sizeof size);
  constexpr std::uint64_t parameters = 0x01010020;  // 32 bytes out, no key, sequential
  for (std::size_t i = 0; i < 8; ++i) v[i] = v[i + 8] = Lane{} + initial[i];
  v[0] ^= parameters;
  v[12] ^= size;
  v[14] = ~v[14];
#ifdef __clang__
#pragma unroll
#else
#pragma GCC unroll 12
#endif
  for (auto const& s : sigma) {
    ATTEST_MIX(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    ATTEST_MIX(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    ATTEST_MIX(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    ATTEST_MIX(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    ATTEST_MIX(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    ATTEST_MIX(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    ATTEST_MIX(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    ATTEST_MIX(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    Lane h = Lane{} + initial[i];
    if (i == 0) h ^= parameters;
    h ^= v[i] ^ v[i + 8];
    std::memcpy(out[i], &h, sizeof h);
  }
}

#undef ATTEST_MIX

std::uint64_t little(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(word);
  return word;
}

}  // namespace

ShortInput::ShortInput(std::string_view domain) {
  block_[size_++] = std::byte(domain.size());
  append(std::as_bytes(std::span(domain)));
}

ShortInput& ShortInput::part(ByteView bytes) {
  append(le32(static_cast<std::uint32_t>(bytes.size())));
  append(bytes);
  return *this;
}

void ShortInput::append(ByteView bytes) {
  sw_check(size_ + bytes.size() <= block_.size(), "a short input fits one block");
  if (!bytes.empty()) std::memcpy(block_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void hash_wide(std::span<ShortInput const> inputs, std::span<Digest> out) {
  sw_check(inputs.size() <= hash_width && inputs.size() == out.size(),
           "as many digests as inputs, at most eight");
  Transposed in{};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::uint64_t words[words_per_block];
    std::memcpy(words, inputs[i].block().data(), block_bytes);
    for (std::size_t w = 0; w < words_per_block; ++w) in.words[w][i] = little(words[w]);
    in.sizes[i] = inputs[i].size();
  }
  alignas(64) std::uint64_t state[4][hash_width];
  compress(&in, state);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint64_t words[4];
    for (std::size_t w = 0; w < 4; ++w) words[w] = little(state[w][i]);
    std::memcpy(out[i].data(), words, sizeof words);
  }
}

}  // namespace spillway::attest
