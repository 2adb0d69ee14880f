// reference/geo.hpp - distances on the globe and the round trip that is estimated from them.
// Room:   market/reference (table maker); floating point lives here and never in the core.
#pragma once

#include "market/reference.hpp"

namespace spillway {

/// Great-circle distance in kilometres on a sphere of 6371 km.
[[nodiscard]] double distance_km(Place const& a, Place const& b);

/// 300 us + 13 us per kilometre of great circle, marked estimated (issue 2, "Vocabulary").
[[nodiscard]] RoundTrip estimated_round_trip(Place const& a, Place const& b);

}  // namespace spillway
