// journal/digest.hpp - D, the rolling digest of outcomes: one value that any two runs of the same entries
// share.
// Room:   journal; sees the standard library (BLAKE2b is libsodium's, inside).
// Source: D_0 = BLAKE2b-256("spillway-D-v1"), D_n = BLAKE2b-256(D_(n-1) || outcome record bytes of command
//         n).
#pragma once

#include <memory>

#include "journal/bytes.hpp"

namespace spillway {

[[nodiscard]] Hash256 blake2b_256(ByteView bytes);
[[nodiscard]] Hash256 first_digest();
[[nodiscard]] Hash256 next_digest(Hash256 const& before, ByteView records);

/// BLAKE2b-256 over bytes that come in pieces; current() does not end it.
class RunningHash {
 public:
  RunningHash();
  void update(ByteView bytes);
  [[nodiscard]] Hash256 current() const;

 private:
  alignas(64) std::array<std::byte, 384> state_;
};

}  // namespace spillway
