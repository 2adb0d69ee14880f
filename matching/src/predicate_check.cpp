// matching/predicate_check.cpp - what eligibility refuses before it lists or interns, and the canonical form.
// Room:   matching (pure); sees market.
#include <algorithm>

#include "matching/eligibility.hpp"
#include "matching/steps.hpp"

namespace spillway {

namespace {

template <class Id>
void sort_once(std::vector<Id>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

bool well_formed(Predicate const& p) {
  if (p.product != ProductKind::tokens && p.product != ProductKind::capacity) return false;
  if (p.product == ProductKind::tokens && (p.models.empty() || p.models.size() > predicate_models_max))
    return false;
  if (p.product == ProductKind::capacity && !p.models.empty()) return false;
  if (p.origin < Origin::unset || p.origin > Origin::other) return false;
  return p.pue_max_milli >= unknown_milli && p.green_min_milli >= unknown_milli && p.network.v >= 0 &&
         p.ready.v >= 0 && p.input.v >= 0 && p.input <= largest_input;
}

/// The lowest input maximum of a token tier that takes `input` (above 0); 0 when no tier does.
Tokens tier_step(Tokens input, Reference const& reference) {
  Tokens lowest;
  for (auto const& tier : reference.tiers())
    if (tier.product == ProductKind::tokens && tier.input_max >= input.v &&
        (lowest.v == 0 || tier.input_max < lowest.v))
      lowest = Tokens{tier.input_max};
  return lowest;
}

/// Without a bound on the first token, only the tiers' own maxima tell inputs apart.
Tokens snapped_input(Predicate const& p, Reference const& reference) {
  if (p.product != ProductKind::tokens || p.input.v == 0) return Tokens{};
  auto const step = input_step(p.input);
  auto const tier = tier_step(p.input, reference);
  if (tier.v == 0) return step;
  return p.ready.v == 0 ? tier : std::min(step, tier);
}

}  // namespace

std::expected<Predicate, Refusal> Eligibility::snapped(Predicate p) const {
  if (auto const refusal = snap(p); refusal != Refusal::none) return std::unexpected(refusal);
  return p;
}

/// None for an input out of range: `check` refuses it.
RecentPredicates::Words Eligibility::words_of(Predicate const& p) const {
  if (p.input.v < 0 || p.input > largest_input) return {};
  return RecentPredicates::words_of(p, snapped_input(p, *reference_));
}

Refusal Eligibility::snap(Predicate& p) const {
  if (auto const refusal = check(p); refusal != Refusal::none) return refusal;
  sort_once(p.models);
  sort_once(p.classes);
  sort_once(p.within);
  sort_once(p.outside);
  p.network = latency_step(p.network);
  p.ready = latency_step(p.ready);
  if (p.pue_max_milli != unknown_milli) p.pue_max_milli = pue_step(p.pue_max_milli);
  if (p.green_min_milli != unknown_milli) p.green_min_milli = green_step(p.green_min_milli);
  p.input = snapped_input(p, *reference_);
  return Refusal::none;
}

Refusal Eligibility::check(Instrument const& i) const {
  if (i.product != ProductKind::tokens && i.product != ProductKind::capacity) return Refusal::malformed;
  if (i.product == ProductKind::capacity && i.model.some()) return Refusal::malformed;
  if (!reference_->find(i.place)) return Refusal::unknown_place;
  if (!reference_->is_leaf(i.place)) return Refusal::place_not_a_leaf;
  if (!reference_->find(i.klass)) return Refusal::unknown_class;
  if (i.product == ProductKind::tokens && !reference_->find(i.model)) return Refusal::unknown_model;
  auto const* const tier = reference_->find(i.tier);
  if (!tier || tier->product != i.product) return Refusal::unknown_tier;
  if (i.product == ProductKind::tokens && !reference_->fit(i.model, i.klass, i.tier))
    return Refusal::model_does_not_fit;
  return Refusal::none;
}

Refusal Eligibility::check(Predicate const& p) const {
  if (!well_formed(p)) return Refusal::malformed;
  if (auto const refusal = check_names(p); refusal != Refusal::none) return refusal;
  return contradicts_itself(p) ? Refusal::predicate_empty : Refusal::none;
}

Refusal Eligibility::check_names(Predicate const& p) const {
  auto const known = [&](auto id) { return reference_->find(id) != nullptr; };
  auto const all_known = [&](auto const& list) { return std::all_of(list.begin(), list.end(), known); };
  // Readiness of capacity is promised by its tier alone; every other latency bound starts at the buyer's
  // place.
  bool const needs_place = p.network.v > 0 || (p.ready.v > 0 && p.product == ProductKind::tokens);
  if (!all_known(p.within) || !all_known(p.outside)) return Refusal::unknown_place;
  if (p.buyer_place.some() ? !known(p.buyer_place) : needs_place) return Refusal::unknown_place;
  if (p.buyer_place.some() && !reference_->is_leaf(p.buyer_place)) return Refusal::place_not_a_leaf;
  if (!all_known(p.classes)) return Refusal::unknown_class;
  if (!all_known(p.models)) return Refusal::unknown_model;
  if (p.tier.some() && (!known(p.tier) || reference_->find(p.tier)->product != p.product))
    return Refusal::unknown_tier;
  return Refusal::none;
}

bool Eligibility::contradicts_itself(Predicate const& p) const {
  auto const shut_out = [&](PlaceId place) {
    return std::any_of(p.outside.begin(), p.outside.end(),
                       [&](PlaceId outer) { return reference_->within(place, outer); });
  };
  if (!p.within.empty() && std::all_of(p.within.begin(), p.within.end(), shut_out)) return true;
  if (p.pue_max_milli != unknown_milli && p.pue_max_milli < pue_least_milli) return true;
  if (p.green_min_milli > 1000) return true;
  return !some_class_serves(p);
}

bool Eligibility::some_class_serves(Predicate const& p) const {
  auto const& classes = reference_->classes();
  return std::any_of(classes.begin(), classes.end(), [&](auto const& klass) { return serves(p, klass); });
}

bool Eligibility::serves(Predicate const& p, AcceleratorClass const& klass) const {
  bool const listed = std::find(p.classes.begin(), p.classes.end(), klass.id) != p.classes.end();
  if (!p.classes.empty() && !listed) return false;
  if (p.origin != Origin::unset && p.origin != klass.origin) return false;
  if (p.product == ProductKind::capacity) return true;
  for (auto const& tier : reference_->tiers()) {
    if (tier.product != p.product || (p.tier.some() && p.tier != tier.id)) continue;
    for (auto const model : p.models)
      if (reference_->fit(model, klass.id, tier.id)) return true;
  }
  return false;
}

}  // namespace spillway
