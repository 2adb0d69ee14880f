// bench/matching/floor.hpp - the bare ladder: the least that can do the same trades. A yardstick, not a
// product.
// Room:   bench; sees the standard library only. Has: one tick ladder of 4,096 levels a side and book, a
//         bitmap of two levels over it, one pool of 24-byte nodes for all books, ids as an index. Has not:
//         checks, conditions, events, eligibility, pools of capacity, capacity limits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common_workload.hpp"
#include "tally.hpp"

namespace spillway::bench {

class Floor {
 public:
  Floor(std::uint32_t books, std::uint32_t highest_id) : ladders_(2 * books), at_(highest_id + 1) {
    nodes_.resize(1);
    nodes_.reserve(std::size_t{highest_id} / 2 + 2);
  }

  void apply(Command const& c) {
    if (c.verb == Verb::add) return place(c);
    auto const target = c.verb == Verb::cancel ? c.id : c.old_id;
    if (at_[target] == 0) return void(++tally.rejects);
    unlink(at_[target]), at_[target] = 0;
    if (c.verb == Verb::replace) place(c);
  }

  Tally tally;

 private:
  static constexpr std::uint32_t levels = 4'096, lowest_price = base_price - 2'048;
  struct Node {
    std::uint32_t id, lots, prev, next, ladder, level;  // prev, next: 0 = none
  };
  struct Level {
    std::uint32_t head{}, tail{};
  };
  struct Ladder {  // level 0 is the best price that there could be: bids are mirrored
    Level level[levels];
    std::uint64_t words[levels / 64]{}, summary{};
    [[nodiscard]] std::uint32_t best() const {
      if (summary == 0) return levels;
      auto const word = static_cast<std::uint32_t>(std::countr_zero(summary));
      return word * 64 + static_cast<std::uint32_t>(std::countr_zero(words[word]));
    }
  };

  static std::uint32_t level_of(std::uint32_t price, Side side) {
    auto const up = price - lowest_price;
    return side == Side::sell ? up : levels - 1 - up;
  }

  void place(Command const& c) {
    auto const own = c.book * 2 + static_cast<std::uint32_t>(c.side), other = own ^ 1;
    auto lots = c.quantity;
    auto const limit = levels - 1 - level_of(c.price, c.side);  // as a level of the other side
    auto& against = ladders_[other];
    for (auto best = against.best(); lots != 0 && best <= limit; best = against.best()) {
      auto& level = against.level[best];
      auto const price = c.side == Side::buy ? lowest_price + best : lowest_price + levels - 1 - best;
      while (lots != 0 && level.head != 0) {
        auto& maker = nodes_[level.head];
        auto const traded = maker.lots < lots ? maker.lots : lots;
        tally.fill(maker.id, c.id, traded, price);
        lots -= traded, maker.lots -= traded;
        if (maker.lots == 0) at_[maker.id] = 0, unlink(level.head);
      }
    }
    if (lots != 0 && c.ioc == 0) rest(c, lots, own);
  }

  void rest(Command const& c, std::uint32_t lots, std::uint32_t own) {
    auto const at = take_node();
    auto const index = level_of(c.price, c.side);
    auto& ladder = ladders_[own];
    auto& level = ladder.level[index];
    nodes_[at] = {c.id, lots, level.tail, 0, own, index};
    if (level.tail != 0) {
      nodes_[level.tail].next = at;
    } else {
      level.head = at;
      ladder.words[index / 64] |= std::uint64_t{1} << (index % 64);
      ladder.summary |= std::uint64_t{1} << (index / 64);
    }
    level.tail = at;
    at_[c.id] = at;
  }

  void unlink(std::uint32_t at) {
    auto& node = nodes_[at];
    auto& ladder = ladders_[node.ladder];
    auto& level = ladder.level[node.level];
    (node.prev != 0 ? nodes_[node.prev].next : level.head) = node.next;
    (node.next != 0 ? nodes_[node.next].prev : level.tail) = node.prev;
    if (level.head == 0) {
      auto& word = ladder.words[node.level / 64];
      word &= ~(std::uint64_t{1} << (node.level % 64));
      if (word == 0) ladder.summary &= ~(std::uint64_t{1} << (node.level / 64));
    }
    node.next = free_, free_ = at;
  }

  std::uint32_t take_node() {
    if (free_ == 0) return nodes_.push_back({}), static_cast<std::uint32_t>(nodes_.size() - 1);
    auto const at = free_;
    free_ = nodes_[at].next;
    return at;
  }

  std::vector<Ladder> ladders_;    // 2 x book + side
  std::vector<Node> nodes_;        // 0 is no node
  std::vector<std::uint32_t> at_;  // node by id, 0 = not live
  std::uint32_t free_{};
};

}  // namespace spillway::bench
