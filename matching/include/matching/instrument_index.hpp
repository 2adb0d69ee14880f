// matching/instrument_index.hpp - a bitset of instruments for each value or step of an attribute; what a
// predicate accepts is the AND of its bitsets.
// Room:   matching (pure); sees market.
// Rule:   made from one state of the tables; when they change, another index is made. All rows are taken at
// the start, and as long as the most instruments need.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "market/predicate.hpp"
#include "market/reference.hpp"
#include "matching/bitset.hpp"
#include "matching/fast/arena.hpp"

namespace spillway {

class InstrumentIndex {
 public:
  using Words = std::span<std::uint64_t>;

  explicit InstrumentIndex(std::size_t instruments_most);
  friend void swap(InstrumentIndex& a, InstrumentIndex& b) noexcept;

  /// Every attribute of the instrument has a bitset, or finds a row for one.
  [[nodiscard]] bool has_room(Instrument const&, Reference const&) const;
  /// False when there is no room: nothing was changed.
  bool insert(InstrumentId, Instrument const&, Reference const&);
  void erase(InstrumentId);
  [[nodiscard]] InstrumentBits of_product(ProductKind) const;
  /// What has been found of a buyer's place and limit, for many predicates after each other. It allocates.
  struct Memo {
    using Key = std::tuple<bool, ProductKind, PlaceId, Micros, Tokens>;
    std::map<Key, std::vector<std::uint64_t>> found;
  };
  /// What a snapped predicate accepts, by these bitsets and the same tables. `into` is as long as the bits in
  /// use.
  void accept(Predicate const& snapped, Reference const&, Words into, Memo* = nullptr) const;
  [[nodiscard]] std::size_t words_most() const { return stride_; }

 private:
  // Keys of one flat table: each attribute has a range of its own.
  enum Attribute : std::uint32_t {
    product_at = 0,
    tier_at = 8,
    origin_at = tier_at + 256,
    pue_at = origin_at + 8,
    green_at = pue_at + 64,
    model_at = green_at + 64,
    class_at = model_at + 65'536,
    place_at = class_at + 65'536,
    leaf_at = place_at + 65'536,
    attributes = leaf_at + 65'536,
  };
  template <class Visit>
  static bool each_attribute(Instrument const&, Reference const&, Visit visit);
  [[nodiscard]] std::span<std::uint64_t const> row(std::uint32_t attribute) const;
  template <class Ids>
  void keep_any(std::uint32_t attribute, Ids const&, Words set, bool none) const;
  void keep(std::uint32_t attribute, Words set) const;
  /// Keeps what `find` puts into an empty set, or what the memo knows under `key`.
  template <class Find>
  void keep_found(Words set, Memo::Key const& key, Memo* memo, Find find) const;
  void near_enough(Predicate const&, Reference const&, Words into) const;
  void ready_enough(Predicate const&, Reference const&, Words into) const;
  void tiers_that_take(Predicate const&, Reference const&, Words into) const;

  std::size_t stride_;  // words of a row
  std::size_t rows_most_;
  std::uint32_t rows_{};         // in use; row 0 is empty
  Arena<std::uint32_t> row_of_;  // by attribute; 0: none yet
  Arena<std::uint64_t> bits_;
  mutable Arena<std::uint64_t> scratch_;  // two rows, for what is being found
};

}  // namespace spillway
