// tests/matching/node_pool_test.cpp - the law, against a plain recount of everything that runs.
#include "matching/node_pool.hpp"

#include <random>

#include "rig.hpp"

namespace spillway {
namespace {

using namespace rig;

auto const small_a = tokens_of(model_small, class_a, us_east);               // 1 card, 3 slots
auto const standard_a = tokens_of(model_small, class_a, us_east, standard);  // 1 card, 1 slot
auto const big_a = tokens_of(model_big, class_a, us_east);                   // 4 cards
auto const lease_a = capacity_of(class_a, us_east);

class ANodeOfClassA : public testing::Test {
 protected:
  Reference reference = tables();
  NodePool pool{reference, class_a, us_east};
};

TEST_F(ANodeOfClassA, HasTheFitThatTheseTestsCountWith) {
  EXPECT_EQ(reference.fit(model_small, class_a, rig::fast), (Fit{1, 3}));
  EXPECT_EQ(reference.fit(model_small, class_a, standard), (Fit{1, 1}));
  EXPECT_EQ(reference.fit(model_big, class_a, rig::fast)->cards, 4);
}

TEST_F(ANodeOfClassA, SellsNothingBeforeItsUnitsAreAttested) {
  EXPECT_EQ(pool.executable(small_a).v, 0);
  EXPECT_EQ(pool.executable(lease_a).v, 0);
}

TEST_F(ANodeOfClassA, SellsEachUnitOnceHoweverManyModelsItCouldServe) {
  pool.set_available(2);
  EXPECT_EQ(pool.executable(small_a).v, 6);
  EXPECT_EQ(pool.executable(standard_a).v, 2);
  EXPECT_EQ(pool.executable(lease_a).v, 2'000);
  EXPECT_EQ(pool.executable(big_a).v, 0) << "four cards are needed";
  pool.occupy(small_a, Lots{1});
  EXPECT_EQ(pool.units_under_jobs(), 1);
  EXPECT_EQ(pool.executable(small_a).v, 5) << "two slots of the open unit and three of the free one";
  EXPECT_EQ(pool.executable(standard_a).v, 1);
  EXPECT_EQ(pool.executable(lease_a).v, 1'000);
  pool.occupy(lease_a, Lots{1'000});
  EXPECT_EQ(pool.executable(small_a).v, 2) << "a started unit takes more of the same model";
  EXPECT_EQ(pool.executable(standard_a).v, 0);
  pool.vacate(small_a, Lots{1});
  EXPECT_EQ(pool.executable(lease_a).v, 1'000);
}

TEST_F(ANodeOfClassA, LosingUnitsStopsSalesAndLeavesWorkAlone) {
  pool.set_available(2);
  pool.occupy(small_a, Lots{4});
  pool.set_available(1);
  EXPECT_EQ(pool.executable(small_a).v, 0) << "not even the spare slots";
  EXPECT_EQ(pool.executable(lease_a).v, 0);
  EXPECT_EQ(pool.running_jobs(), 4);
  pool.vacate(small_a, Lots{1});
  EXPECT_EQ(pool.executable(small_a).v, 0) << "one unit, full";
  pool.vacate(small_a, Lots{1});
  EXPECT_EQ(pool.executable(small_a).v, 1);
  pool.set_available(0);
  EXPECT_EQ(pool.executable(small_a).v, 0);
  pool.set_available(2);
  EXPECT_EQ(pool.executable(small_a).v, 4);
}

TEST(NodePool, SellsPartsInMultiplesOfTheSmallest) {
  auto const reference = tables();
  NodePool pool{reference, class_c, us_east};
  auto const lease = capacity_of(class_c, us_east);
  pool.set_available(3);
  pool.occupy(lease, Lots{500});
  EXPECT_EQ(pool.executable(lease).v, 2'500);
  EXPECT_EQ(pool.leased_units(), 1) << "half a unit keeps jobs off the whole";
  auto const slots = reference.fit(model_small, class_c, rig::fast)->slots;
  EXPECT_EQ(pool.executable(tokens_of(model_small, class_c, us_east)).v, 2 * slots);
}

TEST(NodePool, BreakingTheLawStopsTheProcess) {
  auto const reference = tables();
  NodePool pool{reference, class_a, us_east};
  pool.set_available(1);
  EXPECT_DEATH(pool.occupy(small_a, Lots{4}), "leased units \\+ units under jobs");
  EXPECT_DEATH(pool.occupy(lease_a, Lots{2'000}), "leased units \\+ units under jobs");
  EXPECT_DEATH(pool.vacate(small_a, Lots{1}), "no more jobs end than run");
}

TEST(NodePool, SellsExactlyWhatTheLawAllows) {
  auto const reference = tables();
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    ClassId const c{static_cast<std::uint16_t>(1 + random() % classes)};
    auto const part = reference.find(c)->smallest_part_milli;
    std::vector<Instrument> const all{
        tokens_of(model_small, c, us_east), tokens_of(model_small, c, us_east, standard),
        tokens_of(model_big, c, us_east), tokens_of(model_tiny, c, us_east), capacity_of(c, us_east)};
    NodePool pool{reference, c, us_east};
    std::map<Instrument, std::int64_t> running;
    std::int32_t units = 0;
    for (int i = 0; i < 400; ++i) {
      if (random() % 10 == 0) pool.set_available(units = static_cast<std::int32_t>(random() % 9));
      auto const& what = all[random() % all.size()];
      auto const lot = what.product == ProductKind::capacity ? part : 1;
      auto const can = pool.executable(what).v;
      ASSERT_EQ(can % lot, 0);
      auto more = running;
      more[what] += can;
      ASSERT_TRUE(can == 0 || units_in_use(more, reference) <= units) << "the law";
      more[what] += lot;
      ASSERT_TRUE(units_in_use(more, reference) > units || units_in_use(running, reference) > units)
          << "one more would do";
      if (can > 0 && random() % 2) {
        auto const lots =
            static_cast<std::int64_t>(1 + random() % static_cast<std::uint64_t>(can / lot)) * lot;
        pool.occupy(what, Lots{lots});
        running[what] += lots;
      } else if (running[what] > 0) {
        auto const lots =
            static_cast<std::int64_t>(1 + random() % static_cast<std::uint64_t>(running[what] / lot)) * lot;
        pool.vacate(what, Lots{lots});
        running[what] -= lots;
      }
      pool.check_invariants();
    }
  }
}

}  // namespace
}  // namespace spillway
