// bench/matching/book_subject.hpp - a stream on a book of the library, through the calls that an embedder
// makes.
// Room:   bench; sees matching.
// Rule:   a sell is an offer of its instrument's node, which has units without end. An offer has no
//         immediate-or-cancel: what is left of it is cancelled by a second call, and both are timed as one
//         command. A replace is a cancel and a new order, as one command.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common_workload.hpp"
#include "conditions.hpp"
#include "matching/book.hpp"
#include "matching/feed.hpp"
#include "tables.hpp"
#include "tally.hpp"

namespace spillway::bench {

/// `B` is the implementation itself, not the interface, so that its calls are direct.
template <class B>
class BookSubject {
 public:
  BookSubject(Market const& market, BookLimits const& limits, std::uint32_t price_factor,
              std::uint32_t conditions_per_mille)
      : conditions(conditions_per_mille),
        tables_(tables_of(market.shape, market.round_trips)),
        book_(tables_, limits),
        factor_(price_factor) {
    auto const shape = market.shape;
    for (std::uint32_t row = 0; row < shape.instruments(); ++row) {
      instruments_.push_back(book_.list(instrument_of(shape, row)).value().id);
      book_.open_node(node_of(row), shape.klass(row), shape.place(row), Pooling::unlimited);
    }
    for (auto const& predicate : market.signatures) {
      auto const buyer = buyer_of(static_cast<std::uint32_t>(signatures_.size()));
      signatures_.push_back(book_.intern(buyer, predicate).value());
    }
    matches_.reserve(4'096);
    if constexpr (requires { book_.set_feed(&feed_); }) book_.set_feed(&feed_);
    if constexpr (requires { book_.prefault(1); })
      book_.prefault((std::size_t{limits.orders} + limits.offers) / 2);
    if (conditions.on()) name_parties();
  }

  void apply(Command const& c) {
    if (conditions.on())
      apply_as<true>(c);
    else
      apply_as<false>(c);
  }

  /// For what no stream does: a change of the tables, and what follows from it.
  [[nodiscard]] Reference& tables() { return tables_; }
  [[nodiscard]] B& book() { return book_; }
  [[nodiscard]] B const& book() const { return book_; }

  Tally tally;
  Conditions conditions;

 private:
  static constexpr std::uint32_t providers = 8;
  static ParticipantId provider_of(std::uint32_t id) { return ParticipantId{1 + id % providers}; }
  static ParticipantId buyer_of(std::uint32_t row) { return ParticipantId{1 + providers + row}; }
  static NodeId node_of(std::uint32_t row) { return NodeId{1 + row}; }

  /// Every eighth buyer is a firm with one of the providers, and orders may name or shut out some of these.
  void name_parties() {
    for (std::uint32_t i = 0; i < providers; ++i) book_.set_standing(provider_of(i), {.firm = FirmId{1 + i}});
    for (std::uint32_t row = 0; row < signatures_.size(); row += 8)
      book_.set_standing(buyer_of(row), {.firm = FirmId{1 + row / 8 % providers}});
    std::array const some{ParticipantId{1}, ParticipantId{2}, ParticipantId{3}};
    lists_[0] = book_.intern_providers(Book::ListKind::only, some).value();
    lists_[1] = book_.intern_providers(Book::ListKind::except, some).value();
  }

  template <bool with_conditions>
  void apply_as(Command const& c) {
    if (with_conditions && ++now_.v % 1'024 == 0) book_.advance(now_);
    if (c.verb != Verb::add) {
      auto const target = c.verb == Verb::cancel ? c.id : c.old_id;
      if (!cancelled(target, c.side)) return void(++tally.rejects);
      if (c.verb == Verb::cancel) return;
    }
    place<with_conditions>(c);
  }

  bool cancelled(std::uint32_t id, Side side) {
    return (side == Side::buy ? book_.cancel({}, OrderId{id}) : book_.cancel({}, OfferId{id})) ==
           Refusal::none;
  }

  template <bool with_conditions>
  void place(Command const& c) {
    matches_.clear();
    c.side == Side::buy ? buy<with_conditions>(c) : sell<with_conditions>(c);
    for (auto const& m : matches_) {
      auto const maker = m.taker_is_buyer ? m.offer.v : m.order.v;
      auto const taker = m.taker_is_buyer ? m.order.v : m.offer.v;
      tally.fill(maker, taker, static_cast<std::uint64_t>(m.lots.v), tick_at(m.price.v, factor_));
    }
  }

  // The commands are kept from call to call, as a decoder would keep them: only what differs is written.

  template <bool with_conditions>
  void buy(Command const& c) {
    if constexpr (with_conditions) order_ = {};
    order_.id = OrderId{c.id};
    order_.buyer = buyer_of(c.book);
    order_.signature = signatures_[c.book];
    order_.limit = PriceIndex{grid_of(c.price, factor_)};
    order_.open = Lots{c.quantity};
    order_.tif = c.ioc != 0 ? TimeInForce::ioc : TimeInForce::gtc;
    if constexpr (with_conditions) conditions.decorate(order_, now_, lists_[c.id & 1]);
    if (!book_.place(order_, matches_)) ++tally.refused;
  }

  template <bool with_conditions>
  void sell(Command const& c) {
    if constexpr (with_conditions) offer_ = {};
    offer_.id = OfferId{c.id};
    offer_.provider = provider_of(c.id);
    offer_.node = node_of(c.book);
    offer_.instrument = instruments_[c.book];
    offer_.price = PriceIndex{grid_of(c.price, factor_)};
    offer_.quantity = Lots{c.quantity};
    if constexpr (with_conditions) conditions.decorate(offer_, now_);
    auto const rest = book_.post(offer_, matches_);
    if (!rest) return void(++tally.refused);
    if (c.ioc != 0 && rest->v > 0) static_cast<void>(cancelled(c.id, Side::sell));
  }

  Reference tables_;
  B book_;
  std::uint32_t factor_;
  std::vector<InstrumentId> instruments_;
  std::vector<SignatureId> signatures_;
  std::array<ProviderListId, 2> lists_{};
  std::vector<Match> matches_;
  BookOrder order_{};
  BookOffer offer_{};
  Stamp now_;
  FeedRing feed_;  // 512 KiB: events are written as in production, and nobody reads them
};

}  // namespace spillway::bench
