// attest/src/two_dots.hpp - one row against two vectors of F_p at once, p = 2^31 - 1: most of what a verifier
// computes.
// Room:   attest, private to its sources.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spillway::attest {

inline constexpr std::uint64_t field_prime = (std::uint64_t{1} << 31) - 1;

struct TwoDots {
  std::uint64_t first, second;  // of F_p
  friend bool operator==(TwoDots const&, TwoDots const&) = default;
};

/// Of `size` entries, a multiple of 64, each at most 2^28 from 0. The vectors' elements are of F_p.
[[nodiscard]] TwoDots two_dots(std::int32_t const* row, std::uint32_t const* one, std::uint32_t const* two,
                               std::size_t size);
[[nodiscard]] TwoDots two_dots(std::int8_t const* row, std::uint32_t const* one, std::uint32_t const* two,
                               std::size_t size);

/// The same without the processor's instructions of today: for tests.
[[nodiscard]] TwoDots two_dots_plainly(std::int32_t const* row, std::uint32_t const* one,
                                       std::uint32_t const* two, std::size_t size);
[[nodiscard]] TwoDots two_dots_plainly(std::int8_t const* row, std::uint32_t const* one,
                                       std::uint32_t const* two, std::size_t size);

}  // namespace spillway::attest
