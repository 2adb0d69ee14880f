// exchange/src/core_work.cpp - bounded work: a command does at most 256 steps of what follows from it, the
// rest waits for `Continue`.
#include "core_state.hpp"

namespace spillway {

using core::no;
using core::refuse;
using core::Work;
using core::WorkKind;

namespace {

constexpr auto asked = static_cast<std::uint16_t>(CancelReason::asked);
constexpr auto gone = static_cast<std::uint16_t>(CancelReason::disconnected);

}  // namespace

// ---- the commands ----

core::Reply ExchangeCore::State::on(ParticipantId who, Continue const&) {
  if (auto const why = not_exchange(who); no(why)) return refuse(why);
  return Answer{};  // the work was done before
}

Refusal ExchangeCore::State::why_not(ParticipantId who, CancelAll const& c) const {
  auto const named = int{c.participant.some()} + int{c.node.some()} + int{c.instrument.some()};
  if (named > 1 || (named == 0 && !who.some())) return Refusal::malformed;
  if (who.some() && !participants.contains(who)) return Refusal::unknown_participant;
  if (rules.version < 2) return Refusal::rules_unknown;
  bool const any = not_operator(who) == Refusal::none;
  if (c.participant.some() && !any && c.participant != who) return Refusal::not_yours;
  if (c.participant.some() && !participants.contains(c.participant)) return Refusal::unknown_participant;
  if (c.instrument.v > book.instrument_count()) return Refusal::unknown_id;
  if (!c.node.some()) return Refusal::none;
  auto const* const node = at(nodes, c.node);
  if (!node) return Refusal::node_unknown;
  return !any && node->provider != who ? Refusal::not_yours : Refusal::none;
}

core::Reply ExchangeCore::State::on(ParticipantId who, CancelAll const& c) {
  if (auto const why = why_not(who, c); no(why)) return refuse(why);
  if (c.node.some()) {
    work.begin({WorkKind::cancel_node, c.node.v, {}, {}});
  } else if (c.instrument.some() && not_operator(who) == Refusal::none) {
    work.begin({WorkKind::cancel_instrument, c.instrument.v, {}, {}});
  } else {
    auto const whose = c.participant.some() ? c.participant : who;
    work.begin({WorkKind::cancel_offers, whose.v, c.instrument, the(participants, whose).offers.first});
    if (!c.instrument.some()) work.begin({WorkKind::cancel_orders, whose.v, {}, {}});
  }
  return Answer{};
}

// ---- the budget ----

bool ExchangeCore::State::unfinished() const {
  return rules.version >= 2 && (!work.empty() || timers.any_due(now));
}

bool ExchangeCore::State::take_step() {
  if (steps_left == 0) return false;
  if (rules.version >= 2) --steps_left;
  ++out->steps;
  return true;
}

bool ExchangeCore::State::work_on() {
  while (!work.empty()) {
    if (!take_step()) return false;
    step(work.top());
  }
  return true;
}

/// What is begun, then what is due, in (deadline, creation) order. What fires may begin work and set new
/// deadlines that are due as well, so each look is a new one.
bool ExchangeCore::State::catch_up() {
  for (;;) {
    if (!work_on()) return false;
    if (!timers.any_due(now)) return true;
    if (!take_step()) return false;
    fire(*timers.pop_due(now));
  }
}

// ---- the steps ----

/// One step of the work on top of the list, which ends with its last. What a step begins comes on top of it.
void ExchangeCore::State::step(Work& at_work) {
  switch (at_work.kind) {
    case WorkKind::bury:
      return bury_step(at_work);
    case WorkKind::lose_nodes:
    case WorkKind::break_jobs:
    case WorkKind::cancel_tokens:
      return relay_step(at_work);
    case WorkKind::cancel_orders: {
      auto const& resting_ones = the(participants, ParticipantId{narrow(at_work.about)}).resting;
      if (resting_ones.empty()) return work.end();
      return cancel(orders[resting_ones.first], asked);
    }
    case WorkKind::cancel_offers: {
      if (at_work.next == 0) return work.end();
      auto& offer = offers[std::exchange(at_work.next, offers[at_work.next].of_provider.after)];
      if (!at_work.only.some() || offer.instrument == at_work.only)
        end_offer(offer, OfferPhase::cancelled, asked);
      return;
    }
    case WorkKind::cancel_node: {
      auto const& live = the(nodes, NodeId{narrow(at_work.about)}).offers;
      if (live.empty()) return work.end();
      return end_offer(offers[live.first], OfferPhase::cancelled, asked);
    }
    case WorkKind::cancel_instrument: {
      auto const& live = on_instrument[at_work.about];
      if (live.empty()) return work.end();
      return end_offer(offers[live.first], OfferPhase::cancelled, asked);
    }
    case WorkKind::pay_owed:
      if (!pay_one()) work.end();
      return;
    case WorkKind::meet: {
      auto const node = NodeId{narrow(at_work.about)};
      work.end();
      return meet(node);
    }
  }
  sw_check(false, "work is of a known kind");
}

/// What the node offered leaves the book, what ran on it failed when it was last heard.
void ExchangeCore::State::bury_step(Work& at_work) {
  auto& node = the(nodes, NodeId{narrow(at_work.about)});
  if (!node.offers.empty()) {
    book.list_offers(node.id, node_offers);
    return end_offer(the(offers, node_offers.front()), OfferPhase::cancelled, gone);
  }
  if (!node.leases.empty())
    return end_lease(leases[node.leases.first], LeasePhase::failed, Fault::provider, FailCode::node_lost,
                     node.lost_at);
  if (node.jobs.empty()) return work.end();
  auto& job = jobs[node.jobs.first];
  fail(job, JobFailed{job.id, Fault::provider, FailCode::node_lost, job.output, {}, {}, {}});
}

/// Nodes first, so that nothing that comes free is sold again before its node is back.
void ExchangeCore::State::relay_step(Work& at_work) {
  if (at_work.kind == WorkKind::lose_nodes) {
    auto* const node = nodes.find(NodeId{++at_work.next});
    if (node == nullptr)
      at_work = {WorkKind::break_jobs, {}, {}, {}};
    else if (node->phase == NodePhase::up)
      lose(*node);
  } else if (at_work.kind == WorkKind::break_jobs) {
    if (open_jobs.empty()) {
      at_work = {WorkKind::cancel_tokens, {}, {}, resting.first};
      return;
    }
    auto& job = jobs[open_jobs.first];
    fail(job, JobFailed{job.id, Fault::exchange, FailCode::relay_died, job.output, {}, {}, {}});
  } else {
    if (at_work.next == 0) return work.end();
    auto& order = orders[std::exchange(at_work.next, orders[at_work.next].at_rest.after)];
    if (order.terms.product == ProductKind::tokens) cancel(order, gone);
  }
}

void ExchangeCore::State::cancel(core::Order& order, std::uint16_t code) {
  book.cancel_order(order.id);
  end_order(order, OrderPhase::cancelled, code);
}

/// Offers of the node meet resting orders; beyond the budget the rest of it waits, and the book is crossed
/// until then.
void ExchangeCore::State::meet(NodeId node, OfferId refilled) {
  matches.clear();
  auto const most = rules.version < 2 ? Book::unbounded : std::size_t{steps_left};
  bool const more = most == 0 || book.meet_some(node, matches, most);
  if (rules.version >= 2) steps_left -= static_cast<std::uint32_t>(matches.size());
  out->steps += static_cast<std::uint32_t>(matches.size());
  settle({}, refilled);
  if (more) work.begin({WorkKind::meet, node.v, {}, {}});
}

}  // namespace spillway
