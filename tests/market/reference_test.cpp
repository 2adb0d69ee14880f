// tests/market/reference_test.cpp - the tables: refused when malformed, looked up when not; covers fit.cpp as
// well.
#include "market/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spillway {
namespace {

using testing::HasSubstr;

Place place(std::uint16_t id, std::uint16_t parent, std::string name) {
  return {.id = PlaceId{id},
          .parent = PlaceId{parent},
          .kind = PlaceKind::region,
          .name = name,
          .title = name,
          .country = "CN"};
}
std::vector<Place> small_tree() {
  return {place(1, 0, "cn"), place(2, 1, "cn:guangdong"), place(3, 2, "cn:guangdong:shenzhen"),
          place(4, 1, "cn:ningxia")};
}
AcceleratorClass klass(std::uint16_t id, std::string name, std::int32_t memory_mib) {
  return {.id = ClassId{id},
          .name = name,
          .maker = "maker",
          .origin = Origin::other,
          .memory_mib = memory_mib,
          .bandwidth_mb_s = 1'000,
          .fp16_gflops = 1'000,
          .int8_gops = 2'000,
          .micro_degrees_per_hour = 1'000};
}
Model model(std::uint16_t id, std::string name, std::int64_t millions, std::int32_t bits,
            std::int64_t kv_kib) {
  return {.id = ModelId{id},
          .name = name,
          .parameters_millions = millions,
          .active_millions = millions,
          .bits_per_parameter = bits,
          .kv_bytes_per_token = kv_kib * 1'024,
          .input_weight_milli = 250,
          .bytes_per_token_milli = 4'000};
}
std::vector<Tier> tiers() {
  return {{.id = TierId{1},
           .name = "fast",
           .product = ProductKind::tokens,
           .base_us = 300'000,
           .per_1k_input_us = 100'000,
           .output_rate_min = 20,
           .input_max = 8'192,
           .output_max = 2'048},
          {.id = TierId{2}, .name = "warm", .product = ProductKind::capacity, .base_us = 10'000'000}};
}
std::vector<RoundTrip> measured(std::initializer_list<std::int32_t> us) {
  std::vector<RoundTrip> row;
  for (auto const rtt : us) row.push_back({rtt, false});
  return row;
}

struct Tables : testing::Test {
  Reference reference;
  Tables() {
    EXPECT_EQ(reference.set_places(small_tree()), std::nullopt);
    EXPECT_EQ(reference.set_tiers(tiers()), std::nullopt);
    EXPECT_EQ(
        reference.set_classes({klass(1, "H200", 143'771), klass(2, "L4", 24'576), klass(3, "T4", 16'384)}),
        std::nullopt);
    EXPECT_EQ(
        reference.set_models({model(1, "deepseek-r1", 671'000, 8, 69), model(2, "qwen-7b", 7'616, 16, 56)}),
        std::nullopt);
  }
};

TEST_F(Tables, FindRowsByIdAndByName) {
  EXPECT_EQ(reference.find(PlaceId{3}), reference.place_named("cn:guangdong:shenzhen"));
  EXPECT_EQ(reference.find(ClassId{2})->name, "L4");
  EXPECT_EQ(reference.tier_named("fast", ProductKind::tokens)->id, TierId{1});
  EXPECT_EQ(reference.tier_named("fast", ProductKind::capacity), nullptr);
  EXPECT_EQ(reference.model_named("qwen-7b")->id, ModelId{2});
  EXPECT_EQ(reference.class_named("H200")->id, ClassId{1});
  EXPECT_EQ(reference.find(PlaceId{0}), nullptr);
  EXPECT_EQ(reference.find(PlaceId{5}), nullptr);
  EXPECT_EQ(reference.find(TierId{3}), nullptr);
  EXPECT_EQ(reference.place_named("nowhere"), nullptr);
}

TEST_F(Tables, PlacesFormATree) {
  EXPECT_TRUE(reference.within(PlaceId{3}, PlaceId{1}));
  EXPECT_TRUE(reference.within(PlaceId{3}, PlaceId{3}));
  EXPECT_FALSE(reference.within(PlaceId{3}, PlaceId{4}));
  EXPECT_FALSE(reference.within(PlaceId{4}, PlaceId{3}));
  EXPECT_FALSE(reference.within(PlaceId{1}, PlaceId{3}));
  EXPECT_FALSE(reference.within(PlaceId{3}, PlaceId{0}));
  EXPECT_FALSE(reference.within(PlaceId{9}, PlaceId{1}));
  EXPECT_TRUE(reference.is_leaf(PlaceId{3}));
  EXPECT_FALSE(reference.is_leaf(PlaceId{2}));
  EXPECT_FALSE(reference.is_leaf(PlaceId{9}));
}

TEST_F(Tables, PlacesAreAppendedInSeveralPieces) {
  ASSERT_EQ(reference.set_places({place(5, 4, "cn:ningxia:zhongwei")}), std::nullopt);
  EXPECT_EQ(reference.places().size(), 5u);
  EXPECT_FALSE(reference.is_leaf(PlaceId{4}));
  EXPECT_TRUE(reference.within(PlaceId{5}, PlaceId{1}));
}

TEST_F(Tables, ARefusedPieceOfPlacesChangesNothing) {
  EXPECT_THAT(*reference.set_places({place(7, 4, "gap")}), HasSubstr("where the table ends"));
  EXPECT_THAT(*reference.set_places({place(5, 5, "own-parent")}), HasSubstr("parent comes before"));
  EXPECT_THAT(*reference.set_places({place(5, 4, "cn")}), HasSubstr("another row has this name"));
  EXPECT_THAT(*reference.set_places({place(5, 4, "")}), HasSubstr("name is missing"));
  EXPECT_THAT(*reference.set_places({}), HasSubstr("no rows"));
  auto bad_pue = place(5, 4, "x");
  bad_pue.pue_milli = 900;
  EXPECT_THAT(*reference.set_places({bad_pue}), HasSubstr("PUE"));
  auto bad_latitude = place(5, 4, "x");
  bad_latitude.lat_micro = 90'000'001;
  EXPECT_THAT(*reference.set_places({place(5, 4, "good"), bad_latitude}), HasSubstr("where the table ends"));
  EXPECT_EQ(reference.places(), small_tree());
  EXPECT_TRUE(reference.is_leaf(PlaceId{4}));
}

TEST_F(Tables, ARoundTripFallsBackToTheOtherDirection) {
  ASSERT_EQ(reference.set_round_trips(PlaceId{3}, measured({-1, -1, 300, 30'000})), std::nullopt);
  EXPECT_EQ(reference.round_trip(PlaceId{3}, PlaceId{4}), (RoundTrip{30'000, false}));
  EXPECT_EQ(reference.round_trip(PlaceId{4}, PlaceId{3}), (RoundTrip{30'000, false}));
  EXPECT_EQ(reference.round_trip(PlaceId{3}, PlaceId{3}), (RoundTrip{300, false}));
  EXPECT_EQ(reference.round_trip(PlaceId{3}, PlaceId{1}), std::nullopt);
  EXPECT_EQ(reference.round_trip(PlaceId{0}, PlaceId{9}), std::nullopt);
  ASSERT_EQ(reference.set_round_trips(PlaceId{4}, measured({-1, -1, 31'000, 300})), std::nullopt);
  EXPECT_EQ(reference.round_trip(PlaceId{4}, PlaceId{3})->rtt_us, 31'000) << "both directions may differ";
}

TEST_F(Tables, RoundTripsNameEveryPlace) {
  EXPECT_THAT(*reference.set_round_trips(PlaceId{3}, measured({1, 2})), HasSubstr("each of the 4 places"));
  EXPECT_THAT(*reference.set_round_trips(PlaceId{9}, measured({1, 2, 3, 4})), HasSubstr("start at a place"));
  EXPECT_THAT(*reference.set_round_trips(PlaceId{3}, measured({1, 2, 3, 60'000'001})),
              HasSubstr("60 seconds"));
}

TEST_F(Tables, ThePathOfAJobGoesThroughTheRelay) {
  EXPECT_EQ(reference.path_through_relay(PlaceId{3}, PlaceId{3}), std::nullopt) << "there is no relay yet";
  ASSERT_EQ(reference.set_relay(PlaceId{4}), std::nullopt);
  EXPECT_EQ(reference.path_through_relay(PlaceId{3}, PlaceId{3}), std::nullopt)
      << "there are no round trips yet";
  ASSERT_EQ(reference.set_round_trips(PlaceId{3}, measured({-1, -1, 300, 30'000})), std::nullopt);
  EXPECT_EQ(reference.path_through_relay(PlaceId{3}, PlaceId{3}), Micros{60'000});
  EXPECT_THAT(*reference.set_relay(PlaceId{2}), HasSubstr("without places below"));
  EXPECT_THAT(*reference.set_relay(PlaceId{9}), HasSubstr("place of the table"));
  EXPECT_EQ(reference.relay(), PlaceId{4});
}

TEST_F(Tables, ANewTableKeepsTheRowsThatOrdersName) {
  EXPECT_THAT(*reference.set_classes({klass(1, "H200", 1)}), HasSubstr("keeps every row"));
  EXPECT_THAT(*reference.set_models({model(1, "a", 1, 8, 1), model(2, "qwen-7b", 1, 8, 1)}),
              HasSubstr("keeps its name"));
  auto changed = reference.models();
  changed[0].input_weight_milli = 125;
  EXPECT_EQ(reference.set_models(changed), std::nullopt);
  EXPECT_EQ(reference.find(ModelId{1})->input_weight_milli, 125);
}

AcceleratorClass unlisted(std::uint16_t id) {
  auto row = klass(id, "UNLISTED" + std::to_string(id), 0);
  row.bandwidth_mb_s = 0, row.fp16_gflops = row.int8_gops = 0, row.micro_degrees_per_hour = 0;
  return row;
}

TEST_F(Tables, OneClassMayPromiseNothingAndFitsNoModel) {
  Reference other;
  EXPECT_EQ(other.set_classes({klass(1, "A", 1), unlisted(2)}), std::nullopt);
  EXPECT_THAT(*Reference{}.set_classes({unlisted(1), unlisted(2)}), HasSubstr("one class at most"));
  auto half_known = unlisted(1);
  half_known.memory_mib = 1'000;
  EXPECT_THAT(*Reference{}.set_classes({half_known}), HasSubstr("above zero"));

  auto rows = reference.classes();
  rows.push_back(unlisted(4));
  ASSERT_EQ(reference.set_classes(rows), std::nullopt);
  EXPECT_FALSE(reference.fit(ModelId{2}, ClassId{4}, TierId{1}));
}

TEST_F(Tables, MalformedRowsAreNamed) {
  EXPECT_THAT(*Reference{}.set_classes({klass(2, "A", 1)}), HasSubstr("count from 1"));
  EXPECT_THAT(*Reference{}.set_classes({klass(1, "A", 0)}), HasSubstr("row 1 (A)"));
  EXPECT_THAT(*Reference{}.set_classes({klass(1, "A", 1), klass(2, "A", 1)}), HasSubstr("another row"));
  EXPECT_THAT(*Reference{}.set_models({model(1, "A", 0, 8, 1)}), HasSubstr("parameters"));
  EXPECT_THAT(*Reference{}.set_models({model(1, "A", 1, 0, 1)}), HasSubstr("bits"));
  EXPECT_THAT(*Reference{}.set_models({model(1, "A", 1, 8, 0)}), HasSubstr("cache"));
  EXPECT_THAT(*Reference{}.set_tiers({}), HasSubstr("no rows"));
  auto no_product = tiers();
  no_product[0].product = ProductKind::unset;
  EXPECT_THAT(*Reference{}.set_tiers(no_product), HasSubstr("tokens or capacity"));
}

TEST_F(Tables, TheLargeModelFitsEightLargeCardsAndNotOne) {
  auto const fit = reference.fit(ModelId{1}, ClassId{1}, TierId{1});
  ASSERT_TRUE(fit.has_value());
  EXPECT_EQ(fit->cards, 8);
  // 8 x 143771 MiB - 671 GB x 1.1 over 69 KiB x 10240 tokens.
  EXPECT_EQ(fit->slots, (8 * (std::int64_t{143'771} << 20) - 738'100'000'000) / (69 * 1'024 * 10'240));
}

TEST_F(Tables, ASmallModelInHalfPrecisionFitsOneCardOf24GiB) {
  auto const fit = reference.fit(ModelId{2}, ClassId{2}, TierId{1});
  ASSERT_TRUE(fit.has_value());
  EXPECT_EQ(fit->cards, 1);
  EXPECT_GE(fit->slots, 1);
  EXPECT_EQ(reference.fit(ModelId{2}, ClassId{3}, TierId{1})->cards, 2)
      << "16 GiB do not hold 15.2 GB with a tenth on top";
}

TEST_F(Tables, WhatDoesNotFitSixteenCardsFitsNowhere) {
  EXPECT_EQ(reference.fit(ModelId{1}, ClassId{3}, TierId{1}), std::nullopt);
  EXPECT_EQ(reference.fit(ModelId{1}, ClassId{1}, TierId{2}), std::nullopt) << "a capacity tier has no jobs";
  EXPECT_EQ(reference.fit(ModelId{9}, ClassId{1}, TierId{1}), std::nullopt);
}

TEST_F(Tables, EveryCardCountOfAFitIsTheSmallestOne) {
  for (std::int64_t millions = 1'000; millions <= 700'000; millions += 7'000) {
    Reference one;
    ASSERT_EQ(one.set_classes({klass(1, "card", 40'960)}), std::nullopt);
    ASSERT_EQ(one.set_tiers(tiers()), std::nullopt);
    ASSERT_EQ(one.set_models({model(1, "model", millions, 8, 128)}), std::nullopt);
    auto const slots = [&](std::int64_t cards) {
      auto const weights = (millions * 1'000'000 * 11 + 9) / 10;
      return (cards * (std::int64_t{40'960} << 20) - weights) / (std::int64_t{128} * 1'024 * 10'240);
    };
    auto const fit = one.fit(ModelId{1}, ClassId{1}, TierId{1});
    if (!fit) {
      ASSERT_LT(slots(16), 1);
      continue;
    }
    ASSERT_EQ(fit->slots, slots(fit->cards));
    ASSERT_GE(fit->slots, 1);
    if (fit->cards > 1) {
      ASSERT_LT(slots(fit->cards / 2), 1);
    }
  }
}

TEST_F(Tables, ThePromiseGrowsWithEveryStartedThousandOfInput) {
  auto const& fast = *reference.find(TierId{1});
  EXPECT_EQ(Reference::promise(fast, Tokens{0}), Micros{300'000});
  EXPECT_EQ(Reference::promise(fast, Tokens{1}), Micros{400'000});
  EXPECT_EQ(Reference::promise(fast, Tokens{1'000}), Micros{400'000});
  EXPECT_EQ(Reference::promise(fast, Tokens{1'001}), Micros{500'000});
}

}  // namespace
}  // namespace spillway
