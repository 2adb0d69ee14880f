// attest/backend/x86/panel.hpp - the exact product and the walk, written once for vectors of any width.
// Room:   attest, private to the x86 back ends. A kernel names its instructions in a struct `Isa`; what is
// here is blocking only. Units: n in rows, a power of two from 64; groups of neighbouring k that one 32-bit
// lane multiplies.
//
// B lies in panels of `Isa::vectors` vectors of columns; inside, group after group, each column's group in 4
// bytes. A's row is broadcast 4 bytes at a time against it, so sums stay in registers over a block of k.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "cpu_backend.hpp"

// Bounds are kept by the callers; an instrumented product would take minutes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAP1_BARE __attribute__((no_sanitize("address", "undefined", "thread")))
#else
#define CAP1_BARE
#endif
#define CAP1_INLINE CAP1_BARE inline __attribute__((always_inline))

namespace spillway::attest::x86 {

constexpr std::size_t block_bytes = 32 * 1024;  // of B, in the first-level cache while all rows of A pass

template <class Isa>
constexpr std::uint32_t panel_columns = Isa::vectors* Isa::columns;
template <class Isa>
constexpr std::uint32_t block_groups = block_bytes / (4 * panel_columns<Isa>);

/// R rows of one panel over `groups` groups; sums start at `start` (per row) or go on from what is in `c`.
template <class Isa, int R>
CAP1_INLINE void tile(char const* a, std::size_t a_stride_bytes, char const* b, std::uint32_t groups,
                      std::int32_t const* start, std::int32_t* c, std::uint32_t n) {
  constexpr int V = Isa::vectors;
  typename Isa::Vector sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v)
      sum[r][v] = start != nullptr ? Isa::all(start[r])
                                   : Isa::load(c + std::size_t(r) * n + std::size_t(v) * Isa::columns);
  for (std::uint32_t g = 0; g < groups; ++g, b += 4 * panel_columns<Isa>) {
    typename Isa::Vector right[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) right[v] = Isa::load(b + std::size_t(v) * 4 * Isa::columns);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      std::int32_t four;
      std::memcpy(&four, a + std::size_t(r) * a_stride_bytes + std::size_t{g} * 4, 4);
      auto const left = Isa::all(four);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sum[r][v] = Isa::add_products(sum[r][v], right[v], left);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) Isa::store(c + std::size_t(r) * n + std::size_t(v) * Isa::columns, sum[r][v]);
}

template <class Isa, int R>
CAP1_INLINE void rows_left(std::uint32_t rows, char const* a, std::size_t stride, char const* b,
                           std::uint32_t groups, std::int32_t const* start, std::int32_t* c,
                           std::uint32_t n) {
  if constexpr (R > 0) {
    if (rows == R) return tile<Isa, R>(a, stride, b, groups, start, c, n);
    rows_left<Isa, R - 1>(rows, a, stride, b, groups, start, c, n);
  }
}

/// `a` as the kernel's instructions want it, 4 bytes a group; `start` one word a row.
template <class Isa>
CAP1_BARE void multiply_panels(char const* a, std::int32_t const* start, std::uint32_t rows, std::uint32_t n,
                               std::int16_t const* packed, std::int32_t* c) {
  auto const groups = n / Isa::group;
  auto const stride = std::size_t{groups} * 4;
  auto const* const b = reinterpret_cast<char const*>(packed);
  for (std::uint32_t column = 0; column < n; column += panel_columns<Isa>) {
    auto const* const panel = b + std::size_t{column} * stride;
    for (std::uint32_t g = 0; g < groups; g += block_groups<Isa>) {
      auto const count = std::min(block_groups<Isa>, groups - g);
      auto const* const block = panel + std::size_t{g} * 4 * panel_columns<Isa>;
      for (std::uint32_t i = 0; i < rows; i += Isa::rows) {
        auto const* const left = a + i * stride + std::size_t{g} * 4;
        auto const* const from = g == 0 ? start + i : nullptr;
        auto* const to = c + std::size_t{i} * n + column;
        if (rows - i >= Isa::rows)
          tile<Isa, Isa::rows>(left, stride, block, count, from, to, n);
        else
          rows_left<Isa, Isa::rows - 1>(rows - i, left, stride, block, count, from, to, n);
      }
    }
  }
}

/// Where entry (k, column) of B goes, counted in entries.
template <class Isa>
CAP1_INLINE std::size_t packed_place(std::uint32_t n, std::uint32_t k, std::uint32_t column) {
  auto const panel = column / panel_columns<Isa>, inside = column % panel_columns<Isa>;
  return std::size_t{panel} * panel_columns<Isa> * n +
         (std::size_t{k / Isa::group} * panel_columns<Isa> + inside) * Isa::group + k % Isa::group;
}

