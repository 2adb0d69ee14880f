// exchange/src/core_leases.cpp - the life of a lease: ready in time, metered by the second in prepaid
// slices, released,
// ended or failed.
#include "core_state.hpp"

namespace spillway {

using core::Lease;
using core::refuse;

// ---- the start ----

/// The lease takes its share of the order's hold. Shares of a rounded sum may lack a nano-unit or two, which
/// the buyer's free money makes good; price improvement goes back at once.
void ExchangeCore::State::start_lease(FillId id, core::Order& order, core::Offer const& offer,
                                      Match const& match) {
  auto& lease = leases.add(LeaseId{id.v});
  lease.order = order.id, lease.offer = offer.id;
  lease.buyer = order.buyer, lease.provider = offer.provider, lease.node = match.node;
  lease.instrument = match.instrument, lease.price = match.price, lease.lots = match.lots;
  lease.term = order.terms.term, lease.taker_is_buyer = match.taker_is_buyer, lease.rates = order.rates;
  lease.phase = LeasePhase::starting, lease.matched = now;

  auto const rest = std::min(order.held, worst_case(order, order.limit, order.open));
  lease.held = order.held - rest;
  order.held = rest;
  auto const need = lease_target(lease, Micros{});
  if (lease.held > need) release(lease.buyer, lease.held, lease.held - need, lease.id.v);
  if (lease.held < need && !core::no(why_unfunded(lease.buyer, need - lease.held)))
    hold(lease.buyer, lease.held, need - lease.held, lease.id.v);

  auto const* const tier = reference.find(book.instrument(match.instrument).tier);
  lease.timer =
      timers.add(now + Micros{tier->base_us} + rules.lease_ready_slack, core::TimerKind::lease_ready, id.v);
  auto const row = leases.row_of(lease);
  open_leases.join(leases, row, &core::Lease::still_open);
  the(nodes, match.node).leases.join(leases, row, &core::Lease::of_node);
  join_sides(leases, lease, &core::Participant::leases);
  order.leases.join(leases, row, &core::Lease::of_order);
  ++order.open_leases;
  show(lease);
}

core::Reply ExchangeCore::State::on(ParticipantId who, LeaseReady const& c) {
  if (who.some() && !participants.contains(who)) return refuse(Refusal::unknown_participant);
  auto* const lease = at(leases, c.lease);
  if (!lease) return refuse(Refusal::unknown_id);
  if (who.some() && lease->provider != who) return refuse(Refusal::not_yours);
  if (!core::open(*lease)) return refuse(Refusal::job_finished);
  if (lease->phase != LeasePhase::starting) return refuse(Refusal::job_wrong_state);

  timers.cancel(lease->timer);
  lease->phase = LeasePhase::running;
  lease->ready = now;
  lease->ends = now + (lease->term.v > 0 ? lease->term : core::lease_longest);
  await_slice(*lease, now);
  show(*lease);
  return Answer{c.lease.v};
}

// ---- the meter ----

/// What must be held at `elapsed`: up to the end of the next two slices, or of the term, less what is charged
/// already.
Nano ExchangeCore::State::lease_target(Lease const& lease, Micros elapsed) const {
  auto const longest = lease.term.v > 0 ? lease.term : core::lease_longest;
  auto const until = std::min(elapsed + lease.rates.lease_slice + lease.rates.lease_slice, longest);
  auto const worst = hold_for_capacity(lease.price, lease.lots, until);
  return with_fee(std::max(Nano{}, worst - lease.charge), lease.rates);
}

/// Whole seconds that the buyer could use it; a lost node stands still until it is heard again.
Micros ExchangeCore::State::metered(Lease const& lease, Stamp until) const {
  auto const& node = the(nodes, lease.node);
  auto const heard = node.phase == NodePhase::up ? until : std::min(until, node.lost_at);
  auto const used = std::min(heard, lease.ends) - lease.ready;
  return std::max(lease.used, Micros{used.v - used.v % micros_per_second});
}

void ExchangeCore::State::charge_lease(Lease& lease, Stamp until) {
  lease.used = metered(lease, until);
  auto const due = due_for_capacity(lease.price, lease.lots, lease.used);
  auto const before = lease.charge;
  charge_to(lease, std::min(due, before + lease.held));
  take_fees(lease, lease.charge - before);
}

void ExchangeCore::State::await_slice(Lease& lease, Stamp from) {
  auto const at_end = std::min(from + lease.rates.lease_slice, lease.ends);
  lease.timer = timers.add(at_end, core::TimerKind::lease_slice, lease.id.v);
}

void ExchangeCore::State::slice_ended(Lease& lease, Stamp deadline) {
  if (deadline >= lease.ends)
    return end_lease(lease, LeasePhase::ended, Fault::unset, FailCode::unset, deadline);
  if (lease.unfunded) return end_lease(lease, LeasePhase::ended, Fault::buyer, FailCode::unset, deadline);

  charge_lease(lease, deadline);
  auto const need = lease_target(lease, deadline - lease.ready);
  if (need > lease.held) {
    lease.unfunded = core::no(why_unfunded(lease.buyer, need - lease.held));
    if (!lease.unfunded) hold(lease.buyer, lease.held, need - lease.held, lease.id.v);
  }
  await_slice(lease, deadline);
  show(lease);
}

// ---- the end ----

core::Reply ExchangeCore::State::on(ParticipantId who, ReleaseLease const& c) {
  if (who.some() && !participants.contains(who)) return refuse(Refusal::unknown_participant);
  auto* const lease = at(leases, c.lease);
  if (!lease) return refuse(Refusal::unknown_id);
  if (who.some() && lease->buyer != who) return refuse(Refusal::not_yours);
  if (!core::open(*lease)) return refuse(Refusal::job_finished);
  end_lease(*lease, LeasePhase::ended, Fault::unset, FailCode::unset, now);
  return Answer{c.lease.v};
}

/// A provider may only take the fault on itself.
core::Reply ExchangeCore::State::on(ParticipantId who, LeaseFailed const& c) {
  bool const own = c.fault == Fault::unset || c.fault == Fault::provider;
  if (c.fault > Fault::none || c.code > FailCode::output_unread) return refuse(Refusal::malformed);
  if (who.some() ? !own : c.fault == Fault::unset) return refuse(Refusal::malformed);
  if (who.some() && !participants.contains(who)) return refuse(Refusal::unknown_participant);
  auto* const lease = at(leases, c.lease);
  if (!lease) return refuse(Refusal::unknown_id);
  if (who.some() && lease->provider != who) return refuse(Refusal::not_yours);
  if (!core::open(*lease)) return refuse(Refusal::job_finished);
  end_lease(*lease, LeasePhase::failed, who.some() ? Fault::provider : c.fault, c.code, now);
  return Answer{c.lease.v};
}

void ExchangeCore::State::lease_overdue(Lease& lease) {
  end_lease(lease, LeasePhase::failed, Fault::provider, FailCode::not_acknowledged, now);
}

/// Slices that are settled stand. Of the running one the buyer pays the seconds it could use, unless the
/// exchange broke it: then the guarantee account pays them.
void ExchangeCore::State::end_lease(Lease& lease, LeasePhase phase, Fault fault, FailCode code, Stamp until) {
  sw_check(core::open(lease), "every lease ends once");
  auto const row = leases.row_of(lease);
  open_leases.leave(leases, row, &core::Lease::still_open);
  if (auto* const order = orders.find(lease.order)) --order->open_leases;  // rules 1 may have forgotten it
  timers.cancel(lease.timer);
  bool const ran = lease.phase == LeasePhase::running;
  if (ran && fault == Fault::exchange) {
    lease.used = metered(lease, until);
    lease.guarantee = std::max(Nano{}, due_for_capacity(lease.price, lease.lots, lease.used) - lease.charge);
    pay_from_guarantee(lease.provider, lease.guarantee, lease.id.v);
  } else if (ran) {
    charge_lease(lease, until);
  }
  release(lease.buyer, lease.held, lease.held, lease.id.v);
  keep_charge(lease);
  lease.phase = phase;
  lease.fault = fault;
  lease.code = code;
  the(nodes, lease.node).leases.leave(leases, row, &core::Lease::of_node);
  show(lease);
  return_capacity(lease.node, lease.instrument, lease.lots, lease.offer);
}

void ExchangeCore::State::show(Lease const& lease) {
  auto& to =
      begin_record<record::LeaseState>(static_cast<std::uint16_t>(lease.code), lease.buyer, lease.provider);
  to.lease = lease.id.v, to.order = lease.order.v, to.lots = lease.lots.v, to.used_us = lease.used.v;
  to.charge_nano = lease.charge.v, to.guarantee_nano = lease.guarantee.v;
  to.phase = static_cast<std::uint8_t>(lease.phase), to.fault = static_cast<std::uint8_t>(lease.fault);
}

}  // namespace spillway
