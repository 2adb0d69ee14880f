// tests/matching/book_property_test.cpp - random commands: the book and a second one written as flat vectors
// agree on every trade, and every invariant holds after every command.
#include <random>

#include "flat_book.hpp"

namespace spillway {
namespace {

using namespace rig;

class TwoBooks {
 public:
  explicit TwoBooks(std::uint64_t seed) : random_(seed) {
    for (auto const& [c, p] : std::vector<std::pair<ClassId, PlaceId>>{{class_a, us_east},
                                                                       {class_a, cn_sz},
                                                                       {class_b, us_east},
                                                                       {class_b, us_west},
                                                                       {class_c, cn_nx},
                                                                       {class_a, us_east}})
      open_node(c, p);
  }

  void step() {
    auto const dice = below(100);
    if (dice < 34)
      place();
    else if (dice < 58)
      post();
    else if (dice < 66)
      cancel_order();
    else if (dice < 70)
      cancel_offer();
    else if (dice < 76)
      amend_order();
    else if (dice < 82)
      amend_offer();
    else if (dice < 94)
      end_one();
    else
      change_units();
    book_.check_invariants();
    compare();
  }

  std::size_t trades{}, rested{}, killed{}, filled_at_once{};

 private:
  struct Node {
    NodeId id;
    ClassId klass;
    PlaceId place;
  };

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }
  template <class T>
  T const& any(std::vector<T> const& of) {
    return of[below(of.size())];
  }

  void open_node(ClassId c, PlaceId p) {
    NodeId const id{static_cast<std::uint32_t>(nodes_.size() + 1)};
    nodes_.push_back({id, c, p});
    book_.open_node(id, c, p);
    set_units(id, static_cast<std::int32_t>(1 + below(6)));
  }

  void set_units(NodeId id, std::int32_t n) {
    book_.set_available_units(id, n);
    flat_.units(id, n);
  }

