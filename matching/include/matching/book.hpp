// matching/book.hpp - the bipartite book: offers rest by instrument, orders rest once by demand signature.
// Room:   matching (pure); sees market.
// Units:  prices are grid indices; lots are slots (tokens) or thousandths of an accelerator (capacity).
// Rule:   price, then priority sequence; trades at the resting side's price. A fill takes from the offer and
// from its node's
//         pool in one step, so overlapping offers of a node shrink together and grow together.
// Law:    leased units + units under jobs <= attested units, checked at every fill.
// This implementation uses plain ordered containers and is meant to be obviously right: it is the oracle for
// a faster one.
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include "market/ids.hpp"
#include "market/predicate.hpp"
#include "market/price_grid.hpp"
#include "market/reference.hpp"
#include "market/refusal.hpp"
#include "market/units.hpp"
#include "matching/book_types.hpp"
#include "matching/demand.hpp"
#include "matching/eligibility.hpp"
#include "matching/node_pool.hpp"
#include "matching/supply.hpp"

namespace spillway {

inline constexpr std::size_t live_signatures_max = 64;  // of one participant

class Book {
 public:
  /// `reference` outlives the book.
  explicit Book(Reference const& reference);

  // -- instruments and signatures --
  /// Finds or lists; `listed` tells whether it is new. Refusals: malformed, unknown_*, place_not_a_leaf,
  /// model_does_not_fit, capacity.
  struct Listing {
    InstrumentId id;
    bool listed{};
  };
  std::expected<Listing, Refusal> list(Instrument const&);
  [[nodiscard]] Instrument const& instrument(InstrumentId) const;
  [[nodiscard]] std::size_t instrument_count() const;
  /// Interns what an order accepts. Refusals: malformed, unknown_*, place_not_a_leaf, predicate_empty (it
  /// contradicts itself), predicate_too_wide, signature_limit (64 live per participant; live = has resting
  /// orders), capacity.
  std::expected<SignatureId, Refusal> intern(ParticipantId, Predicate const&);
  /// After the tables of `reference` changed: who may match whom, anew. Then call `meet` for every node.
  void reference_changed();
  [[nodiscard]] Eligibility const& eligibility() const { return eligibility_; }

  // -- node pools --
  void open_node(NodeId, ClassId, PlaceId);
  /// Units that hold an unexpired attestation while the node is heard, else 0. After an increase call `meet`.
  void set_available_units(NodeId, std::int32_t units);
  [[nodiscard]] NodePool const& pool(NodeId) const;
  /// Capacity of an ended job or lease returns. A live replenishing offer gets its lots back at the tail of
  /// its level. Then call `meet`.
  void vacate(NodeId, InstrumentId, Lots, OfferId source);

  // -- orders and offers: each appends its trades in the order in which they happen --
  /// What rests afterwards (0 for ioc, fok and filled orders). FOK fills wholly or not at all (two passes).
  /// An offer whose rest fell below its minimum may then trade with orders that rested before: those trades
  /// follow.
  Lots place_order(BookOrder const&, std::vector<Match>&);
  void post_offer(BookOffer const&, std::vector<Match>&);
  /// After capacity returned to a node: its offers meet resting orders, in priority order, at the orders'
  /// limits.
  void meet(NodeId, std::vector<Match>&);
  /// Less keeps priority; another price or more is a new arrival. `lots` is the new open quantity, > 0.
  Lots amend_order(OrderId, PriceIndex limit, Lots lots, std::vector<Match>&);
  void amend_offer(OfferId, PriceIndex price, Lots lots, std::vector<Match>&);
  void cancel_order(OrderId);
  void cancel_offer(OfferId);

  // -- reads --
  [[nodiscard]] bool rests(OrderId) const;
  /// A replenishing offer whose lots are all in use is live; another offer goes when its last lot is filled.
  [[nodiscard]] bool live(OfferId) const;
  [[nodiscard]] Lots open_lots(OrderId) const;                 // 0 when it does not rest
  [[nodiscard]] Lots rest_lots(OfferId) const;                 // the offer's own rest; 0 when it is not live
  [[nodiscard]] Lots executable_lots(OfferId) const;           // min(rest, what the pool allows)
  [[nodiscard]] std::vector<OfferId> offers_of(NodeId) const;  // in priority order
  [[nodiscard]] bool price_taken(NodeId, InstrumentId, PriceIndex) const;
  [[nodiscard]] std::size_t resting_orders_of(ParticipantId) const;
  [[nodiscard]] std::vector<Level> asks(
      InstrumentId, std::size_t depth_max) const;  // executable lots per price, best first
  [[nodiscard]] std::vector<Level> bids(InstrumentId,
                                        std::size_t depth_max) const;  // over all linked signatures (shared)
  /// What this order would get now, without doing it (FOK's first pass, preview).
  [[nodiscard]] std::vector<Match> dry_run(BookOrder const&) const;
  /// Walks everything and stops the process when an invariant is broken: crossed executable book, law, index
  /// mismatch. Holds between commands; between `vacate` or `set_available_units` and `meet` the book may be
  /// crossed.
  void check_invariants() const;

 private:
  struct Bid {
    OrderId order;
    Demand::BidKey key;
    Lots lots;
  };

  [[nodiscard]] std::optional<Ask> best_ask(BookOrder const&, Lots open, Supply const&) const;
  [[nodiscard]] bool nearer(BookOrder const&, InstrumentId, InstrumentId) const;
  [[nodiscard]] std::optional<Bid> best_bid(RestingOffer const&) const;
  Lots take(BookOrder const&, Supply&, std::vector<Match>&) const;
  [[nodiscard]] bool fills_wholly(BookOrder const&) const;
  void meet_offer(OfferId, std::vector<Match>&);
  void meet_lowered_minimums(std::size_t first, std::vector<Match>&);
  void check_order(BookOrder const&) const;
  void check_uncrossed() const;

  Eligibility eligibility_;
  Supply supply_;
  Demand demand_;
};

}  // namespace spillway
