// tests/matching/eligibility_test.cpp - bitsets against plain evaluation, and what is refused.
// Covers conditions.cpp, predicate_check.cpp, predicate_store.cpp, recent_predicates.cpp and
// instrument_index.cpp as well.
#include "matching/eligibility.hpp"

#include <random>

#include "matching/relink.hpp"
#include "matching/steps.hpp"
#include "rig.hpp"

namespace spillway {
namespace {

using namespace rig;

std::vector<Instrument> everything_that_fits(Reference const& reference) {
  std::vector<Instrument> all;
  for (auto const at : {us_east, us_west, cn_sz, cn_gz, cn_nx})
    for (std::uint16_t c = 1; c <= classes; ++c) {
      for (std::uint8_t t = 3; t <= tiers; ++t) all.push_back(capacity_of(ClassId{c}, at, TierId{t}));
      for (std::uint16_t m = 1; m <= models; ++m)
        for (std::uint8_t t = 1; t <= 2; ++t)
          if (reference.fit(ModelId{m}, ClassId{c}, TierId{t}))
            all.push_back(tokens_of(ModelId{m}, ClassId{c}, at, TierId{t}));
    }
  return all;
}

class AnyPredicate {
 public:
  explicit AnyPredicate(std::uint64_t seed) : random_(seed) {}

