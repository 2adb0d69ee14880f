// matching/book.hpp - the bipartite book: offers rest by instrument, orders rest once by demand signature.
// Room:   matching (pure); sees market.
// Units:  prices are grid indices; lots are slots (tokens) or thousandths of an accelerator (capacity).
// Rule:   price, then priority sequence; trades at the resting side's price. A fill takes from the offer and
// from its node's pool in one step, so overlapping offers of a node shrink together and grow together.
// Law:    leased units + units under jobs <= attested units, checked at every fill.
// Two implementations answer alike, command by command: PlainBook, which is obviously right, and FastBook.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "market/ids.hpp"
#include "market/predicate.hpp"
#include "market/price_grid.hpp"
#include "market/reference.hpp"
#include "market/refusal.hpp"
#include "market/units.hpp"
#include "matching/book_types.hpp"
#include "matching/eligibility.hpp"
#include "matching/node_pool.hpp"

namespace spillway {

inline constexpr std::size_t live_signatures_max = 64;  // of one participant

/// An unlimited pool tracks nothing: no law, no rule of one offer per price, nothing to return.
enum class Pooling : std::uint8_t { attested, unlimited };

struct BookImage;

class Book {
 public:
  using Matches = std::vector<Match>;
  using Rest = std::expected<Lots, Refusal>;
  static constexpr std::size_t unbounded = SIZE_MAX;

  virtual ~Book() = default;
  Book() = default;
  Book(Book const&) = delete;
  Book& operator=(Book const&) = delete;

  // -- instruments, signatures, lists, people --
  /// Finds or lists; `listed` tells whether it is new. Refusals: malformed, unknown_*, place_not_a_leaf,
  /// model_does_not_fit, capacity.
  struct Listing {
    InstrumentId id;
    bool listed{};
  };
  virtual std::expected<Listing, Refusal> list(Instrument const&) = 0;
  /// Interns what an order accepts. Refusals: malformed, unknown_*, place_not_a_leaf, predicate_empty (it
  /// contradicts itself), predicate_too_wide, signature_limit (64 live per participant; live = has resting
  /// orders), capacity.
  virtual std::expected<SignatureId, Refusal> intern(ParticipantId, Predicate const&) = 0;
  /// The same, where the book remembers the answer from lately; 0: `intern` must be asked.
  [[nodiscard]] virtual SignatureId known(ParticipantId, Predicate const&) const { return {}; }
  /// A list of providers that an order accepts (`only`) or never takes. Equal lists share an id; an id lives
  /// as long as the book. Refusals: malformed (none, a zero, more than 16), capacity.
  enum class ListKind : std::uint8_t { only, except };
  virtual std::expected<ProviderListId, Refusal> intern_providers(ListKind,
                                                                  std::span<ParticipantId const>) = 0;
  /// What the tables `next` will make of who may match whom, to be prepared in steps between commands
  /// (relink.hpp). The book outlives it.
  [[nodiscard]] virtual Relink relink(Reference const& next) const = 0;
  /// The tables were replaced by those that `relink` was prepared for: they hold from now on. Then call
  /// `meet` for every node. A class that is listed keeps its smallest part. Refusals: capacity (more edges
  /// than the limits; nothing has changed, and the tables before must be put back).
  virtual Refusal adopt(Relink&) = 0;
  /// The same, prepared here and now.
  Refusal reference_changed();
  /// Refusals: unknown_participant (0, or beyond the limits). What rests already stays.
  virtual Refusal set_standing(ParticipantId, Standing const&) = 0;
  /// While halted, arrivals and amends are refused with `halted`; cancels, time and capacity go on.
  virtual void set_halted(bool) = 0;

  // -- node pools --
  virtual void open_node(NodeId, ClassId, PlaceId, Pooling = Pooling::attested) = 0;
  /// Units that hold an unexpired attestation while the node is heard, else 0. After an increase call `meet`.
  virtual void set_available_units(NodeId, std::int32_t units) = 0;
  /// Capacity of an ended job or lease returns. A live replenishing offer gets its lots back as a new arrival
  /// (behind its display, when it has one). Then call `meet`. When the limits hold no further tranche, the
  /// offer's newest tranche goes to the tail with what returned.
  virtual void vacate(NodeId, InstrumentId, Lots, OfferId source) = 0;

