// journal/src/blake2b_plain.cpp - BLAKE2b by plain arithmetic, alone and with SHA-256 by its instructions
// between the mixings: the two wait for different parts of the processor. All sixteen words are names of
// their own: a compiler that gathers them in vectors makes it four times as slow, and is told not to.
#include <bit>
#include <utility>

#include "blake2b.hpp"
#include "endian.hpp"
#include "sha_beside.hpp"

namespace spillway::blake2b {
namespace {

#define SW_PLAIN [[gnu::always_inline]] inline

using Word = std::uint64_t;
constexpr std::size_t halves = 4 * rounds;

struct Plain {
  Word v[16], m[words_per_block];
};

SW_PLAIN void mix(Word& a, Word& b, Word& c, Word& d, Word x, Word y) {
  a += b + x, d = std::rotr(d ^ a, 32);
  c += d, b = std::rotr(b ^ c, 24);
  a += b + y, d = std::rotr(d ^ a, 16);
  c += d, b = std::rotr(b ^ c, 63);
}

/// Two mixes of a round: the first two columns, the others, the first two diagonals, the others.
template <std::size_t half>
SW_PLAIN void mix_two(Plain& of) {
  constexpr auto const& s = order[half / 4 % 10];
  constexpr std::size_t turn = half % 4 / 2, first = half % 2 * 2, word = 8 * turn + 2 * first;
  auto& [v, m] = of;
  constexpr auto in = [](std::size_t row, std::size_t column) { return 4 * row + (column + turn * row) % 4; };
  mix(v[in(0, first)], v[in(1, first)], v[in(2, first)], v[in(3, first)], m[s[word]], m[s[word + 1]]);
  mix(v[in(0, first + 1)], v[in(1, first + 1)], v[in(2, first + 1)], v[in(3, first + 1)], m[s[word + 2]],
      m[s[word + 3]]);
}

SW_PLAIN void begin(Step const& step, Plain& of) {
  for (std::size_t i = 0; i < words_per_block; ++i) of.m[i] = load_le<Word>(step.block + sizeof(Word) * i);
  for (std::size_t i = 0; i < 8; ++i) of.v[i] = (*step.state)[i], of.v[i + 8] = first_words[i];
  of.v[12] ^= step.bytes;
  if (step.last) of.v[14] = ~of.v[14];
}

SW_PLAIN void end(Step const& step, Plain const& of) {
  for (std::size_t i = 0; i < 8; ++i) (*step.state)[i] ^= of.v[i] ^ of.v[i + 8];
}

template <std::size_t... half>
SW_PLAIN void mix_all(Plain& of, std::index_sequence<half...>) {
  (mix_two<half>(of), ...);
}

#undef SW_PLAIN

#if defined(__x86_64__)

#define SW_BOTH [[gnu::target("sha,sse4.1,ssse3")]]

template <std::size_t... half>
SW_BOTH [[gnu::always_inline]] inline void mix_all(Plain& of, ShaBeside& beside,
                                                   std::index_sequence<half...>) {
  ((mix_two<half>(of), beside.template behind_half<half>()), ...);
}

#endif

}  // namespace

void compress_plainly(Step const& step) {
  Plain of;
  begin(step, of);
  mix_all(of, std::make_index_sequence<halves>());
  end(step, of);
}

#if defined(__x86_64__)

SW_BOTH void compress_plainly(Step const& step, std::span<ShaStep const, sha_blocks_beside> beside) {
  Plain of;
  begin(step, of);
  ShaBeside sha{beside.data(), {}, {}};
  mix_all(of, sha, std::make_index_sequence<halves>());
  end(step, of);
}

#undef SW_BOTH

#endif

}  // namespace spillway::blake2b
