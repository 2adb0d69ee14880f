// matching/row_index.hpp - from content to its row: an open table of hashes that never grows and never is
// walked.
// Room:   matching (pure); sees market.
#pragma once

#include <bit>
#include <cstdint>

#include "matching/fast/arena.hpp"

namespace spillway {

class RowIndex {
 public:
  /// At most `most` rows at a time.
  explicit RowIndex(std::size_t most) : mask_(std::bit_ceil(2 * most + 2) - 1), cells_(mask_ + 1) {}

  /// The row of this hash that is the `same`, 0 when there is none.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same same) const {
    for (auto i = home(hash); cells_[i].row != 0; i = (i + 1) & mask_)
      if (cells_[i].hash == hash && same(cells_[i].row)) return cells_[i].row;
    return 0;
  }
  void insert(std::uint64_t hash, std::uint32_t row) {
    auto i = home(hash);
    while (cells_[i].row != 0) i = (i + 1) & mask_;
    cells_[i] = {hash, row};
  }
  /// The row is there. What stands behind it moves up, so that no search stops early.
  void erase(std::uint64_t hash, std::uint32_t row) {
    auto hole = home(hash);
    while (cells_[hole].row != row) hole = (hole + 1) & mask_;
    for (auto i = (hole + 1) & mask_; cells_[i].row != 0; i = (i + 1) & mask_) {
      if (((i - home(cells_[i].hash)) & mask_) < ((i - hole) & mask_)) continue;
      cells_[hole] = cells_[i];
      hole = i;
    }
    cells_[hole] = {};
  }

  /// One value more in a hash.
  static std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    return (hash ^ value) * 0x9E3779B97F4A7C15u ^ hash >> 29;
  }

 private:
  struct Cell {
    std::uint64_t hash;
    std::uint32_t row;  // 0: nothing
  };
  [[nodiscard]] std::size_t home(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash * 0x9E3779B97F4A7C15u >> 20) & mask_;
  }
  std::size_t mask_;
  Arena<Cell> cells_;
};

}  // namespace spillway
