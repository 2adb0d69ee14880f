// matching/links.cpp - edges that come and go.
// Room:   matching (pure); sees market.
#include "matching/fast/links.hpp"

#include <algorithm>

namespace spillway::fast {

void Links::append(LadderId from, LadderId to) {
  auto& row = rows_[from];
  if (row.list == nullptr || row.count == pool_.capacity(chunks_[from].size_class))
    move_to(from, row.count + 1u);
  row.list[row.count++] = to;
  row.only = row.list[0];
  bounds_[from] = 0;
}

void Links::drop(LadderId from, LadderId to) {
  auto& row = rows_[from];
  auto* const at = std::find(row.list, row.list + row.count, to);
  sw_check(at != row.list + row.count, "an edge stands in both lists");
  *at = row.list[--row.count];
  row.only = row.count > 0 ? row.list[0] : 0;
  // Down only at a quarter, so that a list that breathes does not copy each time.
  auto const held = chunks_[from].size_class;
  if (held > 0 && row.count <= pool_.capacity(held) / 4) move_to(from, pool_.capacity(held - 1u));
}

/// Into a chunk for `count`, with all that is there.
void Links::move_to(LadderId g, std::size_t count) {
  auto& row = rows_[g];
  auto const fresh = pool_.take(count);
  if (row.list != nullptr) std::copy_n(row.list, row.count, pool_.at(fresh));
  pool_.give_back(chunks_[g]);
  chunks_[g] = fresh;
  row.list = pool_.at(fresh);
}

void Links::remove_all(LadderId g) {
  auto& row = rows_[g];
  for (auto const partner : of(g)) drop(partner, g);
  pool_.give_back(chunks_[g]);
  chunks_[g] = {};
  row = {};
}

}  // namespace spillway::fast
