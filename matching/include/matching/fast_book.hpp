// matching/fast_book.hpp - the bipartite book in dense arrays: what the exchange and embedders run.
// Room:   matching (pure); sees market.
// Rule:   answers as PlainBook does, command by command (tests/matching/book_differential_test.cpp).
// Memory: everything is taken at the start and made resident where it is touched; commands ask the heap for
// nothing. A full pool is the refusal `capacity`.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "matching/book.hpp"
#include "matching/fast/deadlines.hpp"
#include "matching/fast/id_index.hpp"
#include "matching/fast/ladders.hpp"
#include "matching/fast/links.hpp"
#include "matching/feed.hpp"

namespace spillway {

class FastBook final : public Book, private Tenants {
 public:
  /// `reference` outlives the book.
  explicit FastBook(Reference const& reference, BookLimits const& limits = {});

  /// Events of everything from now on; null: none. The ring outlives its use.
  void set_feed(FeedRing* feed) { feed_ = feed != nullptr ? feed : &nobody_; }
  /// Makes the memory of so many resting orders and offers resident, so that no command waits for a page.
  void prefault(std::size_t resting) override;

  std::expected<Listing, Refusal> list(Instrument const&) override;
  std::expected<SignatureId, Refusal> intern(ParticipantId, Predicate const&) override;
  [[nodiscard]] SignatureId known(ParticipantId, Predicate const&) const override;
  std::expected<ProviderListId, Refusal> intern_providers(ListKind, std::span<ParticipantId const>) override;
  [[nodiscard]] Relink relink(Reference const& next) const override;
  Refusal adopt(Relink&) override;
  Refusal set_standing(ParticipantId, Standing const&) override;
  void set_halted(bool to) override {
    halted_ = to;
    set_gates();
  }

  void open_node(NodeId, ClassId, PlaceId, Pooling = Pooling::attested) override;
  void set_available_units(NodeId, std::int32_t units) override;
  void vacate(NodeId, InstrumentId, Lots, OfferId source) override;

  Rest place(BookOrder const&, Matches&) override;
  Rest post(BookOffer const&, Matches&) override;
  Rest amend(ParticipantId who, OrderId, PriceIndex limit, Lots lots, Matches&) override;
  Rest amend(ParticipantId who, OfferId, PriceIndex price, Lots lots, Matches&) override;
  Refusal cancel(ParticipantId who, OrderId) override;
  Refusal cancel(ParticipantId who, OfferId) override;
  std::size_t cancel_session(SessionId) override;
  std::size_t cancel_instrument(InstrumentId) override;
  std::size_t cancel_node(NodeId) override;
  void advance(Stamp now) override;
  bool meet_some(NodeId, Matches&, std::size_t most) override;
  [[nodiscard]] std::span<Ended const> ended() const override { return ended_; }

  [[nodiscard]] Refusal why_not(BookOrder const&) const override;
  [[nodiscard]] Eligibility const& eligibility() const override { return eligibility_; }
  [[nodiscard]] NodePool const& pool(NodeId) const override;
  [[nodiscard]] bool rests(OrderId) const override;
  [[nodiscard]] bool live(OfferId) const override;
  [[nodiscard]] Lots open_lots(OrderId) const override;
  [[nodiscard]] Lots rest_lots(OfferId) const override;
  [[nodiscard]] Lots executable_lots(OfferId) const override;
  void list_offers(NodeId, std::vector<OfferId>& into) const override;
  [[nodiscard]] bool price_taken(NodeId, InstrumentId, PriceIndex) const override;
  void expect(OrderId) const override;
  void expect(OfferId) const override;
  void expect(NodeId) const override;
  [[nodiscard]] std::size_t resting_orders_of(ParticipantId) const override;
  [[nodiscard]] std::vector<Level> asks(InstrumentId, std::size_t depth_max) const override;
  [[nodiscard]] std::vector<Level> bids(InstrumentId, std::size_t depth_max) const override;
  void try_order(BookOrder const&, Matches&) const override;
  [[nodiscard]] BookState state() const override;
  [[nodiscard]] BookImage image() const override;
  Refusal restore(BookImage const&) override;
  void check_invariants() const override;

