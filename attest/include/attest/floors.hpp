// attest/floors.hpp - what a class demands of a device, and whether a measurement reaches it.
// Room:   attest; sees attest/cap1.hpp and market's reference types.
// Units:  operations per second (a multiply-add is two), bytes, bytes per second; integers throughout.
// Errors: FloorMiss: the first floor not reached, with both figures.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "attest/cap1.hpp"
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
  std::int64_t ops_per_s{};  // of the profile that is asked
  std::int64_t bytes{};
  std::int64_t bytes_per_s{};
  friend bool operator==(Floors const&, Floors const&) = default;
};

/// The profile that proves a class; one is enough. F16X where the table's INT8 rate is below its FP16 rate: a
/// part without INT8 matrix units (V100). Else INT8 and nothing weaker: entries of F16X fit int8 and int4
/// units too, which are faster than FP16 ones.
[[nodiscard]] Profile profile_of(AcceleratorClass const& klass);

/// 70 % of the class's published rate, 92 % of its memory, 70 % of its bandwidth, rounded down.
[[nodiscard]] Floors floors_of(std::int64_t ops_per_s, std::int64_t memory_bytes, std::int64_t bytes_per_s);

/// The same from the class table, in the class's own profile: the INT8 rate or the dense FP16 rate. Zero for
/// unlisted hardware, which right answers prove. Nothing where the table lacks rate, memory or bandwidth: no
/// time proves such a class.
[[nodiscard]] std::optional<Floors> floors_of(AcceleratorClass const& klass);

/// What a challenge in this profile must have reached for the class. INT8 stands for a class without an INT8
/// rate too, against its FP16 rate, as in transcripts older than F16X. Nothing as above, and for F16X where
/// the class is proven by INT8.
[[nodiscard]] std::optional<Floors> floors_of(AcceleratorClass const& klass, Profile profile);

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
