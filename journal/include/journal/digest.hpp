// journal/digest.hpp - D, the rolling digest of outcomes: one value that any two runs of the same entries
// share.
// Room:   journal; sees the standard library.
// Source: D_0 = BLAKE2b-256("spillway-D-v1"), D_n = BLAKE2b-256(D_(n-1) || outcome record bytes of command
//         n).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "journal/bytes.hpp"

namespace spillway {

/// BLAKE2b-256 over bytes that come in pieces; current() does not end it.
class RunningHash {
 public:
  RunningHash();
  void update(ByteView bytes);
  [[nodiscard]] Hash256 current() const;

  /// A block that the caller compresses itself, at once and whatever it does then: see PendingHash.
  struct Block {
    std::array<std::uint64_t, 8>* state;
    std::byte const* block;
    std::uint64_t bytes;
  };
  /// Takes it from the front of `bytes`, which are the next ones; nothing when they are too few, though some
  /// may be taken then.
  [[nodiscard]] std::optional<Block> next_block(ByteView& bytes);

 private:
  void take(std::byte const* block);

  std::array<std::uint64_t, 8> state_;
  std::array<std::byte, 128> held_;  // what came behind the last block, the first so many bytes
  std::size_t held_bytes_ = 0;
  std::uint64_t done_ = 0;  // bytes in state_
};

/// Bytes that a hash has still to take. Another hash can take blocks of them along, for little more than its
/// own time.
struct PendingHash {
  RunningHash* into = nullptr;
  ByteView bytes;  // what was taken is gone from the front
};

[[nodiscard]] Hash256 blake2b_256(ByteView bytes);
[[nodiscard]] Hash256 first_digest();
/// `along`: hashes that may be taken along, as far as it costs nothing; two at most.
[[nodiscard]] Hash256 next_digest(Hash256 const& before, ByteView records,
                                  std::span<PendingHash* const> along = {});

/// What an entry and its records add to a journal.
struct OutcomeHashes {
  Hash256 digest;   // D behind them
  Hash256 entry;    // the entry's leaf
  Hash256 outcome;  // the leaf of its records
};
/// next_digest, and in the time that it leaves both leaves: each of its steps waits for the one before.
[[nodiscard]] OutcomeHashes outcome_hashes(Hash256 const& before, ByteView entry, ByteView records,
                                           std::span<PendingHash* const> along = {});

}  // namespace spillway
