// market/predicate.hpp - what an order accepts: the conditions that belong to the instrument.
// Room:   market (vocabulary); sees the standard library only.
// Rule:   an absent bound always holds; an unknown attribute fails a stated limit.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "market/ids.hpp"
#include "market/reference.hpp"
#include "market/units.hpp"

namespace spillway {

struct Predicate {
  ProductKind product{};
  std::vector<ModelId> models;                  // tokens: 1 to 16 of them; capacity: empty
  std::vector<ClassId> classes;                 // empty: any (for tokens: any that fits the model)
  std::vector<PlaceId> within;                  // any of these nodes of the tree; empty: anywhere
  std::vector<PlaceId> outside;                 // none of these
  TierId tier;                                  // none: any tier of the product
  Origin origin{};                              // unset: any
  std::int32_t pue_max_milli{unknown_milli};    // unknown_milli: no limit
  std::int32_t green_min_milli{unknown_milli};  // unknown_milli: no limit
  PlaceId buyer_place;                          // a leaf; needed when `network` or `ready` is stated
  Micros network{};                             // round trip at most; 0: no bound
  Micros ready{};                               // tokens: first token; capacity: usable; 0: no bound
  Tokens input{};  // tokens: the order's input, snapped up to the step table, for the tier's promise
  friend auto operator<=>(Predicate const&, Predicate const&) = default;
};

/// The unit of listing: what one ladder of offers trades.
struct Instrument {
  ProductKind product{};
  ModelId model;  // tokens only
  ClassId klass;
  PlaceId place;  // a leaf
  TierId tier;
  friend auto operator<=>(Instrument const&, Instrument const&) = default;
};

}  // namespace spillway
