// tests/attest/two_dots_test.cpp - a row against two vectors, by every path this processor has, against
// sums that cannot overflow. Covers: two_dots.cpp.
#include "two_dots.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace spillway::attest {
namespace {

template <class Entry>
TwoDots in_wide_sums(std::vector<Entry> const& row, std::vector<std::uint32_t> const& one,
                     std::vector<std::uint32_t> const& two) {
  __extension__ using Wide = __int128;
  auto const of = [&](auto const& vector) {
    Wide sum = 0;
    for (std::size_t j = 0; j < row.size(); ++j) sum += Wide{row[j]} * vector[j];
    auto const rest = sum % static_cast<Wide>(field_prime);
    return static_cast<std::uint64_t>(rest < 0 ? rest + static_cast<Wide>(field_prime) : rest);
  };
  return {of(one), of(two)};
}

template <class Entry>
void expect_right(std::int64_t largest) {
  std::mt19937_64 draw(7);
  for (std::size_t const size : {64u, 128u, 1'024u, 16'384u}) {
    std::vector<std::uint32_t> one(size), two(size);
    for (auto* const vector : {&one, &two})
      for (auto& x : *vector) x = static_cast<std::uint32_t>(draw() % field_prime);
    std::vector<std::vector<Entry>> rows(4, std::vector<Entry>(size));
    for (std::size_t j = 0; j < size; ++j) {
      rows[0][j] = static_cast<Entry>(
          static_cast<std::int64_t>(draw() % (2 * static_cast<std::uint64_t>(largest))) - largest);
      rows[1][j] = static_cast<Entry>(largest), rows[2][j] = static_cast<Entry>(-largest);
      rows[3][j] = static_cast<Entry>(j % 2 == 0 ? -largest : largest);
    }
    for (bool const extreme : {false, true}) {
      if (extreme) std::ranges::fill(one, static_cast<std::uint32_t>(field_prime - 1));
      for (auto const& row : rows) {
        auto const expected = in_wide_sums(row, one, two);
        EXPECT_EQ(two_dots(row.data(), one.data(), two.data(), size), expected) << size;
        EXPECT_EQ(two_dots_plainly(row.data(), one.data(), two.data(), size), expected) << size;
      }
    }
  }
}

}  // namespace

TEST(TwoDots, AreThoseOfWideSumsForTheLargestRowsOfAProduct) {
  expect_right<std::int32_t>(std::int64_t{1} << 28);
}

TEST(TwoDots, AreThoseOfWideSumsForRowsOfAMatrix) { expect_right<std::int8_t>(127); }

}  // namespace spillway::attest
