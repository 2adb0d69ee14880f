// attest/merkle.cpp - see attest/merkle.hpp.
#include "attest/merkle.hpp"

#include <algorithm>

#include "market/check.hpp"

namespace spillway::attest {

namespace {

// u8 9, "cap1-node", u32 32, left, u32 32, right.
constexpr std::size_t left_at = 14, right_at = 50;

// Nodes differ in their two digests alone, so the rest is written once.
std::array<ShortInput, hash_width> blank_nodes() {
  std::array<ShortInput, hash_width> out;
  out.fill(ShortInput("cap1-node").part(Digest{}).part(Digest{}));
  return out;
}

void fill(ShortInput& node, Digest const& left, Digest const& right) {
  node.replace(left_at, left);
  node.replace(right_at, right);
}

std::vector<Digest> parents(std::vector<Digest> const& below) {
  std::vector<Digest> above((below.size() + 1) / 2);
  auto nodes = blank_nodes();
  auto const pairs = below.size() / 2;
  for (std::size_t i = 0; i < pairs; i += hash_width) {
    auto const now = std::min(hash_width, pairs - i);
    for (std::size_t k = 0; k < now; ++k) fill(nodes[k], below[2 * (i + k)], below[2 * (i + k) + 1]);
    hash_wide(std::span(nodes).first(now), std::span(above).subspan(i, now));
  }
  if (below.size() % 2 == 1) above.back() = below.back();
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

void ascend(std::span<Ascent> ways, std::size_t count) {
  sw_check(ways.size() <= hash_width, "no more leaves ascend at once than are hashed at once");
  for (auto const& way : ways)
    sw_check(way.index < count && way.path.size() == path_length(way.index, count), "a way fits its tree");
  auto nodes = blank_nodes();
  std::array<Digest, hash_width> above;
  std::array<Ascent*, hash_width> who;
  for (; count > 1; count = (count + 1) / 2) {
    std::size_t climbing = 0;
    for (auto& way : ways) {
      if (has_partner(way.index, count)) {
        auto const& partner = way.path.front();
        bool const is_left = way.index % 2 == 0;
        fill(nodes[climbing], is_left ? way.here : partner, is_left ? partner : way.here);
        way.path = way.path.subspan(1);
        who[climbing++] = &way;
      }
      way.index /= 2;
    }
    hash_wide(std::span(nodes).first(climbing), std::span(above).first(climbing));
    for (std::size_t i = 0; i < climbing; ++i) who[i]->here = above[i];
  }
}

}  // namespace spillway::attest
