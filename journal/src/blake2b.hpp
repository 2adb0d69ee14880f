// journal/src/blake2b.hpp - the compression of BLAKE2b, for one hash or for two at one time.
// Room:   journal, inside only.
// Rule:   two at one time cost a third more than one: each step waits for the one before, and the other hash
//         has none of its steps to wait for.
// Source: RFC 7693.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "market/blake2b_tables.hpp"

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
void compress(Step const& one);
void compress(Step const& one, Step const& other);

/// By plain arithmetic: for machines without the instructions, and for the test that compares both.
void compress_plainly(Step const& step);

}  // namespace spillway::blake2b
