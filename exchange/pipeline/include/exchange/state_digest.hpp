// exchange/state_digest.hpp - one hash for everything that applying further entries depends on.
// Room:   exchange_pipeline; sees journal, exchange_core.
#pragma once

#include "exchange/core.hpp"
#include "journal/digest.hpp"

namespace spillway {

constexpr std::uint32_t with_state_digests = 3;  // the first rules that know the command StateDigest

/// BLAKE2b-256 over the core's export: the same on either book and on every machine, in one layout. The core
/// can export.
[[nodiscard]] Hash256 state_digest(ExchangeCore const& core);

}  // namespace spillway
