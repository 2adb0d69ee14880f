// journal/src/tiled_tree.cpp - walks the tree from the root down and reads only the tiles on its way.
#include "journal/tiled_tree.hpp"

#include <algorithm>
#include <bit>
#include <span>

#include "journal/merkle.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

/// The largest power of two below n; n > 1.
std::uint64_t left_part_of(std::uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

auto TiledTree::tile(unsigned level, std::uint64_t index) -> Result<std::vector<Hash256> const*> {
  auto const [at, fresh] = seen_.try_emplace({level, index});
  if (!fresh) return &at->second;
  unsigned const width = tile_width_at(level, index, size_);
  auto read = folder_.read_front({level, index, width});
  if (!read || !*read) {
    seen_.erase(at);
    if (!read) return std::unexpected(read.error());
    return std::unexpected(
        JournalError{JournalErrc::damaged, (folder_.path() / tile_path({level, index, width})).string() +
                                               " is missing or too short; start the exchange once, it makes "
                                               "its tiles again"});
  }
  at->second = std::move(**read);
  return &at->second;
}

auto TiledTree::subtree(std::uint64_t first, unsigned height) -> Result<Hash256> {
  unsigned const level = height / 8, in_tile = height % 8;
  std::uint64_t const hash = first >> (8 * level);
  auto const found = tile(level, hash / tile_width);
  if (!found) return std::unexpected(found.error());
  auto const hashes =
      std::span(**found).subspan(static_cast<std::size_t>(hash % tile_width), std::size_t{1} << in_tile);
  return tree_root(hashes);
}

auto TiledTree::range(std::uint64_t first, std::uint64_t count) -> Result<Hash256> {
  if (count == 0) return empty_root();
  // Every range of a proof begins at a multiple of the power of two that is not below its length.
  if (std::has_single_bit(count)) return subtree(first, static_cast<unsigned>(std::countr_zero(count)));
  std::uint64_t const split = left_part_of(count);
  auto const left = range(first, split);
  if (!left) return left;
  auto const right = range(first + split, count - split);
  if (!right) return right;
  return node_hash(*left, *right);
}

auto TiledTree::root() -> Result<Hash256> { return range(0, size_); }

auto TiledTree::inclusion(std::uint64_t index) -> Result<std::vector<Hash256>> {
  sw_check(index < size_, "a proof is for a leaf of the tree");
  std::vector<Hash256> proof;
  for (std::uint64_t first = 0, count = size_; count > 1;) {
    std::uint64_t const split = left_part_of(count);
    bool const in_left = index - first < split;
    auto const other = in_left ? range(first + split, count - split) : range(first, split);
    if (!other) return std::unexpected(other.error());
    proof.push_back(*other);
    first += in_left ? 0 : split;
    count = in_left ? split : count - split;
  }
  std::ranges::reverse(proof);
  return proof;
}

auto TiledTree::consistency(std::uint64_t old_size) -> Result<std::vector<Hash256>> {
  sw_check(old_size <= size_, "a tree extends only smaller ones");
  std::vector<Hash256> proof;
  if (old_size == 0) return proof;
  std::uint64_t first = 0, count = size_;
  bool whole = true;  // the old tree is exactly the part that is left
  while (first + count != old_size) {
    std::uint64_t const split = left_part_of(count);
    bool const in_left = old_size - first <= split;
    auto const other = in_left ? range(first + split, count - split) : range(first, split);
    if (!other) return std::unexpected(other.error());
    proof.push_back(*other);
    whole = whole && in_left;
    first += in_left ? 0 : split;
    count = in_left ? split : count - split;
  }
  if (!whole) {
    auto const rest = range(first, count);
    if (!rest) return std::unexpected(rest.error());
    proof.push_back(*rest);
  }
  std::ranges::reverse(proof);
  return proof;
}

}  // namespace spillway
