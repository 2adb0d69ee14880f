// matching/fast/ladders.hpp - all ladders of the book in one structure: best key and head of each in dense
// arrays.
// Room:   matching (pure); sees market.
// Layout: a level is 8 bytes (head, tail), a page is 8 levels in one cache line, a ladder is a sorted vector
//         of its pages (best last) with a cache of 128 in front. A page that becomes empty stays where it is,
//         since its prices come back; the best one never is, and a ladder that keeps too many gives the worst
//         of them back. Pages and vectors come from shared pools sized for the worst case (one node a page,
//         and the empty ones that may stay), so they can't run out before the nodes do.
#pragma once

#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "matching/fast/nodes.hpp"

namespace spillway::fast {

class Ladders {
 public:
  /// The lines under `nodes` outlive the ladders; at most `most` of them stand at any time.
  Ladders(Nodes nodes, std::size_t most, std::size_t ladders);

  /// A ladder is opened before its first use. What commands will touch of it becomes resident.
  void open(LadderId g) {
    best_[g] = no_key;
    near_[g].entry[0] = nowhere;
  }
  [[nodiscard]] Key best(LadderId g) const { return best_[g]; }  // no_key when empty
  [[nodiscard]] Handle head(LadderId g) const { return head_[g]; }
  [[nodiscard]] LadderId ladder_of(Node const& n) const { return pages_[n.level >> 3].ladder; }

  /// A page in front of the vectors: those of the latest prices are found here.
  struct Near {
    std::uint32_t place, page_level;  // the page's first level
    [[nodiscard]] bool holds(std::uint32_t rank) const { return place == rank >> 3; }
    [[nodiscard]] std::uint32_t level_of(std::uint32_t rank) const { return page_level | (rank & 7); }
  };
  /// The page of this rank, if any stands in front; else `level_of` finds or makes it.
  [[nodiscard]] Near const& near(LadderId g, std::uint32_t rank) const {
    return near_[g].entry[rank >> 3 & (near_pages - 1)];
  }
  std::uint32_t level_of(LadderId g, std::uint32_t rank) {
    auto const& in_front = near(g, rank);
    return in_front.holds(rank) ? in_front.level_of(rank) : find_page(g, rank >> 3) << 3 | (rank & 7);
  }
  /// At the tail of its level: the newest of its rank. True when the ladder's best price improved.
  bool append(LadderId g, Handle n);
  /// The same in two steps, where the level is known. Behind those that stand there; false: nobody does, and
  /// `found` must follow.
  bool join(std::uint32_t level, Handle n, Node& node);
  /// The first of its level. True when the ladder's best price improved.
  bool found(LadderId g, std::uint32_t level, Handle n);
  /// At the place that its sequence gives it, looked for behind `earlier` if that is not 0: a node of the
  /// same price and an earlier sequence that stands.
  bool insert(LadderId g, Handle n, Handle earlier = 0);
  void remove(LadderId g, Handle n);
  void remove(Handle n) { remove(ladder_of(nodes_[n]), n); }
  void remove_head(LadderId g);  // of all that stand in it
  /// Takes out of its level what stood there between these neighbours, of which `prev` is some.
  void unlink_behind(std::uint32_t level, Handle prev, Handle next);
  /// The same for the first of a level.
  void unlink_front(LadderId g, Handle n, std::uint32_t level, Handle next);
  /// `fresh` takes over the place of `old`, which leaves; both have the same key.
  void replace(Handle old, Handle fresh);
  /// The next in the ladder, 0 at its end.
  [[nodiscard]] Handle after(Handle n) const;
  void check_invariants(LadderId g) const;
  [[nodiscard]] std::size_t pages_in_use() const { return pages_used_; }  // empty ones too
  void prefault(std::size_t nodes);