 private:
  using Handle = fast::Handle;
  using LadderId = fast::LadderId;
  using Key = fast::Key;
  using Node = fast::Node;

  struct Owner {  // of a participant; zero is everybody's standing
    std::uint32_t resting, resting_max;
    std::uint32_t
        quick;  // the signature of all that rests, while that is one and nothing else is to mind; else 0
    std::uint32_t firm;
  };
  struct OwnerTerms {
    std::uint32_t signature;   // of all that rests, while that is one
    std::uint16_t signatures;  // live ones, while they are counted
    std::uint8_t counted;      // several since something began to rest: counts are in the table
    bool no_buyer, no_provider;
    std::uint32_t in_table;  // of the counts, those that stand in `live_signatures_`
    /// Counts of some, where the others of a buyer are looked at anyway: most have no more.
    struct Count {
      std::uint32_t signature, orders;  // 0: a free cell
    };
    std::array<Count, 4> few;
  };
  struct alignas(64) Pool {  // all that capacity needs lies in the first line
    NodeId id;
    bool unlimited{};
    std::uint32_t site{};  // class and place
    Handle first{};        // of its offers, where it is attested
    NodePool units;
  };
  struct NodeRow {
    std::uint64_t plain;  // of unlimited pools the complement of what a row of lot 1 at their site is; else 0
    std::uint32_t row;    // 0: not open
  };
  struct InstrumentRow {
    std::uint32_t lot;   // 0: not listed
    std::uint32_t site;  // class and place
  };
  [[nodiscard]] static std::uint32_t site_of(ClassId klass, PlaceId place) {
    return std::uint32_t{klass.v} << 16 | place.v;
  }
  struct ProviderList {
    ListKind kind{};
    std::uint32_t count{};
    std::array<ParticipantId, provider_list_max> providers{};  // ascending
    friend bool operator==(ProviderList const&, ProviderList const&) = default;
  };
  struct Bid {
    Handle order{};
    std::uint32_t lots{};
    Key key{fast::no_key};
  };
  struct Taker {  // an arriving order on its walk
    BookOrder const& order;
    std::uint32_t firm{};  // 0: not looked at
    std::uint32_t open{};
    bool special{};  // an offer that it met may have to arrive once more
  };
  struct Seen {  // a ladder on a long walk, with the best key that was seen of it
    Key key;
    LadderId at;
  };
  struct Step {  // of a planned walk
    Handle offer{};
    std::uint32_t lots{};
    bool self{};  // cancels the offer instead of filling it
  };
  struct Plan {
    std::vector<Step> steps;
    std::uint32_t open{};
    bool cut{};
  };
  struct Draft {  // of an offer that a planned walk has drawn from
    std::uint32_t drawn, shown_again, hidden;
    bool begun, gone;
    Key key;  // of what is shown again; 0: nothing was
  };
  struct PlanSpace {  // for one planned walk at a time: empty and zero between walks
    PlanSpace(BookLimits const& limits, std::size_t rows);
    fast::Arena<Draft> drafts;             // by the offer's row
    fast::Arena<std::uint32_t> drawn;      // by the tranche's row
    fast::Arena<std::uint32_t> pool_rows;  // by row of the pool: where its draft stands, from 1
    std::vector<Handle> drafted, drawn_from, shown_again;
    std::vector<std::pair<std::uint32_t, NodePool>> pools;
    std::vector<LadderId> ladders;
    Plan plan;  // of the last walk
  };
  class Planner;

