// attest/floors.hpp - what a class demands of a device, and whether a measurement reaches it.
// Room:   attest; sees market's reference types.
// Units:  operations per second (a multiply-add is two), bytes, bytes per second; integers throughout.
// Errors: FloorMiss: the first floor not reached, with both figures.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "market/reference.hpp"

namespace spillway::attest {

/// What a full challenge measured.
struct Measured {
  std::int64_t ops_per_s{};
  std::int64_t bytes{};
  std::int64_t bytes_per_s{};
  friend bool operator==(Measured const&, Measured const&) = default;
};

struct Floors {
  std::int64_t int8_ops_per_s{};
  std::int64_t bytes{};
  std::int64_t bytes_per_s{};
  friend bool operator==(Floors const&, Floors const&) = default;
};

/// 70 % of the class's published INT8 rate, 92 % of its memory, 70 % of its bandwidth, rounded down.
[[nodiscard]] Floors floors_of(std::int64_t int8_ops_per_s, std::int64_t memory_bytes,
                               std::int64_t bytes_per_s);

/// The same from the class table. A part without an INT8 rate is measured against its dense FP16 rate;
/// nothing where the table has no rate, memory or bandwidth: such a class can't be proven by time.
[[nodiscard]] std::optional<Floors> floors_of(AcceleratorClass const& klass);

/// Divided by `class_scale` (>= 1), rounded up: a scaled floor is never zero unless the floor was.
[[nodiscard]] Floors scaled(Floors const& floors, std::int64_t class_scale);

enum class Floor : std::uint8_t { ops = 1, bytes, bytes_per_s };
struct FloorMiss {
  Floor which{};
  std::int64_t measured{};
  std::int64_t needed{};  // after scaling
  friend bool operator==(FloorMiss const&, FloorMiss const&) = default;
};
[[nodiscard]] std::string_view name_of(Floor floor);

/// Nothing when all three floors / class_scale are met, else the first miss in the order above.
[[nodiscard]] std::expected<void, FloorMiss> admits(Measured const& measured, Floors const& floors,
                                                    std::int64_t class_scale);

}  // namespace spillway::attest
