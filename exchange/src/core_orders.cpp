// exchange/src/core_orders.cpp - orders: placed under a hold, amended, cancelled, ended.
#include "core_state.hpp"

namespace spillway {

using core::no;
using core::Order;
using core::refuse;

// ---- what an order may cost ----

/// Input is weighed by the heaviest of the accepted models, so the cap holds whichever serves.
Tokens ExchangeCore::State::work_cap(PlaceOrder const& c) const {
  std::int32_t weight = 0;
  for (auto const id : c.predicate.models)
    if (auto const* model = reference.find(id)) weight = std::max(weight, model->input_weight_milli);
  return work_tokens(c.input, weight, c.output_max);
}

/// Tokens: the whole job. Capacity: the running slice and the next one, as a lease prepays them.
Nano ExchangeCore::State::worst_case(ProductKind product, Tokens work, PriceIndex limit, Lots open,
                                     core::Rates const& rates) {
  if (open.v == 0) return {};
  if (product == ProductKind::tokens) return with_fee(hold_for_tokens(limit, work), rates);
  auto const slices = rates.lease_slice + rates.lease_slice;
  return with_fee(hold_for_capacity(limit, open, slices), rates);
}

// ---- placing ----

namespace {

/// Most lists of an order are empty or as short as the last order's, which a vector does not expect.
template <class Id>
void copy(std::vector<Id> const& from, std::vector<Id>& to) {
  if (from.size() == to.size())
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i];
  else
    to = from;
}

void copy(Predicate const& from, Predicate& to) {
  auto const& [product, models, classes, within, outside, tier, origin, pue, green, place, network, ready,
               input] = from;
  copy(models, to.models), copy(classes, to.classes), copy(within, to.within), copy(outside, to.outside);
  to.product = product, to.tier = tier, to.origin = origin, to.buyer_place = place;
  to.pue_max_milli = pue, to.green_min_milli = green;
  to.network = network, to.ready = ready, to.input = input;
}

void copy(PlaceOrder const& from, PlaceOrder& to) {
  auto const& [client, predicate, tif, market, limit, near, good_for, input, output, policy, quantity, term] =
      from;
  copy(predicate, to.predicate);
  to.client = client, to.tif = tif, to.market = market, to.limit = limit, to.prefer_near = near;
  to.good_for = good_for, to.input = input, to.output_max = output, to.policy = policy;
  to.quantity = quantity, to.term = term;
}

}  // namespace

core::Reply ExchangeCore::State::on(ParticipantId who, PlaceOrder const& asked) {
  if (!well_formed(asked)) return refuse(Refusal::malformed);
  expect(who, asked.client);
  if (auto const why = lacks(who, Role::buyer); no(why)) return refuse(why);
  if (!genesis_done()) return refuse(Refusal::genesis_missing);
  auto& buyer = member(who);
  // Before the halt: a retry asks what became of an order, it does not place one.
  if (may_be_known(buyer.client_ids, asked.client))
    if (auto again = repeated(who, asked)) return *again;
  if (halted) return refuse(Refusal::halted);
  if (auto const why = no_room(buyer, asked); no(why)) return refuse(why);
  copy(asked, full);
  full.predicate.input = full.input;  // one fact, said once
  if (auto const why = complete(full); no(why)) return refuse(why);
  SignatureId signature;
  if (auto const why = sign(buyer, full, signature); no(why)) return refuse(why);

  core::Rates const rates{rules.taker_fee_bps, rules.maker_rebate_bps, rules.lease_slice};
  auto const work_most = work_cap(full);
  auto const worst = worst_case(full.predicate.product, work_most, full.limit, full.quantity, rates);
  BookOrder const wanted{OrderId{entry_seq.v}, who,      signature,       full.limit,
                         full.quantity,        full.tif, full.prefer_near};
  if (auto const why = why_not(wanted, worst); no(why)) return refuse(why);

  auto& order = orders.add(wanted.id);
  core::keep(order.terms, asked, full, lists);
  order.work = work_most, order.lot = lot_of(full.predicate);
  order.buyer = who, order.signature = signature;
  order.limit = full.limit, order.open = full.quantity, order.placed = now, order.rates = rates;
  place(buyer, order, wanted, worst);
  core::Handle const made{orders.row_of(order)};
  remember(buyer, made);
  return Answer{order.id.v};
}

