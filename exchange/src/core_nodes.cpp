// exchange/src/core_nodes.cpp - nodes and their proven units: what decides how much of an offer is
// executable.
#include "attest/reject_reason.hpp"
#include "core_state.hpp"

namespace spillway {

using core::no;
using core::Node;
using core::refuse;

// ---- registration ----

Refusal ExchangeCore::State::why_not(ParticipantId who, RegisterNode const& c) const {
  if (!c.label.some() || c.units_max == 0) return Refusal::malformed;
  if (auto const why = lacks(who, Role::provider); no(why)) return why;
  if (!genesis_done()) return Refusal::genesis_missing;
  if (nodes.size() >= limits.nodes) return Refusal::capacity;
  if (!reference.find(c.place)) return Refusal::unknown_place;
  if (!reference.is_leaf(c.place)) return Refusal::place_not_a_leaf;
  if (!reference.find(c.klass)) return Refusal::unknown_class;
  return Refusal::none;
}

core::Reply ExchangeCore::State::on(ParticipantId who, RegisterNode const& c) {
  if (auto const known = labels.find({who, c.label}); known != labels.end())
    return reregister(the(nodes, known->second), c);
  if (auto const why = why_not(who, c); no(why)) return refuse(why);

  NodeId const id{static_cast<std::uint32_t>(nodes.size() + 1)};
  auto& node = nodes.add(id);
  node.label = c.label, node.provider = who;
  node.place = c.place, node.klass = c.klass, node.units_max = c.units_max;
  node.phase = NodePhase::up;
  labels.emplace(std::pair{who, c.label}, id);
  book.open_node(id, c.klass, c.place);
  show(node);
  return Answer{id.v};
}

/// The same label is the same node: a reconnecting agent finds what it had.
core::Reply ExchangeCore::State::reregister(Node& node, RegisterNode const& c) {
  if (c.place != node.place || c.klass != node.klass || c.units_max != node.units_max)
    return refuse(Refusal::exists_with_different_terms);
  restore(node);
  return Answer{node.id.v, Refusal::exists};
}

// ---- proofs ----

Refusal ExchangeCore::State::why_not(ParticipantId who, UnitAttested const& c) const {
  bool const evidence_known = c.evidence_level >= static_cast<std::uint8_t>(attest::Evidence::timed) &&
                              c.evidence_level <= static_cast<std::uint8_t>(attest::Evidence::hardware);
  if (!evidence_known || c.ops_per_s <= 0 || c.bytes <= 0 || c.bytes_per_s <= 0) return Refusal::malformed;
  if (auto const why = not_exchange(who); no(why)) return why;
  auto const* const node = at(nodes, c.node);
  if (!node) return Refusal::node_unknown;
  auto const* const known = registry.find(c.unit_key);
  bool const elsewhere =
      known && known->state == attest::RecordState::live && (known->node != c.node || known->unit != c.unit);
  bool const owes_elsewhere = rules.version >= with_drains && known && known->missed > 0 &&
                              (known->node != c.node || known->unit != c.unit);
  if (elsewhere || owes_elsewhere) return Refusal::unit_duplicate;
  if (!registry.live_at(c.node, c.unit) && registry.attested_units(c.node) >= node->units_max)
    return Refusal::node_limit;
  if (!bonded(c.node, c.unit)) return Refusal::bond_missing;
  if (c.klass != node->klass) return Refusal::attestation_failed;
  if (!known && registry.records().size() >= limits.units) return Refusal::capacity;
  return Refusal::none;
}

core::Reply ExchangeCore::State::on(ParticipantId who, UnitAttested const& c) {
  if (auto const why = why_not(who, c); no(why)) return refuse(why);

  auto& node = the(nodes, c.node);
  // Another key for the same unit: the device was replaced or lost its key; the old proof ends with it.
  if (auto const* before = registry.live_at(c.node, c.unit); before && before->key != c.unit_key)
    retire_unit(node, c.unit, attest::EndReason::provider_asked);
  attest::UnitRecord proven;
  proven.key = c.unit_key, proven.node = c.node, proven.unit = c.unit, proven.klass = c.klass;
  proven.ops_per_s = c.ops_per_s, proven.bytes = c.bytes, proven.bytes_per_s = c.bytes_per_s;
  proven.issued = now, proven.expires = now + rules.attestation_validity;
  proven.evidence = static_cast<attest::Evidence>(c.evidence_level), proven.transcript = c.transcript;
  sw_check(registry.record(proven, now).has_value(), "a checked proof is recorded");

  auto const id = core::unit_id(c.node, c.unit);
  auto* expiry = unit_expiries.find(id);
  if (expiry == nullptr) expiry = &unit_expiries.add(id), ++node.units_waiting;
  timers.cancel(expiry->timer);
  expiry->timer = timers.add(proven.expires, core::TimerKind::unit_expiry, id.v);
  answer_meter(node);
  auto const& stored = *registry.find(c.unit_key);
  bool const missed = rules.version >= with_drains && stored.missed > 0;
  show_unit(node, c.unit, missed ? UnitPhase::missed : UnitPhase::attested, &proven,
            missed ? stored.census_reason : std::uint16_t{0});
  refresh(node);
  return Answer{c.node.v};
}

core::Reply ExchangeCore::State::on(ParticipantId who, UnitRejected const& c) {
  if (auto const why = not_exchange(who); no(why)) return refuse(why);
  auto* const node = nodes.find(c.node);
  if (!node) return refuse(Refusal::node_unknown);
  bool const proven = registry.live_at(c.node, c.unit) != nullptr;
  if (proven) retire_unit(*node, c.unit, attest::EndReason::failed);
  show_unit(*node, c.unit, UnitPhase::rejected, nullptr, c.reason);
  hold_bond(c.node, c.unit);
  lose_bond_if_failed(*node, c.unit, c.reason);
  // Who did not even open has answered nothing.
  if (proven && attest::RejectReason{c.reason} != attest::RejectReason::late_open) answer_meter(*node);
  refresh(*node);
  return Answer{c.node.v};
}

void ExchangeCore::State::retire_unit(Node& node, std::uint16_t unit, attest::EndReason why) {
  auto const* const live = registry.live_at(node.id, unit);
  sw_check(live != nullptr, "only a live proof ends");
  auto const key = live->key;  // the record moves when it ends
  sw_check(registry.end(key, why).has_value(), "a live proof ends");
  auto& expiry = the(unit_expiries, core::unit_id(node.id, unit));
  timers.cancel(expiry.timer);
  unit_expiries.erase(unit_expiries.row_of(expiry));
  --node.units_waiting;
  hold_bond(node.id, unit);
}

void ExchangeCore::State::unit_expired(NodeId id, std::uint16_t unit, Stamp deadline) {
  unit_expiries.erase(unit_expiries.row(core::unit_id(id, unit)));
  --the(nodes, id).units_waiting;
  // Rules 1: units that end at the same moment leave the registry together. Each has its own deadline and its
  // own record.
  auto const tell = [&](attest::UnitChange const& change) {
    auto& node = the(nodes, change.node);
    hold_bond(change.node, change.unit);
    show_unit(node, change.unit, UnitPhase::expired, registry.find(change.key), 0);
    refresh(node);
  };
  if (rules.version >= 2) {
    auto const key = registry.live_at(id, unit)->key;
    return tell(registry.expire(key));
  }
  while (auto const change = registry.expire_one(deadline)) tell(*change);
}

// ---- how much of it may be sold ----

std::uint32_t ExchangeCore::State::sellable_units(NodeId node) const {
  return registry.attested_units(node) - registry.missed_units(node);
}

std::uint32_t ExchangeCore::State::units_on_offer(Node const& node) const {
  bool const open = node.phase == NodePhase::up && node.drain == DrainReason::none;
  return open ? sellable_units(node.id) : 0;
}

// ---- heard or not ----

core::Reply ExchangeCore::State::on(ParticipantId who, NodeLost const& c) {
  if (auto const why = not_exchange(who); no(why)) return refuse(why);
  auto* const node = nodes.find(c.node);
  if (!node) return refuse(Refusal::node_unknown);
  if (node->phase != NodePhase::up) return refuse(Refusal::dead_id);
  lose(*node);
  return Answer{c.node.v};
}

core::Reply ExchangeCore::State::on(ParticipantId who, NodeBack const& c) {
  if (auto const why = not_exchange(who); no(why)) return refuse(why);
  auto* const node = nodes.find(c.node);
  if (!node) return refuse(Refusal::node_unknown);
  if (node->phase == NodePhase::gone) return refuse(Refusal::dead_id);
  restore(*node);
  return Answer{c.node.v};
}

void ExchangeCore::State::lose(Node& node) {
  sw_check(node.phase == NodePhase::up, "only a node that is heard can be lost");
  node.phase = NodePhase::lost;
  node.lost_at = now;
  node.timer = timers.add(now + rules.node_grace, core::TimerKind::node_grace, node.id.v);
  show(node);
  refresh(node);
}

void ExchangeCore::State::restore(Node& node) {
  timers.cancel(node.timer);
  node.phase = NodePhase::up;
  node.lost_at = {};
  show(node);
  refresh(node);
}

/// The grace is over: what the node offered leaves the book, what ran on it failed when it was last heard.
void ExchangeCore::State::bury(Node& node) {
  node.timer = {};
  node.phase = NodePhase::gone;
  show(node);
  work.begin({core::WorkKind::bury, node.id.v, {}, {}});
}

/// Sets what the pool may use and lets offers meet orders when there is more of it.
void ExchangeCore::State::refresh(Node& node) {
  book.set_available_units(node.id, static_cast<std::int32_t>(units_on_offer(node)));
  touch(node);
  meet(node.id);
}

void ExchangeCore::State::show(Node const& node, DrainReason asked) {
  bool const draining = node.phase == NodePhase::up && node.drain != DrainReason::none;
  auto const phase = draining ? NodePhase::draining : node.phase;
  emit(record::NodeState{node.label.v,
                         node.id.v,
                         registry.attested_units(node.id),
                         node.place.v,
                         node.klass.v,
                         static_cast<std::uint8_t>(phase),
                         {},
                         {}},
       static_cast<std::uint16_t>(asked), node.provider);
}

void ExchangeCore::State::show_unit(Node const& node, std::uint16_t unit, UnitPhase phase,
                                    attest::UnitRecord const* proven, std::uint16_t code) {
  record::UnitState shown{};
  shown.node = node.id.v, shown.unit = unit, shown.klass = node.klass.v;
  shown.phase = static_cast<std::uint8_t>(phase);
  if (proven) {
    shown.ops_per_s = proven->ops_per_s, shown.bytes = proven->bytes, shown.bytes_per_s = proven->bytes_per_s;
    shown.expires_us = proven->expires.v, shown.evidence_level = static_cast<std::uint8_t>(proven->evidence);
  }
  emit(shown, code, node.provider);
}

}  // namespace spillway
