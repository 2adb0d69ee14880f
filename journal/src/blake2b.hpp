// journal/src/blake2b.hpp - the compression of BLAKE2b, for one hash or for up to three at one time.
// Room:   journal, inside only.
// Rule:   others at the same time cost little: each step waits for the one before, and another hash has none
//         of its steps to wait for.
// Source: RFC 7693.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "market/blake2b_tables.hpp"
#include "sha256_steps.hpp"

namespace spillway::blake2b {

using State = std::array<std::uint64_t, 8>;

/// Of a hash of 32 bytes, without a key.
[[nodiscard]] State first_state();

/// One block of one hash.
struct Step {
  State* state = nullptr;
  std::byte const* block = nullptr;  // of 128 bytes, aligned in no way
  std::uint64_t bytes = 0;           // of the message, this block's included, zeros behind its end not
  bool last = false;
};
inline constexpr std::size_t most_at_once = 3;
/// Of one to so many hashes, a block of each.
void compress(std::span<Step const> steps);

/// By plain arithmetic.
void compress_plainly(Step const& step);
/// Than vectors, for one hash alone: found out by trying, when it is asked first.
[[nodiscard]] bool plain_is_faster();

#if defined(__x86_64__)
[[nodiscard]] bool has_avx2();
void compress_by_avx2(std::span<Step const> steps);
/// And the instructions for SHA-256.
[[nodiscard]] bool has_avx512();
void compress_by_avx512(std::span<Step const> steps);
/// With so many blocks of SHA-256 in the time that the steps leave, where its instructions are.
inline constexpr std::size_t sha_blocks_beside = 3;
void compress_by_avx512(std::span<Step const> steps, std::span<ShaStep const, sha_blocks_beside> beside);
void compress_plainly(Step const& step, std::span<ShaStep const, sha_blocks_beside> beside);
#endif

}  // namespace spillway::blake2b