/// For kernels on pairs of int16: B and A widened, sums start at zero.
template <class Isa>
struct Pairs {
  static std::size_t packed_elements(std::uint32_t n) { return std::size_t{n} * n; }
  CAP1_BARE static void pack(std::int8_t const* b, std::uint32_t n, std::int16_t* packed) {
    for (std::uint32_t k = 0; k < n; ++k)
      for (std::uint32_t j = 0; j < n; ++j) packed[packed_place<Isa>(n, k, j)] = b[std::size_t{k} * n + j];
  }
  CAP1_BARE static void multiply(std::int8_t const* a, std::uint32_t rows, std::uint32_t n,
                                 std::int16_t const* packed, std::int32_t* c) {
    auto const wide = cpu::buffer<std::int16_t>(std::size_t{rows} * n);
    auto const start = cpu::buffer<std::int32_t>(rows);
    for (std::size_t i = 0; i < std::size_t{rows} * n; ++i) wide[i] = a[i];
    for (std::uint32_t i = 0; i < rows; ++i) start[i] = 0;
    multiply_panels<Isa>(reinterpret_cast<char const*>(wide.get()), start.get(), rows, n, packed, c);
  }
};

/// For kernels on fours of unsigned by signed bytes: B is shifted by 128 once, and each row's sums start at
/// -128 times the sum of the row of A. |sum| <= n * 255 * 128 < 2^30 on the way: nothing saturates or wraps.
template <class Isa>
struct Fours {
  static std::size_t packed_elements(std::uint32_t n) { return std::size_t{n} * n / 2; }
  CAP1_BARE static void pack(std::int8_t const* b, std::uint32_t n, std::int16_t* packed) {
    auto* const bytes = reinterpret_cast<std::uint8_t*>(packed);
    for (std::uint32_t k = 0; k < n; ++k)
      for (std::uint32_t j = 0; j < n; ++j)
        bytes[packed_place<Isa>(n, k, j)] = static_cast<std::uint8_t>(b[std::size_t{k} * n + j] + 128);
  }
  CAP1_BARE static void multiply(std::int8_t const* a, std::uint32_t rows, std::uint32_t n,
                                 std::int16_t const* packed, std::int32_t* c) {
    auto const start = cpu::buffer<std::int32_t>(rows);
    for (std::uint32_t i = 0; i < rows; ++i) {
      std::int32_t sum = 0;
      for (std::uint32_t k = 0; k < n; ++k) sum += a[std::size_t{i} * n + k];
      start[i] = -128 * sum;
    }
    multiply_panels<Isa>(reinterpret_cast<char const*>(a), start.get(), rows, n, packed, c);
  }
};

/// Four rows at once: one row's chain of multiplications alone would leave the memory idle.
template <class Isa, int R>
CAP1_INLINE void walk_rows(cap1_lanes_key const& key, std::int32_t const* c, std::uint32_t n,
                           std::uint32_t* lanes) {
  constexpr int V = CAP1_LANES / Isa::columns;
  typename Isa::Vector h[R][V], factor[V];
#pragma GCC unroll 2
  for (int v = 0; v < V; ++v) {
    factor[v] = Isa::load(key.factor + std::size_t(v) * Isa::columns);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) h[r][v] = Isa::load(key.start + std::size_t(v) * Isa::columns);
  }
  for (std::uint32_t j = 0; j < n; j += CAP1_LANES)
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v)
        h[r][v] = Isa::mix(h[r][v], Isa::load(c + std::size_t(r) * n + j + std::size_t(v) * Isa::columns),
                           factor[v]);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v)
      Isa::store(lanes + std::size_t(r) * CAP1_LANES + std::size_t(v) * Isa::columns, h[r][v]);
}

template <class Isa>
CAP1_BARE void walk(cap1_lanes_key const& key, std::int32_t const* c, std::uint32_t rows, std::uint32_t n,
                    std::uint32_t* lanes) {
  std::uint32_t i = 0;
  for (; i + 4 <= rows; i += 4)
    walk_rows<Isa, 4>(key, c + std::size_t{i} * n, n, lanes + std::size_t{i} * CAP1_LANES);
  for (; i < rows; ++i)
    walk_rows<Isa, 1>(key, c + std::size_t{i} * n, n, lanes + std::size_t{i} * CAP1_LANES);
}

}  // namespace spillway::attest::x86
