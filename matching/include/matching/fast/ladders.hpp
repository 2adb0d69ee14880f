// matching/fast/ladders.hpp - all ladders of the book in one structure: best key and head of each in dense
// arrays. Room:   matching (pure); sees market. Layout: a level is 8 bytes (head, tail), a page is 8 levels
// in one cache line, a ladder is a sorted vector of its pages (best last) with a cache of 16 in front. Pages
// and vectors come from shared pools sized for the worst case (one node a page), so they can't run out before
// the nodes do.
#pragma once

#include <array>
#include <bit>
#include <vector>

#include "matching/fast/nodes.hpp"

namespace spillway::fast {

class Ladders {
 public:
  /// `nodes` outlives the ladders; at most `nodes.size()` of them stand at any time.
  Ladders(Arena<Node>& nodes, std::size_t ladders);

  /// A ladder is opened before its first use.
  void open(LadderId g) { best_[g] = no_key; }
  [[nodiscard]] Key best(LadderId g) const { return best_[g]; }  // no_key when empty
  [[nodiscard]] Handle head(LadderId g) const { return head_[g]; }
  [[nodiscard]] LadderId ladder_of(Node const& n) const { return pages_[n.level >> 3].ladder; }

  /// At the tail of its level: the newest of its rank. True when the ladder's best price improved.
  bool append(LadderId g, Handle n);
  /// At the place that its sequence gives it.
  bool insert(LadderId g, Handle n);
  void remove(LadderId g, Handle n);
  void remove(Handle n) { remove(ladder_of(nodes_[n]), n); }
  /// `fresh` takes over the place of `old`, which leaves; both have the same key.
  void replace(Handle old, Handle fresh);
  /// The next in the ladder, 0 at its end.
  [[nodiscard]] Handle after(Handle n) const;
  void check_invariants(LadderId g) const;
  [[nodiscard]] std::size_t pages_in_use() const { return pages_used_; }
  void prefault(std::size_t nodes);

 private:
  struct Level {
    Handle head, tail;
  };
  struct alignas(64) Page {
    std::array<Level, 8> levels;
  };
  struct PageHead {
    LadderId ladder;
    std::uint16_t place;  // rank / 8
    std::uint8_t used;    // bit per level
    std::uint8_t spare;
  };
  struct Entry {
    std::uint32_t place, page;
  };
  struct Row {  // a ladder's pages, worst first
    std::uint32_t chunk;
    std::uint16_t count;
    std::uint8_t size_class, held;  // held: it has a chunk
  };
  struct Near {
    std::array<Entry, 16> entry;  // place + 1, so that zero is nothing
  };
  struct Chunks {
    explicit Chunks(std::size_t n) : entries(n) {}
    Arena<Entry> entries;
    std::uint32_t next{}, free{};  // free: chunk + 1
  };
  static constexpr std::uint32_t least_chunk = 4, size_classes = 13;

  std::uint32_t page_for(LadderId g, std::uint32_t place) {
    auto const& near = near_[g].entry[place & 15];
    return near.place == place + 1 ? near.page : find_page(g, place);
  }
  std::uint32_t find_page(LadderId g, std::uint32_t place);
  void drop_page(std::uint32_t page);
  void close_page(LadderId g, std::uint32_t page, bool was_best);
  [[nodiscard]] std::uint32_t take_chunk(std::uint32_t size_class);
  void move_to(Row& row, std::uint32_t size_class);
  [[nodiscard]] Entry* entries(Row const& row) {
    return &classes_[row.size_class].entries[std::size_t{row.chunk} * (least_chunk << row.size_class)];
  }
  [[nodiscard]] Entry const* entries(Row const& row) const {
    return &classes_[row.size_class].entries[std::size_t{row.chunk} * (least_chunk << row.size_class)];
  }
  [[nodiscard]] std::uint32_t position(Row const& row, std::uint32_t place) const;

  Arena<Node>& nodes_;
  Arena<Key> best_;
  Arena<Handle> head_;
  Arena<Row> rows_;
  Arena<Near> near_;
  Arena<Page> levels_;
  Arena<PageHead> pages_;
  std::vector<Chunks> classes_;
  std::uint32_t next_page_{1}, free_page_{}, pages_used_{};
};

[[gnu::always_inline]] inline bool Ladders::append(LadderId g, Handle n) {
  auto& node = nodes_[n];
  auto const rank = rank_of(node.key);
  auto const page = page_for(g, rank >> 3), slot = rank & 7;
  auto& level = levels_[page].levels[slot];
  node.level = page << 3 | slot;
  node.next = 0;
  if (level.head != 0) {
    node.prev = level.tail;
    nodes_[level.tail].next = n;
    level.tail = n;
    return false;  // a level that stands is never better than the best
  }
  node.prev = 0;
  level = {n, n};
  pages_[page].used = static_cast<std::uint8_t>(pages_[page].used | 1u << slot);
  if (node.key > best_[g]) return false;
  best_[g] = node.key;
  head_[g] = n;
  return true;
}

[[gnu::always_inline]] inline void Ladders::remove(LadderId g, Handle n) {
  auto& node = nodes_[n];
  auto const page = node.level >> 3, slot = node.level & 7;
  auto& level = levels_[page].levels[slot];
  auto const prev = node.prev, next = node.next;
  node.level = 0;
  (prev != 0 ? nodes_[prev].next : level.head) = next;
  (next != 0 ? nodes_[next].prev : level.tail) = prev;
  if (prev != 0) return;  // not the first of its level, so not the best
  if (next != 0) {
    if (head_[g] != n) return;
    head_[g] = next;
    best_[g] = nodes_[next].key;
    return;
  }
  auto& used = pages_[page].used;
  used = static_cast<std::uint8_t>(used & ~(1u << slot));
  bool const was_best = head_[g] == n;
  if (used == 0) return close_page(g, page, was_best);
  if (!was_best) return;
  head_[g] = levels_[page].levels[static_cast<std::uint32_t>(std::countr_zero(used))].head;
  best_[g] = nodes_[head_[g]].key;
}

}  // namespace spillway::fast
