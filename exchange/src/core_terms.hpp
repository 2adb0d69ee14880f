// exchange/src/core_terms.hpp - an order's words in bounded memory: what was asked, and what it was taken to
// mean.
// Room:   exchange_core (pure), internal.
// Rule:   a PlaceOrder owns lists on the heap; what the core keeps does not.
#pragma once

#include <array>
#include <cstdint>

#include "core_table.hpp"
#include "market/command.hpp"
#include "market/refusal.hpp"

namespace spillway::core {

/// Where long lists lie, in blocks that chain. How many blocks a list takes follows from its length alone,
/// and blocks are all alike: so what has room depends on what is kept, never on what was kept before.
class ListBlocks {
 public:
  static constexpr std::size_t ids_each = 30;
  struct Block {
    Row next;
    std::array<std::uint16_t, ids_each> ids;
  };

  /// At most `bytes` in use, whole blocks.
  explicit ListBlocks(std::size_t bytes) : blocks_(bytes / sizeof(Block) + 1) {}

  [[nodiscard]] bool has_room(std::size_t ids) const { return used_ + blocks_for(ids) < blocks_.size(); }
  /// The first of a chain for so many ids; there is room.
  [[nodiscard]] Row take(std::size_t ids);
  void give_back(Row first);
  [[nodiscard]] Block& operator[](Row row) { return blocks_[row]; }
  [[nodiscard]] Block const& operator[](Row row) const { return blocks_[row]; }

 private:
  [[nodiscard]] static std::size_t blocks_for(std::size_t ids) { return (ids + ids_each - 1) / ids_each; }

  Arena<Block> blocks_;  // from 1
  std::size_t used_{};
  Row free_{}, highest_{};  // free ones chain too
};

/// The four lists of a predicate, one after the other. Short ones lie in the row itself.
struct KeptLists {
  static constexpr std::size_t inline_max = 8;
  std::array<std::uint16_t, inline_max> here;
  Row elsewhere;                                   // all of them, when they are more than `inline_max`
  std::uint32_t models, classes, within, outside;  // how many of each

  [[nodiscard]] std::size_t count() const { return std::size_t{models} + classes + within + outside; }
};

/// Ids for which ListBlocks must have room when the predicate is kept.
[[nodiscard]] std::size_t ids_to_keep(Predicate const&);

/// As accepted, defaults filled in. `asked` holds what was said where a default stands now.
struct KeptOrder {
  struct Said {
    Micros good_for;
    Tokens output_max;
    Lots quantity;
    FaultPolicy policy;
    TierId tier;
  };
  ClientOrderId client;
  ProductKind product;
  TimeInForce tif;
  bool market, prefer_near;
  FaultPolicy policy;
  TierId tier;
  Origin origin;
  PlaceId buyer_place;
  PriceIndex limit;
  std::int32_t pue_max_milli, green_min_milli;
  Micros network, ready;
  KeptLists lists;
  Micros good_for;
  Tokens input, output_max;
  Lots quantity;
  Micros term;
  Said asked;
};

/// `full` is what `asked` was taken to mean. Into a row that keeps nothing, field by field: it is new to the
/// caches, and a copy would be read back before it is there.
void keep(KeptOrder& kept, PlaceOrder const& asked, PlaceOrder const& full, ListBlocks&);
void give_back(KeptOrder&, ListBlocks&);
/// The command again, as accepted.
[[nodiscard]] PlaceOrder words(KeptOrder const&, ListBlocks const&);
/// How a repeat differs from what was asked: `exists` when it does not.
[[nodiscard]] Refusal difference(KeptOrder const& was, PlaceOrder const& is, ListBlocks const&);
[[nodiscard]] Refusal difference(PostOffer const& was, PostOffer const& is);

}  // namespace spillway::core
