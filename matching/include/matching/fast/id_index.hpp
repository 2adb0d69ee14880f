// matching/fast/id_index.hpp - from the id of an order or offer to its row, at the cost of a flat array.
// Room:   matching (pure); sees market.
// Rule:   ids come from one counter, so the low bits of recent ones differ: they index a flat array. An older
// id whose slot a new one takes moves to short chains beside it: what lives long is looked for least. They
// are few and stand on little memory, all of it resident from the start.
#pragma once

#include "matching/fast/nodes.hpp"

namespace spillway::fast {

class IdIndex {
 public:
  /// The lines under `nodes` and `cold`, so many as `rows`, outlive the index; `most` ids at a time.
  IdIndex(Nodes nodes, Colds cold, std::size_t rows, std::size_t most);

  /// The row of a live id, 0 when there is none.
  [[nodiscard]] Handle find(std::uint64_t id) const {
    auto const n = slots_[id & slot_mask_];
    if (n != 0 && is(n, id)) return n;
    return stray_count_ == 0 ? 0 : find_stray(id);
  }
  /// The row of an id that has its slot to itself; some row or none, if the slot is another's.
  [[nodiscard]] Handle likely(std::uint64_t id) const { return slots_[id & slot_mask_]; }
  /// `id` is not in the index.
  void insert(std::uint64_t id, Handle n) {
    make_room(id);
    slot_of(id) = n;
  }
  void erase(Handle n) {
    auto& slot = slot_of(nodes_[n].id_low);
    if (slot != n) return erase_stray(id_of(n), n);
    slot = 0;
  }
  /// The slot that an id has to itself, or shares with those beside the slots.
  [[nodiscard]] Handle& slot_of(std::uint64_t id) { return slots_[id & slot_mask_]; }
  /// The same while no id needs more than 32 bits; from then on one that stays empty. So who stands in it has
  /// this id as soon as `id_low` says so, and a cancel does not ask whether there are wide ids.
  [[nodiscard]] Handle& narrow_slot_of(std::uint64_t id) { return narrow_slots_[id & narrow_mask_]; }
  /// Makes the slot of an id free for it, and ids of its size known.
  void make_room(std::uint64_t id);
  /// Up to here an id goes in by its slot alone, once that is free.
  [[nodiscard]] std::uint64_t highest() const { return highest_; }
  [[nodiscard, gnu::always_inline]] std::uint64_t id_of(Handle n) const {
    auto const low = nodes_[n].id_low;
    return wide_ ? std::uint64_t{cold_[n].id_high_terms >> term_bits} << 32 | low : low;
  }
  void prefault(std::size_t nodes) {
    slots_.prefault_first(slots_.size());
    strays_.prefault_first(strays_.size());
    next_.prefault_first(nodes);
  }

 private:
  [[nodiscard]] bool is(Handle n, std::uint64_t id) const {
    if (nodes_[n].id_low != static_cast<std::uint32_t>(id)) return false;
    auto const high = wide_ ? cold_[n].id_high_terms >> term_bits : 0;
    return high == static_cast<std::uint32_t>(id >> 32);
  }
  [[nodiscard]] std::size_t home(std::uint64_t id) const {
    return static_cast<std::size_t>(id * 0x9E3779B97F4A7C15u >> 24) & stray_mask_;
  }
  [[nodiscard]] Handle find_stray(std::uint64_t id) const;
  void insert_stray(std::uint64_t id, Handle n);
  void erase_stray(std::uint64_t id, Handle n);

  Nodes nodes_;
  Colds cold_;
  std::size_t slot_mask_, stray_mask_;
  Arena<Handle> slots_;
  Arena<Handle> strays_;  // the first of each chain
  Arena<Handle> next_;    // by row, of those in a chain
  Handle* narrow_slots_;
  std::size_t narrow_mask_;
  std::size_t stray_count_{};
  std::uint64_t highest_{0xffff'ffff};
  bool wide_{};  // the upper bits are in the cold row
};

/// A fixed open table from 64-bit keys to counts or rows; a key with value 0 is not there.
class Counts {
 public:
  explicit Counts(std::size_t most);
  [[nodiscard]] std::uint32_t at(std::uint64_t key) const {
    for (auto i = home(key);; i = (i + 1) & mask_)
      if (cells_[i].value == 0 || cells_[i].key == key) return cells_[i].value;
  }
  /// The value, made when it is not there; it must not stay 0. At most `most` keys at a time.
  std::uint32_t& of(std::uint64_t key) {
    for (auto i = home(key);; i = (i + 1) & mask_) {
      if (cells_[i].value == 0) cells_[i].key = key;
      if (cells_[i].key == key) return cells_[i].value;
    }
  }
  /// One less; true when it is gone.
  bool lower(std::uint64_t key);

 private:
  struct Cell {
    std::uint64_t key;
    std::uint32_t value;
  };
  [[nodiscard]] std::size_t home(std::uint64_t key) const {
    return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15u >> 24) & mask_;
  }

  std::size_t mask_;
  Arena<Cell> cells_;
};

}  // namespace spillway::fast
