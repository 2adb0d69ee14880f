// tests/sim/fuzz_overlay.cpp - any bytes are an overlay whose wishes can be drawn, or one named fault.
#include <cstddef>
#include <cstdint>

#include "market/check.hpp"
#include "sim/overlay.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const tables = spillway::shipped_tables();
  auto const overlay =
      spillway::sim::parse_overlay(tables, {reinterpret_cast<char const*>(data), size}, "fuzz.toml");
  if (!overlay) {
    sw_check(!overlay.error().sentence.empty(), "a fault has words");
    return 0;
  }
  spillway::sim::Random random{overlay->seed};
  sw_check(draw_token_wish(*overlay, random).place.some(), "buyers stand somewhere");
  sw_check(draw_capacity_wish(*overlay, random).accelerators > 0, "buyers want something");
  return 0;
}
