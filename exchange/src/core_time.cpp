// exchange/src/core_time.cpp - what happens by itself: deadlines in order, and what the exchange's own
// absence changes.
#include "core_state.hpp"

namespace spillway {

using core::Due;
using core::refuse;
using core::TimerKind;

core::Reply ExchangeCore::State::on(ParticipantId who, Tick const&) {
  if (auto const why = not_exchange(who); core::no(why)) return refuse(why);
  return Answer{};  // what was due has fired already
}

/// The gap has moved the deadlines before they fired. A fresh process has lost the relay too.
core::Reply ExchangeCore::State::on(ParticipantId who, Resumed const& c) {
  if (auto const why = not_exchange(who); core::no(why)) return refuse(why);
  if (c.relay_lost) work.begin({core::WorkKind::lose_nodes, {}, {}, {}});
  return Answer{};
}

void ExchangeCore::State::fire(core::Fired const& fired) {
  auto const& due = fired.due;
  unname(due);
  switch (due.kind) {
    case TimerKind::order_expiry:
      book.cancel_order(OrderId{due.about});
      return end_order(the(orders, OrderId{due.about}), OrderPhase::expired, 0);
    case TimerKind::offer_end:
      return end_offer(the(offers, OfferId{due.about}), OfferPhase::expired, 0);
    case TimerKind::job:
      return job_overdue(the(jobs, JobId{due.about}));
    case TimerKind::lease_ready:
      return lease_overdue(the(leases, LeaseId{due.about}));
    case TimerKind::lease_slice:
      return slice_ended(the(leases, LeaseId{due.about}), fired.at);
    case TimerKind::unit_expiry:
      return unit_expired(NodeId{static_cast<std::uint32_t>(due.about >> 16)},
                          static_cast<std::uint16_t>(due.about), fired.at);
    case TimerKind::node_grace:
      return bury(the(nodes, NodeId{static_cast<std::uint32_t>(due.about)}));
  }
  sw_check(false, "every deadline is of a known kind");
}

void ExchangeCore::State::move_deadlines(Micros gap) {
  if (gap.v == 0) return;
  stood_still += gap;
  timers.move_service(gap);
  registry.extend_all(gap);
  for (auto row = open_leases.first; row != 0; row = leases[row].still_open.after) {
    auto& lease = leases[row];
    if (lease.phase != LeasePhase::running) continue;
    lease.ready = lease.ready + gap;
    lease.ends = lease.ends + gap;
  }
  for (NodeId id{1}; auto* const node = nodes.find(id); ++id.v)
    if (node->phase == NodePhase::lost) node->lost_at = node->lost_at + gap;
}

/// Where the owner of a deadline keeps its name; null when there is no such owner.
core::Timer* ExchangeCore::State::timer_of(Due const& due) {
  auto const of = [](auto* owner) { return owner == nullptr ? nullptr : &owner->timer; };
  switch (due.kind) {
    case TimerKind::order_expiry:
      return of(orders.find(OrderId{due.about}));
    case TimerKind::offer_end:
      return of(offers.find(OfferId{due.about}));
    case TimerKind::job:
      return of(jobs.find(JobId{due.about}));
    case TimerKind::lease_ready:
    case TimerKind::lease_slice:
      return of(leases.find(LeaseId{due.about}));
    case TimerKind::unit_expiry:
      return of(unit_expiries.find(core::UnitId{due.about}));
    case TimerKind::node_grace:
      return of(nodes.find(NodeId{narrow(due.about)}));
  }
  return nullptr;
}

/// The deadline waits no more: its owner forgets the name.
void ExchangeCore::State::unname(Due const& due) {
  auto* const named = timer_of(due);
  sw_check(named != nullptr, "every deadline has an owner");
  *named = {};
}

}  // namespace spillway
