// apps/demo/src/plan.hpp - which provider has which nodes, and what it offers there: chosen from published
// offers.
// Room:   apps, library demo; sees market and sim import. Pure: the same input and seed give the same plan.
//         Units: prices on the grid; lots are slots (tokens) or thousandths of an accelerator (capacity).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "market/reference.hpp"
#include "reference/tables.hpp"
#include "sim/offers.hpp"

namespace spillway::demo {

struct PlannedOffer {
  ProductKind product{};
  ModelId model;  // tokens only
  TierId tier;
  PriceIndex price;
  std::int64_t lots{};
  friend bool operator==(PlannedOffer const&, PlannedOffer const&) = default;
};
struct PlannedNode {
  std::uint64_t label{};  // unique within its provider
  PlaceId place;
  ClassId klass;
  std::uint16_t units{1};
  std::vector<PlannedOffer> offers;
};
struct PlannedProvider {
  std::vector<PlannedNode> nodes;
};
struct Plan {
  std::vector<PlannedProvider> providers;

  [[nodiscard]] std::size_t nodes() const;
  [[nodiscard]] std::size_t units() const;
  [[nodiscard]] std::size_t offers() const;
  [[nodiscard]] std::size_t places() const;
  [[nodiscard]] std::vector<ClassId> classes() const;  // sorted
  /// Of capacity of this class in this tier (none: any); nothing when nobody offers it.
  [[nodiscard]] std::optional<PriceIndex> best_capacity(ClassId klass, TierId tier) const;
};

/// Published prices of a model per million output tokens, distinct, cheapest first; never empty.
using ModelPrices = std::map<ModelId, std::vector<PriceIndex>>;

struct PlanSize {
  int providers{4};
  int nodes{24};
  std::int64_t slots{2};  // of each token offer
  std::uint64_t seed{};
};
/// Sites with published offers of many classes, in places of their own while there are any; each node offers
/// its capacity at the published prices (at most two on demand, one spot; warm and cold) and two of `models`,
/// where they fit, at published prices that differ between providers. At most 16 offers a node, one per
/// instrument and price.
[[nodiscard]] Plan make_plan(Tables const& tables, std::span<sim::ImportedOffer const> published,
                             ModelPrices const& prices, std::vector<ModelId> const& models, PlanSize size);

}  // namespace spillway::demo
