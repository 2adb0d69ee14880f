// tests/market/market_data_test.cpp - what the market data changes in the tables: with written files, and
// with the real ones.
#include "reference/market_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace spillway {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

struct WrittenData : testing::Test {
  fs::path directory =
      fs::path(testing::TempDir()) /
      ("spillway-market-data-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  Tables tables = shipped_tables();

  WrittenData() { fs::create_directories(directory); }
  ~WrittenData() override { fs::remove_all(directory); }

  void write(char const* name, std::string const& content) { std::ofstream(directory / name) << content; }
  RoundTrip trip(char const* from, char const* to) {
    return tables.round_trips[tables.place_named(from)->id.v - 1u][tables.place_named(to)->id.v - 1u];
  }
};

TEST_F(WrittenData, AMeasuredRoundTripReplacesTheEstimateAndStandsForTheOtherDirection) {
  write("region_latency.csv",
        "provider,from_region,to_region,rtt_ms\nazure,westeurope,eastus,80\nibm,eu-de,us-east,90.25\nibm,us-"
        "east,eu-de,91\n"
        "azure,atlantis,eastus,1\n");
  auto const applied = apply_market_data(tables, directory);
  ASSERT_TRUE(applied.has_value()) << text(applied.error());
  EXPECT_EQ(trip("azure:westeurope", "azure:eastus"), (RoundTrip{80'000, false}));
  EXPECT_EQ(trip("azure:eastus", "azure:westeurope"), (RoundTrip{80'000, false}));
  EXPECT_EQ(trip("ibm:eu-de", "ibm:us-east"), (RoundTrip{90'250, false}));
  EXPECT_EQ(trip("ibm:us-east", "ibm:eu-de"), (RoundTrip{91'000, false}));
  EXPECT_TRUE(trip("azure:westeurope", "gcp:us-east4").estimated);
  EXPECT_EQ(applied->round_trips_measured, 3);
  EXPECT_EQ(applied->latency_rows_unknown, 1);
}

TEST_F(WrittenData, ZonesGiveTheRoundTripInsideARegion) {
  write("zone_latency.csv",
        "provider,from_zone,to_zone,rtt_ms\nibm,us-south-a,us-south-a,0.1\nibm,us-south-a,us-south-b,0.5\n"
        "ibm,us-south-b,us-south-a,2\nibm,us-east-a,eu-de-a,90\n");
  ASSERT_TRUE(apply_market_data(tables, directory).has_value());
  EXPECT_EQ(trip("ibm:us-south", "ibm:us-south"), (RoundTrip{500, false}));
  EXPECT_TRUE(trip("ibm:us-east", "ibm:us-east").estimated);
}

TEST_F(WrittenData, TheInputWeightIsTheMedianPriceRatioOfUsableRows) {
  write("model_prices.csv",
        "model,mode,usd_per_million_input_tokens,usd_per_million_output_tokens,suspect\n"
        "a/deepseek-r1,chat,1,4,0\nb/DeepSeek-R1,chat,1,2,0\nc/deepseek-r1-0528,completion,3,4,0\n"
        "d/deepseek-r1,chat,0,0,0\ne/deepseek-r1,chat,,4,0\nf/deepseek-r1,chat,9,9,1\ng/"
        "deepseek-r1,embedding,9,9,0\n"
        "h/unheard-of,chat,9,9,0\n");
  auto const applied = apply_market_data(tables, directory);
  ASSERT_TRUE(applied.has_value()) << text(applied.error());
  EXPECT_EQ(tables.model_of("deepseek-r1")->input_weight_milli, 500);
  EXPECT_EQ(applied->price_rows_used, 3);
  EXPECT_EQ(applied->price_rows_skipped, 5);
  EXPECT_EQ(applied->models_weighted, 1);
}

TEST_F(WrittenData, ABrokenRowIsNamed) {
  write("region_latency.csv",
        "provider,from_region,to_region,rtt_ms\nazure,westeurope,eastus,80\nazure,eastus,westus,fast\n");
  EXPECT_THAT(text(apply_market_data(tables, directory).error()),
              HasSubstr("region_latency.csv:3: rtt_ms \"fast\""));
  write("region_latency.csv", "provider,from_region,to_region,rtt_ms\nazure,westeurope,eastus,-1\n");
  EXPECT_THAT(text(apply_market_data(tables, directory).error()), HasSubstr("region_latency.csv:2"));
}

TEST_F(WrittenData, APriceBeyondReasonIsNamed) {
  for (auto const* prices : {"9000000000000,1", "1001,1"}) {
    write("model_prices.csv", std::string("model,mode,usd_per_million_input_tokens,"
                                          "usd_per_million_output_tokens,suspect\na/deepseek-r1,chat,") +
                                  prices + ",0\n");
    auto const applied = apply_market_data(tables, directory);
    ASSERT_FALSE(applied) << prices;
    EXPECT_THAT(text(applied.error()), HasSubstr("model_prices.csv:2"));
  }
}

TEST_F(WrittenData, AnEmptyDirectoryLeavesTheShippedTables) {
  auto const applied = apply_market_data(tables, directory);
  ASSERT_TRUE(applied.has_value());
  EXPECT_EQ(applied->round_trips_measured + applied->models_weighted, 0);
  EXPECT_EQ(tables.round_trips, shipped_tables().round_trips);
}

TEST(RealData, MeasuresTheMatrixAndKeepsTheShippedWeights) {
  auto const* said = std::getenv("SPILLWAY_DATA");
  fs::path const data = said ? fs::path(said) : fs::path(SPILLWAY_SOURCE_DIR) / "../shared/data";
  if (!fs::exists(data / "region_latency.csv"))
    GTEST_SKIP() << "no market data; set SPILLWAY_DATA to its directory";
  auto tables = shipped_tables();
  auto const applied = apply_market_data(tables, data);
  ASSERT_TRUE(applied.has_value()) << text(applied.error());
  EXPECT_EQ(applied->round_trips_measured, 2'506);
  EXPECT_EQ(applied->latency_rows_unknown, 0);
  EXPECT_GT(applied->round_trips_inside, 8);
  EXPECT_GE(applied->models_weighted, 20);
  auto const weights = [](Tables const& t) {
    std::vector<std::int32_t> milli;
    for (auto const& model : t.models) milli.push_back(model.input_weight_milli);
    return milli;
  };
  EXPECT_EQ(weights(tables), weights(shipped_tables())) << "the shipped weights were computed from this data";
}

}  // namespace
}  // namespace spillway
