// tests/exchange/core_census_world.hpp - a small market with epochs, and the verdicts of their checks.
#pragma once

#include "core_world.hpp"

namespace spillway {

inline Bytes32 thirty_two(std::uint8_t v) {
  Bytes32 out;
  out.fill(std::byte{v});
  return out;
}

inline EpochOpen opening(std::uint64_t epoch) { return {epoch, thirty_two(1), thirty_two(2)}; }

inline UnitChecked found(std::uint64_t epoch, NodeId node, std::uint16_t unit, CensusVerdict verdict,
                         std::uint16_t reason) {
  return {epoch, node, unit, World::proof(node, unit).unit_key, verdict, reason, 1'000, thirty_two(3)};
}
inline UnitChecked passed(std::uint64_t epoch, NodeId node, std::uint16_t unit) {
  return found(epoch, node, unit, CensusVerdict::passed, 0);
}
inline UnitChecked missed(std::uint64_t epoch, NodeId node, std::uint16_t unit) {
  return found(epoch, node, unit, CensusVerdict::missed, 5);
}
inline UnitChecked failed(std::uint64_t epoch, NodeId node, std::uint16_t unit) {
  return found(epoch, node, unit, CensusVerdict::failed, 16);
}

struct CensusWorld : World {
  void next_epoch() {
    if (core.census().open) must(EpochClose{core.census().epoch, thirty_two(4)});
    must(opening(core.census().epoch + 1));
  }
  [[nodiscard]] std::uint64_t epoch() const { return core.census().epoch; }
  [[nodiscard]] UnitPhase shown() const { return UnitPhase{seen<record::UnitState>().at(0).phase}; }
  Lots executable(OfferId id) { return core.offer(id)->executable; }
};

}  // namespace spillway
