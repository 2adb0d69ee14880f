// market/units.hpp - the measured quantities of the exchange, each a type of its own.
// Room:   market (vocabulary); sees the standard library only.
// Units:  money nano-units of the settlement currency, time integer microseconds, capacity thousandths of an
//         accelerator, work in tokens.
// Errors: none here; inputs are bounded where they are decoded.
#pragma once

#include <compare>
#include <cstdint>

namespace spillway {

template <class Tag>
struct Quantity {
  std::int64_t v{};

  constexpr Quantity() = default;
  constexpr explicit Quantity(std::int64_t raw) : v(raw) {}
  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{a.v + b.v}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.v - b.v}; }
  constexpr Quantity& operator+=(Quantity b) { return v += b.v, *this; }
  constexpr Quantity& operator-=(Quantity b) { return v -= b.v, *this; }
};

using Nano = Quantity<struct NanoTag>;      // 10^-9 of the settlement currency
using Micros = Quantity<struct MicrosTag>;  // a duration in microseconds
using Lots =
    Quantity<struct LotsTag>;  // slots of a token offer, or thousandths of an accelerator of a capacity one
using Tokens = Quantity<struct TokensTag>;  // tokens, or work tokens where the name says so

/// A moment: microseconds since the Unix epoch in UTC, stamped once by the sequencer and never going back.
struct Stamp {
  std::int64_t v{};
  constexpr Stamp() = default;
  constexpr explicit Stamp(std::int64_t raw) : v(raw) {}
  friend constexpr auto operator<=>(Stamp, Stamp) = default;
  friend constexpr Stamp operator+(Stamp a, Micros d) { return Stamp{a.v + d.v}; }
  friend constexpr Micros operator-(Stamp a, Stamp b) { return Micros{a.v - b.v}; }
};

inline constexpr std::int64_t nano_per_unit = 1'000'000'000;
inline constexpr std::int64_t tokens_per_price = 1'000'000;  // token prices are per million work tokens
inline constexpr std::int64_t milli_per_accelerator = 1'000;
inline constexpr std::int64_t micros_per_second = 1'000'000;
inline constexpr std::int64_t micros_per_hour = 3'600'000'000;  // capacity prices are per accelerator-hour
/// Largest sum that one order may hold (10^15 nano-units, one million units).
inline constexpr Nano largest_hold{1'000'000'000'000'000};

}  // namespace spillway
