// journal/src/sha_beside.hpp - blocks of SHA-256 that stand between the mixings of one block of BLAKE2b.
// Room:   journal, inside only; empty where the processor is not of that kind.
#pragma once

#include "blake2b.hpp"
#include "sha256_steps.hpp"

#if defined(__x86_64__)

namespace spillway::blake2b {

/// Three blocks one after the other: four rounds behind each half of a mixing of four columns.
struct ShaBeside {
  ShaStep const* steps;
  ShaState state;
  __m128i w[4];

  template <std::size_t half>
  [[gnu::target("sha,sse4.1,ssse3"), gnu::always_inline]] inline void behind_half() {
    constexpr std::size_t group = half % sha_groups;
    auto const& step = steps[half / sha_groups];
    if constexpr (group == 0) state = *step.state, sha_load(step.block, w);
    sha_four_rounds<group>(state, w);
    if constexpr (group == sha_groups - 1) sha_add(state, *step.state);
  }
};
static_assert(4 * rounds == sha_blocks_beside * sha_groups);

}  // namespace spillway::blake2b

#endif
