// tests/market/tables_test.cpp - the shipped tables hold what they promise; covers table_rows.cpp,
// geo.cpp and genesis.cpp as well.
#include "reference/tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "reference/genesis.hpp"
#include "reference/geo.hpp"

namespace spillway {
namespace {

using testing::HasSubstr;

Tables const& shipped() {
  static Tables const tables = shipped_tables();
  return tables;
}

/// A core's reference, filled from the genesis commands alone.
struct Applied {
  Reference reference;
  std::optional<std::string> fault;

  void keep(std::optional<std::string> said) {
    if (said && !fault) fault = said;
  }
  void operator()(DefinePlaces const& c) { keep(reference.set_places(c.rows)); }
  void operator()(DefineRoundTrips const& c) { keep(reference.set_round_trips(c.from, c.to_each_place)); }
  void operator()(DefineClasses const& c) { keep(reference.set_classes(c.rows)); }
  void operator()(DefineTiers const& c) { keep(reference.set_tiers(c.rows)); }
  void operator()(DefineModels const& c) { keep(reference.set_models(c.rows)); }
  void operator()(DefineRelay const& c) { keep(reference.set_relay(c.place)); }
  void operator()(auto const&) { keep("a command that is no table"); }
};

TEST(ShippedTables, HoldTheWorldsCloudRegionsTheHubsAndGuangdongByCity) {
  auto const count = [](std::string_view prefix) {
    return std::ranges::count_if(shipped().places,
                                 [&](Place const& p) { return p.name.starts_with(prefix); });
  };
  EXPECT_EQ(count("azure:"), 60);
  EXPECT_EQ(count("gcp:"), 31);
  EXPECT_EQ(count("aws:"), 9);
  EXPECT_EQ(count("lambda:"), 17);
  EXPECT_EQ(count("vast:"), 34);
  EXPECT_EQ(count("ibm:"), 13);
  EXPECT_EQ(count("cn:hub:"), 8);
  EXPECT_EQ(count("cn:guangdong:"), 21);
  for (auto const* name :
       {"cn:ningxia:zhongwei", "cn:guangdong:shaoguan", "azure:westeurope", "vast:alberta-ca", "vast:cn"})
    EXPECT_NE(shipped().place_named(name), nullptr) << name;
}

TEST(ShippedTables, EveryLeafStandsUnderItsCountryAndNearIt) {
  auto const leaf = shipped().leaves();
  for (auto const& place : shipped().places) {
    if (!leaf[place.id.v - 1u]) continue;
    auto const* at = &place;
    while (at->parent.some()) at = &shipped().places[at->parent.v - 1u];
    EXPECT_EQ(at->kind, PlaceKind::country) << place.name;
    EXPECT_EQ(at->country, place.country) << place.name;
    EXPECT_LT(distance_km(*at, place), 4'500) << place.name;
  }
}

TEST(ShippedTables, HoldThe25NamedAcceleratorsAndNoneIsCalledCalibrated) {
  for (auto const* name : {"H100-SXM",    "H100-PCIE",   "H200-SXM", "H800-SXM",    "H20",
                           "A100-80-SXM", "A800-80-SXM", "L40S",     "L4",          "A10",
                           "T4",          "V100-16",     "RTX-4090", "RTX-3090",    "RTX-3060-12G",
                           "RTX-5090",    "B200-SXM",    "MI300X",   "ASCEND-910B", "ASCEND-910C",
                           "MLU370-X8",   "MLU590",      "BR100",    "KUNLUN-R200", "HYGON-K100-AI"})
    EXPECT_NE(shipped().class_of(name), nullptr) << name;
  for (auto const& klass : shipped().classes) EXPECT_FALSE(klass.calibrated) << klass.name;
  EXPECT_EQ(shipped().class_of("A100-40-SXM")->micro_degrees_per_hour, 1'000'000)
      << "312 TFLOPS are one degree";
  EXPECT_EQ(shipped().class_of("ASCEND-910B")->origin, Origin::cn);
  EXPECT_EQ(shipped().class_of("H800-SXM")->origin, Origin::us);
}

TEST(ShippedTables, HoldTheModelsWithTheSixDistillatesAndTheLargeOnes) {
  EXPECT_GE(shipped().models.size(), 15u);
  for (auto const* name :
       {"deepseek-r1-distill-qwen-1.5b", "deepseek-r1-distill-qwen-7b", "deepseek-r1-distill-qwen-14b",
        "deepseek-r1-distill-qwen-32b", "deepseek-r1-distill-llama-8b", "deepseek-r1-distill-llama-70b",
        "deepseek-llm-67b", "deepseek-r1", "deepseek-v3"})
    EXPECT_NE(shipped().model_of(name), nullptr) << name;
  EXPECT_EQ(shipped().model_of("deepseek-r1")->parameters_millions, 671'026);
  EXPECT_EQ(shipped().model_of("deepseek-r1")->bits_per_parameter, 8);
  for (auto const& model : shipped().models) {
    EXPECT_GT(model.input_weight_milli, 0) << model.name;
    EXPECT_LE(model.input_weight_milli, 1'000) << model.name;
  }
}

TEST(ShippedTables, HoldTheTiersOfTheIssue) {
  auto const& tiers = shipped().tiers;
  ASSERT_EQ(tiers.size(), 4u);
  EXPECT_EQ(tiers[0], (Tier{TierId{1}, "fast", ProductKind::tokens, 300'000, 100'000, 20, 8'192, 2'048}));
  EXPECT_EQ(tiers[1],
            (Tier{TierId{2}, "standard", ProductKind::tokens, 1'000'000, 300'000, 5, 32'768, 4'096}));
  EXPECT_EQ(tiers[2].base_us, 10'000'000);
  EXPECT_EQ(tiers[3].base_us, 300'000'000);
}

TEST(ShippedTables, KnowWhatOthersCallThings) {
  EXPECT_EQ(shipped().class_of("H100")->name, "H100-SXM");
  EXPECT_EQ(shipped().class_of("A100-80GB")->name, "A100-80-SXM");
  EXPECT_EQ(shipped().class_of("NVIDIA H200-NVL-141GB")->name, "H200-NVL") << "MLPerf's words";
  EXPECT_EQ(shipped().class_of("M60"), nullptr);
  EXPECT_EQ(shipped().model_of("deepinfra/deepseek-ai/DeepSeek-R1-Distill-Qwen-32B")->name,
            "deepseek-r1-distill-qwen-32b");
  EXPECT_EQ(shipped().model_of("gpt-4o"), nullptr);
  std::set<std::string> theirs;
  for (auto const& alias : shipped().model_aliases)
    EXPECT_TRUE(theirs.insert(alias.theirs).second) << alias.theirs;
}

TEST(ShippedTables, AreTheSameWhenReadFromTheirDirectory) {
  auto const read = load_tables(std::filesystem::path(SPILLWAY_SOURCE_DIR) / "market/reference/tables");
  ASSERT_TRUE(read.has_value()) << text(read.error());
  EXPECT_EQ(read->places, shipped().places);
  EXPECT_EQ(read->classes, shipped().classes);
  EXPECT_EQ(read->models, shipped().models);
  EXPECT_EQ(read->round_trips, shipped().round_trips);
}

TEST(ShippedTables, ABrokenRowIsNamed) {
  auto texts = shipped_table_texts();
  texts.places =
      "name,title,country,parent,kind,latitude,longitude,pue,green_share,source\nx,X,NL,nl,region,1,2,,,\n";
  EXPECT_THAT(text(parse_tables(texts).error()),
              HasSubstr("places.csv:2: the parent \"nl\" does not stand above"));
  texts = shipped_table_texts();
  texts.tiers =
      "name,product,base_us,per_1k_input_us,output_rate_min,input_max,output_max\nfast,water,1,1,1,1,1\n";
  EXPECT_THAT(text(parse_tables(texts).error()),
              HasSubstr("tiers.csv:2: product \"water\" is not a known word"));
  texts = shipped_table_texts();
  texts.classes =
      "name,maker,origin,memory_mib,bandwidth_gb_s,fp16_tflops,int8_tops,calibrated,source\n"
      "X,M,us,1,1,1,1,perhaps,datasheet\n";
  EXPECT_THAT(text(parse_tables(texts).error()),
              HasSubstr("classes.csv:2: calibrated \"perhaps\" is not a known word"));
  texts = shipped_table_texts();
  texts.aliases = "kind,theirs,ours\nclass,H100,nothing\n";
  EXPECT_THAT(text(parse_tables(texts).error()), HasSubstr("aliases.csv:2"));
  EXPECT_THAT(text(load_tables("no/such/directory").error()), HasSubstr("places.csv: cannot be opened"));
}

TEST(PlaceNames, AreMadeFromProviderAndRegion) {
  EXPECT_EQ(place_name("azure", "westeurope"), "azure:westeurope");
  EXPECT_EQ(place_name("vast", "Alberta, CA, NA"), "vast:alberta-ca");
  EXPECT_EQ(place_name("vast", ", US, NA"), "vast:us");
  EXPECT_EQ(place_name("vast", "The Netherlands, NL, EU"), "vast:the-netherlands-nl");
}

TEST(Estimates, FollowTheGreatCircle) {
  auto const& a = *shipped().place_named("azure:westeurope");
  auto const& b = *shipped().place_named("azure:eastus");
  EXPECT_EQ(estimated_round_trip(a, a), (RoundTrip{300, true}));
  EXPECT_NEAR(distance_km(a, b), 6'400, 200);
  EXPECT_EQ(estimated_round_trip(a, b), estimated_round_trip(b, a));
  EXPECT_NEAR(estimated_round_trip(a, b).rtt_us, 300 + 13 * distance_km(a, b), 1);
}

TEST(Genesis, BuildsACompleteReference) {
  auto const commands = genesis_commands(shipped());
  ASSERT_TRUE(commands.has_value()) << commands.error();
  Applied applied;
  for (auto const& command : *commands) std::visit(applied, command);
  ASSERT_EQ(applied.fault, std::nullopt);
  auto const& reference = applied.reference;
  EXPECT_EQ(reference.places(), shipped().places);
  EXPECT_EQ(reference.relay(), shipped().place_named(default_relay)->id);
  for (auto const& place : reference.places()) {
    auto const path = reference.path_through_relay(place.id, reference.place_named("azure:eastus")->id);
    EXPECT_EQ(path.has_value(), reference.is_leaf(place.id)) << place.name;
  }
}

TEST(Genesis, PlacesComeInPiecesThatFitAnEntry) {
  auto const commands = *genesis_commands(shipped());
  std::size_t rows = 0;
  for (auto const& command : commands) {
    auto const* piece = std::get_if<DefinePlaces>(&command);
    if (!piece) continue;
    EXPECT_LE(piece->rows.size(), places_per_command);
    std::size_t bytes = 0;
    for (auto const& row : piece->rows) bytes += 64 + row.name.size() + row.title.size() + row.country.size();
    EXPECT_LT(bytes, 60u * 1'024);
    rows += piece->rows.size();
  }
  EXPECT_EQ(rows, shipped().places.size());
}

TEST(Genesis, RefusesARelayThatIsNotALeaf) {
  EXPECT_THAT(genesis_commands(shipped(), "cn").error(), HasSubstr("\"cn\""));
  EXPECT_THAT(genesis_commands(shipped(), "nowhere").error(), HasSubstr("list the places"));
}

TEST(ShippedTables, EveryModelFitsSomeClassAndTheLargestNeedsEightLargeCards) {
  Applied applied;
  auto const commands = *genesis_commands(shipped());
  for (auto const& command : commands) std::visit(applied, command);
  auto const& reference = applied.reference;
  auto const fast = reference.tier_named("fast", ProductKind::tokens)->id;
  for (auto const& model : reference.models())
    EXPECT_TRUE(std::ranges::any_of(reference.classes(), [&](auto const& c) {
      return reference.fit(model.id, c.id, fast).has_value();
    })) << model.name;
  auto const cards = [&](char const* model, char const* klass) {
    return reference.fit(reference.model_named(model)->id, reference.class_named(klass)->id, fast)->cards;
  };
  EXPECT_EQ(cards("deepseek-r1", "H200-SXM"), 8);
  EXPECT_EQ(cards("deepseek-r1", "H100-SXM"), 16);
  EXPECT_EQ(cards("deepseek-r1-distill-qwen-7b", "L4"), 1);
  EXPECT_EQ(cards("deepseek-r1-distill-llama-70b", "H200-SXM"), 2);
  EXPECT_EQ(cards("deepseek-r1-distill-qwen-32b", "H100-SXM"), 1);
}

}  // namespace
}  // namespace spillway
