// tests/apps/agent_unit_prover_test.cpp - the agent's prover against the exchange's own challenges, without a
// network. Covers: unit_prover.cpp.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>

#include "attest/session.hpp"
#include "unit_prover.hpp"

namespace spillway {
namespace {

using namespace std::chrono_literals;
using attest::ChallengeSession;

/// The exchange's side for any number of units; answers on the loop.
struct Examiner {
  explicit Examiner(Credentials who)
      : credentials(who),
        prover(loop.get_executor(), who,
               [this](UnitProver::UnitId unit, std::vector<std::byte> b, std::uint64_t epoch) {
                 epochs.insert(epoch);
                 take(unit, std::move(b));
               }) {}
  void take(UnitProver::UnitId unit, std::vector<std::byte> bytes) {
    auto& session = sessions[unit];
    if (!session) {
      auto const open = std::get<attest::AttestOpen>(attest::decode(bytes).value());
      keys.insert(open.unit);
      attest::SessionConfig config;
      config.params = params;
      config.params.profile = asks;
      Bytes32 fresh{};
      fresh[0] = std::byte(unit.second);
      session = std::make_unique<ChallengeSession>(
          std::make_shared<attest::EpochSecret>(secret->in(asks)), config,
          attest::Claimant{open.unit, unit.first, open.wanted}, fresh, now());
    }
    auto const step = session->on_message(bytes, now());
    for (auto const& out : step.send)
      epoch == 0 ? prover.on_frame(unit, out) : prover.on_census_frame(unit, out, epoch);
    if (step.outcome) outcomes[unit] = *step.outcome;
  }
  void run_until_verdicts(std::size_t count) {
    auto const give_up = std::chrono::steady_clock::now() + 60s;
    while (outcomes.size() < count && std::chrono::steady_clock::now() < give_up) {
      loop.restart();
      loop.run_one_for(100ms);
    }
    ASSERT_EQ(outcomes.size(), count);
  }
  static Micros now() {
    return Micros{std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::steady_clock::now().time_since_epoch())
                      .count()};
  }

  attest::Profile asks = attest::Profile::int8;
  boost::asio::io_context loop{1};
  Credentials credentials;
  std::shared_ptr<attest::EpochSecret const> secret =
      std::make_shared<attest::EpochSecret>(1, Bytes32{}, attest::make_beacon(Bytes32{}, {}), 64);
  std::map<UnitProver::UnitId, std::unique_ptr<ChallengeSession>> sessions;
  std::map<UnitProver::UnitId, attest::Outcome> outcomes;
  std::set<attest::UnitKey> keys;
  std::uint64_t epoch{};  // of the census; 0: full challenges
  attest::Cap1Params params{64, 2, 2, 1, 8};
  std::set<std::uint64_t> epochs;  // of the answers
  UnitProver prover;
};

TEST(UnitProver, ProvesManyUnitsEachWithAKeyOfItsOwn) {
  Examiner examiner(make_credentials(ParticipantId{1}, KeyId{1}, Role::provider));
  for (std::uint16_t unit = 0; unit < 3; ++unit)
    for (std::uint32_t node = 1; node <= 2; ++node) examiner.prover.open({NodeId{node}, unit}, ClassId{1});
  examiner.run_until_verdicts(6);
  for (auto const& [unit, outcome] : examiner.outcomes) EXPECT_TRUE(outcome.admitted()) << outcome.explain();
  EXPECT_EQ(examiner.keys.size(), 6u);
}

TEST(UnitProver, AUnitIsProvenInTheProfileThatItOpensIn) {
  Examiner examiner(make_credentials(ParticipantId{1}, KeyId{1}, Role::provider));
  examiner.asks = attest::Profile::f16x;
  examiner.prover.open({NodeId{1}, 0}, ClassId{1}, attest::Profile::f16x);
  examiner.prover.open({NodeId{1}, 1}, ClassId{1});
  examiner.run_until_verdicts(2);
  EXPECT_TRUE(examiner.outcomes.at({NodeId{1}, 0}).admitted());
  EXPECT_EQ(examiner.outcomes.at({NodeId{1}, 1}).reason, attest::RejectReason::wrong_unit);
}

TEST(UnitProver, AnswersTheCensusForEveryUnitUnderTheKeyOfItsProof) {
  auto const mine = make_credentials(ParticipantId{1}, KeyId{1}, Role::provider);
  Examiner full(mine), census(mine);
  census.epoch = 7;
  census.params = {64, 1, 0, 0, 8};
  for (std::uint16_t unit = 0; unit < 3; ++unit) {
    full.prover.open({NodeId{1}, unit}, ClassId{1});
    census.prover.called({NodeId{1}, unit}, ClassId{1}, 7);
  }
  full.run_until_verdicts(3);
  census.run_until_verdicts(3);
  for (auto const& [unit, outcome] : census.outcomes) EXPECT_TRUE(outcome.admitted()) << outcome.explain();
  EXPECT_EQ(census.keys, full.keys);
  EXPECT_EQ(census.epochs, std::set<std::uint64_t>{7});
}

TEST(UnitProver, AUnitKeepsItsKeyAndAnotherProvidersHasAnother) {
  auto const mine = make_credentials(ParticipantId{1}, KeyId{1}, Role::provider);
  std::set<attest::UnitKey> keys;
  for (auto const& who : {mine, mine, make_credentials(ParticipantId{1}, KeyId{1}, Role::provider)}) {
    Examiner examiner(who);
    examiner.prover.open({NodeId{1}, 0}, ClassId{1});
    examiner.run_until_verdicts(1);
    keys.merge(examiner.keys);
  }
  EXPECT_EQ(keys.size(), 2u);
}

TEST(UnitProver, AUnitMayBeProvenAgain) {
  Examiner examiner(make_credentials(ParticipantId{1}, KeyId{1}, Role::provider));
  for (int again = 0; again < 3; ++again) {
    examiner.sessions.clear();
    examiner.outcomes.clear();
    examiner.prover.open({NodeId{1}, 0}, ClassId{1});
    examiner.run_until_verdicts(1);
    EXPECT_TRUE(examiner.outcomes.begin()->second.admitted());
  }
  EXPECT_EQ(examiner.keys.size(), 1u);
}

TEST(UnitProver, IgnoresFramesOfUnitsThatItDidNotOpenAndRubbish) {
  Examiner examiner(make_credentials(ParticipantId{1}, KeyId{1}, Role::provider));
  examiner.prover.on_frame({NodeId{9}, 0}, attest::encode(attest::AttestMessage(attest::RttProbe{})));
  examiner.prover.open({NodeId{1}, 0}, ClassId{1});
  examiner.prover.on_frame({NodeId{1}, 0}, {std::byte{1}, std::byte{2}});
  examiner.run_until_verdicts(1);
  EXPECT_EQ(examiner.sessions.size(), 1u);
  EXPECT_TRUE(examiner.outcomes.begin()->second.admitted());
}

}  // namespace
}  // namespace spillway
