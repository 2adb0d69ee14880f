// bench/matching/book_subject.hpp - a stream on a book of the library, through the calls that an embedder
// makes. Room:   bench; sees matching. Rule:   a sell is an offer of its instrument's node, which has units
// without end. An offer has no immediate-or-cancel:
//         what is left of it is cancelled by a second call, and both are timed as one command. A replace is a
//         cancel and a new order, as one command.
#pragma once

#include <cstdint>
#include <vector>

#include "common_workload.hpp"
#include "matching/book.hpp"
#include "matching/feed.hpp"
#include "tables.hpp"
#include "tally.hpp"

namespace spillway::bench {

/// `B` is the implementation itself, not the interface, so that its calls can be inlined.
template <class B>
class BookSubject {
 public:
  BookSubject(Market const& market, BookLimits const& limits, std::uint32_t price_factor)
      : tables_(tables_of(market.shape, market.round_trips)), book_(tables_, limits), factor_(price_factor) {
    auto const shape = market.shape;
    for (std::uint32_t row = 0; row < shape.instruments(); ++row) {
      instruments_.push_back(book_.list(instrument_of(shape, row)).value().id);
      book_.open_node(node_of(row), shape.klass(row), shape.place(row), Pooling::unlimited);
    }
    for (auto const& predicate : market.signatures) {
      auto const buyer = buyer_of(static_cast<std::uint32_t>(signatures_.size()));
      signatures_.push_back(book_.intern(buyer, predicate).value());
    }
    matches_.reserve(1'024);
    if constexpr (requires { book_.set_feed(&feed_); }) book_.set_feed(&feed_);
    if constexpr (requires { book_.prefault(1); }) book_.prefault(std::size_t{limits.orders} + limits.offers);
  }

  void apply(Command const& c) {
    if (c.verb == Verb::add) return place(c);
    auto const target = c.verb == Verb::cancel ? c.id : c.old_id;
    if (!cancelled(target, c.side)) return void(++tally.rejects);
    if (c.verb == Verb::replace) place(c);
  }

  /// For what no stream does: a change of the tables, and what follows from it.
  [[nodiscard]] Reference& tables() { return tables_; }
  [[nodiscard]] B& book() { return book_; }
  [[nodiscard]] B const& book() const { return book_; }

  Tally tally;

 private:
  static ParticipantId buyer_of(std::uint32_t row) { return ParticipantId{2 + row}; }
  static NodeId node_of(std::uint32_t row) { return NodeId{1 + row}; }
  static constexpr ParticipantId provider{1};

  bool cancelled(std::uint32_t id, Side side) {
    return (side == Side::buy ? book_.cancel({}, OrderId{id}) : book_.cancel({}, OfferId{id})) ==
           Refusal::none;
  }

  void place(Command const& c) {
    matches_.clear();
    c.side == Side::buy ? buy(c) : sell(c);
    for (auto const& m : matches_) {
      auto const maker = m.taker_is_buyer ? m.offer.v : m.order.v,
                 taker = m.taker_is_buyer ? m.order.v : m.offer.v;
      tally.fill(maker, taker, static_cast<std::uint64_t>(m.lots.v), tick_at(m.price.v, factor_));
    }
  }

  void buy(Command const& c) {
    BookOrder order;
    order.id = OrderId{c.id};
    order.buyer = buyer_of(c.book);
    order.signature = signatures_[c.book];
    order.limit = PriceIndex{grid_of(c.price, factor_)};
    order.open = Lots{c.quantity};
    order.tif = c.ioc != 0 ? TimeInForce::ioc : TimeInForce::gtc;
    tally.refused += !book_.place(order, matches_).has_value();
  }

  void sell(Command const& c) {
    BookOffer offer;
    offer.id = OfferId{c.id};
    offer.provider = provider;
    offer.node = node_of(c.book);
    offer.instrument = instruments_[c.book];
    offer.price = PriceIndex{grid_of(c.price, factor_)};
    offer.quantity = Lots{c.quantity};
    auto const rest = book_.post(offer, matches_);
    tally.refused += !rest.has_value();
    if (c.ioc != 0 && rest.value_or(Lots{}).v > 0) static_cast<void>(cancelled(c.id, Side::sell));
  }

  Reference tables_;
  B book_;
  std::uint32_t factor_;
  std::vector<InstrumentId> instruments_;
  std::vector<SignatureId> signatures_;
  std::vector<Match> matches_;
  FeedRing feed_;  // 512 KiB: events are written as in production, and nobody reads them
};

}  // namespace spillway::bench
