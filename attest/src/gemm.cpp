// attest/gemm.cpp - see attest/gemm.hpp. Built with -O3 in every preset.
#include "attest/gemm.hpp"

#include <algorithm>

#include "hot_loop.hpp"
#include "market/check.hpp"

namespace spillway::attest {

namespace {

constexpr std::uint32_t tile = 4;            // rows x columns whose sums stay in registers
constexpr std::uint32_t columns_kept = 128;  // of B, in the second-level cache while all rows of A pass by

struct Tile {
  std::int32_t sum[tile][tile];
};

// Sixteen sums at once: each loaded vector of A and B is used four times.
ATTEST_HOT_LOOP void dot_tile(std::int16_t const* __restrict a, std::int16_t const* __restrict b,
                              std::uint32_t n, Tile& out) {
  std::int32_t s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  std::int32_t s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
  auto const *a0 = a, *a1 = a + n, *a2 = a + 2 * n, *a3 = a + 3 * n;
  auto const *b0 = b, *b1 = b + n, *b2 = b + 2 * n, *b3 = b + 3 * n;
  for (std::uint32_t k = 0; k < n; ++k) {
    s00 += a0[k] * b0[k], s01 += a0[k] * b1[k], s02 += a0[k] * b2[k], s03 += a0[k] * b3[k];
    s10 += a1[k] * b0[k], s11 += a1[k] * b1[k], s12 += a1[k] * b2[k], s13 += a1[k] * b3[k];
    s20 += a2[k] * b0[k], s21 += a2[k] * b1[k], s22 += a2[k] * b2[k], s23 += a2[k] * b3[k];
    s30 += a3[k] * b0[k], s31 += a3[k] * b1[k], s32 += a3[k] * b2[k], s33 += a3[k] * b3[k];
  }
  out = {{{s00, s01, s02, s03}, {s10, s11, s12, s13}, {s20, s21, s22, s23}, {s30, s31, s32, s33}}};
}

void multiply_band(std::int16_t const* a, std::uint32_t rows, std::uint32_t n, std::int16_t const* b,
                   std::uint32_t first_column, std::int32_t* c) {
  Tile t;
  for (std::uint32_t i = 0; i < rows; i += tile) {
    for (auto j = first_column; j < first_column + std::min(columns_kept, n); j += tile) {
      dot_tile(a + std::size_t{i} * n, b + std::size_t{j} * n, n, t);
      for (std::uint32_t r = 0; r < tile; ++r) std::copy_n(t.sum[r], tile, c + std::size_t{i + r} * n + j);
    }
  }
}

}  // namespace

void RightMatrix::set_row(std::uint32_t row, std::span<std::int8_t const> values) {
  sw_check(values.size() == n_ && row < n_, "a row of B has n entries");
  set_packed_row(n_, row, values.data(), columns_.data());
}

void set_packed_row(std::uint32_t n, std::uint32_t row, std::int8_t const* values, std::int16_t* packed) {
  for (std::uint32_t j = 0; j < n; ++j) packed[std::size_t{j} * n + row] = values[j];
}

void multiply(std::span<std::int8_t const> a, RightMatrix const& b, std::span<std::int32_t> c) {
  multiply(a, b.n(), b.column(0), c);
}

void multiply(std::span<std::int8_t const> a, std::uint32_t n, std::int16_t const* packed,
              std::span<std::int32_t> c) {
  auto const rows = static_cast<std::uint32_t>(a.size() / n);
  sw_check(a.size() == std::size_t{rows} * n && a.size() == c.size(), "rows of A and of C correspond");

  auto const padded = (rows + tile - 1) / tile * tile;  // a tile of rows may reach beyond the last one
  std::vector<std::int16_t> wide(std::size_t{padded} * n);
  std::ranges::copy(a, wide.begin());
  std::vector<std::int32_t> product(rows == padded ? 0 : std::size_t{padded} * n);
  auto* out = product.empty() ? c.data() : product.data();
  for (std::uint32_t j = 0; j < n; j += columns_kept) multiply_band(wide.data(), padded, n, packed, j, out);
  if (!product.empty()) std::copy_n(out, c.size(), c.data());
}

}  // namespace spillway::attest
