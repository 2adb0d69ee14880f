// matching/ladders.cpp - pages of the ladders: found, made, dropped.
// Room:   matching (pure); sees market.
#include "matching/fast/ladders.hpp"

#include <cstring>

#include "market/check.hpp"

namespace spillway::fast {

namespace {

/// Entries of one size class that can be in use at once: every chunk beyond the least is more than a quarter
/// full.
std::size_t worst_entries(std::size_t pages, std::size_t ladders, std::uint32_t size_class) {
  return size_class == 0 ? 4 * ladders : 4 * pages + (std::size_t{8} << size_class);
}

/// One node a page, 16 empty ones a ladder, and one empty for every seven others.
std::size_t worst_pages(std::size_t nodes, std::size_t ladders) {
  return nodes + (nodes + 16 * ladders) / 7 + 16 * ladders + 2;
}

}  // namespace

Ladders::Ladders(Nodes nodes, std::size_t most, std::size_t ladders)
    : nodes_(nodes),
      best_(ladders),
      head_(ladders),
      rows_(ladders),
      near_(ladders),
      levels_(8 * worst_pages(most, ladders)),
      pages_(worst_pages(most, ladders)) {
  classes_.reserve(size_classes);
  for (std::uint32_t c = 0; c < size_classes; ++c)
    classes_.emplace_back(worst_entries(pages_.size(), ladders, c));
}

bool Ladders::append(LadderId g, Handle n) {
  auto& node = nodes_[n];
  auto const level = level_of(g, rank_of(node.key));
  return !join(level, n, node) && found(g, level, n);
}

bool Ladders::insert(LadderId g, Handle n, Handle earlier) {
  auto& node = nodes_[n];
  auto const at = level_of(g, rank_of(node.key));
  auto& level = levels_[at];
  if (level.head == 0 || nodes_[level.tail].key < node.key) return !join(at, n, node) && found(g, at, n);
  // An offer whose pool is full stands aside with all its tranches, and comes back between the same
  // neighbours as a rule: who stood on the left, and still stands there, is a step away.
  if (auto const left = node.prev; left != 0) {
    auto const& known = nodes_[left];
    bool const stands = known.is(node_live) && known.level == at && known.key < node.key;
    if (stands && (earlier == 0 || nodes_[earlier].key < known.key)) earlier = left;
  }
  auto const later = first_behind(level, node.key, earlier);
  node.level = at;
  node.next = later;
  node.prev = nodes_[later].prev;
  (node.prev != 0 ? nodes_[node.prev].next : level.head) = n;
  nodes_[later].prev = n;
  if (node.key > best_[g]) return false;
  best_[g] = node.key;
  head_[g] = n;
  return false;  // the price stood already
}

/// The earliest that stands behind `key`; the tail does. Without `earlier` it is looked for from both ends:
/// who comes back is one of the oldest as a rule, or of the newest.
Handle Ladders::first_behind(Level const& level, std::uint64_t key, Handle earlier) const {
  if (earlier != 0) {
    auto later = nodes_[earlier].next;
    while (nodes_[later].key < key) later = nodes_[later].next;
    return later;
  }
  for (Handle front = level.head, back = level.tail;; front = nodes_[front].next) {
    if (nodes_[front].key > key) return front;
    auto const before = nodes_[back].prev;
    if (before == 0 || nodes_[before].key < key) return back;
    back = before;
  }
}

void Ladders::remove(LadderId g, Handle n) {
  auto& node = nodes_[n];
  auto const level = node.level;
  node.level = 0;
  if (node.prev != 0) return unlink_behind(level, node.prev, node.next);
  unlink_front(g, n, level, node.next);
}

void Ladders::emptied(LadderId g, std::uint32_t level, Handle was_there) {
  auto const page = level >> 3;
  auto& used = pages_[page].used;
  used = static_cast<std::uint8_t>(used & ~(1u << (level & 7)));
  bool const was_best = head_[g] == was_there;
  if (used != 0) {
    if (was_best) head_anew(g, page);
    return;
  }
  auto& row = rows_[g];
  ++row.empty;
  if (was_best) return close_best(g);
  if (row.empty > empty_max(row.count)) give_back_worst(g);
}

/// The best of `page` is the best of the ladder.
void Ladders::head_anew(LadderId g, std::uint32_t page) {
  auto const slot = static_cast<std::uint32_t>(std::countr_zero(pages_[page].used));
  head_[g] = levels_[page << 3 | slot].head;
  best_[g] = nodes_[head_[g]].key;
}

void Ladders::replace(Handle old, Handle fresh) {
  auto const& from = nodes_[old];
  auto& to = nodes_[fresh];
  auto& level = levels_[from.level];
  auto const g = ladder_of(from);
  to.level = from.level, to.prev = from.prev, to.next = from.next;
  (to.prev != 0 ? nodes_[to.prev].next : level.head) = fresh;
  (to.next != 0 ? nodes_[to.next].prev : level.tail) = fresh;
  if (head_[g] == old) head_[g] = fresh;
  nodes_[old].level = 0;
}

Handle Ladders::after(Handle n) const {
  auto const& node = nodes_[n];
  if (node.next != 0) return node.next;
  auto const page = node.level >> 3, slot = node.level & 7;
  auto const& head = pages_[page];
  if (auto const rest = static_cast<std::uint32_t>(head.used) >> slot >> 1; rest != 0)
    return levels_[node.level + 1 + static_cast<std::uint32_t>(std::countr_zero(rest))].head;
  auto const& row = rows_[head.ladder];
  auto const* const list = row.list;
  for (auto at = position(row, head.place); at > 0; --at)
    if (auto const worse = list[at - 1].page; pages_[worse].used != 0)
      return levels_[worse << 3 | static_cast<std::uint32_t>(std::countr_zero(pages_[worse].used))].head;
  return 0;
}

/// Where `place` stands or would stand: entries are sorted from the worst place to the best. Most are looked
/// for among the best.
std::uint32_t Ladders::position(Row const& row, std::uint32_t place) {
  constexpr std::uint32_t step_by_step = 16;
  auto const* const first = row.list;
  auto at = std::uint32_t{row.count};
  if (at <= step_by_step || first[at - step_by_step].place > place) {
    while (at > 0 && first[at - 1].place <= place) --at;
    return at;
  }
  auto const* it = first;
  for (; at > 1; at -= at / 2) it += it[at / 2 - 1].place > place ? at / 2 : 0;
  return static_cast<std::uint32_t>(it - first) + (it->place > place);
}

std::uint32_t Ladders::find_page(LadderId g, std::uint32_t place) {
  auto& row = rows_[g];
  auto& near = near_[g].entry[place & (near_pages - 1)];
  if (row.list == nullptr) {
    auto const chunk = take_chunk(0);
    row = {chunk_at(0, chunk), chunk, 0, 0, 0};
  }
  auto at = position(row, place);
  auto* list = row.list;
  if (at < row.count && list[at].place == place) {
    near = {place, list[at].page << 3};
    return list[at].page;
  }
  if (row.count == least_chunk << row.size_class) {
    move_to(row, row.size_class + 1u);
    list = row.list;
  }
  std::memmove(list + at + 1, list + at, (row.count - at) * sizeof(Entry));
  auto const page = free_page_ != 0 ? free_page_ : next_page_++;
  if (free_page_ != 0) free_page_ = pages_[page].ladder;
  sw_check(page < pages_.size(), "no more pages than nodes, and empty ones within their limit");
  ++pages_used_;
  pages_[page] = {g, static_cast<std::uint16_t>(place), 0, 0};
  list[at] = {place, page};
  ++row.count;
  ++row.empty;
  near = {place, page << 3};
  return page;
}

std::uint32_t Ladders::take_chunk(std::uint64_t size_class) {
  auto& c = classes_[size_class];
  auto const cap = least_chunk << size_class;
  if (c.free == 0) {
    sw_check((std::size_t{c.next} + 1) * cap <= c.entries.size(), "room for the pages of every ladder");
    return c.next++;
  }
  auto const chunk = c.free - 1;
  c.free = c.entries[std::size_t{chunk} * cap].place;
  return chunk;
}

void Ladders::move_to(Row& row, std::uint64_t size_class) {
  sw_check(size_class < size_classes, "no ladder has more pages than the grid");
  auto const old = row;
  row.size_class = size_class;
  row.chunk = take_chunk(size_class);
  row.list = chunk_at(size_class, row.chunk);
  std::memcpy(row.list, old.list, old.count * sizeof(Entry));
  old.list->place = classes_[old.size_class].free;
  classes_[old.size_class].free = old.chunk + 1;
}

/// Its entry in the vector is the caller's to remove.
void Ladders::forget_page(LadderId g, Entry entry) {
  auto& near = near_[g].entry[entry.place & (near_pages - 1)];
  if (near.page_level == entry.page << 3) near = nowhere;
  pages_[entry.page] = {free_page_, 0, 0, 0};
  free_page_ = entry.page;
  --pages_used_;
}

/// Down only at a quarter, so that a ladder that breathes does not copy each time.
void Ladders::shrink(Row& row) {
  while (row.size_class > 0 && row.count <= least_chunk << row.size_class >> 2)
    move_to(row, row.size_class - 1u);
}

/// The last level of the best page became empty: it goes, with all that stood empty behind it.
void Ladders::close_best(LadderId g) {
  auto& row = rows_[g];
  auto const* const list = row.list;
  while (row.count > 0 && pages_[list[row.count - 1u].page].used == 0) {
    --row.count;
    --row.empty;
    forget_page(g, list[row.count]);
  }
  auto const page = row.count > 0 ? list[row.count - 1u].page : 0;
  if (row.empty > empty_max(row.count)) give_back_worst(g);
  shrink(row);
  if (page != 0) return head_anew(g, page);
  best_[g] = no_key;
  head_[g] = 0;
}

/// Half of the empty pages that may stay: those nearer to the best are wanted sooner.
void Ladders::give_back_worst(LadderId g) {
  auto& row = rows_[g];
  auto* const list = row.list;
  auto surplus = row.empty - empty_max(row.count) / 2;
  row.empty = static_cast<std::uint16_t>(row.empty - surplus);
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < row.count; ++i) {
    if (surplus > 0 && pages_[list[i].page].used == 0) {
      forget_page(g, list[i]);
      --surplus;
    } else {
      list[kept++] = list[i];
    }
  }
  row.count = static_cast<std::uint16_t>(kept);
  shrink(row);
}

