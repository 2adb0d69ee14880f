// tests/attest/prover_test.cpp - the prover against a plain second one and golden digests.
#include "attest/prover.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"
#include "reference.hpp"

namespace spillway::attest {
namespace {

using reference::bytes32;

EpochParams epoch(Cap1Params const& params) { return {5, bytes32(10), params}; }

template <class M>
M answer_as(Prover& prover, AttestMessage const& message) {
  return std::get<M>(prover.answer(message).value().value());
}

ProverRefusal refusal_of(Prover& prover, AttestMessage const& message) {
  auto const answer = prover.answer(message);
  return answer ? ProverRefusal{} : answer.error();
}

std::vector<OpeningPlace> every_place(Cap1Params const& p) {
  std::vector<OpeningPlace> out;
  for (std::uint32_t t = 0; t < p.rounds; ++t)
    for (std::uint32_t i = 0; i < p.n; i += 9)
      for (std::uint32_t pass = 0; pass < p.passes; ++pass) out.push_back({t, i, pass});
  return out;
}

}  // namespace

TEST(Prover, SaysWhatThePlainProverSays) {
  for (auto const& params : {Cap1Params{.n = 64, .rounds = 1, .retained = 1, .passes = 1, .openings = 8},
                             Cap1Params{.n = 64, .rounds = 5, .retained = 3, .passes = 3, .openings = 8},
                             Cap1Params{.n = 128, .rounds = 2, .retained = 2, .passes = 2, .openings = 8}}) {
    Prover prover(bytes32(30));
    reference::Prover const plain(epoch(params), bytes32(30), bytes32(50), bytes32(60));
    ASSERT_FALSE(prover.answer(epoch(params)).value().has_value());
    EXPECT_EQ(answer_as<RoundsDone>(prover, Challenge{bytes32(50)}), plain.rounds);
    EXPECT_EQ(answer_as<MemDone>(prover, MemChallenge{bytes32(60)}), plain.memory);
    auto const places = every_place(params);
    EXPECT_EQ(answer_as<Openings>(prover, Open{places}), plain.open(places));
  }
}

// Computed by a program in another language from docs/attestation.md. The same on every machine and compiler;
// another back end is right when it gives them.
TEST(Prover, GivesTheGoldenDigests) {
  Cap1Params const params{.n = 64, .rounds = 3, .retained = 2, .passes = 2, .openings = 4};
  Prover prover(bytes32(30));
  ASSERT_TRUE(prover.answer(epoch(params)).has_value());
  EXPECT_EQ(hex(answer_as<RoundsDone>(prover, Challenge{bytes32(50)}).last_key),
            "cbd3490e73068a31beef5f820cb51557d35f0a69f9c8ef968ac73f1287807b53");
  auto const memory = answer_as<MemDone>(prover, MemChallenge{bytes32(60)});
  EXPECT_EQ(hex(memory.round_roots[0]), "623cdbe0ddf9b87fc6c07d3ad7888f8b8918ea3195236ccb06b10d13b2cffc8f");
  EXPECT_EQ(hex(memory.last_key), "12a669388cf4f7f4f20049888087b4cff15e74ff080c6a677dddfeb0e6093c1f");
}

TEST(Prover, ServesManyChallengesOfOneEpochAndOfTheNext) {
  Cap1Params const params{.n = 64, .rounds = 2, .retained = 1, .passes = 1, .openings = 4};
  Prover prover(bytes32(30));
  for (auto const beacon : std::vector<std::uint8_t>{10, 10, 11}) {
    EpochParams const e{5, bytes32(beacon), params};
    ASSERT_TRUE(prover.answer(e).has_value());
    for (auto const nonce : std::vector<std::uint8_t>{50, 51}) {
      reference::Prover const plain(e, bytes32(30), bytes32(nonce), bytes32(60));
      ASSERT_EQ(answer_as<RoundsDone>(prover, Challenge{bytes32(nonce)}), plain.rounds);
      ASSERT_EQ(answer_as<MemDone>(prover, MemChallenge{bytes32(60)}), plain.memory);
      ASSERT_TRUE(prover.answer(Open{{{1, 2, 0}}}).has_value());
    }
  }
}

TEST(Prover, RefusesMessagesOutOfTurnAndGoesOn) {
  Cap1Params const params{.n = 64, .rounds = 2, .retained = 1, .passes = 1, .openings = 4};
  Prover prover(bytes32(30));
  EXPECT_EQ(refusal_of(prover, RttProbe{}), ProverRefusal::out_of_turn);
  EXPECT_EQ(refusal_of(prover, Challenge{}), ProverRefusal::out_of_turn);
  EXPECT_EQ(refusal_of(prover, MemChallenge{}), ProverRefusal::out_of_turn);
  ASSERT_TRUE(prover.answer(epoch(params)).has_value());
  EXPECT_EQ(refusal_of(prover, MemChallenge{}), ProverRefusal::out_of_turn);
  EXPECT_EQ(refusal_of(prover, Open{}), ProverRefusal::out_of_turn);
  EXPECT_EQ(refusal_of(prover, RoundsDone{}), ProverRefusal::out_of_turn);
  auto const done = answer_as<RoundsDone>(prover, Challenge{bytes32(50)});
  EXPECT_EQ(refusal_of(prover, Challenge{bytes32(51)}), ProverRefusal::out_of_turn);
  ASSERT_TRUE(prover.answer(MemChallenge{bytes32(60)}).has_value());
  EXPECT_EQ(done.last_key,
            reference::Prover(epoch(params), bytes32(30), bytes32(50), bytes32(60)).rounds.last_key);
}

TEST(Prover, RefusesRowsThatDoNotExistAndParametersBeyondItsMeans) {
  Cap1Params const params{.n = 64, .rounds = 2, .retained = 1, .passes = 1, .openings = 4};
  Prover prover(bytes32(30), std::int64_t{1} << 20);
  EXPECT_EQ(refusal_of(prover, epoch({.n = 1'024})), ProverRefusal::params_too_large);
  EXPECT_EQ(refusal_of(prover, epoch({.n = 65})), ProverRefusal::params_invalid);
  ASSERT_TRUE(prover.answer(epoch(params)).has_value());
  ASSERT_TRUE(prover.answer(Challenge{}).has_value());
  ASSERT_TRUE(prover.answer(MemChallenge{}).has_value());
  for (auto const& place : {OpeningPlace{2, 0, 0}, OpeningPlace{0, 64, 0}, OpeningPlace{0, 0, 1}})
    EXPECT_EQ(refusal_of(prover, Open{{place}}), ProverRefusal::opening_out_of_range);
  EXPECT_TRUE(prover.answer(Open{{{1, 63, 0}}}).has_value());
}

TEST(Prover, IsReadyForTheNextChallengeAfterAnyVerdict) {
  Cap1Params const params{.n = 64, .rounds = 2, .retained = 1, .passes = 1, .openings = 4};
  Prover prover(bytes32(30));
  EXPECT_FALSE(prover.answer(Verdict{}).value().has_value());
  EXPECT_EQ(refusal_of(prover, Challenge{}), ProverRefusal::out_of_turn);
  ASSERT_TRUE(prover.answer(epoch(params)).has_value());
  ASSERT_TRUE(prover.answer(Challenge{}).has_value());
  ASSERT_TRUE(prover.answer(Verdict{}).has_value());  // refused for lateness, say
  EXPECT_EQ(refusal_of(prover, MemChallenge{}), ProverRefusal::out_of_turn);
  EXPECT_TRUE(prover.answer(Challenge{}).has_value());
}

}  // namespace spillway::attest
