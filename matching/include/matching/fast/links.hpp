// matching/fast/links.hpp - the bipartite graph as lists of ladders, and a lower bound on each ladder's best
// partner. Room:   matching (pure); sees market. Rule:   a bound is never above the true best rank among the
// partners: it falls at once when a partner improves or an edge appears, and rises only after a scan. An
// order that its bound shuts out is decided by one load.
#pragma once

#include <span>
#include <vector>

#include "matching/fast/nodes.hpp"

namespace spillway::fast {

class Links {
 public:
  explicit Links(std::size_t ladders) : rows_(ladders), bounds_(ladders), lists_(ladders) {}

  void add(LadderId a, LadderId b) {
    append(a, b);
    append(b, a);
  }
  /// Every edge of `g` goes; bounds may stay low, which is never wrong.
  void remove_all(LadderId g);
  /// All edges of both sides go, and every bound falls.
  void clear();

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
    LadderId const* list;
    std::uint32_t count;
    LadderId only;
  };
  void append(LadderId from, LadderId to);
  void show(LadderId g);

  Arena<Row> rows_;
  Arena<std::uint32_t> bounds_;
  std::vector<std::vector<LadderId>> lists_;  // grows only when something is listed or interned
};

}  // namespace spillway::fast
