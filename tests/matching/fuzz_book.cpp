// tests/matching/fuzz_book.cpp - any bytes are commands: both books answer alike, refuse what is wrong, and
// keep their invariants. Fields are mostly small, so that ids meet; a marked byte makes one 64 bits wide.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "market/check.hpp"
#include "matching/book.hpp"

namespace spillway {
namespace {

class Bytes {
 public:
  explicit Bytes(std::span<std::uint8_t const> all) : left_(all) {}
  [[nodiscard]] bool some() const { return !left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    auto const first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  std::uint64_t below(std::uint64_t n) { return byte() % n; }
  bool flag() { return below(8) == 0; }
  /// Mostly below 32; after a byte of 255 the next eight bytes as they are.
  std::uint64_t number() {
    auto const first = byte();
    if (first != 255) return first % 32;
    std::uint64_t wide = 0;
    for (int i = 0; i < 8; ++i) wide = wide << 8 | byte();
    return wide;
  }
  std::int64_t lots() { return static_cast<std::int64_t>(number()); }

 private:
  std::span<std::uint8_t const> left_;
};

Reference tables() {
  Reference r;
  auto const place = [](std::uint16_t id, std::uint16_t parent, char const* name) {
    Place p;
    p.id = PlaceId{id}, p.parent = PlaceId{parent}, p.name = name, p.title = name, p.country = "ZZ";
    p.kind = parent == 0 ? PlaceKind::country : PlaceKind::region;
    p.pue_milli = p.green_milli = -1;
    return p;
  };
  auto const klass = [](std::uint16_t id, char const* name, std::int32_t part) {
    AcceleratorClass c;
    c.id = ClassId{id}, c.name = name, c.maker = "maker", c.origin = Origin::other;
    c.memory_mib = 4'096, c.bandwidth_mb_s = 1'000, c.fp16_gflops = 1'000, c.smallest_part_milli = part;
    c.micro_degrees_per_hour = 1'000;
    return c;
  };
  Tier warm;
  warm.id = TierId{1}, warm.name = "warm", warm.product = ProductKind::capacity, warm.base_us = 1'000;
  sw_check(!r.set_places({place(1, 0, "a"), place(2, 1, "a:b"), place(3, 1, "a:c")}), "places");
  sw_check(!r.set_classes({klass(1, "A", 1), klass(2, "B", 4)}), "classes");
  sw_check(!r.set_tiers({warm}), "tiers");
  return r;
}

/// Two books, told the same; ids 1 and 2 of each kind of thing are there.
class Pair {
 public:
  Pair() {
    BookLimits limits;
    limits.orders = 24, limits.offers = 24, limits.tranches = 6, limits.nodes = 8, limits.participants = 12;
    limits.instruments = limits.signatures = 64, limits.provider_lists = 4;
    for (std::size_t i = 0; i < 2; ++i) {
      books_[i] = make_book(i == 0 ? BookKind::plain : BookKind::fast, tables_, limits);
      auto& book = *books_[i];
      for (std::uint16_t klass = 1; klass <= 2; ++klass)
        for (std::uint16_t where = 2; where <= 3; ++where)
          sw_check(book.list({ProductKind::capacity, {}, ClassId{klass}, PlaceId{where}, TierId{1}}),
                   "listed");
      for (std::uint32_t n = 1; n <= 6; ++n) {
        ClassId const klass{static_cast<std::uint16_t>(1 + n % 2)};
        PlaceId const where{static_cast<std::uint16_t>(2 + n / 2 % 2)};
        book.open_node(NodeId{n}, klass, where, n > 4 ? Pooling::unlimited : Pooling::attested);
        at_[n] = book.list({ProductKind::capacity, {}, klass, where, TierId{1}})->id;
        if (n <= 4) book.set_available_units(NodeId{n}, 1);
      }
      for (std::uint16_t klass = 0; klass <= 2; ++klass) {
        Predicate wish;
        wish.product = ProductKind::capacity;
        if (klass > 0) wish.classes = {ClassId{klass}};
        sw_check(book.intern(ParticipantId{1}, wish), "interned");
      }
      std::array const some{ParticipantId{3}, ParticipantId{4}};
      sw_check(book.intern_providers(Book::ListKind::only, some), "a list");
      sw_check(book.intern_providers(Book::ListKind::except, some), "another");
      for (std::uint32_t who = 1; who <= 6; ++who) {
        Standing standing;
        standing.firm = FirmId{who % 3};
        standing.resting_max = who == 6 ? 2 : 0;
        sw_check(book.set_standing(ParticipantId{who}, standing) == Refusal::none, "a standing");
      }
    }
  }

  void step(Bytes& in) {
    switch (in.below(12)) {
      case 0:
      case 1:
      case 2:
        return place(in);
      case 3:
      case 4:
        return post(in);
      case 5:
        return amend(in);
      case 6:
      case 7:
        return cancel(in);
      case 8:
        return ends(in);
      case 9:
        return units(in);
      case 10:
        return sweep(in);
      default:
        return people(in);
    }
  }

  void agree() const {
    sw_check(books_[0]->state() == books_[1]->state(), "both books hold the same");
    for (auto const& book : books_) book->check_invariants();
  }

 private:
  template <class Call>
  void both(Call call) {
    std::array<Book::Matches, 2> trades;
    auto const plain = call(*books_[0], trades[0]);
    auto const fast = call(*books_[1], trades[1]);
    sw_check(plain == fast, "both books answer alike");
    sw_check(trades[0] == trades[1], "both books trade alike");
    auto const a = books_[0]->ended(), b = books_[1]->ended();
    sw_check(std::equal(a.begin(), a.end(), b.begin(), b.end()), "both books end the same");
    running_.insert(running_.end(), trades[0].begin(), trades[0].end());
  }

