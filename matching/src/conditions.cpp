// matching/conditions.cpp - each condition of an order on one instrument, alone.
// Room:   matching (pure); sees market.
#include "matching/conditions.hpp"

#include <algorithm>

#include "market/check.hpp"

namespace spillway {

namespace {

template <class Id>
bool lists(std::vector<Id> const& list, Id id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

bool stands_in(Predicate const& p, PlaceId place, Reference const& reference) {
  auto const inside = [&](PlaceId outer) { return reference.within(place, outer); };
  if (std::any_of(p.outside.begin(), p.outside.end(), inside)) return false;
  return p.within.empty() || std::any_of(p.within.begin(), p.within.end(), inside);
}

bool cool_enough(Predicate const& p, Place const& place) {
  if (p.pue_max_milli == unknown_milli) return true;
  return place.pue_milli != unknown_milli && place.pue_milli <= p.pue_max_milli;
}

bool green_enough(Predicate const& p, Place const& place) {
  if (p.green_min_milli == unknown_milli) return true;
  return place.green_milli != unknown_milli && place.green_milli >= p.green_min_milli;
}

bool near_enough(Predicate const& p, PlaceId place, Reference const& reference) {
  if (p.network.v == 0) return true;
  auto const path = path_to(p, place, reference);
  return path && *path <= p.network;
}

bool ready_enough(Predicate const& p, PlaceId place, Tier const& tier, Reference const& reference) {
  if (p.ready.v == 0) return true;
  if (p.product == ProductKind::capacity) return promise_of(p, tier) <= p.ready;
  auto const path = path_to(p, place, reference);
  return path && *path + promise_of(p, tier) <= p.ready;
}

}  // namespace

void EligibilityFailures::add(FailedConditions const& failed, std::int64_t weight) {
  looked_at += weight;
  eligible += failed.any() ? 0 : weight;
  product += failed.product ? weight : 0;
  model += failed.model ? weight : 0;
  klass += failed.klass ? weight : 0;
  place += failed.place ? weight : 0;
  tier += failed.tier ? weight : 0;
  origin += failed.origin ? weight : 0;
  pue += failed.pue ? weight : 0;
  green += failed.green ? weight : 0;
  network += failed.network ? weight : 0;
  ready += failed.ready ? weight : 0;
}

FailedConditions failed_conditions(Predicate const& p, Instrument const& at, Reference const& reference) {
  auto const* const klass = reference.find(at.klass);
  auto const* const place = reference.find(at.place);
  auto const* const tier = reference.find(at.tier);
  sw_check(klass && place && tier, "a listed instrument names rows of the tables");
  return {.product = p.product != at.product,
          .model = p.product == ProductKind::tokens && !lists(p.models, at.model),
          .klass = !p.classes.empty() && !lists(p.classes, at.klass),
          .place = !stands_in(p, at.place, reference),
          .tier = (p.tier.some() && p.tier != at.tier) || !takes_input(p, *tier),
          .origin = p.origin != Origin::unset && p.origin != klass->origin,
          .pue = !cool_enough(p, *place),
          .green = !green_enough(p, *place),
          .network = !near_enough(p, at.place, reference),
          .ready = !ready_enough(p, at.place, *tier, reference)};
}

bool matches(Predicate const& p, Instrument const& instrument, Reference const& reference) {
  return !failed_conditions(p, instrument, reference).any();
}

std::optional<Micros> path_to(Predicate const& p, PlaceId place, Reference const& reference) {
  return path_between(p.product, p.buyer_place, place, reference);
}

std::optional<Micros> path_between(ProductKind product, PlaceId buyer, PlaceId place,
                                   Reference const& reference) {
  if (!buyer.some()) return std::nullopt;
  if (product == ProductKind::tokens) return reference.path_through_relay(buyer, place);
  auto const direct = reference.round_trip(buyer, place);
  if (!direct || direct->rtt_us < 0) return std::nullopt;
  return Micros{direct->rtt_us};
}

Micros promise_of(Predicate const& p, Tier const& tier) {
  return p.product == ProductKind::tokens ? Reference::promise(tier, p.input) : Micros{tier.base_us};
}

bool takes_input(Predicate const& p, Tier const& tier) {
  return p.product != ProductKind::tokens || p.input.v <= tier.input_max;
}

}  // namespace spillway