 private:
  struct Level {
    Handle head, tail;
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
  struct Row {    // a ladder's pages, worst first
    Entry* list;  // null: no chunk yet
    std::uint32_t chunk;
    std::uint16_t count, empty;
    std::uint64_t size_class;
  };
  /// Pages that a ladder may keep empty, when so many stand in it.
  static constexpr std::uint32_t empty_max(std::uint32_t count) { return 16 + count / 8; }
  static constexpr std::uint32_t near_pages = 128;
  /// No rank is there. Zeroes say the same but in the first entry, the only one that place 0 could have.
  static constexpr Near nowhere{~0u, 0};
  struct Nears {
    std::array<Near, near_pages> entry;
  };
  struct Chunks {
    explicit Chunks(std::size_t n) : entries(n) {}
    Arena<Entry> entries;
    std::uint32_t next{}, free{};  // free: chunk + 1
  };
  static constexpr std::uint32_t least_chunk = 4, size_classes = 13;

  void emptied(LadderId g, std::uint32_t level, Handle was_there);
  std::uint32_t find_page(LadderId g, std::uint32_t place);
  void forget_page(LadderId g, Entry entry);
  [[nodiscard]] Handle first_behind(Level const& level, std::uint64_t key, Handle earlier) const;
  void head_anew(LadderId g, std::uint32_t page);
  void close_best(LadderId g);
  void give_back_worst(LadderId g);
  void shrink(Row& row);
  [[nodiscard]] std::uint32_t take_chunk(std::uint64_t size_class);
  void move_to(Row& row, std::uint64_t size_class);
  [[nodiscard]] Entry* chunk_at(std::uint64_t size_class, std::uint32_t chunk) {
    return &classes_[size_class].entries[std::size_t{chunk} * (least_chunk << size_class)];
  }
  [[nodiscard]] static std::uint32_t position(Row const& row, std::uint32_t place);

  Nodes nodes_;
  Arena<Key> best_;
  Arena<Handle> head_;
  Arena<Row> rows_;
  Arena<Nears> near_;
  Arena<Level> levels_;  // eight a page, in one cache line
  Arena<PageHead> pages_;
  std::vector<Chunks> classes_;
  std::uint32_t next_page_{1}, free_page_{}, pages_used_{};
};

[[gnu::always_inline]] inline bool Ladders::join(std::uint32_t level, Handle n, Node& node) {
  auto& spot = levels_[level];
  auto const tail = spot.tail;
  node.level = level;
  node.next = 0;
  node.prev = tail;
  if (tail == 0) return false;
  nodes_[tail].next = n;
  spot.tail = n;
  return true;  // a level that stands is never better than the best
}

[[gnu::always_inline]] inline bool Ladders::found(LadderId g, std::uint32_t level, Handle n) {
  levels_[level] = {n, n};
  auto const key = nodes_[n].key;
  auto& used = pages_[level >> 3].used;
  if (used == 0) --rows_[g].empty;
  used = static_cast<std::uint8_t>(used | 1u << (level & 7));
  if (key > best_[g]) return false;
  best_[g] = key;
  head_[g] = n;
  return true;
}

[[gnu::always_inline]] inline void Ladders::unlink_behind(std::uint32_t level, Handle prev, Handle next) {
  nodes_[prev].next = next;
  (next != 0 ? nodes_[next].prev : levels_[level].tail) = prev;
}

[[gnu::always_inline]] inline void Ladders::unlink_front(LadderId g, Handle n, std::uint32_t level,
                                                         Handle next) {
  auto& spot = levels_[level];
  spot.head = next;
  if (next == 0) {
    spot.tail = 0;
    return emptied(g, level, n);
  }
  nodes_[next].prev = 0;
  if (head_[g] != n) return;
  head_[g] = next;
  best_[g] = nodes_[next].key;
}

inline void Ladders::remove_head(LadderId g) {
  auto const n = head_[g];
  auto const level = std::exchange(nodes_[n].level, 0);
  auto const next = nodes_[n].next;
  auto& spot = levels_[level];
  spot.head = next;
  if (next == 0) {
    spot.tail = 0;
    return emptied(g, level, n);
  }
  nodes_[next].prev = 0;
  head_[g] = next;
  best_[g] = nodes_[next].key;
}

}  // namespace spillway::fast
