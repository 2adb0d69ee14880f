// tests/attest/cap1_test.cpp - parameters, matrices, fingerprints and chains; covers fingerprint.cpp too.
#include "attest/cap1.hpp"

#include <gtest/gtest.h>

#include <random>

#include "hex.hpp"
#include "reference.hpp"

namespace spillway::attest {
namespace {

std::vector<std::int32_t> drawn_row(std::size_t n, std::uint32_t seed) {
  std::mt19937 draw(seed);
  std::vector<std::int32_t> row(n);
  for (auto& x : row) x = static_cast<std::int32_t>(draw());
  return row;
}

}  // namespace

TEST(Cap1Params, AreRefusedByTheFirstRuleTheyBreak) {
  struct Row {
    Cap1Params params;
    std::optional<ParamsError> error;
  };
  for (auto const& [params, error] : std::vector<Row>{
           {{}, {}},
           {{.n = 32}, ParamsError::n},
           {{.n = 96}, ParamsError::n},
           {{.n = 32'768}, ParamsError::n},
           {{.rounds = 0}, ParamsError::rounds},
           {{.rounds = 1'025}, ParamsError::rounds},
           {{.retained = 0}, ParamsError::retained},
           {{.passes = 0}, ParamsError::passes},
           {light_of_cpus, {}},
           {{.rounds = 4, .retained = 5}, ParamsError::retained},
           {{.passes = 65}, ParamsError::passes},
           {{.openings = 0}, ParamsError::openings},
           {{.openings = 1'025}, ParamsError::openings},
           {{.profile = Profile::unset}, ParamsError::profile},
           {{.n = 16'384, .openings = 64}, ParamsError::answer_too_large},
           {{.n = 16'384, .openings = 60}, {}},
           {{.n = 64, .rounds = 1, .retained = 1, .passes = 1, .openings = 1}, {}},
       }) {
    auto const checked = check(params);
    EXPECT_EQ(checked.has_value() ? std::nullopt : std::optional(checked.error()), error);
    EXPECT_FALSE(error && sentence(*error).starts_with("unknown"));
  }
}

TEST(Cap1Params, CountWorkAndMemory) {
  EXPECT_EQ(work_ops({}), 16 * 2 * (std::int64_t{1} << 30));
  EXPECT_EQ(retained_bytes({}), 64 << 20);
  EXPECT_EQ(work_ops({.n = 16'384, .rounds = 1'024}), std::int64_t{1} << 53);
}

TEST(Cap1Matrices, DifferByRowKeyAndName) {
  std::vector<std::int8_t> a(64), b(64), a1(64), other(64);
  auto const key = reference::bytes32(1);
  a_row(key, 0, a), b_row(key, 0, b), a_row(key, 1, a1), a_row(reference::bytes32(2), 0, other);
  EXPECT_NE(a, b);
  EXPECT_NE(a, a1);
  EXPECT_NE(a, other);
}

// A product of matrices with one diagonal rule (Hankel, Toeplitz) follows from its neighbours in O(n^2).
TEST(Cap1Matrices, RepeatNoDiagonal) {
  std::size_t equal = 0;
  std::vector<std::int8_t> above(256), below(256);
  a_row(reference::bytes32(1), 0, above), a_row(reference::bytes32(1), 1, below);
  for (std::size_t j = 0; j + 1 < 256; ++j) equal += (above[j + 1] == below[j]) + (above[j] == below[j + 1]);
  EXPECT_LT(equal, 16u);  // 2 expected
}

TEST(Cap1Fingerprint, EqualsItsDefinitionEntryByEntry) {
  auto const key = fingerprint_key(reference::bytes32(3));
  for (std::size_t n : {16u, 64u, 1'024u}) {
    auto const row = drawn_row(n, 4);
    EXPECT_EQ(fingerprint(key, row), reference::fingerprint(key, row));
  }
}

TEST(Cap1Fingerprint, ChangesWithAnyOneEntryAndWithTheKey) {
  auto const key = fingerprint_key(reference::bytes32(3));
  auto row = drawn_row(64, 4);
  auto const whole = fingerprint(key, row);
  EXPECT_NE(whole, fingerprint(fingerprint_key(reference::bytes32(4)), row));
  for (auto& x : row) {
    x ^= 1 << 30;
    EXPECT_NE(fingerprint(key, row), whole);
    x ^= 1 << 30;
  }
}

TEST(Cap1Fingerprint, IsNotLinearInTheRow) {
  auto const key = fingerprint_key(reference::bytes32(3));
  auto const x = drawn_row(64, 1), y = drawn_row(64, 2);
  std::vector<std::int32_t> sum(64);
  std::vector<std::int32_t> const zero(64);
  for (std::size_t i = 0; i < 64; ++i)
    sum[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(x[i]) + static_cast<std::uint32_t>(y[i]));
  auto const fx = fingerprint(key, x), fy = fingerprint(key, y), fs = fingerprint(key, sum),
             f0 = fingerprint(key, zero);
  for (std::size_t lane = 0; lane < 16; ++lane) EXPECT_NE(fs[lane], fx[lane] + fy[lane] - f0[lane]);
}

TEST(Cap1Leaf, HoldsGroupRowAndLength) {
  Lanes lanes{};
  auto const one = leaf(1, 2, 64, lanes);
  EXPECT_NE(one, leaf(2, 2, 64, lanes));
  EXPECT_NE(one, leaf(1, 3, 64, lanes));
  EXPECT_NE(one, leaf(1, 2, 128, lanes));
  lanes[15] = 1;
  EXPECT_NE(one, leaf(1, 2, 64, lanes));
}

TEST(Cap1Chain, DependsOnNonceUnitAndEpoch) {
  auto const n = reference::bytes32(1), u = reference::bytes32(2);
  auto const first = first_round_key(n, u, 3);
  EXPECT_NE(first, first_round_key(u, n, 3));
  EXPECT_NE(first, first_round_key(n, u, 4));
  EXPECT_NE(next_round_key(n, u), next_pass_key(n, u));
}

}  // namespace spillway::attest
