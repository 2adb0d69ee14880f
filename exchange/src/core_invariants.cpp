// exchange/src/core_invariants.cpp - what must hold between entries, walked from end to end; a broken rule
// stops the
// process.
#include "core_state.hpp"

namespace spillway {

void ExchangeCore::check_invariants() const { state_->check_invariants(); }

void ExchangeCore::State::check_invariants() const {
  ledger.check_laws();
  // While a node's meeting is not over, the book may be crossed.
  if (!work.has(core::WorkKind::meet)) book.check_invariants();
  check_holds();
  check_bonds();
  check_phases();
  check_nodes();
  check_meters();
  check_timers();
}

/// Every nano-unit in escrow belongs to one order, job or lease that still waits for its end.
void ExchangeCore::State::check_holds() const {
  std::map<ParticipantId, Nano> held;
  auto const add = [&](auto const& things, auto const& still_open) {
    things.for_each([&](auto const& thing) {
      sw_check(thing.held >= Nano{}, "nothing is held below zero");
      sw_check(still_open(thing) || thing.held == Nano{}, "what has ended holds nothing");
      held[thing.buyer] += thing.held;
    });
  };
  add(orders, [](core::Order const& o) { return o.phase == OrderPhase::resting; });
  add(jobs, [](core::Job const& j) { return core::open(j); });
  add(leases, [](core::Lease const& l) { return core::open(l); });
  participants.for_each([&](core::Participant const& p) {
    auto const found = held.find(p.id);
    auto const expected = found == held.end() ? Nano{} : found->second;
    sw_check(ledger.balance({p.id, AccountKind::escrow}) == expected, "escrow = the holds of what is open");
  });
}

/// Every thing is in the chains that its phase says, and in no other: then the counts agree.
void ExchangeCore::State::check_phases() const {
  std::uint64_t claims = 0;
  std::size_t rest = 0, live = 0, running = 0, leased = 0;
  orders.for_each([&](core::Order const& order) {
    bool const rests = order.phase == OrderPhase::resting;
    sw_check(rests == book.rests(order.id) && rests == order.rests,
             "an order rests in the book or has ended");
    if (rests) sw_check(order.open == book.open_lots(order.id), "book and order agree on what is open");
    rest += rests ? 1 : 0;
    claims += order.claims;
    sw_check(rests || order.claims == 0, "what has ended claims nothing");
  });
  sw_check(claims == lease_claims, "leases to come are counted");
  sw_check(rest == resting.count, "orders that rest are chained");
  offers.for_each([&](core::Offer const& offer) {
    sw_check((offer.phase == OfferPhase::live) == book.live(offer.id),
             "an offer is live in the book or has ended");
    live += offer.phase == OfferPhase::live ? 1 : 0;
  });
  sw_check(live == live_offers, "live offers are counted");
  jobs.for_each([&](core::Job const& job) { running += core::open(job) ? 1 : 0; });
  leases.for_each([&](core::Lease const& lease) { leased += core::open(lease) ? 1 : 0; });
  sw_check(running == open_jobs.count, "a job is open or has ended");
  sw_check(leased == open_leases.count, "a lease is open or has ended");
  check_chains();
}

/// What is chained belongs there.
void ExchangeCore::State::check_chains() const {
  for (auto row = resting.first; row != 0; row = orders[row].at_rest.after)
    sw_check(orders[row].rests, "who is chained rests");
  for (auto row = open_jobs.first; row != 0; row = jobs[row].still_open.after)
    sw_check(core::open(jobs[row]), "who is chained is open");
  for (auto row = open_leases.first; row != 0; row = leases[row].still_open.after)
    sw_check(core::open(leases[row]), "who is chained is open");
  std::size_t offered = 0, running = 0, leased = 0;
  nodes.for_each([&](core::Node const& node) {
    offered += node.offers.count, running += node.jobs.count, leased += node.leases.count;
    for (auto row = node.jobs.first; row != 0; row = jobs[row].of_node.after)
      sw_check(core::open(jobs[row]) && jobs[row].node == node.id, "an open job is known to its node");
    for (auto row = node.leases.first; row != 0; row = leases[row].of_node.after)
      sw_check(core::open(leases[row]) && leases[row].node == node.id, "an open lease is known to its node");
    for (auto row = node.offers.first; row != 0; row = offers[row].of_node.after)
      sw_check(offers[row].phase == OfferPhase::live && offers[row].terms.node == node.id,
               "a live offer is known to its node");
  });
  sw_check(offered == live_offers && running == open_jobs.count && leased == open_leases.count,
           "what is open has one node");
}

void ExchangeCore::State::check_nodes() const {
  nodes.for_each([&](core::Node const& node) {
    sw_check(book.pool(node.id).available_units() == static_cast<std::int32_t>(units_on_offer(node)),
             "only proven units of a heard node that answered the last census and is not drained");
    sw_check((node.phase == NodePhase::lost) == node.timer.some(),
             "a lost node waits for the end of its grace");
    sw_check(node.units_waiting == registry.attested_units(node.id), "every proof has its expiry");
  });
}

/// With the pool's own check at every fill: leased units + units under jobs were never more than the
/// proven ones when something was sold. What the pool counts is what is open: proofs that ended left it
/// alone.
void ExchangeCore::State::check_meters() const {
  nodes.for_each([&](core::Node const& node) {
    auto const& pool = book.pool(node.id);
    Lots leased;
    for (auto row = node.leases.first; row != 0; row = leases[row].of_node.after) leased += leases[row].lots;
    sw_check(pool.running_jobs() == static_cast<std::int64_t>(node.jobs.count) && pool.leased() == leased,
             "what is in use of a node is what is open on it");
    auto const& [running, low, low_at] = node.meter;
    sw_check(running.worked >= Micros{} && running.worked <= running.sold, "work is no more than time");
    sw_check((low_at.v == 0) == (low == MeteredSpan{}), "a mark has its span");
  });
}

/// Whatever waits is named by its owner, and every owner's name is a deadline that waits.
void ExchangeCore::State::check_timers() const {
  std::size_t named = 0;
  auto const check = [&](core::Timer const& timer) {
    if (!timer.some()) return;
    sw_check(timers.find(timer) != nullptr, "a named deadline waits");
    ++named;
  };
  orders.for_each([&](core::Order const& order) { check(order.timer); });
  offers.for_each([&](core::Offer const& offer) { check(offer.timer); });
  nodes.for_each([&](core::Node const& node) { check(node.timer); });
  unit_expiries.for_each([&](core::UnitExpiry const& unit) { check(unit.timer); });
  jobs.for_each([&](core::Job const& job) {
    sw_check(core::open(job) == job.timer.some(), "an open job always has a deadline");
    check(job.timer);
  });
  leases.for_each([&](core::Lease const& lease) {
    sw_check(core::open(lease) == lease.timer.some(), "an open lease always has a deadline");
    check(lease.timer);
  });
  sw_check(named == timers.size(), "every deadline has an owner");
}

}  // namespace spillway