  /// Seven commands of eight are well formed, or few would get as far as trading.
  void place(Bytes& in) {
    bool const wild = in.flag();
    BookOrder o;
    o.id = OrderId{in.number()};
    o.buyer = ParticipantId{static_cast<std::uint32_t>(wild ? in.below(14) : 1 + in.below(6))};
    o.signature = SignatureId{static_cast<std::uint32_t>(wild ? in.below(5) : 1 + in.below(3))};
    o.limit = PriceIndex{static_cast<std::uint32_t>(in.number())};
    o.open = Lots{in.lots()};
    o.tif = static_cast<TimeInForce>(wild ? in.below(6) : 1 + in.below(4));
    bool const rests = o.tif >= TimeInForce::gtc;
    o.prefer_near = in.flag(), o.market = in.flag() && (wild || !rests),
    o.post_only = in.flag() && (wild || rests);
    o.self_trade = static_cast<SelfTrade>(in.below(wild ? 5 : 4));
    if (in.flag()) o.providers = ProviderListId{static_cast<std::uint32_t>(in.below(wild ? 4 : 3))};
    if (in.flag()) o.fill_min = Lots{in.lots()};
    if (in.flag()) o.session = SessionId{in.below(3)};
    if (in.flag()) o.expires = Stamp{in.lots()};
    both([&](Book& book, auto& out) { return book.place(o, out); });
  }

  void post(Bytes& in) {
    bool const wild = in.flag();
    BookOffer o;
    o.id = OfferId{in.number()};
    o.provider = ParticipantId{static_cast<std::uint32_t>(wild ? in.below(14) : 1 + in.below(6))};
    o.node = NodeId{static_cast<std::uint32_t>(wild ? in.below(8) : 1 + in.below(6))};
    o.instrument = wild ? InstrumentId{static_cast<std::uint32_t>(in.below(6))} : at_[o.node.v];
    auto const lots = [&] { return Lots{wild ? in.lots() : 4 * (1 + in.lots() % 8)}; };
    o.price = PriceIndex{static_cast<std::uint32_t>(in.number())};
    o.quantity = lots();
    if (in.flag()) o.fill_min = lots();
    if (in.flag()) o.fill_max = lots();
    if (in.flag()) o.display = lots();
    o.replenish = in.below(3) == 0, o.post_only = in.flag();
    o.self_trade = static_cast<SelfTrade>(in.below(wild ? 5 : 4));
    if (in.flag()) o.session = SessionId{in.below(3)};
    if (in.flag()) o.expires = Stamp{in.lots()};
    both([&](Book& book, auto& out) { return book.post(o, out); });
  }

  void amend(Bytes& in) {
    bool const order = in.flag();
    auto const id = in.number();
    ParticipantId const who{static_cast<std::uint32_t>(in.below(4))};
    PriceIndex const price{static_cast<std::uint32_t>(in.number())};
    Lots const lots{in.lots()};
    both([&](Book& book, auto& out) {
      return order ? book.amend(who, OrderId{id}, price, lots, out)
                   : book.amend(who, OfferId{id}, price, lots, out);
    });
  }

  void cancel(Bytes& in) {
    bool const order = in.below(2) == 0;
    auto const id = in.number();
    ParticipantId const who{static_cast<std::uint32_t>(in.below(4))};
    both([&](Book& book, auto&) {
      return order ? book.cancel(who, OrderId{id}) : book.cancel(who, OfferId{id});
    });
  }

  /// A trade's capacity comes back.
  void ends(Bytes& in) {
    if (running_.empty()) return;
    auto const at = in.byte() % running_.size();
    auto const trade = running_[at];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    both([&](Book& book, auto& out) {
      book.vacate(trade.node, trade.instrument, trade.lots, trade.offer);
      book.meet(trade.node, out);
      return 0;
    });
  }

  void units(Bytes& in) {
    NodeId const node{static_cast<std::uint32_t>(1 + in.below(4))};
    auto const n = static_cast<std::int32_t>(in.below(3));
    both([&](Book& book, auto& out) {
      book.set_available_units(node, n);
      book.meet(node, out);
      return 0;
    });
  }

  void sweep(Bytes& in) {
    auto const which = in.below(4);
    auto const id = in.below(7);
    now_.v += static_cast<std::int64_t>(in.below(3));
    both([&](Book& book, auto&) -> std::size_t {
      if (which == 0) return book.cancel_session(SessionId{id});
      if (which == 1) return book.cancel_instrument(InstrumentId{static_cast<std::uint32_t>(id)});
      if (which == 2) return book.cancel_node(NodeId{static_cast<std::uint32_t>(id)});
      return book.advance(now_), std::size_t{0};
    });
  }

  void people(Bytes& in) {
    ParticipantId const who{static_cast<std::uint32_t>(in.below(14))};
    Standing const standing{FirmId{static_cast<std::uint32_t>(in.below(3))},
                            static_cast<std::uint32_t>(in.below(6)), !in.flag(), !in.flag()};
    bool const halt = in.below(32) == 0;
    both([&](Book& book, auto&) {
      book.set_halted(halt);
      return book.set_standing(who, standing);
    });
  }

  Reference tables_ = tables();
  std::array<std::unique_ptr<Book>, 2> books_;
  std::array<InstrumentId, 7> at_;  // where each node stands
  Book::Matches running_;
  Stamp now_;
};

}  // namespace
}  // namespace spillway

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  spillway::Pair pair;
  spillway::Bytes bytes{{data, size}};
  for (std::size_t n = 0; bytes.some() && n < 4'096; ++n) {
    pair.step(bytes);
    if (n % 64 == 0) pair.agree();
  }
  pair.agree();
  return 0;
}
