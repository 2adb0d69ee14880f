// tests/sim/overlay_test.cpp - the shipped overlay reads, draws are fixed by the seed, and faults are named
// by line. Covers overlay.cpp and overlay_draw.cpp.
#include "sim/overlay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "shipped.hpp"

namespace spillway::sim {
namespace {

using testing::HasSubstr;

std::filesystem::path shipped_file() {
  return std::filesystem::path(SPILLWAY_SOURCE_DIR) / "sim/overlay.toml";
}

std::string shipped_text() {
  std::ifstream in{shipped_file()};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The shipped overlay with one text replaced; the fault it gives.
std::string fault(std::string const& was, std::string const& is) {
  auto toml = shipped_text();
  auto const at = toml.find(was);
  EXPECT_NE(at, toml.npos) << was;
  toml.replace(at, was.size(), is);
  auto const overlay = parse_overlay(tables(), toml, "overlay.toml");
  return overlay ? "no error" : text(overlay.error());
}

TEST(Overlay, TheShippedOneReads) {
  auto const overlay = read_overlay(tables(), shipped_file());
  ASSERT_TRUE(overlay.has_value()) << text(overlay.error());
  EXPECT_GE(overlay->buyer_places.size(), 10u);
  EXPECT_GE(overlay->models.size(), 3u);
  EXPECT_GT(overlay->capacity_every, Micros{0});
  EXPECT_NE(overlay->seed, 0u);
}

TEST(Overlay, DrawsFollowTheWeightsAndTheSeed) {
  auto const overlay = *read_overlay(tables(), shipped_file());
  Random random{overlay.seed};
  Random again{overlay.seed};
  std::map<PlaceId, int> drawn;
  for (int i = 0; i < 10'000; ++i) {
    auto const wish = draw_token_wish(overlay, random);
    auto const twin = draw_token_wish(overlay, again);
    ASSERT_TRUE(wish.place == twin.place && wish.model == twin.model && wish.need == twin.need);
    ASSERT_TRUE(wish.model.some() && wish.cap_milli > 0);
    ++drawn[wish.place];
    auto const capacity = draw_capacity_wish(overlay, random);
    (void)draw_capacity_wish(overlay, again);
    ASSERT_TRUE(capacity.accelerators > 0 && capacity.term.v > 0 && capacity.cap_milli > 0);
  }
  EXPECT_EQ(drawn.size(), overlay.buyer_places.size());
  EXPECT_NEAR(drawn[tables().place_named("cn:guangdong:shenzhen")->id], 2'200, 200);
}

TEST(Overlay, FaultsAreNamedByLine) {
  EXPECT_THAT(fault("seed = 20260501", "seed = \"x\""), HasSubstr("overlay.toml:4: seed is a whole number"));
  EXPECT_THAT(fault("seed = 20260501", "sead = 1"),
              HasSubstr("overlay.toml:4: the key \"sead\" is not known"));
  EXPECT_THAT(fault("seed = 20260501", "seed = ="), HasSubstr("overlay.toml:4: not TOML"));
  EXPECT_THAT(fault("\"cn:guangdong:shenzhen\"", "\"cn:guangdong\""),
              HasSubstr("overlay.toml:8: \"cn:guangdong\" is not a place"));
  EXPECT_THAT(fault("\"deepseek-r1-distill-qwen-7b\"", "\"gpt\""), HasSubstr("no model \"gpt\""));
  EXPECT_THAT(fault("tier = \"fast\"", "tier = \"warm\""), HasSubstr("no tier \"warm\" of this product"));
  EXPECT_THAT(fault("weight = 22", "weight = 0"),
              HasSubstr("overlay.toml:8: weight is a whole number from 1"));
  EXPECT_THAT(fault("weight = 22", "wait = 22"), HasSubstr("overlay.toml:8"));
  EXPECT_THAT(fault("every_s = 5", "every_s = 5.5"), HasSubstr("every_s is a whole number"));
  EXPECT_THAT(fault("[capacity]", "[capacitor]"), HasSubstr("\"capacitor\" is not known"));
  EXPECT_THAT(text(parse_overlay(tables(), "seed = 1\n", "o.toml").error()),
              HasSubstr("[buyers] is missing"));
  EXPECT_THAT(text(parse_overlay(tables(), "seed = 1\nbuyers = 3\n", "o.toml").error()),
              HasSubstr("o.toml:2"));
  EXPECT_THAT(text(read_overlay(tables(), "no/such.toml").error()), HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace spillway::sim
