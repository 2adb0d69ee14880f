// exchange/src/core_index.hpp - from content to its row: a table of hashes that grows with what it holds, a
// few cells at a time.
// Room:   exchange_core (pure), internal.
// Rule:   it is never walked, so how far it has grown decides nothing. What few rows touch are few pages: a
//         table of its largest size would scatter the first ones over all of it.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "core_memory.hpp"
#include "core_table.hpp"

namespace spillway::core {

/// At half full a table twice as large begins behind it, to which each insertion moves some cells.
class GrowingIndex {
 public:
  /// At most `most` rows at a time; address space for all is taken here.
  explicit GrowingIndex(std::size_t most)
      : cells_(2 * std::bit_ceil(2 * most + 2 * first_size)), table_{0, first_size - 1} {
    prefer_huge_pages(cells_);
  }

  /// What so many rows take, with all tables on the way there.
  void prefault(std::size_t rows) { cells_.prefault_first(8 * rows); }
  /// The row of this hash that is the `same`, 0 when there is none.
  template <class Same>
  [[nodiscard]] Row find(std::uint64_t hash, Same same) const {
    auto const tag = tag_of(hash);
    if (auto const row = find_in(table_, tag, same)) return row;
    return moving() ? find_in(before_, tag, same) : 0;
  }
  /// Asks the memory for where a hash will be looked for.
  void expect(std::uint64_t hash) const { ask_for(&cells_[table_.home(tag_of(hash))]); }
  /// The row is not in it yet.
  void insert(std::uint64_t hash, Row row) {
    sw_check(row != 0 && row != moved, "a row has a number");
    if (++size_ * 2 > table_.cells()) grow();
    put({tag_of(hash), row});
    for (std::size_t n = 0; n < moved_at_once && moving(); ++n) move_one();
    if (moving()) expect_moves();
  }
  /// The row is there.
  void erase(std::uint64_t hash, Row row) {
    auto const tag = tag_of(hash);
    --size_;
    if (auto const at = place_of(table_, tag, row); at != nowhere) return close(at);
    auto const at = moving() ? place_of(before_, tag, row) : nowhere;
    sw_check(at != nowhere, "what is erased is there");
    cells_[at].row = moved;
  }

 private:
  static constexpr std::size_t first_size = 1'024, moved_at_once = 4, nowhere = SIZE_MAX;
  static constexpr Row moved = 0xFFFF'FFFF;  // it stands in the larger table now, or nowhere

  struct Cell {
    std::uint32_t tag;
    Row row;  // 0: nothing
  };
  /// Cells from `first` on; tables of 2^n cells stand one behind the other.
  struct Table {
    std::size_t first, mask;
    [[nodiscard]] std::size_t cells() const { return mask + 1; }
    [[nodiscard]] std::size_t home(std::uint32_t tag) const { return first + (tag & mask); }
    [[nodiscard]] std::size_t after(std::size_t at) const { return first + ((at - first + 1) & mask); }
  };

  [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash * 0x9E3779B97F4A7C15u >> 32);
  }
  [[nodiscard]] bool moving() const { return next_ < before_.cells(); }

  template <class Same>
  [[nodiscard]] Row find_in(Table const& table, std::uint32_t tag, Same& same) const {
    for (auto at = table.home(tag); cells_[at].row != 0; at = table.after(at))
      if (cells_[at].tag == tag && cells_[at].row != moved && same(cells_[at].row)) return cells_[at].row;
    return 0;
  }
  [[nodiscard]] std::size_t place_of(Table const& table, std::uint32_t tag, Row row) const {
    for (auto at = table.home(tag); cells_[at].row != 0; at = table.after(at))
      if (cells_[at].row == row) return at;
    return nowhere;
  }

  void put(Cell const& cell) {
    auto at = table_.home(cell.tag);
    while (cells_[at].row != 0) at = table_.after(at);
    cells_[at] = cell;
  }
  /// What stands behind the hole moves up where its home allows, so that no search ends too early.
  void close(std::size_t hole) {
    for (auto at = table_.after(hole); cells_[at].row != 0; at = table_.after(at)) {
      auto const home = table_.home(cells_[at].tag);
      if (((at - home) & table_.mask) < ((at - hole) & table_.mask)) continue;
      cells_[hole] = cells_[at];
      hole = at;
    }
    cells_[hole] = {};
  }
  void grow() {
    while (moving()) move_one();  // it has long been done: half of the insertions suffice
    before_ = table_;
    next_ = 0;
    table_ = {table_.first + table_.cells(), 2 * table_.cells() - 1};
  }
  /// What the next insertion will move, and where to; behind them, what the one after that will.
  void expect_moves() const {
    auto const* const next = &cells_[before_.first + next_];
    for (std::size_t n = 0; n < moved_at_once; ++n) ask_for(&cells_[table_.home(next[n].tag)]);
    ask_for(next + 2 * moved_at_once);
  }
  /// What is left behind says that a search goes on.
  void move_one() {
    auto& cell = cells_[before_.first + next_++];
    if (cell.row == 0 || cell.row == moved) return;
    put(std::exchange(cell, {cell.tag, moved}));
  }

  Arena<Cell> cells_;
  Table table_;
  Table before_{0, 0};
  std::size_t next_{1};  // cells of `before_` that were moved: all of its one cell
  std::size_t size_{};
};

}  // namespace spillway::core