std::expected<ExchangeCore::Terms, Refusal> ExchangeCore::State::terms_of(PlaceOrder c) const {
  if (!c.client.some()) c.client = ClientOrderId{1};  // whoever only asks has not numbered it yet
  c.predicate.input = c.input;
  if (!well_formed(c)) return refuse(Refusal::malformed);
  if (auto const why = complete(c); no(why)) return refuse(why);
  auto const worst = [&](core::Rates const& rates) {
    return worst_case(c.predicate.product, work_cap(c), c.limit, c.quantity, rates);
  };
  auto const hold = worst({rules.taker_fee_bps, rules.maker_rebate_bps, rules.lease_slice});
  auto const charge = worst({0, 0, rules.lease_slice});
  if (hold > largest_hold) return refuse(Refusal::hold_too_large);
  return Terms{std::move(c), hold, hold - charge};
}

bool ExchangeCore::State::fills_wholly(BookOrder const& order) {
  matches.clear();
  book.try_order(order, matches);
  Lots filled;
  for (auto const& match : matches) filled += match.lots;
  return filled == order.open;
}

Refusal ExchangeCore::State::why_not(BookOrder const& wanted, Nano worst) {
  if (auto const why = why_unfunded(wanted.buyer, worst); no(why)) return why;
  if (wanted.tif == TimeInForce::fok && !fills_wholly(wanted)) return Refusal::fok_unfillable;
  return full.market && wanted.limit.v == 0 ? Refusal::market_unprotected : Refusal::none;
}

void ExchangeCore::State::place(core::Participant& buyer, Order& order, BookOrder const& wanted, Nano worst) {
  auto const row = orders.row_of(order);
  buyer.orders.join(orders, row, &core::Order::of_buyer);
  order.phase = OrderPhase::resting;
  hold(order.buyer, order.held, worst, order.id.v);
  matches.clear();
  auto const rest = book.place_order(wanted, matches);
  if (rest > Lots{}) {
    resting.join(orders, row, &core::Order::at_rest);
    buyer.resting.join(orders, row, &core::Order::of_resting_buyer);
    order.rests = true;
    if (order.terms.tif == TimeInForce::timed) {
      order.expires = now + order.terms.good_for;
      order.timer = timers.add(order.expires, core::TimerKind::order_expiry, order.id.v);
    }
  }
  if (matches.empty() && order.rests) return show_resting(order, rest);
  settle(order.id);
}

// ---- what a command will touch, asked for at once: one after the other, each is waited for ----

void ExchangeCore::State::expect(Entry const& entry) const {
  participants.expect(entry.principal);
  std::visit(
      [&]<class C>(C const& c) {
        if constexpr (std::is_same_v<C, PlaceOrder> || std::is_same_v<C, PostOffer>)
          expect(entry.principal, c.client);
        if constexpr (std::is_same_v<C, PostOffer>) nodes.expect(c.node), book.expect(c.node);
        if constexpr (requires { c.order; }) expect(c.order);
        if constexpr (requires { c.offer; }) expect(c.offer);
        if constexpr (requires { c.job; }) jobs.expect(c.job);
      },
      entry.command);
}

void ExchangeCore::State::expect(OrderId id) const {
  orders.expect(id);
  book.expect(id);
}

void ExchangeCore::State::expect(OfferId id) const {
  offers.expect(id);
  book.expect(id);
}

void ExchangeCore::State::expect_neighbours(Order const& order) const {
  timers.expect(order.timer);
  for (auto const& link : {order.at_rest, order.of_resting_buyer}) {
    orders.expect_links(link.before);
    orders.expect_links(link.after);
  }
}

/// A new deal joins the last ones of its two sides.
void ExchangeCore::State::expect_deals(ParticipantId buyer, ParticipantId provider) const {
  for (auto const who : {buyer, provider})
    if (auto const* const side = at(participants, who))
      core::ask_for(&jobs[side->jobs.last].of), core::ask_for(&leases[side->leases.last].of);
}

// ---- amending ----