  // ---- fast_book.cpp: rows, links, owners ----
  [[nodiscard]] LadderId ask(InstrumentId id) const { return id.v; }
  [[nodiscard]] LadderId bid(SignatureId id) const { return side_ + id.v; }
  [[nodiscard]] LadderId waiting(SignatureId id) const { return 2 * side_ + id.v; }  // conditional orders
  void link(SignatureId);
  [[nodiscard]] bool idle(SignatureId) const override;
  [[nodiscard]] bool idle(InstrumentId) const override;
  void retired(SignatureId) override;
  void retired(InstrumentId) override;
  void begin() {
    looks_ = conditional_looks_max;
    if (ended_.empty()) return;
    ended_.clear();
    set_gates();
  }
  void end(Ended const& what) {
    ended_.push_back(what);
    set_gates();
  }
  /// What lets the usual through without a further look. While something stands in `ended()` nothing is
  /// usual, so that only the unusual has to take it away.
  void set_gates() {
    bool const shut = halted_ || !ended_.empty();
    orders_gate_ = shut ? 0 : limits_.orders;
    offers_gate_ = shut || waiting_ != 0 ? 0 : limits_.offers;
  }
  [[nodiscard]] std::uint32_t pool_row(NodeId id) const {  // 0: not open
    return id.v <= limits_.nodes ? low_pool_rows_[id.v].row : pool_rows_.at(id.v);
  }
  [[nodiscard]] Handle take_row();
  void free_row(Handle n);
  [[nodiscard]] Handle find(OrderId id) const;
  [[nodiscard]] Handle find(OfferId id) const;
  [[nodiscard]] Refusal unknown_or_dead(std::uint64_t id) const {
    return id > newest_id_ ? Refusal::unknown_id : Refusal::dead_id;
  }
  [[nodiscard]] std::uint32_t price_of(Node const& n) const {
    auto const rank = fast::rank_of(n.key);
    return n.is(fast::node_offer) ? rank : fast::mirrored(rank);
  }
  [[nodiscard]] bool accepts(std::uint32_t list, std::uint32_t provider) const;
  [[nodiscard]] SelfTrade trade_mode(Handle n) const {
    return static_cast<SelfTrade>(cold_[n].id_high_terms >> fast::term_trade_shift & 3);
  }
  [[nodiscard]] std::uint32_t firm_of(Handle n) const { return owners_[nodes_[n].owner()].firm; }
  [[nodiscard]] Stamp expiry_of(Handle n) const {
    return Stamp{nodes_[n].is(fast::node_timed) ? cold_[n].expires_us : 0};
  }
  void drop(Handle n, EndReason why);  // an order or offer leaves, and stands in ended()
  template <class Pick>
  std::size_t cancel_all(Pick pick);

