// exchange/src/core_bonds.cpp - what a provider puts up for each unit before it may be challenged, when that
// comes back, when it is lost, and the ways out of frozen earnings.
#include "attest/reject_reason.hpp"
#include "core_state.hpp"

namespace spillway {

using core::no;
using core::refuse;

namespace {

AccountKey bond_of(ParticipantId p) { return {p, AccountKind::bond}; }
constexpr AccountKey guarantee_fund{the_exchange, AccountKind::guarantee};

}  // namespace

bool ExchangeCore::State::asks_for_bonds() const {
  return rules.version >= with_bonds && rules.bond_per_unit > Nano{};
}

bool ExchangeCore::State::bonded(NodeId node, std::uint16_t unit) const {
  if (!asks_for_bonds()) return true;
  auto const* const bond = at(bonds, core::unit_id(node, unit));
  return bond && bond->amount >= rules.bond_per_unit;
}

/// What open jobs and leases were charged may have to go back to their buyers.
Nano ExchangeCore::State::free_earnings(ParticipantId provider) {
  return ledger.balance({provider, AccountKind::earnings}) - the(participants, provider).unsettled;
}

// ---- posted ----

std::expected<core::Node const*, Refusal> ExchangeCore::State::own_node(ParticipantId who, NodeId id) const {
  if (auto const why = lacks(who, Role::provider); no(why)) return refuse(why);
  if (rules.version < with_bonds) return refuse(Refusal::rules_unknown);
  auto const* const node = at(nodes, id);
  if (!node) return refuse(Refusal::node_unknown);
  if (node->provider != who) return refuse(Refusal::not_yours);
  return node;
}

core::Reply ExchangeCore::State::on(ParticipantId who, BondPost const& c) {
  auto const node = own_node(who, c.node);
  if (!node) return refuse(node.error());
  if (!asks_for_bonds()) return refuse(Refusal::rules_unknown);
  if (c.unit >= (*node)->units_max) return refuse(Refusal::unknown_id);
  if (bonded(c.node, c.unit)) return Answer{c.node.v, Refusal::exists};
  auto const id = core::unit_id(c.node, c.unit);
  auto* bond = bonds.find(id);
  if (!bond && bonds.full()) return refuse(Refusal::capacity);
  auto const lack = rules.bond_per_unit - (bond ? bond->amount : Nano{});
  // Of funds alone: earnings that could become bonds would escape a freeze, and come back as funds.
  AccountKey const funds{who, AccountKind::funds};
  if (auto const why = ledger.why_not(funds, lack); no(why)) return refuse(why);

  if (!bond) bond = &bonds.add(id);
  post(funds, bond_of(who), lack, TransferCode::bond_post, id.v);
  bond->amount += lack;
  bond->since = now;
  return Answer{c.node.v};
}

// ---- returned ----

/// The hold begins when the last that the bond stands for has ended; a bond that was never used is held as
/// long, or it would be taken back while the first challenge runs.
core::Reply ExchangeCore::State::on(ParticipantId who, BondTake const& c) {
  auto const node = own_node(who, c.node);
  if (!node) return refuse(node.error());
  auto const* const bond = at(bonds, core::unit_id(c.node, c.unit));
  if (!bond) return refuse(Refusal::unknown_id);
  bool const in_use = registry.live_at(c.node, c.unit) || !(*node)->jobs.empty() || !(*node)->leases.empty();
  auto const idle_since = std::max(bond->since, (*node)->deal_ended);
  if (in_use || now - idle_since < rules.bond_hold) return refuse(Refusal::bond_in_use);
  post(bond_of(who), {who, AccountKind::funds}, bond->amount, TransferCode::bond_return, bond->id.v);
  bonds.erase(bonds.row_of(*bond));
  return Answer{c.node.v};
}

/// A proof ended, or a challenge did without one.
void ExchangeCore::State::hold_bond(NodeId node, std::uint16_t unit) {
  if (auto* const bond = bonds.find(core::unit_id(node, unit))) bond->since = now;
}

// ---- lost ----

void ExchangeCore::State::lose_bond(core::Node const& node, std::uint16_t unit) {
  auto const* const bond = at(bonds, core::unit_id(node.id, unit));
  if (!bond) return;
  post(bond_of(node.provider), guarantee_fund, bond->amount, TransferCode::bond_loss, bond->id.v);
  bonds.erase(bonds.row_of(*bond));
  if (!owed.empty()) work.begin({core::WorkKind::pay_owed, {}, {}, {}});
}

void ExchangeCore::State::lose_bond_if_failed(core::Node const& node, std::uint16_t unit,
                                              std::uint16_t reason) {
  if (rules.version >= with_bonds && attest::is_failure(attest::RejectReason{reason})) lose_bond(node, unit);
}

// ---- frozen earnings ----

core::Reply ExchangeCore::State::on(ParticipantId who, FrozenSettle const& c) {
  if (c.to == FrozenTo::unset || c.to > FrozenTo::guarantee) return refuse(Refusal::malformed);
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  if (rules.version < with_bonds) return refuse(Refusal::rules_unknown);
  if (!participants.contains(c.participant)) return refuse(Refusal::unknown_participant);
  AccountKey const frozen{c.participant, AccountKind::frozen};
  if (c.amount <= Nano{}) return refuse(Refusal::amount_invalid);
  if (c.amount > ledger.balance(frozen)) return refuse(Refusal::funds_short);
  if (c.to == FrozenTo::earnings) {
    post(frozen, {c.participant, AccountKind::earnings}, c.amount, TransferCode::frozen_release, 0);
  } else {
    post(frozen, guarantee_fund, c.amount, TransferCode::frozen_forfeit, 0);
    if (!owed.empty()) work.begin({core::WorkKind::pay_owed, {}, {}, {}});
  }
  return Answer{c.participant.v};
}

// ---- reads ----

std::vector<BondView> ExchangeCore::bonds() const {
  std::vector<BondView> out;
  auto const& bonds = state_->bonds;
  for (auto const row : bonds.rows_by_id()) {
    auto const& bond = bonds[row];
    out.push_back({NodeId{static_cast<std::uint32_t>(bond.id.v >> 16)},
                   static_cast<std::uint16_t>(bond.id.v & 0xffff), bond.amount, bond.since});
  }
  return out;
}

// ---- what must hold ----

void ExchangeCore::State::check_bonds() const {
  std::map<ParticipantId, Nano> posted, unsettled;
  bonds.for_each([&](core::Bond const& bond) {
    auto const* const node = at(nodes, NodeId{narrow(bond.id.v >> 16)});
    sw_check(node != nullptr && bond.amount > Nano{}, "a bond stands for a unit of a node");
    posted[node->provider] += bond.amount;
  });
  jobs.for_each([&](core::Job const& job) {
    if (core::open(job)) unsettled[job.provider] += job.charge;
  });
  leases.for_each([&](core::Lease const& lease) {
    if (core::open(lease)) unsettled[lease.provider] += lease.charge;
  });
  participants.for_each([&](core::Participant const& p) {
    sw_check(ledger.balance(bond_of(p.id)) == posted[p.id], "the account holds the bonds of the units");
    sw_check(p.unsettled == unsettled[p.id], "what open work was charged is counted");
  });
}

}  // namespace spillway
