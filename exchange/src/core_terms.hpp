// exchange/src/core_terms.hpp - an order's words in bounded memory: what was asked, and what it was taken to
// mean.
// Room:   exchange_core (pure), internal.
// Rule:   a PlaceOrder owns lists on the heap; what the core keeps does not.
#pragma once

#include <array>
#include <cstdint>

#include "core_memory.hpp"
#include "market/command.hpp"
#include "market/refusal.hpp"

namespace spillway::core {

/// The four lists of a predicate, one after the other. Short ones lie in the row itself.
struct KeptLists {
  static constexpr std::size_t inline_max = 8;
  std::array<std::uint16_t, inline_max> here;
  std::uint16_t* elsewhere;                        // all of them, when they are more than `inline_max`
  std::uint32_t models, classes, within, outside;  // how many of each

  [[nodiscard]] std::size_t count() const { return std::size_t{models} + classes + within + outside; }
  [[nodiscard]] std::uint16_t const* all() const { return count() > inline_max ? elsewhere : here.data(); }
};

/// Bytes of `lists` memory that the predicate takes when it is kept.
[[nodiscard]] std::size_t bytes_to_keep(Predicate const&);

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
  TierId tier;
  Origin origin;
  PlaceId buyer_place;
  std::int32_t pue_max_milli, green_min_milli;
  Micros network, ready;
  KeptLists lists;
  TimeInForce tif;
  bool market, prefer_near;
  FaultPolicy policy;
  PriceIndex limit;
  Micros good_for;
  Tokens input, output_max;
  Lots quantity;
  Micros term;
  Said asked;
};

/// `full` is what `asked` was taken to mean.
[[nodiscard]] KeptOrder keep(PlaceOrder const& asked, PlaceOrder const& full, Memory& lists);
void give_back(KeptOrder&, Memory& lists);
/// The command again, as accepted.
[[nodiscard]] PlaceOrder words(KeptOrder const&);
/// How a repeat differs from what was asked: `exists` when it does not.
[[nodiscard]] Refusal difference(KeptOrder const& was, PlaceOrder const& is);
[[nodiscard]] Refusal difference(PostOffer const& was, PostOffer const& is);

}  // namespace spillway::core
