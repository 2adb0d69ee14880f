// attest/wide_hash.cpp - see attest/wide_hash.hpp. Built with -O3: one lane of a vector per input.
// Source: RFC 7693 (BLAKE2b), an unkeyed hash of 32 bytes; its tables are market/blake2b_tables.hpp.
#include "attest/wide_hash.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "hot_loop.hpp"
#include "market/blake2b_tables.hpp"
#include "market/check.hpp"

namespace spillway::attest {

namespace {

using blake2b::block_bytes, blake2b::words_per_block;

using Lane = std::uint64_t __attribute__((vector_size(8 * hash_width)));

// Word w of input i is words[w][i]; so lie the states, and the blocks of what is dealt in turn.
struct Transposed {
  alignas(64) std::uint64_t words[words_per_block][hash_width];
  alignas(64) std::uint64_t sizes[hash_width];
};

void begin(std::uint64_t* state) {
  for (std::size_t w = 0; w < 8; ++w)
    for (std::size_t i = 0; i < hash_width; ++i)
      state[w * hash_width + i] = blake2b::first_words[w] ^ (w == 0 ? blake2b::parameters : 0);
}

#define ATTEST_MIX(a, b, c, d, x, y)           \
  a += b + (x), d ^= a, d = d >> 32 | d << 32; \
  c += d, b ^= c, b = b >> 24 | b << 40;       \
  a += b + (y), d ^= a, d = d >> 16 | d << 48; \
  c += d, b ^= c, b = b >> 63 | b << 1

// `count` blocks of eight lanes; `sizes` are the lanes' bytes up to the end of the first one. Locals and a
// macro, no helper that takes vectors: those would have another calling convention per target.
ATTEST_HOT_LOOP void compress(std::uint64_t* state, void const* blocks, std::size_t count,
                              std::uint64_t const* sizes, bool last) {
  Lane h[8], size;
  std::memcpy(h, state, sizeof h);
  std::memcpy(&size, sizes, sizeof size);
  for (auto const* block = static_cast<std::byte const*>(blocks); count > 0;
       --count, block += sizeof(Lane) * 16) {
    Lane m[words_per_block], v[16]{};
    std::memcpy(m, block, sizeof m);
    if constexpr (std::endian::native == std::endian::big)
      for (auto& word : m)
        for (std::size_t i = 0; i < hash_width; ++i) word[i] = __builtin_bswap64(word[i]);
    for (std::size_t i = 0; i < 8; ++i) v[i] = h[i], v[i + 8] = Lane{} + blake2b::first_words[i];
    v[12] ^= size;
    v[14] ^= last ? ~std::uint64_t{0} : 0;
#ifdef __clang__
#pragma unroll
#else
#pragma GCC unroll 12
#endif
    for (std::size_t round = 0; round < blake2b::rounds; ++round) {
      auto const& s = blake2b::order[round % 10];
      ATTEST_MIX(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
      ATTEST_MIX(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
      ATTEST_MIX(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
      ATTEST_MIX(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
      ATTEST_MIX(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
      ATTEST_MIX(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
      ATTEST_MIX(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
      ATTEST_MIX(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
    }
    for (std::size_t i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
    size += block_bytes;
  }
  std::memcpy(state, h, sizeof h);
}

#undef ATTEST_MIX

// The first 32 bytes of each lane's state.
void digests_of(std::uint64_t const* state, std::span<Digest> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint64_t words[4];
    for (std::size_t w = 0; w < 4; ++w) {
      words[w] = state[w * hash_width + i];
      if constexpr (std::endian::native == std::endian::big) words[w] = __builtin_bswap64(words[w]);
    }
    std::memcpy(out[i].data(), words, sizeof words);
  }
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
    for (std::size_t w = 0; w < words_per_block; ++w) in.words[w][i] = words[w];
    in.sizes[i] = inputs[i].size();
  }
  alignas(64) std::uint64_t state[8 * hash_width];
  begin(state);
  compress(state, in.words, 1, in.sizes, true);
  digests_of(state, out);
}

// ---- one long input ----

StripedHash::StripedHash() { begin(state_.data()); }

ByteView StripedHash::head() const {
  sw_check(size_ <= head_bytes, "the head is all of a short input");
  return ByteView(begun_).first(holding_);
}

void StripedHash::more(ByteView bytes) {
  if (holding_ + bytes.size() > head_bytes && holding_ > 0) {
    auto const rest = bytes.first(head_bytes - holding_);
    std::ranges::copy(rest, begun_.begin() + static_cast<std::ptrdiff_t>(holding_));
    size_ += rest.size();
    bytes = bytes.subspan(rest.size());
    take_blocks(begun_);
    holding_ = 0;
  }
  if (bytes.size() > head_bytes) {
    auto const whole = (bytes.size() - 1) / head_bytes * head_bytes;
    size_ += whole;
    take_blocks(bytes.first(whole));
    bytes = bytes.subspan(whole);
  }
  std::ranges::copy(bytes, begun_.begin() + static_cast<std::ptrdiff_t>(holding_));
  holding_ += bytes.size(), size_ += bytes.size();
}

// `bytes` are the last of size_, whole blocks, and not the end.
void StripedHash::take_blocks(ByteView bytes) {
  std::uint64_t sizes[hash_width];
  std::ranges::fill(sizes, (size_ - bytes.size()) / hash_width + block_bytes);
  compress(state_.data(), bytes.data(), bytes.size() / head_bytes, sizes, false);
}

std::array<Digest, hash_width> StripedHash::lanes() const {
  auto state = state_;
  auto block = begun_;
  std::fill(block.begin() + static_cast<std::ptrdiff_t>(holding_), block.end(), std::byte{0});
  std::uint64_t sizes[hash_width];
  std::ranges::fill(sizes, (size_ + 8 * hash_width - 1) / (8 * hash_width) * 8);
  compress(state.data(), block.data(), 1, sizes, true);
  std::array<Digest, hash_width> out;
  digests_of(state.data(), out);
  return out;
}

}  // namespace spillway::attest
