// exchange/src/core_time.cpp - what happens by itself: deadlines in order, and what the exchange's own
// absence changes.
#include "core_state.hpp"

namespace spillway {

using core::Due;
using core::refuse;
using core::Timer;
using core::TimerKind;

core::Reply ExchangeCore::State::on(ParticipantId who, Tick const&) {
  if (auto const why = not_exchange(who); core::no(why)) return refuse(why);
  return Answer{};  // what was due has fired already
}

/// The gap has moved the deadlines before they fired. A fresh process has lost the relay too: nodes first, so
/// that nothing that comes free is sold again before its node is back.
core::Reply ExchangeCore::State::on(ParticipantId who, Resumed const& c) {
  if (auto const why = not_exchange(who); core::no(why)) return refuse(why);
  if (!c.relay_lost) return Answer{};
  for (auto& [id, node] : nodes)
    if (node.phase == NodePhase::up) lose(node);
  for (auto const id : std::vector(open_jobs.begin(), open_jobs.end())) {
    auto& job = the(jobs, id);
    fail(job, JobFailed{id, Fault::exchange, FailCode::relay_died, job.output, {}, {}, {}});
  }
  for (auto const id : std::vector(resting.begin(), resting.end())) {
    auto& order = the(orders, id);
    if (order.terms.predicate.product != ProductKind::tokens) continue;
    book.cancel_order(id);
    end_order(order, OrderPhase::cancelled, static_cast<std::uint16_t>(CancelReason::disconnected));
  }
  return Answer{};
}

/// What fires may set new deadlines that are due as well, so each look is a new one.
void ExchangeCore::State::fire_due() {
  while (auto const due = timers.pop_due(now)) fire(due->first, due->second);
}

void ExchangeCore::State::fire(Timer const& timer, Due const& due) {
  renamed(due, Timer{});
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
      return slice_ended(the(leases, LeaseId{due.about}), timer.at);
    case TimerKind::unit_expiry:
      return unit_expired(NodeId{static_cast<std::uint32_t>(due.about >> 16)},
                          static_cast<std::uint16_t>(due.about), timer.at);
    case TimerKind::node_grace:
      return bury(the(nodes, NodeId{static_cast<std::uint32_t>(due.about)}));
  }
  sw_check(false, "every deadline is of a known kind");
}

void ExchangeCore::State::move_deadlines(Micros gap) {
  if (gap.v == 0) return;
  timers.move_service(gap, [&](Due const& due, Timer const& timer) { renamed(due, timer); });
  registry.extend_all(gap);
  for (auto const id : open_leases) {
    auto& lease = the(leases, id);
    if (lease.phase != LeasePhase::running) continue;
    lease.ready = lease.ready + gap;
    lease.ends = lease.ends + gap;
  }
  for (auto& [id, node] : nodes)
    if (node.phase == NodePhase::lost) node.lost_at = node.lost_at + gap;
}

/// Tells the owner of a deadline how it is called now.
void ExchangeCore::State::renamed(Due const& due, Timer const& timer) {
  switch (due.kind) {
    case TimerKind::order_expiry:
      the(orders, OrderId{due.about}).timer = timer;
      return;
    case TimerKind::offer_end:
      the(offers, OfferId{due.about}).timer = timer;
      return;
    case TimerKind::job:
      the(jobs, JobId{due.about}).timer = timer;
      return;
    case TimerKind::lease_ready:
    case TimerKind::lease_slice:
      the(leases, LeaseId{due.about}).timer = timer;
      return;
    case TimerKind::unit_expiry:
      the(nodes, NodeId{static_cast<std::uint32_t>(due.about >> 16)})
          .unit_expiry[static_cast<std::uint16_t>(due.about)] = timer;
      return;
    case TimerKind::node_grace:
      the(nodes, NodeId{static_cast<std::uint32_t>(due.about)}).timer = timer;
      return;
  }
}

}  // namespace spillway
