// tests/apps/demo_plan_test.cpp - which nodes and offers a demonstration has, and the agents' files it writes
// from them. Sources: apps/demo/src/plan.cpp, config_text.cpp, market_input.cpp (published prices).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "../../apps/demo/src/config_text.hpp"
#include "../../apps/demo/src/market_input.hpp"
#include "apps/agent/agent_config.hpp"

namespace spillway::demo {
namespace {

struct World {
  Tables tables = shipped_tables();
  ModelPrices prices;
  std::vector<ModelId> models;

  World() {
    for (auto const& model : tables.models)
      prices[model.id] = {PriceIndex{20'000}, PriceIndex{21'000}, PriceIndex{22'000}};
    for (auto const* const name :
         {"deepseek-r1-distill-qwen-7b", "deepseek-r1-distill-qwen-1.5b", "qwen2.5-7b"})
      models.push_back(tables.model_of(name)->id);
  }
  [[nodiscard]] Plan plan(std::uint64_t seed, int providers = 4) const {
    auto const published = sim::generated_offers(tables, seed, 1'900);
    PlanSize size;
    size.providers = providers;
    size.seed = seed;
    return make_plan(tables, published.offers, prices, models, size);
  }
};

template <class Check>
void each_node(Plan const& plan, Check check) {
  for (auto const& provider : plan.providers)
    for (auto const& node : provider.nodes) check(node);
}

TEST(DemoPlan, HasManyOffersOfManyClassesInManyPlacesWhateverTheSeed) {
  World const world;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (int providers = 3; providers <= 6; ++providers) {
      auto const plan = world.plan(seed, providers);
      EXPECT_EQ(plan.providers.size(), static_cast<std::size_t>(providers));
      EXPECT_EQ(plan.nodes(), 24U);
      EXPECT_GE(plan.offers(), 100U);
      EXPECT_GE(plan.places(), 20U);
      EXPECT_GE(plan.classes().size(), 8U);
      EXPECT_LE(plan.units(), 30U);
    }
}

TEST(DemoPlan, KeepsToTheBoundsOfTheMarket) {
  World const world;
  Reference reference;
  ASSERT_FALSE(reference.set_classes(world.tables.classes));
  ASSERT_FALSE(reference.set_tiers(world.tables.tiers));
  ASSERT_FALSE(reference.set_models(world.tables.models));
  auto const leaf = world.tables.leaves();
  each_node(world.plan(7), [&](PlannedNode const& node) {
    EXPECT_TRUE(leaf.at(node.place.v - 1U));
    EXPECT_LE(node.offers.size(), 16U);
    std::set<std::tuple<ProductKind, ModelId, TierId, PriceIndex>> one_a_price;
    for (auto const& offer : node.offers) {
      EXPECT_TRUE(one_a_price.insert({offer.product, offer.model, offer.tier, offer.price}).second);
      EXPECT_GT(offer.lots, 0);
      if (offer.product != ProductKind::tokens) continue;
      auto const fit = reference.fit(offer.model, node.klass, offer.tier);
      ASSERT_TRUE(fit.has_value());
      EXPECT_LE(fit->cards, node.units);
    }
  });
}

TEST(DemoPlan, OffersCapacityOnlyAtPricesPublishedForThatClassAndPlace) {
  World const world;
  auto const published = sim::generated_offers(world.tables, 3, 1'900);
  auto known = [&](PlannedNode const& node, PriceIndex price) {
    return std::ranges::any_of(published.offers, [&](sim::ImportedOffer const& o) {
      return o.klass == node.klass && o.place == node.place && (o.price == price || o.spot == price);
    });
  };
  PlanSize size;
  size.seed = 3;
  each_node(make_plan(world.tables, published.offers, world.prices, world.models, size),
            [&](PlannedNode const& node) {
              for (auto const& offer : node.offers)
                EXPECT_TRUE(offer.product == ProductKind::tokens || known(node, offer.price));
            });
}

TEST(DemoPlan, IsTheSameForTheSameSeed) {
  World const world;
  auto const a = world.plan(11), b = world.plan(11), other = world.plan(12);
  auto places = [](Plan const& plan) {
    std::vector<PlaceId> out;
    each_node(plan, [&](PlannedNode const& node) { out.push_back(node.place); });
    return out;
  };
  EXPECT_EQ(places(a), places(b));
  EXPECT_NE(places(a), places(other));
}

TEST(DemoPlan, GivesEveryModelAnOfferAndProvidersDifferentPrices) {
  World const world;
  auto const plan = world.plan(5);
  std::map<ModelId, std::set<PriceIndex>> asked;
  each_node(plan, [&](PlannedNode const& node) {
    for (auto const& offer : node.offers)
      if (offer.product == ProductKind::tokens) asked[offer.model].insert(offer.price);
  });
  for (auto const model : world.models) EXPECT_GE(asked[model].size(), 2U);
}

TEST(DemoPlan, BecomesAgentFilesThatTheAgentReads) {
  World const world;
  auto const plan = world.plan(1);
  AgentTexts const texts{"wss://127.0.0.1:7443/v1/stream",
                         "/tmp/a \"quoted\" place/cert.pem",
                         "k.key",
                         "http://127.0.0.1:1/v1",
                         "tiny",
                         4};
  for (auto const& provider : plan.providers) {
    auto const file = std::filesystem::path(testing::TempDir()) / "demo-agent.toml";
    std::ofstream(file) << agent_config_text(world.tables, provider, texts);
    auto const config = load_agent_config(file);
    ASSERT_TRUE(config.has_value()) << config.error();
    EXPECT_EQ(config->trust, texts.certificate);
    ASSERT_EQ(config->nodes.size(), provider.nodes.size());
    for (std::size_t i = 0; i < provider.nodes.size(); ++i) {
      EXPECT_EQ(config->nodes[i].offers.size(), provider.nodes[i].offers.size());
      for (std::size_t o = 0; o < provider.nodes[i].offers.size(); ++o)
        EXPECT_EQ(config->nodes[i].offers[o].price, provider.nodes[i].offers[o].price);
    }
  }
}

TEST(DemoPrices, ArePublishedOnesWithoutSuspectFreeAndWildOnes) {
  auto const tables = shipped_tables();
  std::map<ModelId, PriceIndex> typical;
  for (auto const& model : tables.models) typical[model.id] = *step_at_or_above(Nano{500'000'000});
  auto const rows = parse_csv(
      "model,mode,usd_per_million_output_tokens,suspect\n"
      "llama-3.1-8b,chat,0.5,0\nllama-3.1-8b,chat,0.2,0\nllama-3.1-8b,chat,0.2,0\n"
      "llama-3.1-8b,chat,0,0\nllama-3.1-8b,chat,0.3,1\nllama-3.1-8b,chat,99,0\n"
      "llama-3.1-8b,embedding,0.4,0\nnobodys-model,chat,0.4,0\n",
      "prices.csv", {"model", "mode", "usd_per_million_output_tokens", "suspect"});
  ASSERT_TRUE(rows.has_value());
  auto const prices = published_prices(tables, typical, rows);
  ASSERT_TRUE(prices.has_value());
  std::vector const wanted{*step_at_or_above(Nano{200'000'000}), *step_at_or_above(Nano{500'000'000})};
  EXPECT_EQ(prices->at(tables.model_of("llama-3.1-8b")->id), wanted);
  auto const without = tables.model_of("phi-4")->id;
  EXPECT_EQ(prices->at(without), std::vector{typical.at(without)});
}

}  // namespace
}  // namespace spillway::demo
