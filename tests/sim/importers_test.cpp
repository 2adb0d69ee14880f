// tests/sim/importers_test.cpp - offers, traces and prices: every kind of odd row, then the real files where
// they are. Covers offers.cpp, trace.cpp and prices.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "shipped.hpp"
#include "sim/offers.hpp"
#include "sim/prices.hpp"
#include "sim/trace.hpp"

namespace spillway::sim {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

fs::path data() {
  auto const* said = std::getenv("SPILLWAY_DATA");
  return said ? fs::path(said) : fs::path(SPILLWAY_SOURCE_DIR) / "../shared/data";
}

std::expected<ImportedOffers, TableError> offers_of(std::string const& rows) {
  return parse_offers(
      tables(),
      "provider,region,accelerator,accelerator_count,ondemand_usd_per_hour,spot_usd_per_hour\n" + rows,
      "offers.csv");
}

TEST(Offers, APriceIsPerAcceleratorAndRoundedUpToTheGrid) {
  auto const imported = offers_of("azure,eastus,H100,8,98.32,30\nvast,\"Alberta, CA, NA\",RTX4090,3,1.0,\n");
  ASSERT_TRUE(imported.has_value()) << text(imported.error());
  ASSERT_EQ(imported->offers.size(), 2u);
  auto const& first = imported->offers[0];
  EXPECT_EQ(first.klass, tables().class_of("H100-SXM")->id);
  EXPECT_EQ(first.place, tables().place_named("azure:eastus")->id);
  EXPECT_EQ(first.count, 8);
  EXPECT_EQ(price_of(first.price), Nano{12'290'000'000});
  EXPECT_EQ(price_of(*first.spot), Nano{3'750'000'000});
  EXPECT_EQ(first.line, 2);
  EXPECT_EQ(price_of(imported->offers[1].price), Nano{333'400'000}) << "a third, rounded up to four digits";
  EXPECT_EQ(imported->offers[1].place, tables().place_named("vast:alberta-ca")->id);
  EXPECT_EQ(imported->offers[1].spot, std::nullopt);
}

TEST(Offers, UnusableRowsAreCountedByReason) {
  auto const imported = offers_of(
      "azure,eastus,H100,1,,\nazure,eastus,H100,1,0,\nazure,eastus,M60,1,1,\nazure,atlantis,H100,1,1,\n"
      "azure,eastus,A10,0.333,1,\nazure,eastus,A10,0,1,\nazure,eastus,A10,1,999999,\nazure,eastus,A10,1,1,"
      "0\n");
  ASSERT_TRUE(imported.has_value()) << text(imported.error());
  EXPECT_EQ(imported->rows, 8);
  EXPECT_EQ(imported->blank_price, 1);
  EXPECT_EQ(imported->zero_price, 1);
  EXPECT_EQ(imported->unknown_class, 1);
  EXPECT_EQ(imported->unknown_place, 1);
  EXPECT_EQ(imported->odd_count, 2);
  EXPECT_EQ(imported->price_too_high, 1);
  ASSERT_EQ(imported->offers.size(), 1u);
  EXPECT_EQ(imported->offers[0].spot, std::nullopt) << "a spot price of zero is none";
}

TEST(Offers, ABrokenRowIsNamed) {
  EXPECT_THAT(text(offers_of("azure,eastus,H100,1,cheap,\n").error()),
              HasSubstr("offers.csv:2: ondemand_usd_per_hour \"cheap\""));
  EXPECT_THAT(text(offers_of("azure,eastus,H100,1,1,\nazure,eastus,H100,one,1,\n").error()),
              HasSubstr("offers.csv:3"));
  EXPECT_THAT(text(offers_of("azure,eastus,H100,1,-1,\n").error()), HasSubstr("not negative"));
  EXPECT_THAT(text(offers_of("azure,eastus,H100\n").error()),
              HasSubstr("offers.csv:2: the row has 3 fields"));
  EXPECT_THAT(text(parse_offers(tables(), "a,b\n", "offers.csv").error()),
              HasSubstr("\"provider\" is missing"));
}

TEST(Trace, IsReadInFileOrder) {
  auto const trace =
      parse_trace("arrival_us,prompt_tokens,generated_tokens,x\n0,10,1,\n5,20,2,9\n5,30,3,\n", "t.csv");
  ASSERT_TRUE(trace.has_value()) << text(trace.error());
  ASSERT_EQ(trace->size(), 3u);
  EXPECT_EQ((*trace)[1].arrival, Micros{5});
  EXPECT_EQ((*trace)[2].prompt, Tokens{30});
  EXPECT_EQ((*trace)[2].generated, Tokens{3});
}

TEST(Trace, BrokenRowsAreNamedByLine) {
  auto const error = [](std::string const& rows) {
    auto const trace = parse_trace("arrival_us,prompt_tokens,generated_tokens\n" + rows, "t.csv");
    return trace ? std::string("no error") : text(trace.error());
  };
  EXPECT_THAT(error("0,10,1\n1,x,1\n"), HasSubstr("t.csv:3: prompt_tokens \"x\""));
  EXPECT_THAT(error("5,10,1\n4,10,1\n"), HasSubstr("t.csv:3: the request comes before"));
  EXPECT_THAT(error("-1,10,1\n"), HasSubstr("t.csv:2: a request does not come before"));
  EXPECT_THAT(error("0,0,1\n"), HasSubstr("t.csv:2: a prompt has"));
  EXPECT_THAT(error("0,10,0\n"), HasSubstr("t.csv:2: an answer has"));
  EXPECT_THAT(error("0,10,1000001\n"), HasSubstr("t.csv:2: an answer has"));
  EXPECT_THAT(error("0,,1\n"), HasSubstr("t.csv:2"));
  EXPECT_THAT(error("0,10\n"), HasSubstr("t.csv:2: the row has 2 fields"));
  EXPECT_THAT(text(read_trace("no/such.csv").error()), HasSubstr("cannot be opened"));
}

TEST(Prices, AreTheMedianOutputPriceRoundedUp) {
  auto const prices =
      parse_prices(tables(),
                   "model,mode,usd_per_million_output_tokens,suspect\n"
                   "a/deepseek-r1,chat,2,0\nb/deepseek-r1,chat,2.99999,0\nc/deepseek-r1,chat,8,0\n"
                   "d/deepseek-r1,chat,0,0\ne/deepseek-r1,chat,,0\nf/deepseek-r1,chat,9000,1\n",
                   "p.csv");
  ASSERT_TRUE(prices.has_value()) << text(prices.error());
  ASSERT_EQ(prices->size(), tables().models.size());
  for (auto const& price : *prices) {
    if (price.model == tables().model_of("deepseek-r1")->id) {
      EXPECT_EQ(price_of(price.price), Nano{3'000'000'000});
      EXPECT_EQ(price.rows, 3);
    } else {
      EXPECT_EQ(price.rows, 0);
      EXPECT_GT(price.price, PriceIndex{0});
    }
  }
}

TEST(Prices, ABrokenRowIsNamed) {
  auto const prices = parse_prices(
      tables(), "model,mode,usd_per_million_output_tokens,suspect\na/deepseek-r1,chat,2e3,0\n", "p.csv");
  EXPECT_THAT(text(prices.error()), HasSubstr("p.csv:2"));
}

TEST(RealData, GivesTheOffersThatTheMarketNeeds) {
  if (!fs::exists(data() / "offers.csv"))
    GTEST_SKIP() << "no market data; set SPILLWAY_DATA to its directory";
  auto const imported = read_offers(tables(), data() / "offers.csv");
  ASSERT_TRUE(imported.has_value()) << text(imported.error());
  EXPECT_EQ(imported->rows, 1'912);
  EXPECT_EQ(imported->unknown_place, 0);
  EXPECT_EQ(imported->unknown_class, 282);
  EXPECT_EQ(imported->odd_count, 108);
  EXPECT_EQ(imported->offers.size(), 1'522u);
  std::set<PlaceId> places;
  std::set<ClassId> classes;
  for (auto const& offer : imported->offers) {
    places.insert(offer.place);
    classes.insert(offer.klass);
  }
  EXPECT_EQ(places.size(), 128u);
  EXPECT_GE(classes.size(), 12u);
}

TEST(RealData, GivesTheTraceAndThePrices) {
  if (!fs::exists(data() / "llm_requests_azure_code.csv"))
    GTEST_SKIP() << "no market data; set SPILLWAY_DATA to its directory";
  auto const azure = read_trace(data() / "llm_requests_azure_code.csv");
  ASSERT_TRUE(azure.has_value()) << text(azure.error());
  EXPECT_EQ(azure->size(), 8'819u);
  auto const mooncake = read_trace(data() / "llm_requests_mooncake_a.csv");
  ASSERT_TRUE(mooncake.has_value()) << text(mooncake.error());
  EXPECT_EQ(mooncake->size(), 5'719u);
  auto const prices = read_prices(tables(), data() / "model_prices.csv");
  ASSERT_TRUE(prices.has_value()) << text(prices.error());
  EXPECT_GE(std::ranges::count_if(*prices, [](TokenPrice const& p) { return p.rows > 0; }), 20);
}

}  // namespace
}  // namespace spillway::sim
