// matching/eligibility.cpp - listing instruments, interning signatures, and the bitsets between them.
// Room:   matching (pure); sees market.
#include "matching/eligibility.hpp"

#include "market/check.hpp"
#include "matching/steps.hpp"

namespace spillway {

namespace {

template <class Map, class Key>
InstrumentSet const& owned_by(Map const& sets, Key const& key) {
  static InstrumentSet const nothing;
  auto const it = sets.find(key);
  return it == sets.end() ? nothing : it->second;
}

template <class Map, class Keys>
InstrumentSet any_of(Map const& sets, Keys const& keys) {
  InstrumentSet all;
  for (auto const& key : keys) all |= owned_by(sets, key);
  return all;
}

}  // namespace

std::expected<InstrumentId, Refusal> Eligibility::list(Instrument const& instrument) {
  if (auto const known = find(instrument)) return *known;
  if (auto const refusal = check(instrument); refusal != Refusal::none) return std::unexpected(refusal);
  if (instruments_.size() >= instruments_most_) return std::unexpected(Refusal::capacity);

  instruments_.push_back(instrument);
  InstrumentId const id{static_cast<std::uint32_t>(instruments_.size())};
  instrument_ids_.emplace(instrument, id);
  insert_bits(id, instrument);
  for (auto& signature : signatures_)
    if (matches(signature.predicate, instrument, *reference_)) signature.edges.insert(id);
  return id;
}

std::optional<InstrumentId> Eligibility::find(Instrument const& instrument) const {
  auto const it = instrument_ids_.find(instrument);
  if (it == instrument_ids_.end()) return std::nullopt;
  return it->second;
}

Instrument const& Eligibility::instrument(InstrumentId id) const {
  sw_check(id.some() && id.v <= instruments_.size(), "the instrument is listed");
  return instruments_[id.v - 1];
}

InstrumentSet const& Eligibility::of_product(ProductKind product) const {
  return owned_by(sets_.product, product);
}

std::expected<SignatureId, Refusal> Eligibility::intern(Predicate const& wanted) {
  auto const made = intern(wanted, [](SignatureId) { return false; });
  if (!made) return std::unexpected(made.error());
  return made->id;
}

std::expected<Eligibility::Interned, Refusal> Eligibility::intern(
    Predicate const& wanted, std::function<bool(SignatureId)> const& idle) {
  auto const exact = snapped(wanted);
  if (!exact) return std::unexpected(exact.error());
  auto const known = signature_ids_.find(*exact);
  auto edges = known == signature_ids_.end() ? accepted(*exact) : this->edges(known->second);
  if (edges.size() > signature_reach_max) return std::unexpected(Refusal::predicate_too_wide);
  if (known != signature_ids_.end()) return Interned{known->second, false};
  bool const full = signatures_.size() >= signatures_most_;
  auto const reused = full ? retire_one(idle) : SignatureId{};
  if (full && !reused.some()) return std::unexpected(Refusal::capacity);

  if (!full) signatures_.emplace_back();
  auto const id = full ? reused : SignatureId{static_cast<std::uint32_t>(signatures_.size())};
  signatures_[id.v - 1] = {*exact, std::move(edges)};
  signature_ids_.emplace(*exact, id);
  return Interned{id, true};
}

/// In turn, so that a full table is not searched from its start each time. None when all are in use.
SignatureId Eligibility::retire_one(std::function<bool(SignatureId)> const& idle) {
  auto const count = static_cast<std::uint32_t>(signatures_.size());
  for (std::uint32_t tried = 0; tried < count; ++tried) {
    retired_ = retired_ % count + 1;
    SignatureId const id{retired_};
    if (!idle(id)) continue;
    signature_ids_.erase(signatures_[id.v - 1].predicate);
    return id;
  }
  return {};
}

Predicate const& Eligibility::predicate(SignatureId id) const {
  sw_check(id.some() && id.v <= signatures_.size(), "the signature is interned");
  return signatures_[id.v - 1].predicate;
}

InstrumentSet const& Eligibility::edges(SignatureId id) const {
  sw_check(id.some() && id.v <= signatures_.size(), "the signature is interned");
  return signatures_[id.v - 1].edges;
}

void Eligibility::rebuild() {
  sets_ = {};
  for (std::uint32_t row = 1; row <= instruments_.size(); ++row)
    insert_bits(InstrumentId{row}, instruments_[row - 1]);
  for (auto& signature : signatures_) signature.edges = accepted(signature.predicate);
}

InstrumentSet Eligibility::accepted(Predicate const& p) const {
  auto set = of_product(p.product);
  if (p.product == ProductKind::tokens) set &= any_of(sets_.model, p.models);
  if (!p.classes.empty()) set &= any_of(sets_.klass, p.classes);
  if (!p.within.empty()) set &= any_of(sets_.place, p.within);
  set -= any_of(sets_.place, p.outside);
  if (p.tier.some()) set &= owned_by(sets_.tier, p.tier);
  if (p.input.v > 0) set &= tiers_that_take(p);
  if (p.origin != Origin::unset) set &= owned_by(sets_.origin, p.origin);
  if (p.pue_max_milli != unknown_milli) set &= owned_by(sets_.pue_at_most, p.pue_max_milli);
  if (p.green_min_milli != unknown_milli) set &= owned_by(sets_.green_at_least, p.green_min_milli);
  if (p.network.v > 0) set &= near_enough(p);
  if (p.ready.v > 0) set &= ready_enough(p);
  return set;
}

InstrumentSet Eligibility::near_enough(Predicate const& p) const {
  InstrumentSet near;
  for (auto const& [leaf, instruments] : sets_.leaf)
    if (auto const path = path_to(p, leaf, *reference_); path && *path <= p.network) near |= instruments;
  return near;
}

InstrumentSet Eligibility::tiers_that_take(Predicate const& p) const {
  InstrumentSet taking;
  for (auto const& [tier, instruments] : sets_.tier)
    if (takes_input(p, *reference_->find(tier))) taking |= instruments;
  return taking;
}

InstrumentSet Eligibility::ready_enough(Predicate const& p) const {
  InstrumentSet ready;
  for (auto const& [tier, of_tier] : sets_.tier) {
    auto const promise = promise_of(p, *reference_->find(tier));
    if (promise > p.ready) continue;
    if (p.product == ProductKind::capacity) {
      ready |= of_tier;
      continue;
    }
    for (auto const& [leaf, at_leaf] : sets_.leaf)
      if (auto const path = path_to(p, leaf, *reference_); path && *path + promise <= p.ready)
        ready |= of_tier & at_leaf;
  }
  return ready;
}

EligibilityFailures Eligibility::failures(Predicate const& p, InstrumentSet const& instruments) const {
  EligibilityFailures counts;
  instruments.for_each(
      [&](InstrumentId id) { counts.add(failed_conditions(p, instrument(id), *reference_)); });
  return counts;
}

std::optional<Micros> Eligibility::path(SignatureId signature, InstrumentId id) const {
  return path_to(predicate(signature), instrument(id).place, *reference_);
}

void Eligibility::insert_bits(InstrumentId id, Instrument const& instrument) {
  auto const& place = *reference_->find(instrument.place);
  sets_.product[instrument.product].insert(id);
  if (instrument.model.some()) sets_.model[instrument.model].insert(id);
  sets_.klass[instrument.klass].insert(id);
  sets_.leaf[instrument.place].insert(id);
  for (auto at = instrument.place; at.some(); at = reference_->find(at)->parent) sets_.place[at].insert(id);
  sets_.tier[instrument.tier].insert(id);
  sets_.origin[reference_->find(instrument.klass)->origin].insert(id);
  if (place.pue_milli != unknown_milli)
    for (auto step = pue_least_milli; step <= pue_most_milli; step += pue_step_milli)
      if (place.pue_milli <= step) sets_.pue_at_most[step].insert(id);
  if (place.green_milli != unknown_milli)
    for (std::int32_t step = 0; step <= 1000; step += green_step_milli)
      if (place.green_milli >= step) sets_.green_at_least[step].insert(id);
}

}  // namespace spillway
