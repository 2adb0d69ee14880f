// attest/merkle.hpp - a binary hash tree over leaves whose number both sides know.
// Room:   attest; sees the standard library and attest/wide_hash.hpp.
// Units:  indices and counts in leaves.
// Errors: none; a wrong path gives a wrong root.
#pragma once

#include <cstddef>
#include <vector>

#include "attest/wide_hash.hpp"

namespace spillway::attest {

/// Node = H("cap1-node", left, right); a last node without partner moves up unchanged. At least one leaf.
class MerkleTree {
 public:
  explicit MerkleTree(std::vector<Digest> leaves);
  [[nodiscard]] Digest const& root() const { return levels_.back().front(); }
  /// Partners from the leaf upward. `index` is below the number of leaves.
  [[nodiscard]] std::vector<Digest> path(std::size_t index) const;

 private:
  std::vector<std::vector<Digest>> levels_;  // leaves first
};

/// How many partners the path of `index` has in a tree of `count` leaves.
[[nodiscard]] std::size_t path_length(std::size_t index, std::size_t count);

/// A leaf on its way up. `path` has path_length(index, count) partners and outlives the way.
struct Ascent {
  Digest here;  // the leaf; after ascend() the root that it leads to
  std::size_t index{};
  std::span<Digest const> path;
};
/// Takes up to hash_width leaves of trees of `count` leaves to their roots, all at once.
void ascend(std::span<Ascent> ways, std::size_t count);

}  // namespace spillway::attest
