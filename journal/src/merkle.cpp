// journal/src/merkle.cpp - the tree of RFC 6962: its edge, its roots and its proofs.
#include "journal/merkle.hpp"

#include <algorithm>
#include <bit>

#include "endian.hpp"
#include "market/check.hpp"
#include "sha256.hpp"

namespace spillway {
namespace {

constexpr std::byte leaf_prefix{0}, node_prefix{1};

/// The largest power of two below n; n > 1.
std::uint64_t split_of(std::uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

Hash256 leaf_hash(ByteView entry) { return sha256(leaf_prefix, entry); }
std::array<Hash256, 2> leaf_hashes(ByteView one, ByteView other) { return sha256(leaf_prefix, one, other); }
Hash256 leaf_hash_by_library(ByteView entry) { return sha256_by_library(leaf_prefix, entry); }

Hash256 node_hash(Hash256 const& left, Hash256 const& right) {
  std::array<Hash256, 2> const both{left, right};
  return sha256(node_prefix, std::as_bytes(std::span(both)));
}

Hash256 empty_root() {
  constexpr std::uint64_t words[4] = {0xe3b0c44298fc1c14, 0x9afbf4c8996fb924, 0x27ae41e4649b934c,
                                      0xa495991b7852b855};  // SHA-256 of nothing
  Hash256 root;
  for (std::size_t i = 0; i < root.size(); ++i)
    root[i] = static_cast<std::byte>(words[i / 8] >> (56 - 8 * (i % 8)));
  return root;
}

void Frontier::append(Hash256 const& leaf) {
  Hash256 subtree = leaf;
  finished_.clear();
  unsigned height = 0;
  for (std::uint64_t full = size_; (full & 1U) != 0; full >>= 1) {
    subtree = node_hash(peaks_.back(), subtree);
    peaks_.pop_back();
    if (++height % 8 == 0) finished_.push_back(subtree);
  }
  peaks_.push_back(subtree);
  ++size_;
}

Hash256 Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Hash256 root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

std::vector<std::byte> Frontier::serialise() const {
  std::vector<std::byte> bytes(8);
  store_le(bytes.data(), size_);
  for (Hash256 const& peak : peaks_) bytes.insert(bytes.end(), peak.begin(), peak.end());
  return bytes;
}

std::optional<Frontier> Frontier::parse(ByteView bytes) {
  if (bytes.size() < 8) return std::nullopt;
  Frontier frontier;
  frontier.size_ = load_le<std::uint64_t>(bytes.data());
  auto const peaks = static_cast<std::size_t>(std::popcount(frontier.size_));
  if (bytes.size() != 8 + peaks * sizeof(Hash256)) return std::nullopt;
  frontier.peaks_.resize(peaks);
  for (std::size_t i = 0; i < peaks; ++i)
    std::ranges::copy(bytes.subspan(8 + i * sizeof(Hash256), sizeof(Hash256)), frontier.peaks_[i].begin());
  return frontier;
}

// Level by level, four hashes into two; a last one without a neighbour goes up as it is.
Hash256 tree_root(std::span<Hash256 const> leaves) {
  if (leaves.empty()) return empty_root();
  std::vector<Hash256> level(leaves.begin(), leaves.end());
  auto const pair = [&](std::size_t at) { return std::as_bytes(std::span(level).subspan(2 * at, 2)); };
  for (std::size_t size = level.size(); size > 1; size = (size + 1) / 2) {
    std::size_t made = 0;
    for (; 2 * made + 4 <= size; made += 2) {
      auto const two = sha256(node_prefix, pair(made), pair(made + 1));
      level[made] = two[0], level[made + 1] = two[1];
    }
    if (2 * made + 2 <= size) level[made] = sha256(node_prefix, pair(made)), ++made;
    if (size % 2 != 0) level[made] = level[size - 1];
  }
  return level.front();
}

std::vector<Hash256> inclusion_proof(std::span<Hash256 const> leaves, std::uint64_t index) {
  sw_check(index < leaves.size(), "a proof is for a leaf of the tree");
  if (leaves.size() == 1) return {};
  std::uint64_t const split = split_of(leaves.size());
  auto const left = leaves.first(split), right = leaves.subspan(split);
  bool const in_left = index < split;
  std::vector<Hash256> proof = in_left ? inclusion_proof(left, index) : inclusion_proof(right, index - split);
  proof.push_back(tree_root(in_left ? right : left));
  return proof;
}

bool verify_inclusion(std::uint64_t index, std::uint64_t size, Hash256 const& leaf,
                      std::span<Hash256 const> proof, Hash256 const& root) {
  if (index >= size) return false;
  std::uint64_t node = index, last = size - 1;
  Hash256 hash = leaf;
  for (Hash256 const& sibling : proof) {
    if (last == 0) return false;
    bool const sibling_is_left = (node & 1U) != 0 || node == last;
    hash = sibling_is_left ? node_hash(sibling, hash) : node_hash(hash, sibling);
    // A last node without a right sibling is its own parent until it is a right child.
    while (sibling_is_left && (node & 1U) == 0 && node != 0) node >>= 1, last >>= 1;
    node >>= 1, last >>= 1;
  }
  return last == 0 && hash == root;
}

namespace {

/// RFC 6962 SUBPROOF: `whole` says that the old tree is exactly the left part walked so far.
std::vector<Hash256> subproof(std::span<Hash256 const> leaves, std::uint64_t old_size, bool whole) {
  if (old_size == leaves.size())
    return whole ? std::vector<Hash256>{} : std::vector<Hash256>{tree_root(leaves)};
  std::uint64_t const split = split_of(leaves.size());
  auto const left = leaves.first(split), right = leaves.subspan(split);
  bool const in_left = old_size <= split;
  std::vector<Hash256> proof =
      in_left ? subproof(left, old_size, whole) : subproof(right, old_size - split, false);
  proof.push_back(tree_root(in_left ? right : left));
  return proof;
}

struct TwoRoots {
  Hash256 old_root;
  Hash256 new_root;
};

/// Both roots that a proof leads to, for 0 < old_size < new_size; nothing if its length is wrong.
std::optional<TwoRoots> walk_consistency(std::uint64_t old_size, std::uint64_t new_size, Hash256 const& start,
                                         std::span<Hash256 const> proof) {
  std::uint64_t node = old_size - 1, last = new_size - 1;
  while ((node & 1U) != 0) node >>= 1, last >>= 1;
  TwoRoots roots{start, start};
  for (Hash256 const& sibling : proof) {
    if (last == 0) return std::nullopt;
    bool const sibling_is_left = (node & 1U) != 0 || node == last;
    if (sibling_is_left) {
      roots.old_root = node_hash(sibling, roots.old_root);
      roots.new_root = node_hash(sibling, roots.new_root);
      while ((node & 1U) == 0 && node != 0) node >>= 1, last >>= 1;
    } else {
      roots.new_root = node_hash(roots.new_root, sibling);
    }
    node >>= 1, last >>= 1;
  }
  if (last != 0) return std::nullopt;
  return roots;
}

}  // namespace

std::vector<Hash256> consistency_proof(std::span<Hash256 const> leaves, std::uint64_t old_size) {
  sw_check(old_size <= leaves.size(), "a tree extends only smaller ones");
  if (old_size == 0) return {};
  return subproof(leaves, old_size, true);
}

bool verify_consistency(std::uint64_t old_size, std::uint64_t new_size, Hash256 const& old_root,
                        Hash256 const& new_root, std::span<Hash256 const> proof) {
  // Every tree extends the empty one: a proof of that proves nothing.
  if (old_size == 0 || old_size > new_size) return false;
  if (old_size == new_size) return proof.empty() && old_root == new_root;
  bool const starts_with_old = std::has_single_bit(old_size);
  if (!starts_with_old && proof.empty()) return false;
  Hash256 const& start = starts_with_old ? old_root : proof.front();
  auto const roots = walk_consistency(old_size, new_size, start, proof.subspan(starts_with_old ? 0 : 1));
  return roots && roots->old_root == old_root && roots->new_root == new_root;
}

}  // namespace spillway
