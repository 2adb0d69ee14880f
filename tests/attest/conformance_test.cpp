// tests/attest/conformance_test.cpp - conformance.cpp finds right back ends right and wrong ones wrong, and
// every back end present on this machine gives equal digests. Back ends are the real ones, built beside this
// test.
#include "attest/conformance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "attest/backend_loader.hpp"
#include "cpu_backend.hpp"
#include "reference.hpp"

namespace spillway::attest {
namespace {

std::filesystem::path folder() { return std::filesystem::path(SPILLWAY_BIN_DIR) / "backends"; }

constexpr std::uint32_t quick_n = 256;  // the larger goldens have a test of their own

std::string broken(std::vector<ConformanceCheck> const& checks) {
  std::string out;
  for (auto const& check : checks)
    if (!check.wrong.empty()) out += check.what + ": " + check.wrong + "\n";
  return out;
}

// ---- a plain kernel, and what may be wrong with one ----

std::size_t plain_elements(std::uint32_t n) { return std::size_t{n} * n; }
void plain_pack(std::int8_t const* b, std::uint32_t n, std::int16_t* packed) {
  std::copy_n(b, std::size_t{n} * n, packed);
}
void plain_multiply(std::int8_t const* a, std::uint32_t rows, std::uint32_t n, std::int16_t const* b,
                    std::int32_t* c) {
  std::fill_n(c, std::size_t{rows} * n, 0);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += a[i * n + k] * b[k * n + j];
}
void plain_walk(cap1_lanes_key const& key, std::int32_t const* c, std::uint32_t rows, std::uint32_t n,
                std::uint32_t* lanes) {
  FingerprintKey own;
  std::copy_n(key.start, 16, own.start.begin());
  std::copy_n(key.factor, 16, own.factor.begin());
  for (std::size_t i = 0; i < rows; ++i) {
    auto const row = reference::fingerprint(own, std::span(c + i * n, n));
    std::ranges::copy(row, lanes + i * 16);
  }
}

// Multiply-add of unsigned by signed bytes saturates at 16 bits on AVX2: the classical mistake.
void saturating_multiply(std::int8_t const* a, std::uint32_t rows, std::uint32_t n, std::int16_t const* b,
                         std::int32_t* c) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      auto& sum = c[i * n + j] = 0;
      std::int32_t shift = 0;
      for (std::size_t k = 0; k < n; k += 2) {
        auto const pair = (a[i * n + k] + 128) * b[k * n + j] + (a[i * n + k + 1] + 128) * b[(k + 1) * n + j];
        sum += std::clamp(pair, -32'768, 32'767);
        shift += 128 * (b[k * n + j] + b[(k + 1) * n + j]);
      }
      sum -= shift;
    }
}
void last_entry_off_multiply(std::int8_t const* a, std::uint32_t rows, std::uint32_t n, std::int16_t const* b,
                             std::int32_t* c) {
  plain_multiply(a, rows, n, b, c);
  if (rows == n) c[std::size_t{n} * n - 1] += 1;
}
void bf16_multiply(std::int8_t const* a, std::uint32_t rows, std::uint32_t n, std::int16_t const* b,
                   std::int32_t* c) {
  plain_multiply(a, rows, n, b, c);
  bool const small = std::ranges::none_of(std::span(a, n), [](int x) { return x < -8 || x > 7; });
  if (!small) return;  // right in INT8
  for (std::size_t i = 0; i < std::size_t{rows} * n; ++i) c[i] = reference::rounded(c[i], 8);
}
void float_multiply(std::int8_t const* a, std::uint32_t rows, std::uint32_t n, std::int16_t const* b,
                    std::int32_t* c) {
  plain_multiply(a, rows, n, b, c);
  for (std::size_t i = 0; i < std::size_t{rows} * n; ++i) c[i] = c[i] / 256 * 256;  // a short significand
}
void walk_of_one_key(cap1_lanes_key const&, std::int32_t const* c, std::uint32_t rows, std::uint32_t n,
                     std::uint32_t* lanes) {
  cap1_lanes_key fixed{};
  for (auto& factor : fixed.factor) factor = 3;
  plain_walk(fixed, c, rows, n, lanes);
}
void forgetful_pack(std::int8_t const* b, std::uint32_t n, std::int16_t* packed) {
  static bool packed_before = false;  // "B never changes, does it?"
  if (!packed_before) std::fill_n(packed, std::size_t{n} * n, std::int16_t{1});
  plain_pack(b, n, packed);
  if (packed_before) packed[0] = 0;
  packed_before = true;
}