  // -- orders and offers: each looks first, so a refusal has changed nothing; trades are appended in the
  // order in which they happen. Refusals in the order in which they are tested: docs/order-types.md --
  /// What rests afterwards (0 for ioc, fok and filled orders). FOK fills wholly or not at all (two passes).
  /// Afterwards the offers that it met, in the order of its trades, meet resting orders again where their
  /// minimum fell or they show something new; those trades follow.
  virtual Rest place(BookOrder const&, Matches&) = 0;
  virtual Rest post(BookOffer const&, Matches&) = 0;
  /// Less keeps priority; another price or more is a new arrival. `lots` is the new open quantity, or the new
  /// rest (shown and hidden). `who` none: whoever it belongs to. Answer: what rests.
  virtual Rest amend(ParticipantId who, OrderId, PriceIndex limit, Lots lots, Matches&) = 0;
  virtual Rest amend(ParticipantId who, OfferId, PriceIndex price, Lots lots, Matches&) = 0;
  virtual Refusal cancel(ParticipantId who, OrderId) = 0;
  virtual Refusal cancel(ParticipantId who, OfferId) = 0;
  /// Mass cancels, ids ascending; each cancelled one stands in `ended()`. How many.
  virtual std::size_t cancel_session(SessionId) = 0;
  virtual std::size_t cancel_instrument(InstrumentId) = 0;  // its offers
  virtual std::size_t cancel_node(NodeId) = 0;              // its offers
  /// Time goes on to `now`, never back (checked). What expires at or before it leaves, earliest first, then
  /// by id, and stands in `ended()`.
  virtual void advance(Stamp now) = 0;
  /// After capacity returned to a node: its offers meet resting orders, in priority order, at the orders'
  /// limits, as arriving ones.
  void meet(NodeId node, Matches& matches) { static_cast<void>(meet_some(node, matches, unbounded)); }
  /// The same, up to `most` trades. True when it stopped there: call it again before anything else.
  virtual bool meet_some(NodeId, Matches&, std::size_t most) = 0;
  /// What the last place, post, amend, meet, advance or mass cancel ended beside its trades, in order.
  [[nodiscard]] virtual std::span<Ended const> ended() const = 0;

  // -- reads --
  /// The first refusal of this order up to its expiry, without looking at its signature or at the book's
  /// rest.
  [[nodiscard]] virtual Refusal why_not(BookOrder const&) const = 0;
  [[nodiscard]] virtual Eligibility const& eligibility() const = 0;
  [[nodiscard]] virtual NodePool const& pool(NodeId) const = 0;
  [[nodiscard]] virtual bool rests(OrderId) const = 0;
  /// A replenishing offer whose lots are all in use is live; another offer goes when its last lot is filled.
  [[nodiscard]] virtual bool live(OfferId) const = 0;
  [[nodiscard]] virtual Lots open_lots(OrderId) const = 0;        // 0 when it does not rest
  [[nodiscard]] virtual Lots rest_lots(OfferId) const = 0;        // shown and hidden; 0 when it is not live
  [[nodiscard]] virtual Lots executable_lots(OfferId) const = 0;  // min(shown, what the pool allows)
  virtual void list_offers(NodeId, std::vector<OfferId>& into) const = 0;              // in priority order
  [[nodiscard]] virtual bool price_taken(NodeId, InstrumentId, PriceIndex) const = 0;  // attested pools only
  /// Hints that the order or offer will be asked for, changed or cancelled soon, or that the node will get an
  /// offer: their memory may come meanwhile.
  virtual void expect(OrderId) const {}
  virtual void expect(OfferId) const {}
  virtual void expect(NodeId) const {}
  /// Makes the memory of so many orders and offers resident, so that no command waits for it.
  virtual void prefault(std::size_t) {}
  [[nodiscard]] virtual std::size_t resting_orders_of(ParticipantId) const = 0;
  /// Executable lots per price, best first.
  [[nodiscard]] virtual std::vector<Level> asks(InstrumentId, std::size_t depth_max) const = 0;
  /// Over all linked signatures (shared), conditional orders left out.
  [[nodiscard]] virtual std::vector<Level> bids(InstrumentId, std::size_t depth_max) const = 0;
  /// What this order would get now, without doing it (FOK's first pass, preview).
  virtual void try_order(BookOrder const&, Matches&) const = 0;
  [[nodiscard]] virtual BookState state() const = 0;
  /// Everything, for a snapshot (book_image.hpp).
  [[nodiscard]] virtual BookImage image() const = 0;
  /// Into a book that has done nothing yet, under the tables that the image was made with. Refusals: capacity
  /// (limits smaller than what is there; the book is of no use then).
  virtual Refusal restore(BookImage const&) = 0;
  /// Walks everything and stops the process when an invariant is broken: crossed executable book, law, index
  /// mismatch. Holds between commands; between `vacate` or `set_available_units` and `meet` the book may be
  /// crossed. A book crossed by a conditional order is legal.
  virtual void check_invariants() const = 0;

  // -- shorthands --
  [[nodiscard]] std::vector<OfferId> offers_of(NodeId) const;
  [[nodiscard]] Matches dry_run(BookOrder const&) const;
  [[nodiscard]] Instrument const& instrument(InstrumentId id) const { return eligibility().instrument(id); }
  [[nodiscard]] std::size_t instrument_count() const { return eligibility().instrument_count(); }
  /// `place` for an order whose predicate was not interned yet: refusals of the predicate stand after those
  /// of `why_not` and before the rest. `signature` of the order is ignored.
  Rest enter(BookOrder, Predicate const&, Matches&);
  // For callers that have checked everything: no refusal is possible but fok_unfillable, which is 0.
  Lots place_order(BookOrder const&, Matches&);
  Lots post_offer(BookOffer const&, Matches&);
  Lots amend_order(OrderId, PriceIndex limit, Lots lots, Matches&);
  Lots amend_offer(OfferId, PriceIndex price, Lots lots, Matches&);
  void cancel_order(OrderId);
  void cancel_offer(OfferId);
};

enum class BookKind : std::uint8_t { plain, fast };
/// `reference` outlives the book.
[[nodiscard]] std::unique_ptr<Book> make_book(BookKind, Reference const& reference, BookLimits const& = {});

}  // namespace spillway
