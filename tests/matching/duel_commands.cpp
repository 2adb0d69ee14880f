// tests/matching/duel_commands.cpp - the commands of a duel: drawn once, given to both books.
#include "duel_compare.hpp"

namespace spillway::rig {

void Duel::step() {
  ++counts_.commands;
  if (halted_ && chance(4)) people_change();
  if (coming_) tables_come();
  auto const dice = below(1'000);
  if (dice < 400)
    place();
  else if (dice < 610)
    post();
  else if (dice < (crowded_ ? 630u : 710u))
    cancel_one();
  else if (dice < 780)
    amend_order();
  else if (dice < 840)
    amend_offer();
  else if (dice < 930)
    something_ends();
  else if (dice < 955)
    units_change();
  else if (dice < 980)
    time_passes();
  else if (dice < 990)
    people_change();
  else if (dice < 997)
    cancel_many();
  else
    tables_change();
  if (counts_.commands % 32 == 0)
    for (auto const& book : books_) book->check_invariants();
  if (counts_.commands % 128 == 0) compare_states();
}

void Duel::place() {
  auto o = some_order();
  if (chance(12)) spoil(o);
  bool const by_wish = chance(20);
  auto wish = by_wish ? some_wish() : Predicate{};
  if (by_wish && chance(5)) wish.within = {chance(2) ? us : PlaceId{99}}, wish.outside = {us};
  if (by_wish && wish.product == ProductKind::tokens) o.open = Lots{1}, o.fill_min = {};
  say("place " + std::to_string(o.id.v) + " limit " + std::to_string(o.limit.v) + " lots " +
      std::to_string(o.open.v) + " tif " + std::to_string(static_cast<int>(o.tif)) + " signature " +
      (by_wish ? std::string{"new"} : std::to_string(o.signature.v)) + " min " +
      std::to_string(o.fill_min.v) + " list " + std::to_string(o.providers.v) + " buyer " +
      std::to_string(o.buyer.v) + " mode " + std::to_string(static_cast<int>(o.self_trade)) +
      (o.post_only ? " post-only" : ""));
  bool const fit = !by_wish && o.signature.some() && books_[0]->why_not(o) == Refusal::none;
  std::vector<Match> dry;
  bool const tries = fit && chance(8);
  if (tries) {
    dry = books_[0]->dry_run(o);
    EXPECT_EQ(dry, books_[1]->dry_run(o)) << "a dry run";
  }
  auto const rest =
      both([&](Book& book, auto& out) { return by_wish ? book.enter(o, wish, out) : book.place(o, out); });
  if (!rest) return;
  account(&o, nullptr);
  if (rest->v > 0) order_ids_.push_back(o.id.v);
  if (!tries) return;
  std::erase_if(out_[0], [&](Match const& m) { return !m.taker_is_buyer || m.order != o.id; });
  EXPECT_EQ(dry, out_[0]) << "the dry run is the run";
}

void Duel::post() {
  auto o = some_offer();
  if (chance(12)) spoil(o);
  say("post " + std::to_string(o.id.v) + " at node " + std::to_string(o.node.v) + " instrument " +
      std::to_string(o.instrument.v) + " price " + std::to_string(o.price.v) + " lots " +
      std::to_string(o.quantity.v) + " min " + std::to_string(o.fill_min.v) + " max " +
      std::to_string(o.fill_max.v) + " display " + std::to_string(o.display.v) + " provider " +
      std::to_string(o.provider.v) + " mode " + std::to_string(static_cast<int>(o.self_trade)) +
      (o.replenish ? " replenish" : "") + (o.post_only ? " post-only" : ""));
  auto const rest = both([&](Book& book, auto& out) { return book.post(o, out); });
  account(nullptr, rest ? &o : nullptr);
  if (rest) offer_ids_.push_back(o.id.v);
}

void Duel::amend_order() {
  OrderId const id{order_ids_.empty() || chance(15) ? some_id() : any(order_ids_)};
  auto const who = chance(3) ? ParticipantId{} : chance(12) ? somebody() : orders_[id.v].buyer;
  auto const open = books_[0]->open_lots(id);
  Lots lots{open.v + (static_cast<std::int64_t>(below(7)) - 3) * (open.v % 125 == 0 ? 125 : 1)};
  PriceIndex limit{chance(2) ? orders_[id.v].limit.v : static_cast<std::uint32_t>(8 + below(11))};
  if (chance(15)) lots = chance(2) ? book_lots_max + Lots{1} : Lots{2};
  if (chance(30)) limit = PriceIndex{price_steps};
  say("amend order " + std::to_string(id.v) + " limit " + std::to_string(limit.v) + " lots " +
      std::to_string(lots.v));
  auto const rest = both([&](Book& book, auto& out) { return book.amend(who, id, limit, lots, out); });
  if (rest) {
    orders_[id.v].limit = limit;
    orders_[id.v].open = lots;
    note(std::uint64_t{1} << static_cast<unsigned>(Use::amended));
    asked_for_[id.v] |= std::uint64_t{1} << static_cast<unsigned>(Use::amended);
  }
  account(nullptr, nullptr);
}

void Duel::amend_offer() {
  OfferId const id{offer_ids_.empty() || chance(15) ? some_id() : any(offer_ids_)};
  auto const known = offers_.find(id.v);
  auto const who = chance(3)                              ? ParticipantId{}
                   : known == offers_.end() || chance(12) ? somebody()
                                                          : known->second.provider;
  std::int64_t lot = 1;
  if (known != offers_.end()) lot = lot_of(books_[0]->instrument(known->second.instrument)).v;
  Lots lots{static_cast<std::int64_t>(below(9)) * lot};
  PriceIndex price{static_cast<std::uint32_t>(10 + below(11))};
  if (known != offers_.end() && chance(2)) price = known->second.price;
  if (chance(20)) lots += Lots{7};
  if (chance(30)) price = PriceIndex{price_steps + 1};
  if (chance(30)) lots = Lots{2'000'000'000};
  say("amend offer " + std::to_string(id.v) + " price " + std::to_string(price.v) + " lots " +
      std::to_string(lots.v));
  auto const rest = both([&](Book& book, auto& out) { return book.amend(who, id, price, lots, out); });
  if (rest) {
    offers_[id.v].price = price;
    note(std::uint64_t{1} << static_cast<unsigned>(Use::offer_amended));
    asked_for_[id.v] |= std::uint64_t{1} << static_cast<unsigned>(Use::offer_amended);
  }
  account(nullptr, nullptr);
}

void Duel::cancel_one() {
  bool const order = chance(2);
  auto const& known = order ? order_ids_ : offer_ids_;
  auto const id = known.empty() || chance(8) ? some_id() : any(known);
  auto const who = chance(10) ? somebody() : ParticipantId{};
  say(std::string{"cancel "} + (order ? "order " : "offer ") + std::to_string(id));
  auto const why = both([&](Book& book, auto&) {
    return order ? book.cancel(who, OrderId{id}) : book.cancel(who, OfferId{id});
  });
  ++counts_.refused[why];
  // Ended ones leave the lists here, so that most commands find something alive.
  std::erase_if(order_ids_, [&](std::uint64_t of) {
    if (books_[0]->rests(OrderId{of})) return false;
    if (retired_.size() < 50) retired_.push_back(of);
    return true;
  });
  std::erase_if(offer_ids_, [&](std::uint64_t of) { return !books_[0]->live(OfferId{of}); });
}

void Duel::cancel_many() {
  auto const which = below(3);
  SessionId const session{below(41)};
  InstrumentId const instrument{static_cast<std::uint32_t>(below(books_[0]->instrument_count() + 2))};
  auto const node = any(nodes_).id;
  say("mass cancel of kind " + std::to_string(which));
  both([&](Book& book, auto&) {
    if (which == 0) return book.cancel_session(session);
    return which == 1 ? book.cancel_instrument(instrument) : book.cancel_node(node);
  });
  account(nullptr, nullptr);
}

void Duel::something_ends() {
  if (running_.empty()) return;
  auto const node = any(running_).node;
  auto ending = 1 + running_.size() / 20;
  for (std::size_t i = running_.size(); i-- > 0 && ending > 0;) {
    auto& trade = running_[i];
    if (trade.node != node) continue;
    --ending;
    auto const lot = lot_of(books_[0]->instrument(trade.instrument)).v;
    auto lots = trade.lots;
    if (chance(4) && lots.v > lot) lots = Lots{lot};
    say(std::to_string(lots.v) + " lots of offer " + std::to_string(trade.offer.v) + " return");
    for (auto& book : books_) book->vacate(node, trade.instrument, lots, trade.offer);
    in_use_[node][books_[0]->instrument(trade.instrument)] -= lots.v;
    trade.lots -= lots;
  }
  std::erase_if(running_, [](Match const& trade) { return trade.lots.v == 0; });
  both([&](Book& book, auto& out) { return book.meet(node, out), 0; });
  account(nullptr, nullptr);
}

void Duel::units_change() {
  auto const& node = any(nodes_);
  if (!node.unlimited) units_[node.id] = static_cast<std::int32_t>(below(7));
  say("units of node " + std::to_string(node.id.v));
  for (auto& book : books_)
    if (!node.unlimited) book->set_available_units(node.id, units_[node.id]);
  both([&](Book& book, auto& out) { return book.meet(node.id, out), 0; });
  account(nullptr, nullptr);
}

void Duel::time_passes() {
  now_ = now_ + Micros{static_cast<std::int64_t>(below(120))};
  say("time goes to " + std::to_string(now_.v));
  both([&](Book& book, auto&) { return book.advance(now_), 0; });
  account(nullptr, nullptr);
}

void Duel::people_change() {
  if (halted_ || chance(4)) {
    halted_ = !halted_;
    for (auto& book : books_) book->set_halted(halted_);
    return;
  }
  Standing const standing{.firm = FirmId{static_cast<std::uint32_t>(below(4))},
                          .resting_max = chance(3) ? static_cast<std::uint32_t>(1 + below(9)) : 0,
                          .buyer = !chance(12),
                          .provider = !chance(12)};
  auto const who = chance(9) ? ParticipantId{chance(2) ? 0u : 70u} : somebody();
  say("standing of participant " + std::to_string(who.v));
  auto const why = both([&](Book& book, auto&) { return book.set_standing(who, standing); });
  ++counts_.refused[why];
  if (why == Refusal::none) firms_[who] = standing.firm;
}

/// Prepared on a draft, in steps between the commands that follow, or at once.
void Duel::tables_change() {
  if (coming_) return;
  coming_ = std::make_unique<Coming>();
  auto& next = coming_->next = reference_;
  auto rows = next.classes();
  rows[0].origin = rows[0].origin == Origin::us ? Origin::other : Origin::us;
  if (chance(2)) accept(next.set_classes(rows));
  accept(next.set_round_trips(
      us_east, {{{-1}, {500}, {60'000}, {-1}, {-1}, {chance(2) ? 90'000 : 200'000}, {205'000}, {220'000}}}));
  for (auto& book : books_) coming_->relinks.push_back(book->relink(next));
  say("other tables are prepared");
}

void Duel::tables_come() {
  for (auto& relink : coming_->relinks) relink.step(below(4));
  if (!chance(30)) return;
  say("the tables change");
  reference_ = coming_->next;
  EXPECT_EQ(books_[0]->adopt(coming_->relinks[0]), books_[1]->adopt(coming_->relinks[1]));
  coming_.reset();
  for (auto const& node : nodes_) {
    both([&](Book& book, auto& out) { return book.meet(node.id, out), 0; });
    account(nullptr, nullptr);
  }
}

}  // namespace spillway::rig
