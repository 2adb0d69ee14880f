// exchange/src/core_reference.cpp - the tables of the market, by the operator, before anything trades.
#include <algorithm>

#include "core_state.hpp"

namespace spillway {

using core::no;
using core::refuse;

namespace {

constexpr std::uint32_t with_unlisted = 5;  // the rules that know a class without figures

}  // namespace

/// Instruments and signatures are made from the tables in force, and holds from their weights; so the tables
/// stand still from the first listing on.
template <class Set>
core::Reply ExchangeCore::State::define(ParticipantId who, Set&& set) {
  if (auto const why = not_operator(who); no(why)) return refuse(why);
  auto const& eligibility = book.eligibility();
  if (eligibility.instrument_count() + eligibility.signature_count() > 0)
    return refuse(Refusal::reference_invalid);
  if (set()) return refuse(Refusal::reference_invalid);
  return Answer{};
}

core::Reply ExchangeCore::State::on(ParticipantId who, DefinePlaces const& c) {
  return define(who, [&] { return reference.set_places(c.rows); });
}

core::Reply ExchangeCore::State::on(ParticipantId who, DefineRoundTrips const& c) {
  return define(who, [&] { return reference.set_round_trips(c.from, c.to_each_place); });
}

core::Reply ExchangeCore::State::on(ParticipantId who, DefineClasses const& c) {
  if (rules.version < with_unlisted && std::ranges::any_of(c.rows, &AcceleratorClass::unlisted))
    return refuse(Refusal::rules_unknown);
  return define(who, [&] { return reference.set_classes(c.rows); });
}

core::Reply ExchangeCore::State::on(ParticipantId who, DefineTiers const& c) {
  return define(who, [&] { return reference.set_tiers(c.rows); });
}

core::Reply ExchangeCore::State::on(ParticipantId who, DefineModels const& c) {
  return define(who, [&] { return reference.set_models(c.rows); });
}

core::Reply ExchangeCore::State::on(ParticipantId who, DefineRelay const& c) {
  return define(who, [&] { return reference.set_relay(c.place); });
}

bool ExchangeCore::State::genesis_done() const {
  return rules_set && !reference.places().empty() && !reference.classes().empty() &&
         !reference.tiers().empty() && !reference.models().empty() && reference.relay().some();
}

}  // namespace spillway
