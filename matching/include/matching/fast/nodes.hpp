// matching/fast/nodes.hpp - what one resting order or one tranche of an offer is in memory.
// Room:   matching (pure); sees market.
// Layout: 32 hot bytes that the walk reads and 32 colder ones behind them on the same cache line, since what
// comes, trades or is looked up touches both; 32 more that only offers of attested pools, tranches and
// displays touch stand in a parallel array. Handles are rows; 0 is none.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "market/price_grid.hpp"
#include "matching/fast/arena.hpp"

namespace spillway::fast {

using spillway::Arena;  // `fast` is open only where the fast book is

using Handle = std::uint32_t;
using LadderId = std::uint32_t;

/// Rank within all ladders of a side: 17 bits of grid index (bids mirrored, so that less is better) over 47
/// bits of priority sequence. At one arrival a nanosecond the sequence lasts for a day and a half; at the
/// million a second of a busy exchange, for four years; it is never renumbered, and a snapshot restart begins
/// it anew.
using Key = std::uint64_t;
inline constexpr int sequence_bits = 47;
inline constexpr Key no_key = ~Key{0};

[[nodiscard]] constexpr Key key_of(std::uint32_t rank, std::uint64_t sequence) {
  return Key{rank} << sequence_bits | sequence;
}
[[nodiscard]] constexpr std::uint32_t rank_of(Key key) {
  return static_cast<std::uint32_t>(key >> sequence_bits);
}
/// The last key of a rank: what a limit admits.
[[nodiscard]] constexpr Key last_of(std::uint32_t rank) { return key_of(rank + 1, 0) - 1; }
[[nodiscard]] constexpr std::uint32_t mirrored(std::uint32_t price) { return highest_price.v - price; }

enum NodeFlag : std::uint32_t {
  node_live = 1,   // the row is in use
  node_offer = 2,  // an offer or one of its tranches, else an order
  node_special =
      4,  // offer: a pool, minimum, maximum, display, lot or replenishment to mind; order: conditional
  node_extra = 8,        // a tranche that is not its offer's oldest
  node_timed = 16,       // stands in the heap of expiries
  node_owner_shift = 8,  // the participant stands above
};

struct Node {
  Key key;
  std::uint32_t id_low;
  std::uint32_t lots;
  Handle prev, next;    // within the level; next links free rows too
  std::uint32_t level;  // page * 8 + slot; 0: in no ladder
  std::uint32_t owner_flags;

  [[nodiscard]] bool is(NodeFlag flag) const { return (owner_flags & flag) != 0; }
  [[nodiscard]] std::uint32_t owner() const { return owner_flags >> node_owner_shift; }
};
static_assert(sizeof(Node) == 32);

enum Term : std::uint32_t {
  term_timed = 1,  // tif timed, else gtc
  term_near = 2,
  term_post_only = 4,
  term_replenish = 8,
  term_trade_shift = 4,  // two bits of SelfTrade
  term_bits = 8,
};
inline constexpr std::uint64_t id_limit = std::uint64_t{1} << 56;

struct Cold {
  std::uint64_t session;        // these two as they stand in a BookOrder and a BookOffer
  std::int64_t expires_us;      // without meaning but in a node_timed row
  std::uint32_t id_high_terms;  // 24 bits of id over 8 bits of terms
  std::uint32_t row;            // order: signature; offer: row of its node
  std::uint32_t fill_min;
  std::uint32_t fill_max;  // order: provider list

  /// For an order or offer without `fill_max`, whose `fill_min` is small: both in one store.
  void set_only_fill_min(std::int64_t to) {
    static_assert(std::endian::native == std::endian::little);
    static_assert(offsetof(Cold, fill_max) == offsetof(Cold, fill_min) + sizeof fill_min);
    std::memcpy(reinterpret_cast<unsigned char*>(this) + offsetof(Cold, fill_min), &to, sizeof to);
  }
};
static_assert(sizeof(Cold) == 32);

struct alignas(64) Line {
  Node node;
  Cold cold;
};
static_assert(sizeof(Line) == 64);

/// One half of every line, as an array.
template <class T, T Line::*half>
class Half {
 public:
  explicit Half(Arena<Line>& lines) : lines_(&lines[0]) {}
  [[nodiscard]] T& operator[](std::size_t n) { return lines_[n].*half; }
  [[nodiscard]] T const& operator[](std::size_t n) const { return lines_[n].*half; }

 private:
  Line* lines_;
};
using Nodes = Half<Node, &Line::node>;
using Colds = Half<Cold, &Line::cold>;

/// Of special offers. The primary row is the offer's oldest tranche, or waits empty until lots return.
struct Extra {
  Handle newest;        // primary: the last of its tranches, itself when there is one or none
  Handle younger;       // the next tranche of the same offer, 0: none
  Handle primary;       // of an extra tranche
  Handle sibling;       // the next offer of an attested pool
  std::uint32_t shown;  // primary: lots of all its tranches
  std::uint32_t hidden, display;
  std::uint32_t instrument;
};
static_assert(sizeof(Extra) == 32);

}  // namespace spillway::fast
