// matching/predicate_store.hpp - the interned predicates by row, in memory that is taken once.
// Room:   matching (pure); sees market.
// Rule:   equal predicates have one row. Lists of ids lie in chunks of a shared pool; the rest is flat.
#pragma once

#include <array>
#include <cstdint>

#include "market/predicate.hpp"
#include "matching/fast/chunk_pool.hpp"
#include "matching/row_index.hpp"

namespace spillway {

class PredicateStore {
 public:
  static constexpr std::size_t ids_each = 16;       // on average, of all lists of a predicate: sizes the pool
  static constexpr std::size_t ids_most = 131'072;  // of one predicate

  explicit PredicateStore(std::size_t predicates_most);

  /// The row of an equal one, 0 when there is none.
  [[nodiscard]] std::uint32_t find(Predicate const&) const;
  [[nodiscard]] bool has_room(Predicate const&) const;
  /// Into a row that holds nothing; there is room, and no equal one.
  void insert(std::uint32_t row, Predicate const&);
  void erase(std::uint32_t row);
  [[nodiscard]] bool holds(std::uint32_t row) const { return rows_[row].product != ProductKind::unset; }

  /// `into` allocates only when its lists were never as long.
  void read(std::uint32_t row, Predicate& into) const;
  [[nodiscard]] ProductKind product(std::uint32_t row) const { return rows_[row].product; }
  [[nodiscard]] PlaceId buyer_place(std::uint32_t row) const { return rows_[row].buyer_place; }

 private:
  using Ids = ChunkPool<std::uint16_t>;
  struct Row {
    std::uint64_t hash;
    std::int64_t network_us, ready_us, input;
    std::int32_t pue_max_milli, green_min_milli;
    std::array<std::uint32_t, 4> counts;  // models, classes, within, outside
    Ids::Chunk ids;
    PlaceId buyer_place;
    TierId tier;
    ProductKind product;  // unset: the row holds nothing
    Origin origin;
  };
  [[nodiscard]] bool same(Row const&, Predicate const&) const;

  Arena<Row> rows_;
  Ids ids_;
  RowIndex index_;
};

}  // namespace spillway
