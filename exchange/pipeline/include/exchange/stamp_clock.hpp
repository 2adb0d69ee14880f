// exchange/stamp_clock.hpp - the one clock of the exchange: UTC at start plus elapsed steady time, never
// backwards.
// Room:   exchange_pipeline.
#pragma once

#include <chrono>

#include "market/units.hpp"

namespace spillway {

class StampClock {
 public:
  /// `not_before`: the last stamp of the journal; a wall clock that went back while we were down does not
  /// take us back.
  explicit StampClock(Stamp not_before = {});
  [[nodiscard]] Stamp now() const;
  /// When this steady clock will show `stamp`.
  [[nodiscard]] std::chrono::steady_clock::time_point when(Stamp stamp) const;
  [[nodiscard]] static Stamp wall();

 private:
  Stamp base_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace spillway
