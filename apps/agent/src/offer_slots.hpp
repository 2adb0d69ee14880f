// apps/agent/src/offer_slots.hpp - how many jobs at a time an offer of tokens is of.
// Room:   apps, library agent, private.
#pragma once

#include <algorithm>
#include <cstdint>

#include "apps/agent/agent.hpp"
#include "reference/tables.hpp"

namespace spillway {

/// What the engine serves and the table of fits allows on the node's units; without a fit what the engine
/// serves.
[[nodiscard]] inline std::int64_t slots_of(AgentConfig const& config, Tables const& tables,
                                           AgentNode const& node, AgentOffer const& offer) {
  auto const wanted = offer.slots > 0 ? std::min(offer.slots, config.engine_slots) : config.engine_slots;
  auto const* const klass = tables.class_of(node.klass);
  auto const* const model = tables.model_of(offer.model);
  if (!klass || !model) return wanted;
  Reference reference;
  (void)reference.set_classes(tables.classes);
  (void)reference.set_tiers(tables.tiers);
  (void)reference.set_models(tables.models);
  auto const* const tier = reference.tier_named(offer.tier, ProductKind::tokens);
  auto const fit = tier ? reference.fit(model->id, klass->id, tier->id) : std::nullopt;
  if (!fit) return wanted;
  return std::min<std::int64_t>(wanted, std::int64_t{node.units} / fit->cards * fit->slots);
}

}  // namespace spillway
