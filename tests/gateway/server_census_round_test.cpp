// tests/gateway/server_census_round_test.cpp - who is judged by one call of a census, and entries that wait.
// Covers: census_round.cpp.
#include <gmock/gmock.h>

#include "census_round.hpp"
#include "patient_entries.hpp"

namespace spillway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using RoundUnit = CensusRound::UnitId;

constexpr NodeId n1{1}, n2{2};
constexpr std::int64_t half_a_second = 500'000;

CensusNode with_units(NodeId id, std::uint16_t units, std::int64_t busy) {
  CensusNode node;
  node.node = id, node.free = units - busy;
  for (std::uint16_t unit = 0; unit < units; ++unit) node.units.push_back({unit, {}, false});
  return node;
}

UnitChecked says(NodeId node, std::uint16_t unit, CensusVerdict verdict) {
  return {1, node, unit, {}, verdict, static_cast<std::uint16_t>(verdict == CensusVerdict::passed ? 0 : 5),
          0, {}};
}

/// The units of verdicts that are entered after all have answered.
std::vector<RoundUnit> units_of(std::vector<UnitChecked> const& verdicts, CensusVerdict which) {
  std::vector<RoundUnit> out;
  for (auto const& v : verdicts)
    if (v.verdict == which) out.push_back({v.node, v.unit});
  return out;
}

CensusRound begun(std::vector<CensusNode> const& nodes, std::set<RoundUnit> const& judged = {}) {
  CensusRound round;
  round.begin(nodes, judged, 0, half_a_second);
  return round;
}

TEST(CensusRound, WhoIsSilentWithoutWorkHasMissedItWhenAllHaveAnswered) {
  auto const nodes = std::vector{with_units(n1, 2, 0)};
  auto round = begun(nodes);
  EXPECT_TRUE(round.stands(says(n1, 0, CensusVerdict::passed)));
  EXPECT_FALSE(round.stands(says(n1, 1, CensusVerdict::missed))) << "held";
  EXPECT_TRUE(round.stands(says(n1, 0, CensusVerdict::failed)));
  auto const found = round.judge(nodes);
  EXPECT_THAT(units_of(found.verdicts, CensusVerdict::missed), ElementsAre(RoundUnit{n1, 1}));
  EXPECT_THAT(found.passed_over, IsEmpty());
}

TEST(CensusRound, WhoGotWorkAfterTheCallIsPassedOverAsWhoHadItBefore) {
  for (auto const& [before, after] : {std::pair{1, 0}, {0, 1}, {1, 1}}) {
    auto round = begun({with_units(n1, 3, before)});
    (void)round.stands(says(n1, 1, CensusVerdict::missed));
    (void)round.stands(says(n1, 2, CensusVerdict::missed));
    auto const found = round.judge({with_units(n1, 3, after)});
    EXPECT_THAT(found.passed_over, ElementsAre(RoundUnit{n1, 1})) << before << after;
    EXPECT_THAT(units_of(found.verdicts, CensusVerdict::missed), ElementsAre(RoundUnit{n1, 2}));
  }
}

TEST(CensusRound, ANodeThatIsGoneMeanwhileHasMissedItButForWhatWasAtWork) {
  auto round = begun({with_units(n1, 2, 1)});
  (void)round.stands(says(n1, 0, CensusVerdict::missed));
  (void)round.stands(says(n1, 1, CensusVerdict::missed));
  EXPECT_EQ(round.judge({}).verdicts.size(), 1u);
}

