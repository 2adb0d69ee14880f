// matching/fast/links.hpp - the bipartite graph as lists of ladders, and a lower bound on each ladder's best
// partner.
// Room:   matching (pure); sees market.
// Rule:   a bound is never above the true best rank among the partners: it falls at once when a partner
//         improves or an edge appears, and rises only after a scan. An order that its bound shuts out is
//         decided by one load. Room for: the discount and the unit factor of an edge (market.md, price
//         curves). They belong beside the lists, in a second pool of chunks of `EdgeTerms` with the same
//         numbers and places, made only when a signature has terms: the walk of edges without terms goes on
//         reading nothing but ladders and keys.
#pragma once

#include <span>

#include "matching/fast/chunk_pool.hpp"
#include "matching/fast/nodes.hpp"

namespace spillway::fast {

/// What an edge will carry: effective bid on an instrument = (limit - discount) x factor. Not used yet.
struct EdgeTerms {
  std::uint32_t discount;      // grid steps or nano-units, as the price curves will say; not negative
  std::uint32_t factor_micro;  // of the unit; 1,000,000 is one
};
static_assert(sizeof(EdgeTerms) == 8, "eight terms share a cache line");

class Links {
 public:
  /// At most `edges` at a time, at most `most` of one ladder.
  Links(std::size_t ladders, std::size_t edges, std::size_t most)
      : rows_(ladders), bounds_(ladders), chunks_(ladders), pool_(2 * edges, ladders, most) {}

  void add(LadderId a, LadderId b) {
    append(a, b);
    append(b, a);
  }
  /// Every edge of `g` goes; bounds may stay low, which is never wrong.
  void remove_all(LadderId g);
  friend void swap(Links& a, Links& b) noexcept {
    swap(a.rows_, b.rows_);
    swap(a.bounds_, b.bounds_);
    swap(a.chunks_, b.chunks_);
    swap(a.pool_, b.pool_);
  }

  [[nodiscard]] std::span<LadderId const> of(LadderId g) const { return {rows_[g].list, rows_[g].count}; }
  [[nodiscard]] std::uint32_t degree(LadderId g) const { return rows_[g].count; }
  [[nodiscard]] LadderId only(LadderId g) const { return rows_[g].only; }  // where the degree is 1

  [[nodiscard]] std::uint32_t bound(LadderId g) const { return bounds_[g]; }
  void raise_bound(LadderId g, std::uint32_t rank) { bounds_[g] = rank; }
  /// The best of `g` improved to `rank`.
  void improved(LadderId g, std::uint32_t rank) {
    auto const& row = rows_[g];
    if (row.count == 1) {
      if (rank < bounds_[row.only]) bounds_[row.only] = rank;
      return;
    }
    for (auto const partner : of(g))
      if (rank < bounds_[partner]) bounds_[partner] = rank;
  }

 private:
  struct Row {
    LadderId* list;
    std::uint32_t count;
    LadderId only;
  };
  using Chunk = ChunkPool<LadderId>::Chunk;
  void append(LadderId from, LadderId to);
  void drop(LadderId from, LadderId to);
  void move_to(LadderId g, std::size_t count);

  Arena<Row> rows_;
  Arena<std::uint32_t> bounds_;
  Arena<Chunk> chunks_;
  ChunkPool<LadderId> pool_;
};

}  // namespace spillway::fast
