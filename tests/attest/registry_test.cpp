// tests/attest/registry_test.cpp - which units are proven now, against a plain list.
#include "attest/registry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace spillway::attest {
namespace {

UnitKey key(std::uint8_t n) {
  UnitKey out{};
  out[0] = std::byte{n};
  return out;
}

UnitRecord proven(std::uint8_t k, std::uint32_t node, std::uint16_t unit, std::int64_t issued = 0) {
  UnitRecord r;
  r.key = key(k), r.node = NodeId{node}, r.unit = unit, r.klass = ClassId{1};
  r.ops_per_s = 1, r.bytes = 2, r.bytes_per_s = 3;
  r.issued = Stamp{issued}, r.expires = Stamp{issued} + default_validity, r.evidence = Evidence::timed;
  return r;
}

std::optional<RecordRefusal> refusal(Registry& registry, UnitRecord const& r, std::int64_t now = 0) {
  auto const done = registry.record(r, Stamp{now});
  return done ? std::nullopt : std::optional(done.error());
}

constexpr auto validity = default_validity.v;

}  // namespace

TEST(Registry, CountsTheLiveUnitsOfEachNode) {
  Registry registry;
  EXPECT_EQ(registry.record(proven(1, 10, 0), Stamp{0}), (UnitChange{key(1), NodeId{10}, 0, 1}));
  EXPECT_EQ(registry.record(proven(2, 10, 1), Stamp{0}), (UnitChange{key(2), NodeId{10}, 1, 2}));
  EXPECT_EQ(registry.record(proven(3, 11, 0), Stamp{0}), (UnitChange{key(3), NodeId{11}, 0, 1}));
  EXPECT_EQ(registry.attested_units(NodeId{10}), 2u);
  EXPECT_EQ(registry.attested_units(NodeId{12}), 0u);
  EXPECT_EQ(registry.attested_class(NodeId{10}), ClassId{1});
  EXPECT_EQ(registry.attested_class(NodeId{12}), std::nullopt);
  EXPECT_EQ(registry.live_at(NodeId{10}, 1)->key, key(2));
  EXPECT_EQ(registry.live_at(NodeId{10}, 2), nullptr);
}

TEST(Registry, RefusesInTheOrderOfItsReasons) {
  Registry registry;
  ASSERT_TRUE(registry.record(proven(1, 10, 0, 100), Stamp{100}));
  auto r = proven(1, 11, 0,
                  50);  // wrong in every way below but the first two; each row repairs the fault before it
  r.bytes = 0;
  EXPECT_EQ(refusal(registry, r, validity + 50), RecordRefusal::fields_invalid);
  r.bytes = 1;
  EXPECT_EQ(refusal(registry, r, validity + 50), RecordRefusal::already_expired);
  EXPECT_EQ(refusal(registry, r), RecordRefusal::unit_duplicate);
  r.node = NodeId{10}, r.unit = 1;
  EXPECT_EQ(refusal(registry, r), RecordRefusal::unit_duplicate);
  r.key = key(2), r.unit = 0;
  EXPECT_EQ(refusal(registry, r), RecordRefusal::unit_taken);
  r.unit = 1, r.klass = ClassId{2};
  EXPECT_EQ(refusal(registry, r), RecordRefusal::class_differs);
  r = proven(1, 10, 0, 50);
  EXPECT_EQ(refusal(registry, r), RecordRefusal::older_than_record);
  r.issued = Stamp{100};
  EXPECT_EQ(refusal(registry, r), std::nullopt);
  for (int reason = 1; reason <= 6; ++reason)
    EXPECT_FALSE(sentence(static_cast<RecordRefusal>(reason)).starts_with("unknown"));
}

