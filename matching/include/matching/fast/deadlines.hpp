// matching/fast/deadlines.hpp - what expires, earliest first, then by id: a heap in a fixed array.
// Room:   matching (pure); sees market.
#pragma once

#include "matching/fast/id_index.hpp"

namespace spillway::fast {

class Deadlines {
 public:
  /// The lines under `cold`, and `ids`, outlive the heap.
  Deadlines(Colds cold, IdIndex const& ids, std::size_t nodes)
      : cold_(cold), ids_(ids), heap_(nodes + 1), place_(nodes + 1) {}

  void insert(Handle n);
  void erase(Handle n);
  [[nodiscard]] Handle earliest() const { return count_ == 0 ? 0 : heap_[1]; }
  [[nodiscard]] std::size_t size() const { return count_; }
  void check_invariants() const;

 private:
  [[nodiscard]] bool before(Handle a, Handle b) const {
    auto const ta = cold_[a].expires_us, tb = cold_[b].expires_us;
    return ta != tb ? ta < tb : ids_.id_of(a) < ids_.id_of(b);
  }
  void put(std::uint32_t at, Handle n) { heap_[at] = n, place_[n] = at; }
  void settle(std::uint32_t at, Handle n);

  Colds cold_;
  IdIndex const& ids_;
  Arena<Handle> heap_;          // from 1
  Arena<std::uint32_t> place_;  // of each row in the heap
  std::uint32_t count_{};
};

}  // namespace spillway::fast
