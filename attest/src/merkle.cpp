// attest/merkle.cpp - see attest/merkle.hpp.
#include "attest/merkle.hpp"

#include "market/check.hpp"

namespace spillway::attest {

namespace {

Digest node(Digest const& left, Digest const& right) { return hash("cap1-node", {left, right}); }

std::vector<Digest> parents(std::vector<Digest> const& below) {
  std::vector<Digest> above;
  above.reserve((below.size() + 1) / 2);
  for (std::size_t i = 0; i + 1 < below.size(); i += 2) above.push_back(node(below[i], below[i + 1]));
  if (below.size() % 2 == 1) above.push_back(below.back());
  return above;
}

bool has_partner(std::size_t index, std::size_t count) { return (index ^ 1) < count; }

}  // namespace

MerkleTree::MerkleTree(std::vector<Digest> leaves) {
  sw_check(!leaves.empty(), "a tree has at least one leaf");
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) levels_.push_back(parents(levels_.back()));
}

std::vector<Digest> MerkleTree::path(std::size_t index) const {
  sw_check(index < levels_.front().size(), "a path starts at a leaf of the tree");
  std::vector<Digest> partners;
  for (auto const& level : levels_) {
    if (has_partner(index, level.size())) partners.push_back(level[index ^ 1]);
    index /= 2;
  }
  return partners;
}

std::size_t path_length(std::size_t index, std::size_t count) {
  std::size_t length = 0;
  for (; count > 1; count = (count + 1) / 2, index /= 2) length += has_partner(index, count) ? 1 : 0;
  return length;
}

bool leads_to(Digest const& root, Digest const& leaf, std::size_t index, std::size_t count,
              std::span<Digest const> path) {
  if (index >= count || path.size() != path_length(index, count)) return false;
  auto here = leaf;
  for (; count > 1; count = (count + 1) / 2, index /= 2) {
    if (!has_partner(index, count)) continue;
    here = index % 2 == 0 ? node(here, path.front()) : node(path.front(), here);
    path = path.subspan(1);
  }
  return here == root;
}

}  // namespace spillway::attest