TEST(Registry, RefusesRecordsWithAnyFieldMissing) {
  Registry registry;
  for (auto blank : {0, 1, 2, 3, 4, 5, 6}) {
    auto r = proven(1, 10, 0);
    if (blank == 0) r.node = {};
    if (blank == 1) r.klass = {};
    if (blank == 2) r.evidence = Evidence::unset;
    if (blank == 3) r.ops_per_s = 0;
    if (blank == 4) r.bytes = -1;
    if (blank == 5) r.bytes_per_s = 0;
    if (blank == 6) r.expires = r.issued;
    EXPECT_EQ(refusal(registry, r, -1), RecordRefusal::fields_invalid) << blank;
  }
  EXPECT_TRUE(registry.records().empty());
}

TEST(Registry, ExpiresInOrderOfTimeAndAtTheVeryMoment) {
  Registry registry;
  ASSERT_TRUE(registry.record(proven(3, 10, 0, 20), Stamp{20}));
  ASSERT_TRUE(registry.record(proven(2, 10, 1, 10), Stamp{20}));
  ASSERT_TRUE(registry.record(proven(1, 11, 0, 20), Stamp{20}));
  EXPECT_EQ(registry.next_expiry(), Stamp{validity + 10});
  EXPECT_TRUE(registry.expire_due(Stamp{validity + 9}).empty());
  EXPECT_EQ(registry.expire_due(Stamp{validity + 10}), (std::vector{UnitChange{key(2), NodeId{10}, 1, 1}}));
  EXPECT_EQ(registry.expire_due(Stamp{validity + 20}),
            (std::vector{UnitChange{key(1), NodeId{11}, 0, 0}, UnitChange{key(3), NodeId{10}, 0, 0}}));
  EXPECT_EQ(registry.next_expiry(), std::nullopt);
  EXPECT_EQ(registry.find(key(1))->state, RecordState::expired);
}

TEST(Registry, RenewalReplacesTheRecordAndItsExpiry) {
  Registry registry;
  ASSERT_TRUE(registry.record(proven(1, 10, 0, 0), Stamp{0}));
  EXPECT_EQ(registry.record(proven(1, 10, 0, 500), Stamp{500})->attested_units, 1u);
  EXPECT_TRUE(registry.expire_due(Stamp{validity}).empty());
  EXPECT_EQ(registry.expire_due(Stamp{validity + 500}).size(), 1u);
}

TEST(Registry, AnEndedOrExpiredUnitMayComeBackAlsoOnAnotherNode) {
  Registry registry;
  ASSERT_TRUE(registry.record(proven(1, 10, 0), Stamp{0}));
  EXPECT_EQ(registry.end(key(1), EndReason::failed), (UnitChange{key(1), NodeId{10}, 0, 0}));
  EXPECT_EQ(registry.find(key(1))->end_reason, EndReason::failed);
  EXPECT_EQ(registry.end(key(1), EndReason::failed), std::nullopt);
  EXPECT_EQ(registry.end(key(9), EndReason::failed), std::nullopt);
  EXPECT_EQ(registry.record(proven(1, 11, 3, 5), Stamp{5})->node, NodeId{11});
  EXPECT_EQ(registry.find(key(1))->state, RecordState::live);
  EXPECT_EQ(registry.find(key(1))->end_reason, EndReason::none);
  EXPECT_EQ(registry.attested_units(NodeId{10}), 0u);
}

TEST(Registry, ExtendsEveryLiveRecordByTheGapInWhichNobodyCouldRenew) {
  Registry registry;
  ASSERT_TRUE(registry.record(proven(1, 10, 0), Stamp{0}));
  ASSERT_TRUE(registry.record(proven(2, 10, 1), Stamp{0}));
  (void)registry.end(key(2), EndReason::provider_asked);
  registry.extend_all(Micros{77});
  EXPECT_EQ(registry.next_expiry(), Stamp{validity + 77});
  EXPECT_EQ(registry.find(key(1))->expires, Stamp{validity + 77});
  EXPECT_EQ(registry.find(key(2))->expires, Stamp{validity});
}

