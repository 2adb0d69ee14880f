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

}  // namespace

TEST(Floors, AreTheSharesOfTheClassTable) {
  auto const floors = floors_of(t4()).value();
  EXPECT_EQ(floors.int8_ops_per_s, 91'000'000'000'000);
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
  EXPECT_EQ(floors_of(part)->int8_ops_per_s, 45'500'000'000'000);
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
