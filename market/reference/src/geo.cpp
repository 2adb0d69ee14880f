// market/reference/src/geo.cpp - haversine distance and the estimate made from it.
#include "reference/geo.hpp"

#include <cmath>
#include <numbers>

namespace spillway {
namespace {

constexpr double earth_radius_km = 6'371.0;
constexpr double base_us = 300.0;
constexpr double us_per_km = 13.0;

double radians(std::int32_t micro_degrees) { return micro_degrees * 1e-6 * std::numbers::pi / 180.0; }

}  // namespace

double distance_km(Place const& a, Place const& b) {
  auto const half_lat = std::sin((radians(b.lat_micro) - radians(a.lat_micro)) / 2);
  auto const half_lon = std::sin((radians(b.lon_micro) - radians(a.lon_micro)) / 2);
  auto const h = half_lat * half_lat +
                 std::cos(radians(a.lat_micro)) * std::cos(radians(b.lat_micro)) * half_lon * half_lon;
  return 2 * earth_radius_km * std::asin(std::sqrt(std::fmin(1.0, h)));
}

RoundTrip estimated_round_trip(Place const& a, Place const& b) {
  return {static_cast<std::int32_t>(std::lround(base_us + us_per_km * distance_km(a, b))), true};
}

}  // namespace spillway