  Predicate operator()() {
    Predicate p;
    p.product = chance(3) ? ProductKind::capacity : ProductKind::tokens;
    if (p.product == ProductKind::tokens) p.models = some<ModelId>(models, 1 + below(3));
    if (chance(3)) p.classes = some<ClassId>(classes, 1 + below(2));
    if (chance(3)) p.within = some<PlaceId>(places, 1 + below(2));
    if (chance(4)) p.outside = some<PlaceId>(places, 1);
    if (chance(4))
      p.tier = TierId{static_cast<std::uint8_t>((p.product == ProductKind::tokens ? 1 : 3) + below(2))};
    if (chance(5)) p.origin = static_cast<Origin>(1 + below(3));
    if (chance(5)) p.pue_max_milli = static_cast<std::int32_t>(1'000 + below(400));
    if (chance(5)) p.green_min_milli = static_cast<std::int32_t>(below(1'001));
    p.buyer_place = std::array{us_east, us_west, cn_sz, cn_nx}[below(4)];
    if (chance(3)) p.network = Micros{1 + static_cast<std::int64_t>(below(500'000))};
    if (chance(3))
      p.ready = Micros{
          1 + static_cast<std::int64_t>(below(p.product == ProductKind::tokens ? 6'000'000 : 400'000'000))};
    if (p.product == ProductKind::tokens) p.input = Tokens{static_cast<std::int64_t>(below(18'000))};
    return p;
  }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

 private:
  template <class Id>
  std::vector<Id> some(std::uint16_t of, std::uint64_t count) {
    std::vector<Id> ids;
    while (count-- > 0) ids.push_back(Id{static_cast<std::uint16_t>(1 + below(of))});
    return ids;
  }

  std::mt19937_64 random_;
};

TEST(Eligibility, ByBitsetsIsWhatPlainEvaluationSays) {
  auto const reference = tables();
  auto const all = everything_that_fits(reference);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    AnyPredicate any{seed};
    Eligibility eligibility{reference};
    std::size_t wide = 0;
    for (int i = 0; i < 300; ++i) {
      if (i % 3 == 0) {  // some join signatures that exist
        ASSERT_TRUE(eligibility.list(all[any.below(all.size())]));
      }
      auto const wanted = any();
      auto const signature = eligibility.intern(wanted);
      if (!signature) continue;
      auto const& exact = eligibility.predicate(*signature);
      for (std::uint32_t row = 1; row <= eligibility.instrument_count(); ++row) {
        InstrumentId const id{row};
        bool const accepted = eligibility.edges(*signature).contains(id);
        ASSERT_EQ(accepted, matches(exact, eligibility.instrument(id), reference)) << "instrument " << row;
        if (accepted) {
          ASSERT_TRUE(matches(wanted, eligibility.instrument(id), reference))
              << "snapping loosened the order";
          ++wide;
        }
      }
    }
    EXPECT_GT(wide, 100u) << "the predicates are not all empty";
    for (std::uint32_t s = 1; s <= eligibility.signature_count(); ++s) {
      auto const before = eligibility.edges(SignatureId{s});
      ASSERT_EQ(before, eligibility.accepted(eligibility.predicate(SignatureId{s})))
          << "late instruments joined";
    }
  }
}

TEST(Eligibility, RefusesOnlyPredicatesThatNothingEverMatches) {
  auto const reference = tables();
  auto const all = everything_that_fits(reference);
  Eligibility eligibility{reference};
  for (auto const& instrument : all) ASSERT_TRUE(eligibility.list(instrument));
  AnyPredicate any{99};
  std::size_t refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    auto const wanted = any();
    if (eligibility.snapped(wanted)) continue;
    ++refused;
    ASSERT_EQ(eligibility.snapped(wanted).error(), Refusal::predicate_empty);
    for (auto const& instrument : all) ASSERT_FALSE(matches(wanted, instrument, reference));
  }
  EXPECT_GT(refused, 10u);
}

TEST(Eligibility, SnappingTwiceIsSnappingOnce) {
  auto const reference = tables();
  Eligibility eligibility{reference};
  AnyPredicate any{5};
  for (int i = 0; i < 3'000; ++i)
    if (auto const once = eligibility.snapped(any())) {
      ASSERT_EQ(eligibility.snapped(*once).value(), *once);
    }
}

TEST(Eligibility, GivesEqualWishesOneSignatureHoweverTheyAreWritten) {
  auto const reference = tables();
  Eligibility eligibility{reference};
  auto a = wants_tokens({model_small, model_big, model_small});
  auto b = wants_tokens({model_big, model_small});
  a.ready = Micros{2'100'000}, b.ready = Micros{2'400'000};
  a.input = Tokens{900}, b.input = Tokens{1'000};
  EXPECT_EQ(eligibility.intern(a).value(), eligibility.intern(b).value());
  EXPECT_EQ(eligibility.signature_count(), 1u);
}

TEST(Eligibility, WithoutABoundOnTheFirstTokenOnlyTiersTellInputsApart) {
  auto const reference = tables();
  Eligibility eligibility{reference};
  auto small = wants_tokens(), large = wants_tokens(), too_large_for_fast = wants_tokens();
  small.input = Tokens{10}, large.input = Tokens{8'192}, too_large_for_fast.input = Tokens{8'193};
  EXPECT_EQ(eligibility.intern(small).value(), eligibility.intern(large).value());
  EXPECT_NE(eligibility.intern(small).value(), eligibility.intern(too_large_for_fast).value());
}

TEST(Eligibility, CountsTokensThroughTheRelayAndCapacityDirectly) {
  auto const reference = tables();
  auto tokens = wants_tokens();
  tokens.buyer_place = us_west;
  EXPECT_EQ(path_to(tokens, cn_sz, reference)->v, 61'000 + 200'000);
  auto capacity = wants_capacity();
  capacity.buyer_place = us_west;
  EXPECT_EQ(path_to(capacity, cn_sz, reference)->v, 150'000);
  EXPECT_FALSE(path_to(capacity, cn_nx, reference));
}

TEST(Eligibility, AnUnknownFailsAStatedLimitAndNothingElse) {
  auto const reference = tables();
  auto const at_west = capacity_of(class_a, us_west);  // PUE unknown
  auto p = wants_capacity();
  EXPECT_TRUE(matches(p, at_west, reference));
  p.pue_max_milli = 3'000;
  EXPECT_EQ(failed_conditions(p, at_west, reference), FailedConditions{.pue = true});
  auto far = wants_capacity();
  far.buyer_place = us_west, far.network = Micros{50'000'000};
  EXPECT_EQ(failed_conditions(far, capacity_of(class_a, cn_nx), reference),
            FailedConditions{.network = true});
}

TEST(Eligibility, KeepsNetworkAndReadyApart) {
  auto const reference = tables();
  auto p = wants_tokens();
  p.input = Tokens{1'000}, p.ready = Micros{500'000};  // fast promises 400 ms
  auto const near = tokens_of(model_small, class_a, us_east), far = tokens_of(model_small, class_a, cn_sz);
  EXPECT_TRUE(matches(p, near, reference));
  EXPECT_EQ(failed_conditions(p, far, reference), FailedConditions{.ready = true});
  p.ready = Micros{}, p.network = Micros{100'000};
  EXPECT_EQ(failed_conditions(p, far, reference), FailedConditions{.network = true});
  auto lease = wants_capacity();
  lease.ready = Micros{10'000'000};
  EXPECT_TRUE(matches(lease, capacity_of(class_a, cn_sz), reference)) << "no path in the promise of a lease";
  EXPECT_FALSE(matches(lease, capacity_of(class_a, cn_sz, cold), reference));
}

TEST(Eligibility, CountsEachConditionAlone) {
  auto const reference = tables();
  Eligibility eligibility{reference};
  for (auto const& i :
       {capacity_of(class_a, us_east), capacity_of(class_b, us_east), capacity_of(class_b, cn_sz, cold)})
    ASSERT_TRUE(eligibility.list(i));
  auto p = wants_capacity();
  p.classes = {class_a}, p.within = {cn}, p.tier = warm;
  auto const counts = eligibility.failures(p, eligibility.of_product(ProductKind::capacity));
  EXPECT_EQ(counts, (EligibilityFailures{.looked_at = 3, .klass = 2, .place = 2, .tier = 1}));
}

TEST(Eligibility, RefusesWhatTheTablesDoNotKnow) {
  auto const reference = tables();
  Eligibility e{reference};
  auto const refusal = [&](auto change) {
    auto p = wants_tokens();
    change(p);
    return e.snapped(p) ? Refusal::none : e.snapped(p).error();
  };
  EXPECT_EQ(refusal([](auto&) {}), Refusal::none);
  EXPECT_EQ(refusal([](auto& p) { p.product = ProductKind::unset; }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.models.clear(); }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.models.assign(17, model_small); }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.product = ProductKind::capacity; }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.network = Micros{-1}; }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.ready = Micros{-1}; }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.input = Tokens{-1}; }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.input = Tokens{largest_input.v + 1}; }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.pue_max_milli = -2; }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.origin = Origin{9}; }), Refusal::malformed);
  EXPECT_EQ(refusal([](auto& p) { p.within = {PlaceId{99}}; }), Refusal::unknown_place);
  EXPECT_EQ(refusal([](auto& p) { p.outside = {PlaceId{}}; }), Refusal::unknown_place);
  EXPECT_EQ(refusal([](auto& p) { p.buyer_place = PlaceId{}, p.ready = Micros{5}; }), Refusal::unknown_place);
  EXPECT_EQ(refusal([](auto& p) { p.buyer_place = us; }), Refusal::place_not_a_leaf);
  EXPECT_EQ(refusal([](auto& p) { p.classes = {ClassId{9}}; }), Refusal::unknown_class);
  EXPECT_EQ(refusal([](auto& p) { p.models = {ModelId{9}}; }), Refusal::unknown_model);
  EXPECT_EQ(refusal([](auto& p) { p.tier = warm; }), Refusal::unknown_tier);
  EXPECT_EQ(refusal([](auto& p) { p.within = {cn_sz}, p.outside = {cn}; }), Refusal::predicate_empty);
  EXPECT_EQ(refusal([](auto& p) { p.classes = {class_a}, p.origin = Origin::cn; }), Refusal::predicate_empty);
  EXPECT_EQ(refusal([](auto& p) { p.pue_max_milli = 999; }), Refusal::predicate_empty);
  EXPECT_EQ(refusal([](auto& p) { p.green_min_milli = 1'001; }), Refusal::predicate_empty);
}

TEST(Eligibility, ListsWhatCanBeTradedOnce) {
  auto const reference = tables();
  Eligibility e{reference};
  auto const first = e.list(capacity_of(class_a, us_east));
  EXPECT_EQ(first.value(), InstrumentId{1});
  EXPECT_EQ(e.list(capacity_of(class_a, us_east)).value(), InstrumentId{1});
  EXPECT_EQ(e.list(capacity_of(class_b, us_east)).value(), InstrumentId{2});
  EXPECT_EQ(e.find(capacity_of(class_b, us_east)), InstrumentId{2});
  EXPECT_EQ(e.list(capacity_of(class_a, us)).error(), Refusal::place_not_a_leaf);
  EXPECT_EQ(e.list(capacity_of(class_a, PlaceId{77})).error(), Refusal::unknown_place);
  EXPECT_EQ(e.list(capacity_of(ClassId{77}, us_east)).error(), Refusal::unknown_class);
  EXPECT_EQ(e.list(capacity_of(class_a, us_east, rig::fast)).error(), Refusal::unknown_tier);
  EXPECT_EQ(e.list(tokens_of(ModelId{77}, class_a, us_east)).error(), Refusal::unknown_model);
  EXPECT_EQ(e.list({ProductKind::capacity, model_small, class_a, us_east, warm}).error(), Refusal::malformed);
  EXPECT_EQ(e.list({ProductKind::unset, {}, class_a, us_east, warm}).error(), Refusal::malformed);
}

TEST(Eligibility, RefusesAModelThatNoNodeOfTheClassCanHold) {
  auto reference = tables();
  auto rows = reference.models();
  rows.push_back(model(ModelId{4}, "giant", 900'000));
  accept(reference.set_models(rows));
  Eligibility e{reference};
  EXPECT_EQ(e.list(tokens_of(ModelId{4}, class_a, us_east)).error(), Refusal::model_does_not_fit);
  EXPECT_EQ(e.snapped(wants_tokens({ModelId{4}})).error(), Refusal::predicate_empty);
}

TEST(Eligibility, RefusesAPredicateThatReachesTooFar) {
  Reference reference = tables();
  std::vector<Place> more;
  for (std::uint16_t i = 1; i <= 4'100; ++i)
    more.push_back(
        place(PlaceId{static_cast<std::uint16_t>(places + i)}, us, "us:" + std::to_string(i), -1, -1));
  accept(reference.set_places(more));
  Eligibility e{reference};
  for (std::uint16_t i = 1; i <= 4'096; ++i)
    ASSERT_TRUE(e.list(capacity_of(class_a, PlaceId{static_cast<std::uint16_t>(places + i)})));
  EXPECT_TRUE(e.intern(wants_capacity()));
  ASSERT_TRUE(e.list(capacity_of(class_a, us_east)));
  EXPECT_EQ(e.intern(wants_capacity()).error(), Refusal::predicate_too_wide);
  auto narrow = wants_capacity();
  narrow.within = {us_east};
  EXPECT_TRUE(e.intern(narrow));
}

/// Everybody is always idle: whoever needs room gets it.
struct NobodyHome final : Tenants {
  [[nodiscard]] bool idle(SignatureId) const override { return true; }
  [[nodiscard]] bool idle(InstrumentId) const override { return true; }
  void retired(SignatureId) override {}
  void retired(InstrumentId) override {}
};

TEST(Eligibility, KnowsAPredicateAskedLatelyForWhatInternMakesOfIt) {
  auto const reference = tables();
  Eligibility e{reference, {.instruments = 500, .signatures = 40, .edges = 50'000}};
  for (auto const& instrument : everything_that_fits(reference)) ASSERT_TRUE(e.list(instrument));
  AnyPredicate any{17};
  NobodyHome tenants;
  std::vector<Predicate> asked;
  std::size_t known = 0, forgotten = 0;
  for (int i = 0; i < 4'000; ++i) {
    // Of the last hundred again, sometimes with one word changed; forty signatures at a time.
    auto wanted = asked.empty() || any.chance(3) ? any() : asked[asked.size() - 1 - any.below(asked.size())];
    if (any.chance(8)) wanted.models.push_back(model_small);
    if (any.chance(8)) wanted.network = Micros{static_cast<std::int64_t>(any.below(300'000))};
    if (any.chance(8)) wanted.within.push_back(us);
    if (any.chance(20)) wanted.input = Tokens{-1};
    auto const before = e.known(wanted);
    auto const made = e.intern(wanted, &tenants);
    if (before.some()) {
      ASSERT_TRUE(made && made->id == before && !made->fresh) << i;
      ++known;
    }
    if (!made) continue;
    auto const ids =
        wanted.models.size() + wanted.classes.size() + wanted.within.size() + wanted.outside.size();
    ASSERT_EQ(e.known(wanted).v, ids > RecentPredicates::ids_most ? 0 : made->id.v) << i;
    forgotten += made->fresh ? 1 : 0;
    asked.push_back(wanted);
    if (asked.size() > 100) asked.erase(asked.begin());
  }
  EXPECT_GT(known, 500u);
  EXPECT_GT(forgotten, 100u);
}

TEST(Eligibility, KnowsNothingFromTheTablesBefore) {
  Reference reference = tables();
  Eligibility e{reference};
  auto p = wants_tokens();
  p.classes = {class_a}, p.origin = Origin::us;
  auto const id = e.intern(p).value();
  ASSERT_EQ(e.known(p), id);
  auto rows = reference.classes();
  rows[0].origin = Origin::cn;
  accept(reference.set_classes(rows));
  Relink anew{e, reference, 0, false};
  ASSERT_TRUE(e.adopt(anew));
  EXPECT_FALSE(e.known(p).some());
  EXPECT_EQ(e.intern(p).error(), Refusal::predicate_empty);
}

TEST(Eligibility, FollowsChangedTables) {
  Reference reference = tables();
  Eligibility e{reference};
  auto const id = e.list(capacity_of(class_a, us_west)).value();
  auto p = wants_capacity();
  p.origin = Origin::us;
  auto const signature = e.intern(p).value();
  EXPECT_TRUE(e.edges(signature).contains(id));
  auto rows = reference.classes();
  rows[0].origin = Origin::cn;
  accept(reference.set_classes(rows));
  Relink anew{e, reference, 0, false};
  EXPECT_TRUE(e.adopt(anew));
  EXPECT_FALSE(e.edges(signature).contains(id));
}

}  // namespace
}  // namespace spillway
