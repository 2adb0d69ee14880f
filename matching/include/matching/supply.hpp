// matching/supply.hpp - the resting side of providers: offers by instrument, and the pools that bound them.
// Room:   matching (pure); sees market.
// Rule:   an offer is a list of tranches, each with its own place in the queue: what returns after a job
// joins the tail, what was never filled keeps its place. With a display only so much stands in the queue at a
// time; the rest is hidden until its turn. A fill shrinks offer and pool in one step. A value: copies are
// drafts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "market/predicate.hpp"
#include "matching/book.hpp"
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
  std::vector<Tranche> tranches;  // what is shown: oldest first, none empty
  Lots hidden;                    // only behind a display
  [[nodiscard]] Lots shown() const;
  [[nodiscard]] Lots rest() const { return shown() + hidden; }
};

/// Somebody who looks for an offer.
struct Asker {
  PriceIndex limit;
  Lots wanted;
  Lots least;                                        // from one offer; 0: whatever there is
  std::function<bool(RestingOffer const&)> accepts;  // offers that it does not accept are stepped over
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
  Supply(Reference const& reference, std::size_t extra_tranches_max)
      : reference_(&reference), extra_tranches_max_(extra_tranches_max) {}

  // -- pools --
  void open_node(NodeId, ClassId, PlaceId, Pooling);
  [[nodiscard]] bool has_node(NodeId id) const { return pools_.contains(id); }
  [[nodiscard]] std::size_t node_count() const { return pools_.size(); }
  [[nodiscard]] bool unlimited(NodeId) const;
  [[nodiscard]] NodePool& pool(NodeId);
  [[nodiscard]] NodePool const& pool(NodeId) const;
  [[nodiscard]] std::vector<BookState::Pool> pools() const;  // by id

  /// Capacity of an ended job or lease returns to the pool, which is not an unlimited one.
  void vacate(NodeId, InstrumentId, Instrument const&, Lots);
  [[nodiscard]] Lots in_use(InstrumentId) const;  // in all attested pools

  // -- offers --
  /// Smallest part that is sold of an instrument: of its class for capacity, 1 for tokens.
  [[nodiscard]] Lots lot_of(Instrument const&) const;
  /// The offer as it would stand if it arrived now, without adding it.
  [[nodiscard]] RestingOffer draft(BookOffer const&, Instrument const&) const;
  void add(BookOffer const&, Instrument const&);
  void remove(OfferId);
  /// Lowers the rest to `lots`, hidden lots first, then the newest tranche: the older keep their places.
  /// `lots` in [1, rest].
  void reduce_to(OfferId, Lots lots);
  /// A new price or a larger quantity: a new arrival at the tail.
  void renew(OfferId, PriceIndex, Lots lots);
  /// Lots of an ended job or lease join the tail of the level, or what is hidden behind a display.
  void give_back(OfferId, Lots);
  /// Takes `lots` from offer and pool. What was hidden is shown when nothing else is left to show, as a new
  /// arrival. An offer without rest goes, unless it replenishes.
  void fill(OfferId, Lots lots);

  [[nodiscard]] RestingOffer const* find(OfferId) const;  // null when it is not live
  [[nodiscard]] RestingOffer const& at(OfferId) const;
  [[nodiscard]] Lots executable(RestingOffer const&) const;  // of what is shown
  /// What one fill for somebody who wants `wanted`, and at least `least` of one offer, would be: 0 when the
  /// pool is used up, or when a minimum is more than what can be had. Who wants less than his own minimum has
  /// that as his minimum.
  [[nodiscard]] Lots fillable(RestingOffer const&, Lots wanted, Lots least) const;
  /// The first offer of the instrument, by price and priority, that fills at the asker's limit or below.
  /// Offers that can't are stepped over and stay where they are.
  [[nodiscard]] std::optional<Ask> best(InstrumentId, Asker const&) const;

  [[nodiscard]] std::vector<OfferId> offers_of(NodeId) const;  // by price, then priority; exhausted ones last
  [[nodiscard]] bool price_taken(NodeId, InstrumentId, PriceIndex) const;  // never in unlimited pools
  [[nodiscard]] std::vector<Level> levels(InstrumentId, std::size_t depth_max) const;
  [[nodiscard]] std::map<OfferId, RestingOffer> const& all() const { return offers_; }
  [[nodiscard]] std::vector<BookState::Tranche> tranches() const;  // by instrument, price, priority
  /// Nodes, what is in use, offers and tranches: into an image, and from one into an empty side.
  void write(BookImage&) const;
  void restore(BookImage const&, Eligibility const&);
  void check_invariants() const;

 private:
  struct AskKey {
    PriceIndex price;
    std::uint64_t priority{};
    friend auto operator<=>(AskKey const&, AskKey const&) = default;
  };
  using Ladder =
      std::map<AskKey, OfferId>;  // each offer stands at its oldest tranche; exhausted ones do not stand
  struct Pool {
    NodePool pool;
    Pooling pooling{};
  };

  [[nodiscard]] RestingOffer& mutable_at(OfferId);
  [[nodiscard]] static AskKey key_of(RestingOffer const&);
  [[nodiscard]] Ladder const& ladder(InstrumentId) const;
  [[nodiscard]] std::size_t extra_tranches() const;
  void enter(RestingOffer const&);
  void leave(RestingOffer const&);
  void append(RestingOffer&, Lots lots);
  void show(RestingOffer&);

  Reference const* reference_;
  std::size_t extra_tranches_max_;
  std::map<NodeId, Pool> pools_;
  std::map<NodeId, std::set<OfferId>> by_node_;
  std::map<OfferId, RestingOffer> offers_;
  std::map<InstrumentId, Ladder> ladders_;
  std::map<InstrumentId, Lots> in_use_;
  std::uint64_t priority_{};  // of the newest tranche
};

}  // namespace spillway
