// tests/sim/shipped.hpp - the tables that Spillway ships, read once.
#pragma once

#include "reference/tables.hpp"

namespace spillway::sim {

inline Tables const& tables() {
  static Tables const shipped = shipped_tables();
  return shipped;
}

}  // namespace spillway::sim
