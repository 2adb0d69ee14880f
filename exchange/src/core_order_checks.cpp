// exchange/src/core_order_checks.cpp - what an order may be refused for, and what it is taken to mean where
// it says
// nothing.
#include "core_state.hpp"

namespace spillway {

using core::no;
using core::refuse;

namespace {

constexpr Micros capacity_order_longest{30LL * 24 * micros_per_hour};
constexpr std::int64_t day_us = 24 * micros_per_hour;

bool shaped_as_tokens(PlaceOrder const& c) {
  auto const& models = c.predicate.models;
  return !models.empty() && models.size() <= predicate_models_max && c.tif != TimeInForce::gtc &&
         c.term.v == 0 && c.policy <= FaultPolicy::re_run;
}

bool shaped_as_capacity(PlaceOrder const& c) {
  return c.predicate.models.empty() && c.input.v == 0 && c.output_max.v == 0 &&
         (c.term.v == 0 || c.term.v >= micros_per_second);
}

}  // namespace

bool ExchangeCore::State::well_formed(PlaceOrder const& c) {
  if (!c.client.some() || c.tif == TimeInForce::unset || c.tif > TimeInForce::timed) return false;
  if (c.good_for.v < 0 || c.input.v < 0 || c.output_max.v < 0 || c.term.v < 0) return false;
  if (c.predicate.product == ProductKind::tokens) return shaped_as_tokens(c);
  return c.predicate.product == ProductKind::capacity && shaped_as_capacity(c);
}

Refusal ExchangeCore::State::complete(PlaceOrder& c) const {
  bool const tokens = c.predicate.product == ProductKind::tokens;
  if (tokens && c.quantity.v == 0) c.quantity = core::one_job;
  if (c.quantity.v <= 0) return Refusal::quantity_zero;
  if (!tokens && c.quantity.v % lot_of(c.predicate).v != 0) return Refusal::quantity_not_a_lot;
  if (c.quantity > (tokens ? core::one_job : core::capacity_lots_max)) return Refusal::quantity_too_large;
  if (!on_grid(c.limit)) return Refusal::price_off_grid;
  return tokens ? complete_tokens(c) : complete_capacity(c);
}

/// The tiers that take both the input and the output asked for. A predicate names one tier or any: where only
/// one of them fits, it is meant; where some but not all fit, the order must say which.
Refusal ExchangeCore::State::complete_tokens(PlaceOrder& c) const {
  if (c.tif == TimeInForce::timed && c.good_for.v == 0) c.good_for = rules.token_order_default;
  if (c.tif == TimeInForce::timed && c.good_for > rules.token_order_longest) return Refusal::time_too_long;
  if (c.policy == FaultPolicy::unset) c.policy = FaultPolicy::error_frame;

  auto const takes_input = [&](Tier const& tier) {
    return tier.product == ProductKind::tokens && (!c.predicate.tier.some() || c.predicate.tier == tier.id) &&
           c.input.v <= tier.input_max;
  };
  std::size_t take_input = 0, take_both = 0;
  Tier const* least_output = nullptr;
  for (auto const& tier : reference.tiers()) {
    if (!takes_input(tier)) continue;
    ++take_input;
    if (least_output == nullptr || tier.output_max < least_output->output_max) least_output = &tier;
  }
  bool const tier_known = !c.predicate.tier.some() || reference.find(c.predicate.tier);
  if (!tier_known) return Refusal::unknown_tier;
  if (least_output == nullptr) return Refusal::input_too_long;

  if (c.output_max.v == 0) c.output_max = Tokens{least_output->output_max};
  Tier const* takes_both = nullptr;
  for (auto const& tier : reference.tiers()) {
    if (!takes_input(tier) || c.output_max.v > tier.output_max) continue;
    ++take_both;
    takes_both = &tier;
  }
  if (take_both == 0) return Refusal::output_too_long;
  if (take_both == 1)
    c.predicate.tier = takes_both->id;
  else if (take_both < take_input)
    return Refusal::output_too_long;
  return Refusal::none;
}

Refusal ExchangeCore::State::complete_capacity(PlaceOrder& c) const {
  if (c.tif == TimeInForce::timed && c.good_for.v == 0) c.good_for = capacity_order_longest;
  if (c.tif == TimeInForce::timed && c.good_for > capacity_order_longest) return Refusal::time_too_long;
  return c.term > core::term_longest ? Refusal::time_too_long : Refusal::none;
}

/// Tables are full by count. What is remembered beyond its window makes room first.
Refusal ExchangeCore::State::no_room(core::Participant const& buyer, PlaceOrder const& c) {
  bool const full_up = resting.count >= limits.orders;
  if (full_up || buyer.resting.count >= limits.orders_per_participant) return Refusal::capacity;
  auto const fits = [&] { return !orders.full() && lists.has_room(core::ids_to_keep(c.predicate)); };
  if (!fits()) make_room(buyer.id);
  if (!fits()) return Refusal::capacity;
  if (c.predicate.product != ProductKind::capacity) return Refusal::none;
  auto const more = leases_for(std::min(c.quantity, core::capacity_lots_max));
  bool const no_lease = leases.size() >= limits.leases_kept || lease_claims + more > limits.lease_claims;
  return no_lease ? Refusal::capacity : Refusal::none;
}

/// Every trade takes all of an offer's rest, the last one what is left: no part but that is smaller than the
/// smallest of all classes.
std::uint32_t ExchangeCore::State::leases_for(Lots lots) const {
  if (lots.v <= 0) return 0;
  auto const part = reference.smallest_part();
  return static_cast<std::uint32_t>((lots.v + part - 1) / part);
}

/// The largest of the smallest parts of the classes it accepts: every one of them can be cut that way.
Lots ExchangeCore::State::lot_of(Predicate const& p) const {
  if (p.classes.empty()) return Lots{reference.largest_part()};
  std::int32_t lot = 1;
  for (auto const id : p.classes)
    if (auto const* const klass = reference.find(id)) lot = std::max(lot, klass->smallest_part_milli);
  return Lots{lot};
}

std::size_t ExchangeCore::State::resting_max(core::Participant const& p) const {
  auto const today = p.fills_day == now.v / day_us ? p.fills_today : 0;
  return static_cast<std::size_t>(std::max<std::int64_t>(1'000, 100 * today));
}

Refusal ExchangeCore::State::sign(core::Participant const& buyer, PlaceOrder const& c, SignatureId& as) {
  auto why = Refusal::none;
  as = book.known(buyer.id, c.predicate);
  if (!as.some()) {
    auto const made = book.intern(buyer.id, c.predicate);
    if (made)
      as = *made;
    else
      why = made.error();
  }
  bool const rests = c.tif == TimeInForce::gtc || c.tif == TimeInForce::timed;
  bool const too_many = rests && buyer.resting.count >= resting_max(buyer);
  return too_many && (as.some() || why > Refusal::resting_limit) ? Refusal::resting_limit : why;
}

Refusal ExchangeCore::State::why_unfunded(ParticipantId who, Nano worst) const {
  if (worst == Nano{}) return Refusal::none;
  if (auto const why = ledger.why_not({who, AccountKind::funds}, worst); no(why)) return why;
  return worst > largest_hold ? Refusal::hold_too_large : Refusal::none;
}

}  // namespace spillway
