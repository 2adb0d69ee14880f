// attest/cpu_backend.hpp - attest/backend.h for any CPU: what is left to an instruction set is a product and
// a walk.
// Room:   attest, private; header only and without any library, because the x86 back ends are shared objects
//         of their own.
// Units:  n in rows; products are row-major.
#pragma once

#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "attest/backend.h"
#include "cpu_name.hpp"

namespace spillway::attest {

/// Plain functions and numbers only, so that a table of them is data: nothing runs before `absent` has
/// spoken.
struct CpuKernel {
  /// Elements of `packed` that B takes, each 2 bytes and 64-byte aligned as a whole.
  std::size_t (*packed_elements)(std::uint32_t n);
  /// `b` row-major. Once per epoch, off the clock.
  void (*pack)(std::int8_t const* b, std::uint32_t n, std::int16_t* packed);
  /// `c` = `a` * B for `rows` rows of A.
  void (*multiply)(std::int8_t const* a, std::uint32_t rows, std::uint32_t n, std::int16_t const* packed,
                   std::int32_t* c);
  /// Lanes of `rows` rows, 16 words each.
  void (*walk)(cap1_lanes_key const& key, std::int32_t const* c, std::uint32_t rows, std::uint32_t n,
               std::uint32_t* lanes);
};

namespace cpu {

enum Status : int { done = 0, no_memory, no_device, out_of_range };

inline char const* explain(int status) {
  switch (status) {
    case done:
      return "done";
    case no_memory:
      return "this machine has not enough memory for the products";
    case no_device:
      return "there is no such device";
    case out_of_range:
      return "a slot, a row or n is out of range";
    default:
      return "unknown status";
  }
}

struct Aligned {
  void operator()(void* p) const { ::operator delete (p, std::align_val_t{64}); }
};
template <class T>
using Buffer = std::unique_ptr<T[], Aligned>;
template <class T>
Buffer<T> buffer(std::size_t count) {
  return Buffer<T>(static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{64})));
}

struct Unit {
  std::uint32_t n, profile;
  cap1_host const* host;
  std::vector<Buffer<std::int32_t>> slots;  // taken when first written
  Buffer<std::int32_t> dropped;             // where products go that nobody keeps
  Buffer<std::int16_t> packed;
};

inline Unit& of(cap1_unit* unit) { return *reinterpret_cast<Unit*>(unit); }

template <class Work>
int guarded(Work work) {
  try {
    return work();
  } catch (std::bad_alloc const&) {
    return no_memory;
  }
}

inline std::uint32_t devices() { return 1; }

