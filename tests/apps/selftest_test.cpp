// tests/apps/selftest_test.cpp - selftest.cpp with real back ends, in a clock of the test's own.
#include "apps/selftest/selftest.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace spillway {
namespace {

// Each look at the clock is `step` later: challenges take the same time on every machine.
SelftestRequest quick(Micros step = Micros{1'000}) {
  SelftestRequest request;
  request.backends = std::filesystem::path(SPILLWAY_BIN_DIR) / "backends";
  request.params = {.n = 64, .rounds = 2, .retained = 2, .passes = 2, .openings = 8};
  request.largest_golden_n = 128;
  request.clock = [now = Micros{0}, step]() mutable { return now += step; };
  return request;
}

SelftestRequest portable(Micros step = Micros{1'000}) {
  auto request = quick(step);
  request.backend = "cpu-portable";
  return request;
}

}  // namespace

TEST(Selftest, MeasuresEveryBackendPresentAndNamesTheAbsentOnes) {
  auto const request = quick();
  auto const report = run_selftest(request);
  EXPECT_TRUE(passed(report)) << text_of(report, request);
  ASSERT_FALSE(report.devices.empty());
  EXPECT_EQ(report.devices[0].backend, "cpu-portable");
  EXPECT_TRUE(std::ranges::any_of(report.absent, [](auto const& a) { return a.name == "cann"; }));
  auto const text = text_of(report, request);
  EXPECT_NE(text.find("digests equal to the golden ones"), std::string::npos) << text;
  EXPECT_NE(text.find("absent: cann: there is no cann.so in "), std::string::npos) << text;
}

TEST(Selftest, SaysWhatWouldBeRefusedAndWhy) {
  auto const request = portable();
  auto const report = run_selftest(request);
  ASSERT_EQ(report.devices.size(), 1u);
  auto const& device = report.devices[0];
  ASSERT_EQ(device.figures.size(), 2u);
  EXPECT_EQ(device.figures[0].klass, "");  // 2 * 64^3 * 2 operations in a millisecond or so are no H100
  EXPECT_EQ(device.figures[0].measured.bytes, 2 * 64 * 64 * 4);
  EXPECT_EQ(device.figures[1].profile, attest::Profile::f16x);
  EXPECT_EQ(device.figures[1].measured.bytes, 2 * 64 * 64 * 2);
  EXPECT_GT(device.figures[1].measured.ops_per_s, 0);
  ASSERT_GT(device.verdicts.size(), 20u);
  EXPECT_EQ(device.verdicts[0].klass, "H100-SXM");
  EXPECT_NE(device.verdicts[0].refused.find("needed 1,385,300,000,000,000"), std::string::npos)
      << device.verdicts[0].refused;
  EXPECT_NE(text_of(report, request).find("only UNLISTED"), std::string::npos);
}

TEST(Selftest, FindsTheStrongestClassOfAScaledMarket) {
  auto request = portable(Micros{1});
  request.class_scale = 100'000'000;
  request.classes = {"T4", "H100-SXM", "L4", "V100-32", "V100-16"};
  auto const report = run_selftest(request);
  ASSERT_EQ(report.devices.size(), 1u);
  EXPECT_EQ(report.devices[0].figures[0].klass, "H100-SXM") << text_of(report, request);
  EXPECT_EQ(report.devices[0].figures[1].klass, "V100-32");
  auto const v100 = std::ranges::find(report.devices[0].verdicts, "V100-16", &ClassVerdict::klass);
  EXPECT_EQ(v100->profile, attest::Profile::f16x);
  EXPECT_EQ(v100->refused, "");
  EXPECT_NE(text_of(report, request).find("(attestation: scaled)"), std::string::npos);
}

TEST(Selftest, JudgesOnlyTheBackendThatIsAskedFor) {
  auto request = portable();
  request.backend = "cann";
  auto report = run_selftest(request);
  EXPECT_FALSE(passed(report));
  ASSERT_EQ(report.absent.size(), 1u);
  request.backend = "abacus";
  report = run_selftest(request);
  EXPECT_FALSE(passed(report));
  EXPECT_EQ(report.wrong, "there is no back end \"abacus\"");
}

TEST(Selftest, NamesABackendOfTheFirstAbiAsLackingF16xAndMeasuresWhatItHas) {
  auto request = quick();
  auto const folder = "spillway_selftest_" + std::to_string(::getpid());
  request.backends = std::filesystem::path(testing::TempDir()) / folder;
  std::filesystem::create_directories(request.backends);
  std::filesystem::copy_file(SPILLWAY_FIRST_ABI_BACKEND, request.backends / "first.so");
  request.backend = "first";
  request.classes = {"T4", "V100-16"};
  auto const report = run_selftest(request);
  std::filesystem::remove_all(request.backends);
  EXPECT_TRUE(passed(report)) << text_of(report, request);
  ASSERT_EQ(report.devices.size(), 1u);
  auto const& device = report.devices[0];
  EXPECT_EQ(device.figures[0].lacks, "");
  EXPECT_EQ(device.figures[1].lacks, "first has no F16X: it was built for ABI 1");
  EXPECT_EQ(device.verdicts[1].refused, "first has no F16X: it was built for ABI 1");
  EXPECT_NE(text_of(report, request).find("F16X\n    figures       none: first has no F16X"),
            std::string::npos)
      << text_of(report, request);
}

TEST(Selftest, RefusesAClassThatTheTableDoesNotHave) {
  auto request = portable();
  request.classes = {"H900"};
  auto const report = run_selftest(request);
  EXPECT_FALSE(passed(report));
  EXPECT_EQ(report.wrong, "the class table has no \"H900\"");
}

TEST(Selftest, TellsABackendThatCannotHoldTheChallenge) {
  auto request = portable();
  request.params = {.n = 16'384, .rounds = 1, .retained = 1, .passes = 1, .openings = 8};
  auto const report = run_selftest(request);
  EXPECT_FALSE(passed(report));
  EXPECT_EQ(report.devices.at(0).figures.at(0).failed,
            "the challenge needs more memory than this unit allows");
}

}  // namespace spillway