TEST(Registry, AMissGoesWithItsRecordUnlessPlacesKeepThem) {
  for (bool const kept : {false, true}) {
    Registry registry;
    if (kept) registry.keep_misses();
    ASSERT_TRUE(registry.record(proven(1, 10, 0), Stamp{0}));
    EXPECT_EQ(registry.judged(key(1), 7, 5), 1);
    ASSERT_TRUE(registry.end(key(1), EndReason::provider_asked));
    EXPECT_EQ(registry.missed_units(NodeId{10}), 0u) << "no unit, no missed unit";
    ASSERT_TRUE(registry.record(proven(2, 10, 0, 1), Stamp{1}));
    EXPECT_EQ(registry.missed_units(NodeId{10}), kept ? 1u : 0u);
    EXPECT_EQ(registry.find(key(2))->census, kept ? 7u : 0u);
    EXPECT_EQ(registry.find(key(2))->census_reason, kept ? 5 : 0);
    EXPECT_EQ(registry.find(key(1))->missed, 0) << "owed once";
    EXPECT_EQ(registry.judged(key(2), 8, 5), kept ? 2 : 1);
    EXPECT_EQ(registry.judged(key(2), 9, 0), 0);
    ASSERT_TRUE(registry.end(key(2), EndReason::provider_asked));
    ASSERT_TRUE(registry.record(proven(3, 10, 0, 2), Stamp{2}));
    EXPECT_EQ(registry.missed_units(NodeId{10}), 0u) << "passed since";
  }
}

TEST(Registry, WhoOwesMissesIsProvenWhereItOwesThemAndARestoredRegistryKnowsIt) {
  Registry before;
  before.keep_misses();
  ASSERT_TRUE(before.record(proven(1, 10, 0), Stamp{0}));
  (void)before.judged(key(1), 7, 5);
  (void)before.expire(key(1));
  Registry registry;
  registry.keep_misses();
  registry.restore(Registry::Records(before.records()));
  EXPECT_EQ(registry.record(proven(1, 11, 0, 1), Stamp{1}).error(), RecordRefusal::missed_elsewhere);
  ASSERT_TRUE(registry.record(proven(1, 10, 0, 1), Stamp{1}));
  EXPECT_EQ(registry.find(key(1))->missed, 1);
  EXPECT_EQ(registry.missed_units(NodeId{10}), 1u);
}

// Random calls against a plain list of live records.
TEST(Registry, AgreesWithAPlainListUnderRandomCalls) {
  std::mt19937 draw(20'240'601);
  Registry registry;
  std::vector<UnitRecord> live;
  auto const erase_key = [&](UnitKey const& k) {
    std::erase_if(live, [&](auto const& r) { return r.key == k; });
  };
  for (std::int64_t now = 1; now < 6'000; ++now) {
    auto const k = static_cast<std::uint8_t>(draw() % 24);
    if (auto const what = draw() % 10; what < 6) {
      auto r =
          proven(k, static_cast<std::uint32_t>(1 + draw() % 4), static_cast<std::uint16_t>(draw() % 4), now);
      r.expires = Stamp{now + 1 + static_cast<std::int64_t>(draw() % 90)};
      if (registry.record(r, Stamp{now})) erase_key(r.key), live.push_back(r);
    } else if (what < 7) {
      EXPECT_EQ(registry.end(key(k), EndReason::failed).has_value(),
                std::ranges::any_of(live, [&](auto const& r) { return r.key == key(k); }));
      erase_key(key(k));
    } else {
      auto const due = std::erase_if(live, [&](auto const& r) { return r.expires.v <= now; });
      ASSERT_EQ(registry.expire_due(Stamp{now}).size(), due);
    }
    for (std::uint32_t node = 1; node <= 4; ++node)
      ASSERT_EQ(registry.attested_units(NodeId{node}),
                std::ranges::count_if(live, [&](auto const& r) { return r.node.v == node; }));
    for (auto const& r : live) ASSERT_EQ(registry.live_at(r.node, r.unit)->key, r.key);
    auto const first = std::ranges::min_element(live, {}, &UnitRecord::expires);
    ASSERT_EQ(registry.next_expiry(), first == live.end() ? std::nullopt : std::optional(first->expires));
  }
}

}  // namespace spillway::attest