  // ---- fast_orders.cpp ----
  [[nodiscard]] Refusal no_room(BookOrder const&) const;
  Lots arrive(BookOrder const&, Matches&);
  [[nodiscard]] bool usual(BookOrder const&) const;
  [[nodiscard]] bool certain(BookOrder const&) const;
  Rest place_unusual(BookOrder const&, Matches&);
  Rest put_usual(BookOrder const&, std::uint32_t level, Handle& slot);
  Rest put_prepared(BookOrder const&);
  Rest place_crossing(BookOrder const&, Matches&);
  Rest put_first(LadderId g, std::uint32_t level, Handle n);
  void put_order(BookOrder const&, std::uint32_t open);
  void take_out_order(Handle n, bool told);
  Refusal cancel_unusual(ParticipantId who, OrderId);
  Refusal leave(Handle n, std::uint32_t where, std::uint32_t party_and_kind, std::uint64_t id);
  Refusal leave_front(LadderId g, Handle n, std::uint32_t level, Handle next);
  void count_in(std::uint32_t owner, std::uint32_t signature);
  void count_out(std::uint32_t owner, std::uint32_t signature);
  void set_quick(std::uint32_t owner);
  /// Resting orders of one signature, while they are counted.
  [[nodiscard]] std::uint32_t orders_under(std::uint32_t owner, std::uint32_t signature) const;
  /// The same to be changed, made when it is not there; it must not stay 0.
  std::uint32_t& count_under(std::uint32_t owner, std::uint32_t signature);
  /// One less; true when none is left.
  bool lower_under(std::uint32_t owner, std::uint32_t signature);
  /// It would be one signature more than the buyer may have orders of at rest.
  [[nodiscard]] bool one_too_many(ParticipantId buyer, SignatureId id) const {
    return buyer.v <= limits_.participants && signatures_of(buyer.v) >= live_signatures_max &&
           orders_under(buyer.v, id.v) == 0;
  }
  [[nodiscard]] std::uint32_t signatures_of(std::uint32_t owner) const {
    auto const& terms = terms_[owner];
    return owners_[owner].resting == 0 ? 0 : terms.counted != 0 ? terms.signatures : 1;
  }
  void erase_order(Handle n) { take_out_order(n, false); }
  void fill_order(Handle n, std::uint32_t lots);
  [[nodiscard]] BookOrder terms_of(Handle order) const;
  void take(Taker&, Matches&);
  bool take_from(Taker&, LadderId, Key until, Matches&);
  bool take_best_of_many(Taker&, LadderId g, Key limit, Matches&);
  struct Front {  // of many ladders: the best, and up to which key it may be walked
    Key best{fast::no_key}, second{fast::no_key};
    LadderId from{};
    std::uint32_t passes{};  // over the keys of all, so far
  };
  [[nodiscard]] Front front_of(LadderId g) const;
  [[nodiscard]] LadderId whose(LadderId g, Key best) const;
  [[nodiscard]] Front front_after(Front const& last, LadderId g, Key limit);
  [[nodiscard]] Front first_in_order();
  void put_in_order(LadderId g);
  void sift_down(std::uint32_t from);
  void take_planned(Taker&, Matches&);
  void commit(Taker&, Plan const&, Matches&);
  /// Good until the next walk.
  [[nodiscard]] Plan const& plan(BookOrder const&) const;
  [[nodiscard]] bool crosses(BookOrder const&) const;
  void self_trade(Taker&, Handle offer);

  // ---- fast_offers.cpp ----
  [[nodiscard]] Refusal check(BookOffer const&, std::uint32_t& pool_row) const;
  [[nodiscard]] bool special(BookOffer const&, std::uint32_t pool_row) const;
  [[nodiscard]] bool crosses(BookOffer const&, std::uint32_t pool_row);
  std::uint32_t meet_passing(BookOffer const&, std::uint32_t pool_row, Matches&, bool& cut);
  Handle make_offer(BookOffer const&, std::uint32_t pool_row, std::uint32_t lots, Key key, bool is_special);
  Handle rest_offer(BookOffer const&, std::uint32_t pool_row, std::uint32_t lots, Key key, bool is_special);
  [[nodiscard]] bool usual(BookOffer const&, NodeRow const&) const;
  Rest post_unusual(BookOffer const&, Matches&);
  Rest put_usual(BookOffer const&, std::uint32_t level, Handle& slot);
  Rest put_prepared(BookOffer const&);
  Rest refuse_price(BookOffer const&) const;
  Rest post_crossing(BookOffer const&, Matches&);
  void put_plain(BookOffer const&, std::uint32_t pool_row, std::uint32_t lots, Key key);
  void take_out_plain(Handle n, InstrumentId at, bool told);
  void take_out_head(LadderId at);
  Refusal cancel_unusual(ParticipantId who, OfferId);
  void meet_offer(Handle offer, Matches&, std::size_t most = unbounded);
  void meet_again(std::size_t first, Matches&);
  [[nodiscard]] Bid best_bid(Handle offer);
  [[nodiscard]] Bid best_bid(LadderId at, Key limit, Handle offer);
  [[nodiscard]] Bid best_waiting(LadderId at, Key limit, Handle offer);
  [[nodiscard]] std::uint32_t fills(Handle order, Handle offer) const;
  void erase_offer(Handle n);

