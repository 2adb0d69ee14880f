// matching/plain_book.hpp - the bipartite book with plain ordered containers, meant to be obviously right.
// Room:   matching (pure); sees market.
// Rule:   it is the oracle for the fast book: every command is done in the plainest way, looked up anew each
// time. docs/order-types.md says what each condition and each refusal means.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "matching/book.hpp"
#include "matching/demand.hpp"
#include "matching/supply.hpp"

namespace spillway {

class PlainBook final : public Book, private Tenants {
 public:
  /// `reference` outlives the book.
  explicit PlainBook(Reference const& reference, BookLimits const& limits = {});

  std::expected<Listing, Refusal> list(Instrument const&) override;
  std::expected<SignatureId, Refusal> intern(ParticipantId, Predicate const&) override;
  std::expected<ProviderListId, Refusal> intern_providers(ListKind, std::span<ParticipantId const>) override;
  [[nodiscard]] Relink relink(Reference const& next) const override;
  Refusal adopt(Relink&) override;
  Refusal set_standing(ParticipantId, Standing const&) override;
  void set_halted(bool halted) override { halted_ = halted; }

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
  [[nodiscard]] std::size_t resting_orders_of(ParticipantId) const override;
  [[nodiscard]] std::vector<Level> asks(InstrumentId, std::size_t depth_max) const override;
  [[nodiscard]] std::vector<Level> bids(InstrumentId, std::size_t depth_max) const override;
  void try_order(BookOrder const&, Matches&) const override;
  [[nodiscard]] BookState state() const override;
  [[nodiscard]] BookImage image() const override;
  Refusal restore(BookImage const&) override;
  void check_invariants() const override;

 private:
  struct Bid {
    OrderId order;
    Demand::BidKey key;
    Lots lots;
  };
  /// What a buyer's walk did: its trades, what it ended beside them, and what is still open.
  struct Taken {
    Matches matches;
    std::vector<Ended> ended;
    Lots open;
  };
  struct ProviderList {
    ListKind kind{};
    std::vector<ParticipantId> who;  // sorted
    friend auto operator<=>(ProviderList const&, ProviderList const&) = default;
  };

  // -- who is in use --
  [[nodiscard]] bool idle(SignatureId) const override;
  [[nodiscard]] bool idle(InstrumentId) const override;
  void retired(SignatureId) override {}  // it has no ladder
  void retired(InstrumentId) override {}

  // -- refusals, in the order in which they are tested --
  [[nodiscard]] Refusal ill_formed(BookOrder const&) const;
  [[nodiscard]] Refusal no_room(BookOrder const&) const;
  [[nodiscard]] Refusal unfit(BookOffer const&) const;
  [[nodiscard]] Refusal ill_formed(BookOffer const&) const;
  [[nodiscard]] Refusal no_amend(ParticipantId who, ParticipantId owner, Lots lots, Lots lot, Lots most,
                                 PriceIndex) const;
  [[nodiscard]] Refusal not_there(std::uint64_t id) const;
  [[nodiscard]] Standing standing(ParticipantId) const;
  [[nodiscard]] bool crosses(BookOrder const&) const;
  [[nodiscard]] bool crosses(RestingOffer const&);

  // -- orders --
  Lots arrive(BookOrder const&, Matches&);
  [[nodiscard]] Taken take(BookOrder const&, Supply&) const;
  [[nodiscard]] std::optional<Ask> best_ask(BookOrder const&, Supply const&, bool pass_own) const;
  [[nodiscard]] bool nearer(BookOrder const&, InstrumentId, InstrumentId) const;
  [[nodiscard]] bool fills_wholly(BookOrder const&) const;
  [[nodiscard]] bool accepts(BookOrder const&, ParticipantId provider) const;

  // -- offers --
  [[nodiscard]] std::optional<Bid> best_bid(RestingOffer const&);
  [[nodiscard]] std::optional<Bid> best_unconditional(RestingOffer const&) const;
  [[nodiscard]] std::optional<Bid> best_conditional(RestingOffer const&, PriceIndex least_limit);
  void meet_offer(OfferId, Matches&, std::size_t most = unbounded);
  void meet_what_changed(std::size_t first, Matches&);

  // -- both --
  [[nodiscard]] static bool may_rest(TimeInForce tif) {
    return tif == TimeInForce::gtc || tif == TimeInForce::timed;
  }
  [[nodiscard]] bool related(ParticipantId, ParticipantId) const;
  void begin_command();
  void end_order(OrderId, EndReason);
  void end_offer(OfferId, EndReason);
  void check_uncrossed() const;

  BookLimits limits_;
  Eligibility eligibility_;
  Supply supply_;
  Demand demand_;
  std::map<ParticipantId, Standing> standings_;
  std::vector<ProviderList> provider_lists_;  // row n - 1 has id n
  bool halted_{};
  Stamp now_;
  std::uint64_t newest_id_{};  // of all orders and offers so far: what is above is unknown, not dead
  std::uint32_t looks_left_{};
  std::vector<Ended> ended_;
};

}  // namespace spillway