/// A row of A or B as bytes, whatever the profile: integer instructions are exact in both, and the same.
inline void matrix_row(Unit const& u, std::uint8_t const key[32], bool of_a, std::uint32_t row,
                       std::int8_t* out) {
  if (u.profile == CAP1_PROFILE_INT8)
    return u.host->prf(key, of_a ? CAP1_PRF_A : CAP1_PRF_B, row, reinterpret_cast<std::uint8_t*>(out), u.n);
  std::uint8_t pairs[16'384 / 2];
  u.host->prf(key, of_a ? CAP1_PRF_A_F16X : CAP1_PRF_B_F16X, row, pairs, u.n / 2);
  for (std::uint32_t j = 0; j < u.n / 2; ++j) {
    out[2 * j] = static_cast<std::int8_t>(((pairs[j] & 15) ^ 8) - 8);
    out[2 * j + 1] = static_cast<std::int8_t>((pairs[j] >> 4 ^ 8) - 8);
  }
}

inline int open(std::uint32_t device, std::uint32_t n, std::uint32_t retained, std::uint32_t profile,
                cap1_host const* host, cap1_unit** out) {
  if (device != 0) return no_device;
  if (n < 64 || n > 16'384 || (n & (n - 1)) != 0 || host == nullptr) return out_of_range;
  if (profile != CAP1_PROFILE_INT8 && profile != CAP1_PROFILE_F16X) return out_of_range;
  return guarded([&] {
    auto unit = std::make_unique<Unit>();
    unit->n = n, unit->profile = profile, unit->host = host;
    unit->slots.resize(retained);
    *out = reinterpret_cast<cap1_unit*>(unit.release());
    return done;
  });
}
inline void close(cap1_unit* unit) { delete reinterpret_cast<Unit*>(unit); }

template <CpuKernel const& kernel>
int prepare(cap1_unit* unit, std::uint8_t const beacon[32]) {
  return guarded([&] {
    auto& u = of(unit);
    auto const b = buffer<std::int8_t>(std::size_t{u.n} * u.n);
    for (std::uint32_t i = 0; i < u.n; ++i) matrix_row(u, beacon, false, i, &b[std::size_t{i} * u.n]);
    if (!u.packed) u.packed = buffer<std::int16_t>(kernel.packed_elements(u.n));
    kernel.pack(b.get(), u.n, u.packed.get());
    return done;
  });
}

template <CpuKernel const& kernel>
int round(cap1_unit* unit, std::uint8_t const key[32], cap1_lanes_key const* lanes_key, std::uint32_t slot,
          std::uint32_t* lanes) {
  auto& u = of(unit);
  if (!u.packed || (slot != CAP1_NO_SLOT && slot >= u.slots.size())) return out_of_range;
  return guarded([&] {
    auto& c = slot == CAP1_NO_SLOT ? u.dropped : u.slots[slot];
    auto const square = std::size_t{u.n} * u.n;
    if (!c) c = buffer<std::int32_t>(square);
    auto const a = buffer<std::int8_t>(square);
    for (std::uint32_t i = 0; i < u.n; ++i) matrix_row(u, key, true, i, &a[std::size_t{i} * u.n]);
    kernel.multiply(a.get(), u.n, u.n, u.packed.get(), c.get());
    kernel.walk(*lanes_key, c.get(), u.n, u.n, lanes);
    return done;
  });
}

template <CpuKernel const& kernel>
int walk(cap1_unit* unit, std::uint32_t slot, cap1_lanes_key const* lanes_key, std::uint32_t* lanes) {
  auto& u = of(unit);
  if (slot >= u.slots.size() || !u.slots[slot]) return out_of_range;
  kernel.walk(*lanes_key, u.slots[slot].get(), u.n, u.n, lanes);
  return done;
}

inline int row(cap1_unit* unit, std::uint32_t slot, std::uint32_t row, std::int32_t* out) {
  auto& u = of(unit);
  if (slot >= u.slots.size() || !u.slots[slot] || row >= u.n) return out_of_range;
  std::memcpy(out, &u.slots[slot][std::size_t{row} * u.n], std::size_t{u.n} * sizeof *out);
  return done;
}

template <CpuKernel const& kernel>
int row_again(cap1_unit* unit, std::uint8_t const key[32], std::uint32_t row, std::int32_t* out) {
  auto& u = of(unit);
  if (!u.packed || row >= u.n) return out_of_range;
  return guarded([&] {
    auto const a = buffer<std::int8_t>(u.n);
    matrix_row(u, key, true, row, a.get());
    kernel.multiply(a.get(), 1, u.n, u.packed.get(), out);
    return done;
  });
}

inline void forget(cap1_unit* unit) {
  auto& u = of(unit);
  for (auto& slot : u.slots) slot.reset();
  u.dropped.reset();
}

template <CpuKernel const& kernel>
constexpr cap1_backend table(char const* name, char const* (*absent)()) {
  return {CAP1_BACKEND_ABI,
          sizeof(cap1_backend),
          name,
          absent,
          devices,
          describe,
          explain,
          nullptr,
          close,
          prepare<kernel>,
          round<kernel>,
          walk<kernel>,
          row,
          row_again<kernel>,
          forget,
          CAP1_DOES(CAP1_PROFILE_INT8) | CAP1_DOES(CAP1_PROFILE_F16X),
          open};
}

}  // namespace cpu
}  // namespace spillway::attest