/// The new open quantity, when the order may be amended so.
std::expected<Lots, Refusal> ExchangeCore::State::amended_lots(ParticipantId who, AmendOrder const& c) const {
  if (auto const why = lacks(who, Role::buyer); no(why)) return refuse(why);
  auto const* const order = at(orders, c.order);
  if (!order) return refuse(Refusal::unknown_id);
  if (order->phase != OrderPhase::resting) return refuse(Refusal::dead_id);
  if (order->buyer != who) return refuse(Refusal::not_yours);
  bool const tokens = order->terms.product == ProductKind::tokens;
  auto const lots = tokens && c.quantity.v == 0 ? core::one_job : c.quantity;
  if (lots.v <= 0) return refuse(Refusal::quantity_zero);
  if (!tokens && lots.v % order->lot.v != 0) return refuse(Refusal::quantity_not_a_lot);
  if (lots > (tokens ? core::one_job : core::capacity_lots_max)) return refuse(Refusal::quantity_too_large);
  if (!on_grid(c.limit)) return refuse(Refusal::price_off_grid);
  return lots;
}

core::Reply ExchangeCore::State::on(ParticipantId who, AmendOrder const& c) {
  expect(c.order);
  auto const lots = amended_lots(who, c);
  if (!lots) return refuse(lots.error());
  auto& order = the(orders, c.order);
  auto const worst = worst_case(order, c.limit, *lots);
  if (worst > order.held)
    if (auto const why = why_unfunded(who, worst - order.held); no(why)) return refuse(why);
  if (worst > largest_hold) return refuse(Refusal::hold_too_large);
  if (order.terms.market && c.limit.v == 0) return refuse(Refusal::market_unprotected);
  bool const capacity = order.terms.product == ProductKind::capacity;
  auto const claims = capacity ? leases_for(*lots) : 0;
  bool const no_lease =
      leases.size() >= limits.leases_kept || lease_claims - order.claims + claims > limits.lease_claims;
  if (claims > order.claims && no_lease) return refuse(Refusal::capacity);

  if (worst > order.held) hold(who, order.held, worst - order.held, c.order.v);
  if (worst < order.held) release(who, order.held, order.held - worst, c.order.v);
  order.limit = c.limit;
  order.open = *lots;
  matches.clear();
  auto const rest = book.amend_order(c.order, c.limit, *lots, matches);
  if (matches.empty())
    show_resting(order, rest);
  else
    settle(c.order);
  return Answer{c.order.v};
}

// ---- ending ----

core::Reply ExchangeCore::State::on(ParticipantId who, CancelOrder const& c) {
  expect(c.order);
  if (c.reason > CancelReason::disconnected) return refuse(Refusal::malformed);
  if (who.some() && !is_member(who)) return refuse(Refusal::unknown_participant);
  auto* const order = at(orders, c.order);
  if (!order) return refuse(Refusal::unknown_id);
  if (order->phase != OrderPhase::resting) return refuse(Refusal::dead_id);
  if (who.some() && order->buyer != who) return refuse(Refusal::not_yours);
  auto const reason = c.reason == CancelReason::unset ? CancelReason::asked : c.reason;
  expect_neighbours(*order);
  cancel(*order, static_cast<std::uint16_t>(reason));
  return Answer{c.order.v};
}

void ExchangeCore::State::claim(Order& order) {
  bool const may_become = order.rests && order.terms.product == ProductKind::capacity;
  lease_claims -= std::exchange(order.claims, may_become ? leases_for(order.open) : 0);
  lease_claims += order.claims;
}

/// Whoever calls has found the order off the book, or taken it off; what is still held for it goes back.
void ExchangeCore::State::end_order(Order& order, OrderPhase phase, std::uint16_t code) {
  timers.cancel(order.timer);
  if (std::exchange(order.rests, false)) {
    auto const row = orders.row_of(order);
    resting.leave(orders, row, &core::Order::at_rest);
    member(order.buyer).resting.leave(orders, row, &core::Order::of_resting_buyer);
    claim(order);
  }
  release(order.buyer, order.held, order.held, order.id.v);
  order.phase = phase;
  show(order, code);
}

void ExchangeCore::State::show(Order const& order, std::uint16_t code) {
  auto& to = begin_record<record::OrderState>(code, order.buyer);
  to.order = order.id.v, to.client = order.terms.client.v;
  to.open_lots = order.open.v, to.filled_lots = order.filled.v, to.held_nano = order.held.v;
  to.limit = order.limit.v, to.signature = order.signature.v;
  to.phase = static_cast<std::uint8_t>(order.phase), to.tif = static_cast<std::uint8_t>(order.terms.tif);
  to.product = static_cast<std::uint8_t>(order.terms.product);
}

}  // namespace spillway