char const* here() { return nullptr; }
constexpr CpuKernel plain{plain_elements, plain_pack, plain_multiply, plain_walk};
constexpr CpuKernel saturating{plain_elements, plain_pack, saturating_multiply, plain_walk};
constexpr CpuKernel last_entry_off{plain_elements, plain_pack, last_entry_off_multiply, plain_walk};
constexpr CpuKernel rounded{plain_elements, plain_pack, float_multiply, plain_walk};
constexpr CpuKernel bf16{plain_elements, plain_pack, bf16_multiply, plain_walk};
constexpr CpuKernel one_key{plain_elements, plain_pack, plain_multiply, walk_of_one_key};
constexpr CpuKernel stale_b{plain_elements, forgetful_pack, plain_multiply, plain_walk};

template <CpuKernel const& kernel>
Backend made_of() {
  static constexpr auto table = cpu::table<kernel>("under-test", here);
  return Backend::checked(&table).value();
}

template <CpuKernel const& kernel>
std::string verdict() {
  return broken(conform(made_of<kernel>(), 0, 128));
}

}  // namespace

TEST(Conformance, FindsEveryBackendOfThisMachineRightAndItsDigestsEqual) {
  std::size_t present = 0;
  for (auto const& found : find_backends(folder())) {
    if (!found.backend) continue;
    ++present;
    auto const checks = conform(*found.backend, 0, quick_n);
    EXPECT_EQ(broken(checks), "") << found.name;
    EXPECT_TRUE(
        std::ranges::any_of(checks, [](auto const& c) { return c.what.starts_with("F16X, n = 256"); }));
  }
  EXPECT_GE(present, 1u);
  RecordProperty("backends_present", static_cast<int>(present));
}

TEST(Conformance, HoldsTheLargeGoldensToo) {
  for (auto const& found : find_backends(folder())) {
    if (!found.backend) continue;
    auto const checks = conform(*found.backend);
    EXPECT_EQ(broken(checks), "") << found.name;
    EXPECT_TRUE(std::ranges::any_of(checks, [](auto const& c) { return c.what.starts_with("n = 2048"); }));
  }
}

TEST(Conformance, FindsThreePlainLoopsRight) { EXPECT_EQ(verdict<plain>(), ""); }

TEST(Conformance, FindsAProductThatSaturatesWrong) { EXPECT_NE(verdict<saturating>(), ""); }

TEST(Conformance, FindsOneWrongEntryOfTheLastRow) { EXPECT_NE(verdict<last_entry_off>(), ""); }

TEST(Conformance, FindsRoundedSumsWrong) { EXPECT_NE(verdict<rounded>(), ""); }

TEST(Conformance, FindsSumsOfF16xInBf16WrongAndNothingElse) {
  auto const found = verdict<bf16>();
  EXPECT_NE(found.find("F16X, n = 64"), std::string::npos) << found;
  for (auto const* const of_int8 : {"\nn = 64", "\nn = 128", "units"})
    EXPECT_EQ(("\n" + found).find(of_int8), std::string::npos) << found;
}

TEST(Conformance, FindsAWalkThatIgnoresItsKeyWrong) { EXPECT_NE(verdict<one_key>(), ""); }

TEST(Conformance, FindsAStaleMatrixWrong) { EXPECT_NE(verdict<stale_b>(), ""); }

TEST(Conformance, SaysWhatIsMissingOfAnAbsentBackend) {
  static constexpr auto table = cpu::table<plain>("absent", []() -> char const* { return "no such card"; });
  auto const checks = conform(Backend::checked(&table).value());
  EXPECT_FALSE(conforms(checks));
  EXPECT_EQ(broken(checks), "is present: no such card\n");
}

TEST(Conformance, SaysThatThereIsNoSuchDevice) {
  EXPECT_EQ(broken(conform(portable_backend(), 3)), "describes the device: has 1 devices, no 3\n");
}

}  // namespace spillway::attest
