// gateway/server/src/steady_clock.hpp - the clock by which the server measures how long something took.
// Room:   gateway, target server.
#pragma once

#include <chrono>
#include <cstdint>

namespace spillway {

/// Nanoseconds since some moment of this machine; never goes back.
inline std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace spillway
