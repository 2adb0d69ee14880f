// tests/matching/duel_compare.cpp - what must be equal after a command, what must hold of it, and the count.
#include "duel_compare.hpp"

#include "matching/book_image.hpp"

namespace spillway::rig {

namespace {

std::string words_of(Match const& m) {
  return "order " + std::to_string(m.order.v) + " offer " + std::to_string(m.offer.v) + " lots " +
         std::to_string(m.lots.v) + " price " + std::to_string(m.price.v) +
         (m.taker_is_buyer ? " buys" : " sells");
}

constexpr std::uint64_t bit(Use use) { return std::uint64_t{1} << static_cast<unsigned>(use); }

}  // namespace

void Duel::say(std::string words) {
  story_.push_back(std::move(words));
  if (story_.size() > 40) story_.pop_front();
}

std::string Duel::story() const {
  std::string all;
  for (auto const& line : story_) all += line + "\n";
  return all;
}

void Duel::compare() {
  EXPECT_EQ(out_[0].size(), out_[1].size()) << "trades";
  for (std::size_t i = 0; i < std::min(out_[0].size(), out_[1].size()); ++i)
    EXPECT_EQ(out_[0][i], out_[1][i])
        << "trade " << i << ": " << words_of(out_[0][i]) << " / " << words_of(out_[1][i]);
  auto const left = books_[0]->ended();
  auto const right = books_[1]->ended();
  EXPECT_EQ(std::vector(left.begin(), left.end()), std::vector(right.begin(), right.end())) << "endings";
  if (fed_) compare_feed();
}

/// The feed's trades of this command are the command's trades.
void Duel::compare_feed() {
  fold_.read(ring_);
  EXPECT_EQ(fold_.trades.size(), out_[0].size()) << "trades in the feed";
  for (std::size_t i = 0; i < std::min(fold_.trades.size(), out_[0].size()); ++i) {
    auto const& told = fold_.trades[i];
    auto const& done = out_[0][i];
    bool const same = told.order() == done.order && told.offer() == done.offer &&
                      told.instrument() == done.instrument && told.lots == done.lots.v &&
                      told.price() == done.price && told.taker_is_buyer() == done.taker_is_buyer;
    EXPECT_TRUE(same) << "trade " << i << " of the feed; in fact " << words_of(done);
  }
}

void Duel::compare_states() {
  ++counts_.states;
  auto const left = books_[0]->state(), right = books_[1]->state();
  EXPECT_EQ(left.orders, right.orders) << "resting orders";
  EXPECT_EQ(left.tranches, right.tranches) << "offered lots";
  EXPECT_EQ(left.offers, right.offers) << "live offers";
  EXPECT_EQ(left.pools, right.pools) << "pools";
  if (fed_) fold_.read(ring_), fold_.expect(left);
  std::size_t conditional = 0;
  for (auto const& order : left.orders) conditional += order.conditional;
  counts_.crowded += conditional > conditional_looks_max;
  for (std::uint32_t i = 1; i <= books_[0]->instrument_count(); ++i) {
    EXPECT_EQ(books_[0]->asks(InstrumentId{i}, 5), books_[1]->asks(InstrumentId{i}, 5)) << "asks of " << i;
    EXPECT_EQ(books_[0]->bids(InstrumentId{i}, 5), books_[1]->bids(InstrumentId{i}, 5)) << "bids of " << i;
  }
  for (auto const& node : nodes_) EXPECT_EQ(books_[0]->offers_of(node.id), books_[1]->offers_of(node.id));
  for (std::uint32_t who = 1; who <= people_; ++who)
    EXPECT_EQ(books_[0]->resting_orders_of(ParticipantId{who}),
              books_[1]->resting_orders_of(ParticipantId{who}));
  for (auto const& offer : left.offers) {
    EXPECT_EQ(books_[0]->rest_lots(offer.id), books_[1]->rest_lots(offer.id));
    EXPECT_EQ(books_[0]->executable_lots(offer.id), books_[1]->executable_lots(offer.id));
  }
  compare_images();
}

void Duel::compare_images() {
  auto const image = books_[0]->image();
  EXPECT_EQ(image, books_[1]->image()) << "images";
  if (!restores_ || coming_) return;  // tables that are being prepared know their book
  auto const which = counts_.states % 2;
  auto fresh = make_book(kinds_[which], reference_, limits());
  EXPECT_EQ(fresh->restore(image), Refusal::none);
  fresh->check_invariants();
  EXPECT_EQ(fresh->image(), image) << "of the book that was made from it";
  books_[which] = std::move(fresh);
  for (auto& book : books_) book->advance(now_);  // what the last command ended is no part of an image
  say("one of the books is made again");
}

/// What came of the last command; `order` or `offer` when it brought one that was accepted.
void Duel::account(BookOrder const* order, BookOffer const* offer) {
  if (order) {
    orders_[order->id.v] = *order;
    note(asked_for_[order->id.v] = uses_of(*order, only_lists_.contains(order->providers)));
  }
  if (offer) {
    offers_[offer->id.v] = *offer;
    note(asked_for_[offer->id.v] = uses_of(*offer, !units_.contains(offer->node)));
  }
  if (order) check_arrival(*order);
  if (offer) check_arrival(*offer);
  std::set<NodeId> touched;
  for (auto const& m : out_[0]) {
    ++counts_.trades;
    check_terms(m);
    for (std::size_t i = 0; i < uses; ++i)
      counts_.fills[i] += ((asked_for_[m.order.v] | asked_for_[m.offer.v]) >> i) & 1;
    in_use_[m.node][books_[0]->instrument(m.instrument)] += m.lots.v;
    running_.push_back(m);
    touched.insert(m.node);
  }
  for (auto const node : touched) check_law(node);
  for (auto const& ended : books_[0]->ended()) {
    counts_.self_trades += ended.why == EndReason::self_trade;
    counts_.expired += ended.why == EndReason::expired;
    if (ended.why == EndReason::expired) {
      auto const when =
          ended.order.some() ? orders_.at(ended.order.v).expires : offers_.at(ended.offer.v).expires;
      EXPECT_TRUE(when.v > 0 && when <= now_) << "what expires is due";
    }
    counts_.mass_cancelled += ended.why == EndReason::mass_cancelled;
    EXPECT_NE(ended.order.some(), ended.offer.some()) << "an ending names one of the two";
    EXPECT_GT(ended.left.v + (ended.offer.some() ? 1 : 0), 0) << "an order that ends wanted something";
  }
}

/// Recounted from the list of what runs: leased units + units under jobs <= available units.
void Duel::check_law(NodeId node) {
  auto const units = units_.find(node);
  if (units == units_.end()) return;
  EXPECT_LE(units_in_use(in_use_[node], reference_), units->second) << "the law, on node " << node.v;
}

Duel::Uses Duel::uses_of(BookOrder const& o, bool only_list) {
  Uses all = bit(o.market ? Use::market : Use::limit);
  all |= bit(std::array{Use::ioc, Use::fok, Use::gtc, Use::timed}[static_cast<std::size_t>(o.tif) - 1]);
  if (o.expires.v > 0) all |= bit(Use::expires);
  if (o.post_only) all |= bit(Use::post_only);
  if (o.fill_min.v > 1) all |= bit(Use::fill_min);
  if (o.providers.some()) all |= bit(only_list ? Use::only_these : Use::none_of_these);
  if (o.prefer_near) all |= bit(Use::near);
  if (o.self_trade == SelfTrade::newest) all |= bit(Use::shuns_newest);
  if (o.self_trade == SelfTrade::oldest) all |= bit(Use::shuns_oldest);
  if (o.self_trade == SelfTrade::both) all |= bit(Use::shuns_both);
  return all;
}

Duel::Uses Duel::uses_of(BookOffer const& o, bool unlimited) {
  Uses all = unlimited ? bit(Use::unlimited) : 0;
  if (o.post_only) all |= bit(Use::offer_post_only);
  if (o.fill_min.v > 0) all |= bit(Use::offer_min);
  if (o.fill_max.v > 0) all |= bit(Use::offer_max);
  if (o.replenish) all |= bit(Use::replenish);
  if (o.display.v > 0) all |= bit(Use::display);
  if (o.expires.v > 0) all |= bit(Use::offer_expires);
  if (o.self_trade == SelfTrade::newest) all |= bit(Use::offer_shuns_newest);
  if (o.self_trade == SelfTrade::oldest) all |= bit(Use::offer_shuns_oldest);
  if (o.self_trade == SelfTrade::both) all |= bit(Use::offer_shuns_both);
  return all;
}

void Duel::note(Uses asked) {
  for (std::size_t i = 0; i < uses; ++i) counts_.used[i] += (asked >> i) & 1;
}

}  // namespace spillway::rig
