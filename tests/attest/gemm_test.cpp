// tests/attest/gemm_test.cpp - the product against three plain loops.
#include "attest/gemm.hpp"

#include <gtest/gtest.h>

#include <random>

#include "reference.hpp"

namespace spillway::attest {
namespace {

RightMatrix prepared(reference::Matrix8 const& b, std::uint32_t n) {
  RightMatrix out(n);
  for (std::uint32_t i = 0; i < n; ++i) out.set_row(i, std::span(b).subspan(std::size_t{i} * n, n));
  return out;
}

reference::Matrix8 drawn(std::size_t rows, std::size_t n, std::uint32_t seed) {
  std::mt19937 draw(seed);
  reference::Matrix8 m(rows * n);
  for (auto& x : m) x = static_cast<std::int8_t>(draw() & 0xff);
  return m;
}

}  // namespace

TEST(Gemm, EqualsTheThreePlainLoopsEntryByEntry) {
  for (std::uint32_t n : {64u, 128u, 256u}) {
    auto const a = drawn(n, n, 1), b = drawn(n, n, 2);
    reference::Matrix32 c(a.size());
    multiply(a, prepared(b, n), c);
    ASSERT_EQ(c, reference::product(a, b, n)) << n;
  }
}

TEST(Gemm, EqualsThePlainLoopsForAnyNumberOfRows) {
  constexpr std::uint32_t n = 64;
  auto const b = drawn(n, n, 2);
  for (std::size_t rows = 1; rows <= 9; ++rows) {
    auto const a = drawn(rows, n, 3);
    reference::Matrix32 c(a.size());
    multiply(a, prepared(b, n), c);
    ASSERT_EQ(c, reference::product(a, b, n)) << rows;
  }
}

TEST(Gemm, HoldsTheLargestSumsOfTheLargestMatrix) {
  constexpr std::uint32_t n = 16'384;
  RightMatrix b(
      64);  // the extreme sum needs one long column only: 64 columns of 64 show the pairs, the bound the rest
  std::vector<std::int8_t> const least(64, -128);
  for (std::uint32_t i = 0; i < 64; ++i) b.set_row(i, least);
  std::vector<std::int32_t> c(64);
  multiply(least, b, c);
  EXPECT_EQ(c, std::vector<std::int32_t>(64, 64 * 128 * 128));
  EXPECT_LE(std::int64_t{n} * 128 * 128, std::int64_t{1} << 28);
}

}  // namespace spillway::attest
