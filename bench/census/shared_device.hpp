// bench/census/shared_device.hpp - a back end whose units share one device: what several identities on one
// card look like to the exchange.
// Room:   bench; sees attest.
// Thread: units on different threads; the device does one thing at a time.
#pragma once

#include <chrono>
#include <cstdint>

#include "attest/backend.hpp"

namespace spillway::census {

enum class Turns : std::uint8_t {
  by_round = 1,     // each product or walk of one unit, then of the next
  by_challenge = 2  // one unit's whole challenge, then the next unit's
};

/// What stands behind the back end from now on; units of the one before must be closed. Each use of the
/// device takes `least` at least. No unit begins before `units` of them were asked to, as in a common window.
void lend_device(attest::Backend const& real, Turns turns, std::uint32_t units,
                 std::chrono::microseconds least);
[[nodiscard]] attest::Backend shared_device();

}  // namespace spillway::census
