// tests/attest/hex.hpp - digests as people compare them.
#pragma once

#include <span>
#include <string>

namespace spillway::attest {

inline std::string hex(std::span<std::byte const> bytes) {
  std::string out;
  for (auto const b : bytes) {
    out += "0123456789abcdef"[std::to_integer<unsigned>(b) >> 4];
    out += "0123456789abcdef"[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

}  // namespace spillway::attest
