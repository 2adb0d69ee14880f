// journal/merkle.hpp - the RFC 6962 tree: leaf = SHA-256(0x00 || entry), node = SHA-256(0x01 || left ||
// right).
// Room:   journal; sees the standard library (SHA-256 is the processor's or OpenSSL's, inside).
// Errors: verification answers true or false; making a proof for an index or size outside the tree is a bug.
// Source: RFC 6962 section 2.1; verification as in RFC 9162 section 2.1.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "journal/bytes.hpp"

namespace spillway {

[[nodiscard]] Hash256 leaf_hash(ByteView entry);
/// Of two, which costs little more than one.
[[nodiscard]] std::array<Hash256, 2> leaf_hashes(ByteView one, ByteView other);
[[nodiscard]] Hash256 node_hash(Hash256 const& left, Hash256 const& right);
/// leaf_hash by OpenSSL alone: for machines without the instructions, and for the test that compares both.
[[nodiscard]] Hash256 leaf_hash_by_library(ByteView entry);
[[nodiscard]] Hash256 empty_root();  // SHA-256 of nothing

/// The right edge of a growing tree: roots of its complete subtrees, largest first. At most 64 hashes.
class Frontier {
 public:
  void append(Hash256 const& leaf);
  /// Roots of the complete subtrees of 8, 16, ... levels that end with the leaf appended last: of the tiles
  /// that it filled.
  [[nodiscard]] std::span<Hash256 const> finished() const { return finished_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Hash256 root() const;

  /// u64 size, then the hashes.
  [[nodiscard]] std::vector<std::byte> serialise() const;
  /// Nothing if the bytes are not exactly one frontier.
  [[nodiscard]] static std::optional<Frontier> parse(ByteView bytes);

  friend bool operator==(Frontier const& a, Frontier const& b) {
    return a.size_ == b.size_ && a.peaks_ == b.peaks_;
  }

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash256> peaks_;  // one for each bit of size_ that is set, from the highest
  std::vector<Hash256> finished_;
};

[[nodiscard]] Hash256 tree_root(std::span<Hash256 const> leaves);

/// Sibling hashes from the leaf up, for leaf `index` of the tree over `leaves`.
[[nodiscard]] std::vector<Hash256> inclusion_proof(std::span<Hash256 const> leaves, std::uint64_t index);
[[nodiscard]] bool verify_inclusion(std::uint64_t index, std::uint64_t size, Hash256 const& leaf,
                                    std::span<Hash256 const> proof, Hash256 const& root);

/// That the tree over all `leaves` extends the tree over the first `old_size` of them. Of an old size of 0
/// there is nothing to prove: the proof is empty and verification answers false.
[[nodiscard]] std::vector<Hash256> consistency_proof(std::span<Hash256 const> leaves, std::uint64_t old_size);
[[nodiscard]] bool verify_consistency(std::uint64_t old_size, std::uint64_t new_size, Hash256 const& old_root,
                                      Hash256 const& new_root, std::span<Hash256 const> proof);

}  // namespace spillway
