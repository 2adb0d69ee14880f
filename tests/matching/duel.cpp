// tests/matching/duel.cpp - the market of a duel, and how its orders and offers are drawn and spoiled.
#include "duel.hpp"

#include "matching/fast_book.hpp"

namespace spillway::rig {

char const* name(Use use) {
  constexpr std::array<char const*, uses> names{"limit",
                                                "market",
                                                "ioc",
                                                "fok",
                                                "gtc",
                                                "timed",
                                                "expires",
                                                "post-only",
                                                "minimum fill",
                                                "only these providers",
                                                "none of these",
                                                "prefer near",
                                                "self-trade newest",
                                                "self-trade oldest",
                                                "self-trade both",
                                                "amended",
                                                "offer post-only",
                                                "offer minimum",
                                                "offer maximum",
                                                "replenish",
                                                "display",
                                                "offer expires",
                                                "offer newest",
                                                "offer oldest",
                                                "offer both",
                                                "offer amended",
                                                "unlimited pool"};
  return names[static_cast<std::size_t>(use)];
}

void DuelCounts::add(DuelCounts const& more) {
  commands += more.commands, trades += more.trades, self_trades += more.self_trades;
  expired += more.expired, mass_cancelled += more.mass_cancelled, crowded += more.crowded;
  states += more.states;
  for (std::size_t i = 0; i < uses; ++i) used[i] += more.used[i], fills[i] += more.fills[i];
  for (auto const& [why, times] : more.refused) refused[why] += times;
}

/// Every fourth market is small, so that its tables fill up; every eighth is crowded with conditional orders
/// that hardly anything suits.
Duel::Duel(std::uint64_t seed, BookKind left, BookKind right)
    : random_(seed),
      kinds_{left, right},
      small_(seed % 4 == 1),
      crowded_(seed % 8 == 2),
      restores_(seed % 3 == 0 || seed % 8 == 5),
      books_{make_book(left, reference_, limits()), make_book(right, reference_, limits())} {
  for (auto& book : books_)
    if (auto* const fast_one = dynamic_cast<FastBook*>(book.get());
        fast_one != nullptr && !fed_ && !restores_)
      fast_one->set_feed(&ring_), fed_ = true;
  open_market();
}

BookLimits Duel::limits() {
  return {.orders = small_ ? 24u : 1'024u,
          .offers = small_ ? 16u : 512u,
          .tranches = small_ ? 3u : 512u,
          .nodes = 16,
          .participants = 64,
          .provider_lists = small_ ? 6u : 32u,
          .instruments = small_ ? 14u : 64u,
          .signatures = small_ ? 16u : 256u,
          .edges = small_ ? 60u : 100'000u};
}

void Duel::open_market() {
  std::array<std::pair<ClassId, PlaceId>, 8> const at{{{class_a, us_east},
                                                       {class_a, cn_sz},
                                                       {class_b, us_east},
                                                       {class_b, us_west},
                                                       {class_c, cn_nx},
                                                       {class_a, us_east},
                                                       {class_b, us_east},
                                                       {class_a, cn_gz}}};
  for (auto const& [klass, place] : at) {
    NodeId const id{static_cast<std::uint32_t>(nodes_.size() + 1)};
    bool const unlimited = id.v > 6;
    nodes_.push_back({id, klass, place, unlimited});
    if (!unlimited) units_[id] = static_cast<std::int32_t>(1 + below(6));
    for (auto& book : books_) {
      book->open_node(id, klass, place, unlimited ? Pooling::unlimited : Pooling::attested);
      if (!unlimited) book->set_available_units(id, units_[id]);
      book->advance(now_);
    }
  }
  for (int i = 0; i < 14; ++i) {
    auto const wish = some_wish();
    std::set<SignatureId> ids;
    for (auto& book : books_)
      if (auto const id = book->intern(ParticipantId{60}, wish)) ids.insert(*id);
    EXPECT_LE(ids.size(), 1u) << "signatures are numbered alike";
    if (ids.empty()) continue;
    signatures_.push_back(*ids.begin());
    wishes_.push_back(wish);
  }
  for (int i = 0; i < 6; ++i) {
    auto const list_kind = i % 2 == 0 ? Book::ListKind::only : Book::ListKind::except;
    std::vector<ParticipantId> named(1 + below(4));
    for (auto& who : named) who = somebody();
    std::set<ProviderListId> ids;
    for (auto& book : books_) ids.insert(book->intern_providers(list_kind, named).value());
    EXPECT_EQ(ids.size(), 1u) << "lists are numbered alike";
    lists_.push_back(*ids.begin());
    named_by_[lists_.back()] = {named.begin(), named.end()};
    if (list_kind == Book::ListKind::only) only_lists_.insert(lists_.back());
  }
  for (std::uint32_t who = 1; who <= people_; ++who) {
    firms_[ParticipantId{who}] = FirmId{who % 4};
    for (auto& book : books_) book->set_standing(ParticipantId{who}, {.firm = FirmId{who % 4}});
  }
}

SelfTrade Duel::some_mode() {
  return std::array{SelfTrade::allow, SelfTrade::allow, SelfTrade::newest, SelfTrade::oldest,
                    SelfTrade::both}[below(5)];
}

Predicate Duel::some_wish() {
  auto p = chance(2)
               ? wants_capacity()
               : wants_tokens(chance(2) ? std::vector{model_small} : std::vector{model_small, model_tiny});
  if (chance(3)) p.classes = {chance(2) ? class_a : class_b};
  if (chance(4)) p.within = {chance(2) ? us : cn};
  if (chance(5)) p.outside = {us_west};
  if (chance(4)) p.network = Micros{100'000 + static_cast<std::int64_t>(below(5)) * 40'000};
  if (chance(6)) p.buyer_place = us_west;
  if (chance(9)) p.pue_max_milli = static_cast<std::int32_t>(1'050 + 50 * below(8));
  return p;
}

std::uint64_t Duel::new_id() {
  if (!retired_.empty() && chance(12)) {  // the id of an order that has ended may be used again
    auto const id = any(retired_);
    std::erase(retired_, id);
    if (!books_[0]->rests(OrderId{id})) return id;
  }
  return ids_ += 1 + (chance(20) ? 2 : 0);
}

/// Mostly a known one, now and then one that never was.
std::uint64_t Duel::some_id() {
  if (chance(40)) return ids_ + 1 + below(3);
  return 1 + below(ids_ + 1);
}

Lots Duel::lot_of(Instrument const& what) const {
  if (what.product == ProductKind::tokens) return Lots{1};
  return Lots{reference_.find(what.klass)->smallest_part_milli};
}

BookOrder Duel::some_order() {
  auto const row = below(signatures_.size());
  bool const tokens = wishes_[row].product == ProductKind::tokens;
  BookOrder o;
  o.id = OrderId{new_id()};
  o.buyer = somebody();
  o.signature = signatures_[row];
  o.limit = PriceIndex{static_cast<std::uint32_t>(8 + below(11))};
  o.open = Lots{tokens ? 1 : static_cast<std::int64_t>(1 + below(24)) * 125};
  o.tif = std::array{TimeInForce::ioc, TimeInForce::fok, TimeInForce::gtc,
                     TimeInForce::timed}[below(crowded_ ? 16 : 4) % 4];
  if (crowded_ && chance(2)) o.tif = TimeInForce::gtc;
  bool const rests = o.tif == TimeInForce::gtc || o.tif == TimeInForce::timed;
  o.prefer_near = chance(3);
  o.market = !rests && chance(3);
  o.post_only = rests && chance(8);
  o.self_trade = some_mode();
  if (chance(crowded_ ? 2 : 6)) o.providers = any(lists_);
  if (chance(crowded_ ? 2 : 5))
    o.fill_min = Lots{1 + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(o.open.v)))};
  if (chance(2) && o.fill_min.v > 125) o.fill_min = Lots{o.fill_min.v / 125 * 125};
  o.session = SessionId{1 + below(40)};
  if (rests && chance(crowded_ ? 9 : 3)) o.expires = now_ + Micros{1 + static_cast<std::int64_t>(below(900))};
  return o;
}

BookOffer Duel::some_offer() {
  auto const& node = any(nodes_);
  bool const tokens = chance(2);
  auto const what = tokens ? tokens_of(chance(2) ? model_small : model_tiny, node.klass, node.place)
                           : capacity_of(node.klass, node.place);
  BookOffer o;
  o.id = OfferId{new_id()};
  o.provider = somebody();
  o.node = node.id;
  std::set<InstrumentId> ids;
  for (auto& book : books_)
    if (auto const listing = book->list(what)) ids.insert(o.instrument = listing->id);
  EXPECT_LE(ids.size(), 1u) << "instruments are numbered alike";
  auto const lot = lot_of(what).v;
  auto const lots = [&](std::uint64_t most) { return Lots{static_cast<std::int64_t>(below(most)) * lot}; };
  o.price = PriceIndex{static_cast<std::uint32_t>(10 + below(11))};
  o.quantity = lots(8) + Lots{lot};
  if (chance(4)) o.fill_min = lots(4);
  if (chance(4)) o.fill_max = o.fill_min + lots(3);
  o.replenish = chance(2);
  o.post_only = chance(8);
  o.self_trade = some_mode();
  if (chance(4)) o.display = std::min(o.quantity, lots(3));
  o.session = SessionId{1 + below(40)};
  if (chance(4)) o.expires = now_ + Micros{1 + static_cast<std::int64_t>(below(900))};
  return o;
}

/// One or two faults, so that precedence is compared as well.
void Duel::spoil(BookOrder& o) {
  for (auto faults = 1 + below(2); faults > 0; --faults) switch (below(17)) {
      case 0:
        o.id = OrderId{some_id()};
        break;
      case 1:
        o.id = OrderId{chance(2) ? 0 : book_id_max + 1 + below(3)};
        break;
      case 2:
        o.tif = static_cast<TimeInForce>(chance(2) ? 0 : 5);
        break;
      case 3:
        o.open = Lots{-1};
        break;
      case 4:
        o.open = Lots{}, o.fill_min = {};
        break;
      case 5:
        o.open = book_lots_max + Lots{1};
        break;
      case 6:
        o.limit = PriceIndex{price_steps + static_cast<std::uint32_t>(below(9))};
        break;
      case 7:
        o.fill_min = o.open + Lots{1};
        break;
      case 8:
        o.buyer = ParticipantId{chance(2) ? 0u : 65u};
        break;
      case 9:
        o.signature = SignatureId{chance(2) ? 0u : 9'999u};
        break;
      case 10:
        o.providers = ProviderListId{999};
        break;
      case 11:
        o.market = true, o.limit = highest_price;
        break;
      case 12:
        o.post_only = true;
        break;
      case 13:
        o.expires = chance(2) ? now_ : Stamp{-5};
        break;
      case 14:
        o.self_trade = static_cast<SelfTrade>(4);
        break;
      case 15:
        o.fill_min = Lots{-3};
        break;
      default:
        o.open = Lots{2};
        break;
    }
}

void Duel::spoil(BookOffer& o) {
  for (auto faults = 1 + below(2); faults > 0; --faults) switch (below(16)) {
      case 0:
        o.id = OfferId{some_id()};
        break;
      case 1:
        o.id = OfferId{chance(2) ? 0 : book_id_max + 1};
        break;
      case 2:
        o.quantity = Lots{-1'000};
        break;
      case 3:
        o.quantity = Lots{}, o.display = {};
        break;
      case 4:
        o.quantity = Lots{2'000'000'000};
        break;
      case 5:
        o.quantity += Lots{7};
        break;
      case 6:
        o.price = PriceIndex{price_steps};
        break;
      case 7:
        o.fill_max = Lots{1'000}, o.fill_min = Lots{2'000};
        break;
      case 8:
        o.provider = ParticipantId{chance(2) ? 0u : 65u};
        break;
      case 9:
        o.instrument = InstrumentId{chance(2) ? 0u : 9'999u};
        break;
      case 10:
        o.node = NodeId{chance(2) ? 0u : 99u};
        break;
      case 11:
        o.node = any(nodes_).id;
        break;
      case 12:
        o.display = o.quantity + Lots{1'000};
        break;
      case 13:
        o.expires = chance(2) ? now_ : Stamp{-5};
        break;
      case 14:
        o.self_trade = static_cast<SelfTrade>(9);
        break;
      default:
        o.fill_min = Lots{-3};
        break;
    }
}

}  // namespace spillway::rig
