// gateway/server/src/bearer.hpp - whose bearer key a request carries.
// Room:   gateway, target server, private.
#pragma once

#include <optional>

#include "gateway/wire/http.hpp"
#include "hub.hpp"

namespace spillway {

/// From "Authorization: Bearer KEY"; nobody for no key or one that the operator did not add.
[[nodiscard]] std::optional<ParticipantId> bearer_of(Hub const& hub, wire::RequestHead const& request);

}  // namespace spillway