// One device for two keys, one of them always at work: it would answer for each in another call.
TEST(CensusRound, ALaterCallCountsOnlyWhereTheWholeNodeAnswersButForWhatIsAtWork) {
  auto const nodes = std::vector{with_units(n1, 2, 0), with_units(n2, 2, 0)};
  std::set<RoundUnit> const judged{{n1, 0}, {n2, 0}};
  auto round = begun(nodes, judged);
  EXPECT_FALSE(round.stands(says(n1, 0, CensusVerdict::missed)));
  EXPECT_FALSE(round.stands(says(n1, 1, CensusVerdict::passed))) << "held until its fellow has answered";
  EXPECT_FALSE(round.stands(says(n2, 0, CensusVerdict::passed)));
  EXPECT_FALSE(round.stands(says(n2, 1, CensusVerdict::passed)));
  auto const found = round.judge(nodes);
  EXPECT_THAT(units_of(found.verdicts, CensusVerdict::passed), ElementsAre(RoundUnit{n2, 1}));
  EXPECT_THAT(found.passed_over, ElementsAre(RoundUnit{n1, 1}));
}

TEST(CensusRound, InALaterCallSilenceOfJudgedUnitsUsesUpWhatIsAllowed) {
  auto const nodes = std::vector{with_units(n1, 3, 1)};
  auto round = begun(nodes, {{n1, 0}});
  (void)round.stands(says(n1, 0, CensusVerdict::missed));
  (void)round.stands(says(n1, 1, CensusVerdict::missed));
  (void)round.stands(says(n1, 2, CensusVerdict::passed));
  auto const found = round.judge(nodes);
  EXPECT_THAT(units_of(found.verdicts, CensusVerdict::missed), ElementsAre(RoundUnit{n1, 1}));
  EXPECT_THAT(units_of(found.verdicts, CensusVerdict::passed), ElementsAre(RoundUnit{n1, 2}));
}

TEST(CensusRound, WhileTheLoopStoodStillNobodyHasMissedItAndWrongAnswersStand) {
  auto const nodes = std::vector{with_units(n1, 2, 0)};
  auto round = begun(nodes);
  round.tick(100'000);
  round.look(700'000);
  EXPECT_EQ(round.late(), 0) << "half a second and the tick's own tenth";
  round.look(700'001);
  EXPECT_EQ(round.late(), 500'001);
  round.tick(700'002);
  round.tick(800'000);
  EXPECT_EQ(round.late(), 500'002) << "once is enough";
  EXPECT_TRUE(round.stands(says(n1, 0, CensusVerdict::failed)));
  (void)round.stands(says(n1, 1, CensusVerdict::missed));
  EXPECT_THAT(round.judge(nodes).verdicts, IsEmpty());
  round.begin(nodes, {}, 900'000, half_a_second);
  EXPECT_EQ(round.late(), 0) << "of this call alone";
}

TEST(PatientEntries, WaitInTheirOrderAreTakenOnceAndSaidOnce) {
  Refusal disk = Refusal::none;
  std::vector<std::uint64_t> taken;
  std::vector<std::string> said;
  std::vector<PatientEntries::Done> done;
  PatientEntries entries(
      [&](Command const& command, PatientEntries::Done const& then) {
        if (disk == Refusal::none) taken.push_back(std::get<EpochClose>(command).epoch), done.push_back(then);
        return disk;
      },
      [&](char const* what) { said.emplace_back(what); });
  int durable = 0;
  auto const put = [&](std::uint64_t epoch) {
    entries.put(EpochClose{epoch, {}}, [&](Refusal) { ++durable; });
  };
  put(1);
  disk = Refusal::capacity;
  put(2);
  put(3);
  entries.go_on();
  EXPECT_THAT(taken, ElementsAre(1));
  EXPECT_EQ(said.size(), 1u);
  disk = Refusal::none;
  entries.go_on();
  EXPECT_THAT(taken, ElementsAre(1, 2, 3));
  EXPECT_TRUE(entries.empty());
  EXPECT_EQ(said.size(), 2u) << "and that it goes on";
  for (auto const& then : done) then(Refusal::none);
  EXPECT_EQ(durable, 3);
  disk = Refusal::server_stopping;
  put(4);
  EXPECT_TRUE(entries.empty()) << "nobody takes it any more";
}

}  // namespace
}  // namespace spillway
