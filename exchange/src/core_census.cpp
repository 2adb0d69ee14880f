// exchange/src/core_census.cpp - epochs, and what their censuses find: who was silent is not offered, who
// answered wrongly loses its proof and the use of its earnings.
#include <algorithm>
#include <limits>

#include "core_state.hpp"

namespace spillway {

using core::no;
using core::refuse;

namespace {

constexpr std::uint32_t with_censuses = 3;  // the rules that know these commands
constexpr std::uint8_t misses_that_end_a_record = 2;

}  // namespace

// ---- epochs ----

core::Reply ExchangeCore::State::on(ParticipantId who, EpochOpen const& c) {
  if (auto const why = not_exchange(who); no(why)) return refuse(why);
  if (rules.version < with_censuses) return refuse(Refusal::rules_unknown);
  if (census.open || c.epoch != census.epoch + 1) return refuse(Refusal::unknown_id);
  census = {c.epoch, true, c.commitment, c.beacon, 0, 0, 0};
  show(census, c.commitment);
  return Answer{c.epoch};
}

/// Whether the seed is the one that was committed to, auditors see: the core knows no hash.
core::Reply ExchangeCore::State::on(ParticipantId who, EpochClose const& c) {
  if (auto const why = not_exchange(who); no(why)) return refuse(why);
  if (rules.version < with_censuses) return refuse(Refusal::rules_unknown);
  if (c.epoch == 0 || c.epoch > census.epoch) return refuse(Refusal::unknown_id);
  if (c.epoch != census.epoch || !census.open) return refuse(Refusal::dead_id);
  census.open = false;
  show(census, c.seed);
  return Answer{c.epoch};
}

void ExchangeCore::State::show(CensusView const& c, Bytes32 const& value) {
  auto const phase = c.open ? EpochPhase::open : EpochPhase::closed;
  emit(
      record::EpochState{c.epoch, value, static_cast<std::uint8_t>(phase), {}, c.passed, c.missed, c.failed});
}

// ---- verdicts ----

Refusal ExchangeCore::State::why_not(ParticipantId who, UnitChecked const& c) const {
  bool const passed = c.verdict == CensusVerdict::passed;
  bool const known = c.verdict >= CensusVerdict::passed && c.verdict <= CensusVerdict::failed;
  bool const probe = c.kind == CheckKind::probe;
  if (!known || passed != (c.reason == 0) || c.ops_per_s < 0 || c.kind > CheckKind::probe)
    return Refusal::malformed;
  if (auto const why = not_exchange(who); no(why)) return why;
  if (rules.version < (probe ? with_meters : with_censuses)) return Refusal::rules_unknown;
  if (c.epoch == 0 || c.epoch > census.epoch) return Refusal::unknown_id;
  if (c.epoch != census.epoch || !census.open) return Refusal::dead_id;
  if (!at(nodes, c.node)) return Refusal::node_unknown;
  auto const* const live = registry.live_at(c.node, c.unit);
  if (!live || live->key != c.unit_key) return Refusal::unit_unattested;
  // Each unit once a census, and by one probe an epoch.
  return (probe ? live->probed : live->census) == c.epoch ? Refusal::dead_id : Refusal::none;
}

core::Reply ExchangeCore::State::on(ParticipantId who, UnitChecked const& c) {
  if (auto const why = why_not(who, c); no(why)) return refuse(why);

  auto& node = the(nodes, c.node);
  auto const units_before = sellable_units(c.node);
  bool const probe = c.kind == CheckKind::probe;
  auto const misses =
      probe ? registry.probed(c.unit_key, c.epoch, c.reason) : registry.judged(c.unit_key, c.epoch, c.reason);
  CensusView of_probes;  // what they find is no part of what the census found
  auto& found = probe ? of_probes : census;
  switch (c.verdict) {
    case CensusVerdict::unset:
      break;
    case CensusVerdict::passed:
      ++found.passed;  // a probe that passes ends no misses
      show_unit(node, c.unit, misses == 0 ? UnitPhase::attested : UnitPhase::missed,
                registry.find(c.unit_key),
                misses == 0 ? std::uint16_t{0} : registry.find(c.unit_key)->census_reason);
      break;
    case CensusVerdict::missed:
      ++found.missed;
      // A tenant may have the whole device: while a lease runs, silence to a probe takes the unit off the
      // offer and ends no proof.
      if (misses < misses_that_end_a_record || (probe && !node.leases.empty())) {
        show_unit(node, c.unit, UnitPhase::missed, registry.find(c.unit_key), c.reason);
        break;
      }
      retire_unit(node, c.unit, attest::EndReason::missed_twice);
      show_unit(node, c.unit, UnitPhase::ended, nullptr, c.reason);
      break;
    case CensusVerdict::failed:
      ++found.failed;
      retire_unit(node, c.unit, attest::EndReason::failed);
      show_unit(node, c.unit, UnitPhase::rejected, nullptr, c.reason);
      freeze_earnings(node.provider);
      lose_bond_if_failed(node, c.unit, c.reason);
      break;
  }
  if (sellable_units(c.node) != units_before) refresh(node);
  return Answer{c.node.v};
}

// ---- drains ----

core::Reply ExchangeCore::State::on(ParticipantId who, NodeDrain const& c) {
  auto const last = rules.version < with_meters ? DrainReason::unjudged : DrainReason::metered;
  if (c.reason > last) return refuse(Refusal::malformed);
  if (auto const why = not_exchange(who); no(why)) return refuse(why);
  if (rules.version < with_drains) return refuse(Refusal::rules_unknown);
  auto* const node = nodes.find(c.node);
  if (!node) return refuse(Refusal::node_unknown);
  if (node->drain == c.reason) return refuse(Refusal::dead_id);
  node->drain = c.reason;
  show(*node);
  refresh(*node);
  return Answer{c.node.v};
}

// ---- earnings ----

/// All but what open jobs and leases have been charged so far: that may have to go back to its buyers.
void ExchangeCore::State::freeze_earnings(ParticipantId provider) {
  AccountKey const earned{provider, AccountKind::earnings}, frozen{provider, AccountKind::frozen};
  auto const settled = free_earnings(provider);
  if (settled > Nano{}) post(earned, frozen, settled, TransferCode::freeze, 0);
}

// ---- reads ----

CensusView ExchangeCore::census() const { return state_->census; }

std::vector<CensusNode> ExchangeCore::census_nodes() const {
  auto const& state = *state_;
  std::vector<CensusNode> out;
  std::map<NodeId, CensusNode> found;
  for (auto const& [key, record] : state.registry.records())
    if (record.state == attest::RecordState::live)
      found[record.node].units.push_back({record.unit, key, record.missed > 0});
  for (auto& [id, asked] : found) {
    auto const* const node = state.nodes.find(id);
    sw_check(node != nullptr, "a proven unit has its node");
    auto const& pool = state.book.pool(id);
    asked.node = id, asked.provider = node->provider, asked.klass = node->klass;
    asked.free =
        static_cast<std::int64_t>(asked.units.size()) - pool.leased_units() - pool.units_under_jobs();
    if (node->phase == NodePhase::up) out.push_back(std::move(asked));
  }
  return out;
}

MeasuredView ExchangeCore::measured(ClassId klass, PlaceId place) const {
  auto const& state = *state_;
  constexpr auto any = std::numeric_limits<std::int64_t>::max();
  MeasuredView out{0, any, any, any};
  auto const add = [&](attest::UnitRecord const& r) {
    ++out.units;
    out.ops_per_s = std::min(out.ops_per_s, r.ops_per_s), out.bytes = std::min(out.bytes, r.bytes);
    out.bytes_per_s = std::min(out.bytes_per_s, r.bytes_per_s);
  };
  state.nodes.for_each([&](core::Node const& node) {
    if (node.klass == klass && node.place == place) state.registry.each_live(node.id, add);
  });
  return out.units > 0 ? out : MeasuredView{};
}

std::vector<UnitView> ExchangeCore::units_of(NodeId node) const {
  std::vector<UnitView> out;
  for (auto const& [key, r] : state_->registry.records())
    if (r.node == node)
      out.push_back({r.unit, key, r.expires, r.state == attest::RecordState::live,
                     r.end_reason == attest::EndReason::failed, r.census, r.missed, r.census_reason, r.probed,
                     r.probe_reason, state_->bonded(node, r.unit)});
  return out;
}

}  // namespace spillway