  // ---- fast_pools.cpp: tranches and pools of special offers ----
  [[nodiscard]] std::uint32_t executable(Handle offer) const;
  [[nodiscard]] std::uint32_t shown(Handle offer) const;
  [[nodiscard]] std::uint32_t hidden(Handle offer) const;
  [[nodiscard]] std::uint32_t fillable(Handle offer, std::uint32_t wanted, std::uint32_t order_min) const;
  /// Takes lots from offer and pool; false when the offer is gone.
  bool fill_offer(Handle offer, std::uint32_t lots);
  void append_tranche(Handle offer, std::uint32_t lots);
  void drop_front(Handle offer);
  void cut_newest(Handle offer, std::uint32_t lots);
  void clear_tranches(Handle offer);
  void show_next(Handle offer);
  void stand(Handle n,
             Handle earlier = 0);  // into its ladder, at its place: behind `earlier` if that is not 0
  void seat(Handle offer);         // in its ladder while something is executable, else out of it
  void seat_all(std::uint32_t pool_row);
  [[nodiscard]] LadderId ladder_of(Handle offer) const;
  void list_rows_of(std::uint32_t pool_row, std::vector<Handle>& into) const;  // in priority order

  // ---- fast_image.cpp ----
  void restore_offers(BookImage const&);

  // ---- the feed ----
  void tell(std::uint64_t id, Key key, std::uint32_t lots, std::uint32_t where, std::uint32_t party_and_kind);
  void tell_order(FeedKind kind, Handle n, SignatureId signature, std::uint32_t lots);
  void tell_offer(FeedKind kind, Handle n, InstrumentId at, std::uint32_t lots);
  void trade(Matches& out, Match const& match);

  void check_rows() const;
  void check_offer(Handle n) const;
  void check_uncrossed() const;

  BookLimits limits_;
  Reference const& reference_;
  Eligibility eligibility_;
  std::uint32_t side_;  // ladders per side: asks from 0, bids from side_, conditional bids from 2 * side_
  fast::Arena<fast::Line> lines_;
  fast::Nodes nodes_;
  fast::Colds cold_;
  fast::Arena<fast::Extra> extra_;
  fast::Ladders ladders_;
  fast::IdIndex ids_;
  fast::Links links_;
  fast::Deadlines deadlines_;
  fast::Counts live_signatures_;  // resting orders by participant and signature, of those that have many
  fast::Arena<NodeRow> low_pool_rows_;  // of nodes with ids up to the limit, as nearly all have
  fast::Counts pool_rows_;              // of the others
  fast::Arena<Owner> owners_;
  fast::Arena<OwnerTerms> terms_;
  fast::Arena<InstrumentRow> instruments_;
  fast::Arena<std::uint64_t> held_;  // by instrument: live special offers, and lots in use of attested pools
  fast::Arena<std::uint32_t> largest_;             // order of a signature; 0: not interned
  std::pmr::vector<Pool> pools_{mapped_memory()};  // row 0 is nobody's
  fast::Arena<NodeId> pool_ids_;                   // the same rows: what a trade wants of them
  std::vector<ProviderList> lists_;                // row n - 1 has id n

  Handle free_{};
  std::uint32_t next_row_{1};
  std::uint32_t orders_{}, offers_{}, tranches_{}, waiting_{};
  std::uint64_t ask_sequence_{}, bid_sequence_{}, newest_id_{};
  std::uint32_t looks_{};
  std::uint32_t orders_gate_{}, offers_gate_{};  // so many orders or offers, or more, are not usual
  bool halted_{};
  std::int64_t now_us_{};
  FeedRing nobody_{0};  // where events go while nobody reads
  FeedRing* feed_{&nobody_};
  std::vector<Ended> ended_;
  std::vector<std::pair<std::uint64_t, Handle>> picked_;  // by id: what a mass cancel takes, or who meets
  mutable std::vector<Handle> meeting_;
  mutable PlanSpace space_;
  std::vector<LadderId> short_;  // ladders that cross, of the walk that is going on
  fast::Arena<Seen> in_order_;   // ladders of a long walk: a heap, least key first
  std::uint32_t ordered_{};
};

}  // namespace spillway
