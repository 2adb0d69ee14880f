// matching/supply.hpp - the resting side of providers: offers by instrument, and the pools that bound them.
// Room:   matching (pure); sees market.
// Rule:   an offer is a list of tranches, each with its own place in the queue: what returns after a job
// joins the tail,
//         what was never filled keeps its place. A fill shrinks offer and pool in one step. A value: copies
//         are drafts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "market/predicate.hpp"
#include "matching/book_types.hpp"
#include "matching/node_pool.hpp"

namespace spillway {

/// Lots that arrived together and wait together.
struct Tranche {
  std::uint64_t priority{};
  Lots lots;
};

struct RestingOffer {
  BookOffer terms;
  Instrument instrument;
  Lots lot;                       // quantities are multiples of it
  std::vector<Tranche> tranches;  // oldest first, none empty
  [[nodiscard]] Lots rest() const;
};

/// An offer that would fill now, with as many lots as the asker may get of it in one fill.
struct Ask {
  OfferId offer;
  PriceIndex price;
  std::uint64_t priority{};
  Lots lots;
};

class Supply {
 public:
  explicit Supply(Reference const& reference) : reference_(&reference) {}

  // -- pools --
  void open_node(NodeId, ClassId, PlaceId);
  [[nodiscard]] NodePool& pool(NodeId);
  [[nodiscard]] NodePool const& pool(NodeId) const;

  // -- offers --
  void add(BookOffer const&, Instrument const&);
  void remove(OfferId);
  /// Lowers the rest to `lots`, newest tranche first: the older keep their places. `lots` in [1, rest].
  void reduce_to(OfferId, Lots lots);
  /// A new price or a larger quantity: a new arrival at the tail.
  void renew(OfferId, PriceIndex, Lots lots);
  /// Lots of an ended job or lease join the tail of the level.
  void give_back(OfferId, Lots);
  /// Takes `lots` from offer and pool. An offer without rest goes, unless it replenishes.
  void fill(OfferId, Lots lots);

  [[nodiscard]] RestingOffer const* find(OfferId) const;  // null when it is not live
  [[nodiscard]] RestingOffer const& at(OfferId) const;
  [[nodiscard]] Lots executable(RestingOffer const&) const;
  /// What one fill for somebody who wants `wanted` would be: 0 when the pool is used up, or when the offer's
  /// minimum is more than what can be had.
  [[nodiscard]] Lots fillable(RestingOffer const&, Lots wanted) const;
  /// The first offer of the instrument, by price and priority, that fills at `limit` or below. Offers that
  /// can't are stepped over and stay where they are.
  [[nodiscard]] std::optional<Ask> best(InstrumentId, PriceIndex limit, Lots wanted) const;

  [[nodiscard]] std::vector<OfferId> offers_of(NodeId) const;  // by price, then priority; exhausted ones last
  [[nodiscard]] bool price_taken(NodeId, InstrumentId, PriceIndex) const;
  [[nodiscard]] std::vector<Level> levels(InstrumentId, std::size_t depth_max) const;
  [[nodiscard]] std::map<OfferId, RestingOffer> const& all() const { return offers_; }
  void check_invariants() const;

 private:
  struct AskKey {
    PriceIndex price;
    std::uint64_t priority{};
    friend auto operator<=>(AskKey const&, AskKey const&) = default;
  };
  using Ladder =
      std::map<AskKey, OfferId>;  // each offer stands at its oldest tranche; exhausted ones do not stand

  [[nodiscard]] RestingOffer& mutable_at(OfferId);
  [[nodiscard]] static AskKey key_of(RestingOffer const&);
  [[nodiscard]] Ladder const& ladder(InstrumentId) const;
  void enter(RestingOffer const&);
  void leave(RestingOffer const&);
  void append(RestingOffer&, Lots lots);

  Reference const* reference_;
  std::map<NodeId, NodePool> pools_;
  std::map<NodeId, std::set<OfferId>> by_node_;
  std::map<OfferId, RestingOffer> offers_;
  std::map<InstrumentId, Ladder> ladders_;
  std::uint64_t priority_{};  // of the newest tranche
};

}  // namespace spillway
