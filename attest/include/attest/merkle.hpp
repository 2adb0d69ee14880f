// attest/merkle.hpp - a binary hash tree over leaves whose number both sides know.
// Room:   attest; sees the standard library and attest/hash.hpp.
// Units:  indices and counts in leaves.
// Errors: none; a wrong path gives a wrong root.
#pragma once

#include <cstddef>
#include <vector>

#include "attest/hash.hpp"

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

/// True when `leaf` at `index` of `count` with these partners gives `root`; false too when the path has a
/// wrong length.
[[nodiscard]] bool leads_to(Digest const& root, Digest const& leaf, std::size_t index, std::size_t count,
                            std::span<Digest const> path);

}  // namespace spillway::attest