  Predicate wish() {
    auto p = chance(2)
                 ? wants_capacity()
                 : wants_tokens(chance(2) ? std::vector{model_small} : std::vector{model_small, model_tiny});
    if (chance(3)) p.classes = {chance(2) ? class_a : class_b};
    if (chance(4)) p.within = {chance(2) ? us : cn};
    if (chance(5)) p.outside = {us_west};
    if (chance(4)) p.network = Micros{100'000};
    if (chance(6)) p.buyer_place = us_west;
    return p;
  }

  void place() {
    auto const p = wish();
    auto const signature = book_.intern(ParticipantId{1}, p);
    if (!signature) return;
    bool const tokens = p.product == ProductKind::tokens;
    auto const tif =
        std::array{TimeInForce::ioc, TimeInForce::fok, TimeInForce::gtc, TimeInForce::timed}[below(4)];
    BookOrder const order{OrderId{++ids_},
                          ParticipantId{1},
                          *signature,
                          price(),
                          Lots{tokens ? 1 : static_cast<std::int64_t>(1 + below(24)) * 125},
                          tif,
                          chance(2)};
    auto const dry = book_.dry_run(order);
    book_out_.clear(), flat_out_.clear();
    auto const rest = book_.place_order(order, book_out_);
    ASSERT_EQ(rest, flat_.place(order, book_.eligibility().predicate(*signature), flat_out_));
    check_order_terms(order, dry, rest);
    if (rest.v > 0) orders_.push_back(order.id), ++rested;
  }

  void check_order_terms(BookOrder const& order, std::vector<Match> const& dry, Lots rest) {
    std::vector<Match> real;
    Lots filled, dry_filled;
    for (auto const& m : book_out_)
      if (m.order == order.id && m.taker_is_buyer) real.push_back(m), filled += m.lots;
    for (auto const& m : dry) dry_filled += m.lots;
    for (auto const& m : real) ASSERT_LE(m.price, order.limit);
    bool const killed_now = order.tif == TimeInForce::fok && dry_filled < order.open;
    ASSERT_EQ(real, killed_now ? std::vector<Match>{} : dry) << "the dry run is the run";
    if (order.tif == TimeInForce::fok) {
      ASSERT_TRUE(filled.v == 0 || filled == order.open) << "never a part";
    }
    if (order.tif == TimeInForce::fok || order.tif == TimeInForce::ioc) {
      ASSERT_EQ(rest.v, 0);
    }
    killed += killed_now, filled_at_once += order.tif == TimeInForce::fok && !killed_now;
  }

  PriceIndex price() { return PriceIndex{static_cast<std::uint32_t>(10 + below(8))}; }

  void post() {
    auto const& node = any(nodes_);
    bool const tokens = chance(2);
    auto const what = tokens ? tokens_of(chance(2) ? model_small : model_tiny, node.klass, node.place)
                             : capacity_of(node.klass, node.place);
    auto const listing = book_.list(what);
    if (!listing) return;
    std::int64_t const lot = tokens ? 1 : reference_.find(node.klass)->smallest_part_milli;
    auto const lots = [&](std::uint64_t most) { return Lots{static_cast<std::int64_t>(below(most)) * lot}; };
    BookOffer offer{OfferId{++ids_}, ParticipantId{2}, node.id, listing->id, price(), lots(6), {}, {},
                    chance(2)};
    offer.quantity += Lots{lot};
    if (chance(4)) offer.fill_min = lots(4);
    if (chance(4)) offer.fill_max = offer.fill_min + lots(3);
    if (book_.price_taken(node.id, listing->id, offer.price)) return;
    book_out_.clear(), flat_out_.clear();
    book_.post_offer(offer, book_out_);
    flat_.post(offer, what, flat_out_);
    offers_.push_back(offer);
  }

  /// A resting order, or nothing.
  std::optional<OrderId> some_order() {
    std::erase_if(orders_, [&](OrderId id) { return !book_.rests(id); });
    if (orders_.empty()) return std::nullopt;
    return any(orders_);
  }
  std::optional<BookOffer> some_offer() {
    std::erase_if(offers_, [&](BookOffer const& o) { return !book_.live(o.id); });
    if (offers_.empty()) return std::nullopt;
    return any(offers_);
  }

  void cancel_order() {
    if (auto const id = some_order()) book_.cancel_order(*id), flat_.cancel(*id);
  }
  void cancel_offer() {
    if (auto const o = some_offer()) book_.cancel_offer(o->id), flat_.cancel(o->id);
  }

  void amend_order() {
    auto const id = some_order();
    if (!id) return;
    auto const open = book_.open_lots(*id);
    Lots const lots{open.v % 125 != 0 ? open.v
                                      : std::max<std::int64_t>(
                                            125, open.v + (static_cast<std::int64_t>(below(5)) - 3) * 125)};
    auto const limit = price();
    book_out_.clear(), flat_out_.clear();
    auto const rest = book_.amend_order(*id, limit, lots, book_out_);
    ASSERT_EQ(rest, flat_.amend(*id, limit, lots, flat_out_));
  }

  void amend_offer() {
    auto const o = some_offer();
    if (!o) return;
    auto const what = book_.instrument(o->instrument);
    std::int64_t const lot =
        what.product == ProductKind::tokens ? 1 : reference_.find(what.klass)->smallest_part_milli;
    Lots const lots{static_cast<std::int64_t>(1 + below(6)) * lot};
    auto const limit = price();
    bool const taken = book_.price_taken(o->node, o->instrument, limit);
    book_out_.clear(), flat_out_.clear();
    auto const at = taken ? current_price(*o) : limit;
    book_.amend_offer(o->id, at, lots, book_out_);
    flat_.amend(o->id, at, lots, flat_out_);
    for (auto& mine : offers_)
      if (mine.id == o->id) mine.price = at;
  }
  [[nodiscard]] static PriceIndex current_price(BookOffer const& o) { return o.price; }

  void end_one() {
    if (running_.empty()) return;
    auto const i = below(running_.size());
    auto const trade = running_[i];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    book_.vacate(trade.node, trade.instrument, trade.lots, trade.offer);
    flat_.end(trade);
    meet(trade.node);
  }

  void change_units() {
    auto const& node = any(nodes_);
    set_units(node.id, static_cast<std::int32_t>(below(7)));
    meet(node.id);
  }

  void meet(NodeId node) {
    book_out_.clear(), flat_out_.clear();
    book_.meet(node, book_out_);
    flat_.meet(node, flat_out_);
  }

  void compare() {
    ASSERT_EQ(book_out_.size(), flat_out_.size());
    for (std::size_t i = 0; i < book_out_.size(); ++i) ASSERT_EQ(book_out_[i], flat_out_[i]) << "trade " << i;
    ASSERT_EQ(book_.resting_orders_of(ParticipantId{1}), flat_.resting());
    for (auto const id : orders_) ASSERT_EQ(book_.open_lots(id), flat_.open(id));
    for (auto const& o : offers_) {
      ASSERT_EQ(book_.live(o.id), flat_.rest(o.id).has_value());
      ASSERT_EQ(book_.rest_lots(o.id), flat_.rest(o.id).value_or(Lots{}));
    }
    trades += book_out_.size();
    running_.insert(running_.end(), book_out_.begin(), book_out_.end());
    book_out_.clear(), flat_out_.clear();
  }

  std::mt19937_64 random_;
  Reference reference_ = tables();
  std::unique_ptr<Book> own_book_ = make_book(kind, reference_);
  Book& book_{*own_book_};
  FlatBook flat_{reference_};
  std::vector<Node> nodes_;
  std::vector<OrderId> orders_;
  std::vector<BookOffer> offers_;
  std::vector<Match> running_, book_out_, flat_out_;
  std::uint64_t ids_{};
};

TEST(BookProperty, ASecondBookWrittenAsFlatVectorsMakesTheSameTrades) {
  std::size_t trades = 0, rested = 0, killed = 0, filled_at_once = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    TwoBooks books{seed};
    for (int i = 0; i < 600; ++i) {
      SCOPED_TRACE("command " + std::to_string(i));
      books.step();
      if (HasFatalFailure()) return;
    }
    trades += books.trades, rested += books.rested;
    killed += books.killed, filled_at_once += books.filled_at_once;
  }
  EXPECT_GT(trades, 1'000u);
  EXPECT_GT(rested, 500u);
  EXPECT_GT(killed, 100u);
  EXPECT_GT(filled_at_once, 100u);
}

}  // namespace
}  // namespace spillway
