// exchange/src/core_fills.cpp - trades become fills, and fills become jobs and leases.
#include "core_state.hpp"

namespace spillway {

using core::Offer;
using core::Order;

/// Notes that it changed, once in a settlement.
void ExchangeCore::State::list(Order& order) {
  if (std::exchange(order.told, settlements) != settlements) changed_orders.push_back(orders.row_of(order));
}

void ExchangeCore::State::list(Offer& offer) {
  if (std::exchange(offer.told, settlements) != settlements) changed_offers.push_back(offers.row_of(offer));
}

void ExchangeCore::State::settle(OrderId order, OfferId offer) {
  if (matches.empty()) {
    if (offer.some()) show_after_trades(the(offers, offer));
    if (order.some()) show_after_trades(the(orders, order));
    return;
  }
  for (auto const& match : matches)
    orders.expect(match.order), offers.expect(match.offer), nodes.expect(match.node);
  ++settlements;
  changed_orders.clear();
  changed_offers.clear();
  for (auto const& match : matches) {
    auto& bought = the(orders, match.order);
    auto& sold = the(offers, match.offer);
    fill(bought, sold, match);
    list(bought);
    list(sold);
  }
  // Whoever traded is listed.
  if (order.some() && order != matches.back().order) list(the(orders, order));
  if (offer.some() && offer != matches.back().offer) list(the(offers, offer));
  for (auto const row : changed_offers) show_after_trades(offers[row]);
  for (auto const row : changed_orders) show_after_trades(orders[row]);
}

void ExchangeCore::State::fill(Order& order, Offer& offer, Match const& match) {
  ++offer.deals;
  sw_check(match.lots.v > 0 && match.lots <= order.open, "a trade takes no more than is open");
  sw_check(match.price <= order.limit, "nobody pays more than the limit");
  last_fill = FillId{last_fill.v + 1};
  expect_deals(order.buyer, offer.provider);
  order.open -= match.lots;
  order.filled += match.lots;

  auto const path = book.eligibility().path(order.signature, match.instrument);
  auto const product = book.instrument(match.instrument).product;
  auto& to = begin_record<record::Fill>(0, order.buyer, offer.provider);
  to.fill = last_fill.v, to.order = match.order.v, to.offer = match.offer.v, to.lots = match.lots.v;
  to.price = match.price.v, to.instrument = match.instrument.v, to.node = match.node.v;
  to.path_us = path ? static_cast<std::int32_t>(path->v) : -1;
  to.product = static_cast<std::uint8_t>(product), to.taker_is_buyer = match.taker_is_buyer;
  count_fill(member(order.buyer));
  if (offer.provider != order.buyer) count_fill(member(offer.provider));
  if (product == ProductKind::tokens)
    start_job(last_fill, order, offer, match);
  else
    start_lease(last_fill, order, offer, match);
  touch(the(nodes, match.node));
  touch(match.instrument);
}

/// A token order buys one job; its hold goes with it.
void ExchangeCore::State::start_job(FillId id, Order& order, Offer const& offer, Match const& match) {
  sw_check(order.open.v == 0, "a token order buys exactly one job");
  auto& job = jobs.add(JobId{id.v});
  job.order = order.id, job.offer = offer.id;
  job.buyer = order.buyer, job.provider = offer.provider, job.node = match.node;
  job.instrument = match.instrument, job.price = match.price,
  job.model = book.instrument(match.instrument).model;
  job.input = order.terms.input, job.output_max = order.terms.output_max, job.policy = order.terms.policy;
  job.taker_is_buyer = match.taker_is_buyer, job.rates = order.rates;
  job.held = std::exchange(order.held, Nano{});
  job.phase = JobPhase::dispatched, job.matched = now;
  job.stood_still = stood_still;
  order.job = job.id;
  open_jobs.join(jobs, jobs.row_of(job), &core::Job::still_open);
  the(nodes, match.node).jobs.join(jobs, jobs.row_of(job), &core::Job::of_node);
  join_sides(jobs, job, &core::Participant::jobs);
  wait(job, rules.acknowledgement);
  show(job);
}

void ExchangeCore::State::show_resting(Order& order, Lots rest) {
  sw_check(rest == order.open, "book and order agree on what is open");
  claim(order);
  show(order);
}

void ExchangeCore::State::show_after_trades(Order& order) {
  if (auto const rest = book.open_lots(order.id); rest > Lots{}) {
    show_resting(order, rest);
  } else if (order.open.v == 0) {
    end_order(order, OrderPhase::filled, 0);
  } else {
    end_order(order, OrderPhase::cancelled, static_cast<std::uint16_t>(Refusal::ioc_unfilled));
  }
}

void ExchangeCore::State::show_after_trades(Offer& offer) {
  auto const rest = offer.phase == OfferPhase::live ? book.rest_lots(offer.id) : Lots{};
  if (offer.phase == OfferPhase::live && rest == Lots{} && !book.live(offer.id)) {
    timers.cancel(offer.timer);
    offer.phase = OfferPhase::exhausted;
    leave_chains(offer);
  }
  show(offer, rest);
}

/// What returns may serve somebody in the same step.
void ExchangeCore::State::return_capacity(NodeId node, InstrumentId instrument, Lots lots, OfferId source) {
  auto& offer = the(offers, source);
  --offer.deals;
  book.vacate(node, instrument, lots, source);
  auto const refilled = offer.terms.replenish && book.live(source) ? source : OfferId{};
  auto& of = the(nodes, node);
  of.deal_ended = now;
  touch(of);
  meet(node, refilled);
}

void ExchangeCore::State::count_fill(core::Participant& p) {
  auto const today = now.v / (24 * micros_per_hour);
  if (p.fills_day != today) p.fills_day = today, p.fills_today = 0;
  ++p.fills_today;
}

}  // namespace spillway
