// matching/id_index.cpp - ids whose slot was taken, and the table of counts.
// Room:   matching (pure); sees market.
#include "matching/fast/id_index.hpp"

#include <bit>

namespace spillway::fast {

IdIndex::IdIndex(Nodes nodes, Colds cold, std::size_t rows, std::size_t most)
    : nodes_(nodes),
      cold_(cold),
      slot_mask_(std::bit_ceil(2 * most) - 1),
      stray_mask_(slot_mask_ >> 2),
      slots_(slot_mask_ + 1),
      strays_(stray_mask_ + 1),
      next_(rows),
      narrow_slots_(&slots_[0]),
      narrow_mask_(slot_mask_) {}

Handle IdIndex::find_stray(std::uint64_t id) const {
  auto n = strays_[home(id)];
  while (n != 0 && !is(n, id)) n = next_[n];
  return n;
}

void IdIndex::make_room(std::uint64_t id) {
  if (id > highest_) {
    highest_ = id_limit - 1;
    wide_ = true;
    narrow_slots_ = &next_[0];  // row 0 is nobody's, and has no next
    narrow_mask_ = 0;
  }
  auto& slot = slot_of(id);
  if (slot == 0) return;
  insert_stray(id_of(slot), slot);
  slot = 0;
}

void IdIndex::insert_stray(std::uint64_t id, Handle n) {
  auto& first = strays_[home(id)];
  next_[n] = first;
  first = n;
  ++stray_count_;
}

void IdIndex::erase_stray(std::uint64_t id, Handle n) {
  auto* link = &strays_[home(id)];
  while (*link != n) link = &next_[*link];
  *link = next_[n];
  --stray_count_;
}

Counts::Counts(std::size_t most) : mask_(std::bit_ceil(2 * most) - 1), cells_(mask_ + 1) {}

bool Counts::lower(std::uint64_t key) {
  auto hole = home(key);
  while (cells_[hole].key != key) hole = (hole + 1) & mask_;
  if (--cells_[hole].value != 0) return false;
  for (auto i = (hole + 1) & mask_; cells_[i].value != 0; i = (i + 1) & mask_) {
    if (((i - home(cells_[i].key)) & mask_) < ((i - hole) & mask_)) continue;
    cells_[hole] = cells_[i];
    hole = i;
  }
  cells_[hole] = {};
  return true;
}

}  // namespace spillway::fast