void Ladders::prefault(std::size_t nodes) {
  levels_.prefault_first(4 * nodes);
  pages_.prefault_first(nodes / 2);
}

void Ladders::check_invariants(LadderId g) const {
  auto const& row = rows_[g];
  Handle first = 0;
  std::uint32_t empty = 0;
  for (std::uint32_t i = 0; i < row.count; ++i) {
    auto const& entry = row.list[i];
    auto const& head = pages_[entry.page];
    sw_check(head.ladder == g && head.place == entry.place, "a page knows its ladder and place");
    empty += head.used == 0;
    sw_check(i == 0 || row.list[i - 1].place > entry.place, "pages stand from the worst to the best");
    for (std::uint32_t slot = 8; slot-- > 0;) {
      auto const& level = levels_[entry.page << 3 | slot];
      sw_check((level.head != 0) == ((head.used >> slot & 1) != 0), "a level with orders has its bit");
      Handle before = 0;
      for (auto n = level.head; n != 0; before = n, n = nodes_[n].next) {
        auto const& node = nodes_[n];
        sw_check(node.prev == before && node.level == (entry.page << 3 | slot),
                 "a node knows its neighbours");
        sw_check(rank_of(node.key) == (entry.place << 3 | slot), "a node stands at its price");
        sw_check(before == 0 || nodes_[before].key < node.key, "at one price the earlier stands first");
      }
      sw_check(level.head == 0 || level.tail == before, "a level knows its last");
      if (level.head != 0) first = level.head;
    }
  }
  sw_check(row.empty == empty && empty <= empty_max(row.count), "the empty pages are counted, and few");
  sw_check(row.count == 0 || pages_[row.list[row.count - 1u].page].used != 0, "the best page is not empty");
  sw_check(best_[g] == (first != 0 ? nodes_[first].key : no_key), "the best key is the key of the first");
  sw_check(first == 0 || head_[g] == first, "the head is the first");
}

}  // namespace spillway::fast
