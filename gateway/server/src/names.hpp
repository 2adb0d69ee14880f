// gateway/server/src/names.hpp - what clients call by name, as the ids of the tables in force.
// Room:   gateway, target server, private.
#pragma once

#include <expected>

#include "market/message.hpp"
#include "market/reference.hpp"

namespace spillway {

/// Refusals: unknown_model, unknown_class, unknown_place, unknown_tier.
[[nodiscard]] std::expected<Predicate, Refusal> resolve(Reference const&, msg::Wanted const&);
[[nodiscard]] std::expected<PlaceOrder, Refusal> resolve(Reference const&, msg::PlaceOrder const&);
[[nodiscard]] std::expected<PostOffer, Refusal> resolve(Reference const&, msg::PostOffer const&);
[[nodiscard]] std::expected<RegisterNode, Refusal> resolve(Reference const&, msg::RegisterNode const&);

}  // namespace spillway
