// tests/attest/floors_test.cpp - what a class demands, in integers.
#include "attest/floors.hpp"

#include <gtest/gtest.h>

namespace spillway::attest {
namespace {

AcceleratorClass t4() {
  AcceleratorClass c;
  c.memory_mib = 15'360, c.bandwidth_mb_s = 320'000, c.fp16_gflops = 65'000, c.int8_gops = 130'000;
  return c;
}

AcceleratorClass v100() {
  AcceleratorClass c;
  c.memory_mib = 16'384, c.bandwidth_mb_s = 900'000, c.fp16_gflops = 125'000, c.int8_gops = 62'000;
  return c;
}

}  // namespace

TEST(Floors, AreOfTheOneProfileThatProvesTheClass) {
  EXPECT_EQ(profile_of(t4()), Profile::int8);
  EXPECT_EQ(profile_of(v100()), Profile::f16x) << "INT8 by dot products, slower than FP16";
  EXPECT_EQ(floors_of(v100())->ops_per_s, 87'500'000'000'000) << "0.70 of the FP16 column";
  EXPECT_EQ(floors_of(v100()), floors_of(v100(), Profile::f16x));
  EXPECT_EQ(floors_of(t4()), floors_of(t4(), Profile::int8));
  EXPECT_FALSE(floors_of(t4(), Profile::f16x))
      << "its int4 units would compute F16X faster than its FP16 ones";
}

TEST(Floors, OfInt8StandAsInTranscriptsOlderThanF16x) {
  EXPECT_EQ(floors_of(v100(), Profile::int8)->ops_per_s, 43'400'000'000'000);
  auto part = v100();
  part.int8_gops = 0;
  EXPECT_EQ(floors_of(part, Profile::int8)->ops_per_s, 87'500'000'000'000);
}

TEST(Floors, AreTheSharesOfTheClassTable) {
  auto const floors = floors_of(t4()).value();
  EXPECT_EQ(floors.ops_per_s, 91'000'000'000'000);
  EXPECT_EQ(floors.bytes, (std::int64_t{15'360} << 20) * 92 / 100);
  EXPECT_EQ(floors.bytes_per_s, 224'000'000'000);
}

TEST(Floors, KeepTheirShareForFiguresNearTheEndOf64Bits) {
  auto const most = std::int64_t{9'000'000'000'000'000'099};
  EXPECT_EQ(floors_of(most, 99, 199), (Floors{6'300'000'000'000'000'069, 91, 139}));
}

TEST(Floors, MeasureAPartWithoutInt8AgainstItsFp16Rate) {
  auto part = t4();
  part.int8_gops = 0;
  EXPECT_EQ(floors_of(part)->ops_per_s, 45'500'000'000'000);
}

TEST(Floors, DoNotExistForAClassWithUnknownFigures) {
  for (auto blank : {0, 1, 2}) {
    auto part = t4();
    if (blank == 0) part.int8_gops = part.fp16_gflops = 0;
    if (blank == 1) part.memory_mib = 0;
    if (blank == 2) part.bandwidth_mb_s = 0;
    EXPECT_FALSE(floors_of(part)) << blank;
  }
}

TEST(Floors, OfUnlistedHardwareAreZeroSoRightAnswersAlwaysReachThem) {
  AcceleratorClass const unlisted;
  ASSERT_TRUE(unlisted.unlisted());
  EXPECT_EQ(floors_of(unlisted), Floors{});
  EXPECT_TRUE(admits({1, 1, 1}, *floors_of(unlisted), 1));
}

TEST(Floors, AreScaledUpwardsSoThatNoneVanishes) {
  EXPECT_EQ(scaled({10, 11, 1}, 10), (Floors{1, 2, 1}));
  EXPECT_EQ(scaled({10, 11, 0}, 1'000'000), (Floors{1, 1, 0}));
  EXPECT_EQ(scaled({10, 11, 12}, 1), (Floors{10, 11, 12}));
}

TEST(Floors, NameTheFirstMissWithMeasuredAndNeeded) {
  Floors const floors{1'000, 2'000, 3'000};
  EXPECT_TRUE(admits({100, 200, 300}, floors, 10));
  EXPECT_EQ(admits({99, 199, 299}, floors, 10).error(), (FloorMiss{Floor::ops, 99, 100}));
  EXPECT_EQ(admits({100, 199, 299}, floors, 10).error(), (FloorMiss{Floor::bytes, 199, 200}));
  EXPECT_EQ(admits({100, 200, 299}, floors, 10).error(), (FloorMiss{Floor::bytes_per_s, 299, 300}));
  EXPECT_EQ(admits({100, 200, 300}, floors, 1).error(), (FloorMiss{Floor::ops, 100, 1'000}));
}

}  // namespace spillway::attest
