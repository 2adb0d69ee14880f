// attest/floors.cpp - see attest/floors.hpp.
#include "attest/floors.hpp"

#include "market/check.hpp"

namespace spillway::attest {

namespace {

// Figures reach 10^16 and more; a share is taken without leaving 64 bits.
std::int64_t per_cent(std::int64_t figure, std::int64_t share) {
  return figure / 100 * share + figure % 100 * share / 100;
}

std::int64_t divided_up(std::int64_t figure, std::int64_t by) {
  return figure / by + (figure % by > 0 ? 1 : 0);
}

std::expected<void, FloorMiss> reach(Floor which, std::int64_t measured, std::int64_t needed) {
  if (measured < needed) return std::unexpected(FloorMiss{which, measured, needed});
  return {};
}

}  // namespace

Profile profile_of(AcceleratorClass const& klass) {
  return klass.int8_gops < klass.fp16_gflops ? Profile::f16x : Profile::int8;
}

Floors floors_of(std::int64_t ops_per_s, std::int64_t memory_bytes, std::int64_t bytes_per_s) {
  return {per_cent(ops_per_s, 70), per_cent(memory_bytes, 92), per_cent(bytes_per_s, 70)};
}

std::optional<Floors> floors_of(AcceleratorClass const& klass) { return floors_of(klass, profile_of(klass)); }

std::optional<Floors> floors_of(AcceleratorClass const& klass, Profile profile) {
  if (profile == Profile::f16x && profile_of(klass) != profile) return std::nullopt;
  if (klass.unlisted()) return Floors{};
  auto const gops = profile == Profile::int8 && klass.int8_gops > 0 ? klass.int8_gops : klass.fp16_gflops;
  if (gops <= 0 || klass.memory_mib <= 0 || klass.bandwidth_mb_s <= 0) return std::nullopt;
  return floors_of(gops * 1'000'000'000, std::int64_t{klass.memory_mib} << 20,
                   std::int64_t{klass.bandwidth_mb_s} * 1'000'000);
}

Floors scaled(Floors const& floors, std::int64_t class_scale) {
  sw_check(class_scale >= 1, "class_scale divides floors and is at least 1");
  return {divided_up(floors.ops_per_s, class_scale), divided_up(floors.bytes, class_scale),
          divided_up(floors.bytes_per_s, class_scale)};
}

std::string_view name_of(Floor floor) {
  switch (floor) {
    case Floor::ops:
      return "operations per second";
    case Floor::bytes:
      return "bytes of memory";
    case Floor::bytes_per_s:
      return "bytes per second";
  }
  return "unknown floor";
}

std::expected<void, FloorMiss> admits(Measured const& measured, Floors const& floors,
                                      std::int64_t class_scale) {
  auto const needed = scaled(floors, class_scale);
  if (auto ok = reach(Floor::ops, measured.ops_per_s, needed.ops_per_s); !ok) return ok;
  if (auto ok = reach(Floor::bytes, measured.bytes, needed.bytes); !ok) return ok;
  return reach(Floor::bytes_per_s, measured.bytes_per_s, needed.bytes_per_s);
}

}  // namespace spillway::attest
