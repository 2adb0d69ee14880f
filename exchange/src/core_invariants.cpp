// exchange/src/core_invariants.cpp - what must hold between entries, walked from end to end; a broken rule
// stops the
// process.
#include "core_state.hpp"

namespace spillway {

void ExchangeCore::check_invariants() const { state_->check_invariants(); }

void ExchangeCore::State::check_invariants() const {
  ledger.check_laws();
  book.check_invariants();
  check_holds();
  check_phases();
  check_nodes();
  check_timers();
}

/// Every nano-unit in escrow belongs to one order, job or lease that still waits for its end.
void ExchangeCore::State::check_holds() const {
  std::map<ParticipantId, Nano> held;
  auto const add = [&](auto const& things, auto const& still_open) {
    for (auto const& [id, thing] : things) {
      sw_check(thing.held >= Nano{}, "nothing is held below zero");
      sw_check(still_open(thing) || thing.held == Nano{}, "what has ended holds nothing");
      held[thing.buyer] += thing.held;
    }
  };
  add(orders, [](core::Order const& o) { return o.phase == OrderPhase::resting; });
  add(jobs, [](core::Job const& j) { return core::open(j); });
  add(leases, [](core::Lease const& l) { return core::open(l); });
  for (auto const& [id, p] : participants) {
    auto const found = held.find(id);
    auto const expected = found == held.end() ? Nano{} : found->second;
    sw_check(ledger.balance({id, AccountKind::escrow}) == expected, "escrow = the holds of what is open");
  }
}

void ExchangeCore::State::check_phases() const {
  for (auto const& [id, order] : orders) {
    bool const rests = order.phase == OrderPhase::resting;
    sw_check(rests == book.rests(id) && rests == resting.contains(id),
             "an order rests in the book or has ended");
    if (rests) sw_check(order.open == book.open_lots(id), "book and order agree on what is open");
  }
  std::size_t live = 0;
  for (auto const& [id, offer] : offers) {
    sw_check((offer.phase == OfferPhase::live) == book.live(id), "an offer is live in the book or has ended");
    live += offer.phase == OfferPhase::live ? 1 : 0;
  }
  sw_check(live == live_offers, "live offers are counted");
  for (auto const& [id, job] : jobs) {
    sw_check(core::open(job) == open_jobs.contains(id), "a job is open or has ended");
    sw_check(core::open(job) == the(nodes, job.node).jobs.contains(id), "an open job is known to its node");
  }
  for (auto const& [id, lease] : leases) {
    sw_check(core::open(lease) == open_leases.contains(id), "a lease is open or has ended");
    sw_check(core::open(lease) == the(nodes, lease.node).leases.contains(id),
             "an open lease is known to its node");
  }
}

void ExchangeCore::State::check_nodes() const {
  for (auto const& [id, node] : nodes) {
    auto const units = node.phase == NodePhase::up ? registry.attested_units(id) : 0;
    sw_check(book.pool(id).available_units() == static_cast<std::int32_t>(units),
             "only proven units of a heard node");
    sw_check((node.phase == NodePhase::lost) == node.timer.some(),
             "a lost node waits for the end of its grace");
    sw_check(node.unit_expiry.size() == registry.attested_units(id), "every proof has its expiry");
  }
}

/// Whatever waits is named by its owner, and every owner's name is a deadline that waits.
void ExchangeCore::State::check_timers() const {
  std::size_t named = 0;
  auto const check = [&](core::Timer const& timer) {
    if (!timer.some()) return;
    sw_check(timers.find(timer) != nullptr, "a named deadline waits");
    ++named;
  };
  for (auto const& [id, order] : orders) check(order.timer);
  for (auto const& [id, offer] : offers) check(offer.timer);
  for (auto const& [id, node] : nodes) {
    check(node.timer);
    for (auto const& [unit, timer] : node.unit_expiry) check(timer);
  }
  for (auto const& [id, job] : jobs) {
    sw_check(core::open(job) == job.timer.some(), "an open job always has a deadline");
    check(job.timer);
  }
  for (auto const& [id, lease] : leases) {
    sw_check(core::open(lease) == lease.timer.some(), "an open lease always has a deadline");
    check(lease.timer);
  }
  sw_check(named == timers.size(), "every deadline has an owner");
}

}  // namespace spillway
