// tests/attest/session_test.cpp - whole challenges in the test's own time: honest, tampered, late, silent.
#include "attest/session.hpp"

#include <algorithm>

#include "attest/recheck.hpp"
#include "hex.hpp"
#include "trial.hpp"

namespace spillway::attest {
namespace {

// Applies `change` to the one message of type M.
template <class M>
auto tampering(std::function<void(M&)> change) {
  return [change](AttestMessage& message) {
    if (auto* m = std::get_if<M>(&message)) change(*m);
    return true;
  };
}

template <class M>
RejectReason reason_after(std::function<void(M&)> change) {
  Trial trial;
  trial.from_prover = tampering<M>(std::move(change));
  return trial.run().reason.value();
}

template <class M>
M of(Trial const& trial) {
  for (auto const& m : trial.seen)
    if (auto const* found = std::get_if<M>(&m)) return *found;
  ADD_FAILURE() << "no such message";
  return {};
}

}  // namespace

TEST(ChallengeSession, ProvesAnHonestUnitAndMeasuresWhatTheClockSays) {
  Trial trial;
  auto const outcome = trial.run();
  ASSERT_TRUE(outcome.admitted()) << outcome.explain();
  EXPECT_EQ(outcome.rtt_min, Micros{200});
  EXPECT_EQ(outcome.compute_time, Micros{1'000'000});  // a round trip and a second, less the round trip
  EXPECT_EQ(outcome.memory_time, Micros{100'000});
  EXPECT_EQ(outcome.measured.ops_per_s, 2 * 64 * 64 * 64 * 4);
  EXPECT_EQ(outcome.measured.bytes, 3 * 4 * 64 * 64);
  EXPECT_EQ(outcome.measured.bytes_per_s, 10 * 2 * 3 * 4 * 64 * 64);
}

TEST(ChallengeSession, ProvesAnHonestUnitWithTheMatricesOfARealChallenge) {
  Trial trial;
  trial.params = {.n = 1'024, .rounds = 2, .retained = 1, .passes = 2, .openings = 64};
  auto const outcome = trial.run();
  EXPECT_TRUE(outcome.admitted()) << outcome.explain();
  EXPECT_EQ(outcome.measured.ops_per_s, std::int64_t{2} << 31);
}

TEST(ChallengeSession, ALightChallengeProvesComputeAloneAndCanBeCheckedAgain) {
  Trial trial;
  trial.params = {.n = 64, .rounds = 3, .retained = 0, .passes = 0, .openings = 24};
  auto const outcome = trial.run();
  ASSERT_TRUE(outcome.admitted()) << outcome.explain();
  EXPECT_EQ(outcome.measured, (Measured{2 * 64 * 64 * 64 * 3, 0, 0}));
  EXPECT_TRUE(of<MemDone>(trial).pass_roots.empty());
  auto const again = recheck(trial.kept, trial.secret());
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->transcript, outcome.transcript);
}

TEST(ChallengeSession, ALightChallengeFindsARowThatWasNotComputed) {
  Trial trial;
  trial.params = {.n = 64, .rounds = 1, .retained = 0, .passes = 0, .openings = 8};
  trial.from_prover = tampering<Openings>([](Openings& m) { m.rows[5].row[7] += 1; });
  EXPECT_EQ(trial.run().reason, RejectReason::row_wrong);
}

TEST(ChallengeSession, TellsTheUnitItsVerdictAndTheHashOfTheTranscript) {
  Trial trial;
  auto const outcome = trial.run();
  auto const verdict = of<Verdict>(trial);
  EXPECT_EQ(verdict, (Verdict{trial.unit, 0, outcome.measured.ops_per_s, outcome.measured.bytes,
                              outcome.measured.bytes_per_s, outcome.transcript}));
  EXPECT_EQ(hex(outcome.transcript),
            "8179bf24ad58479a739b8ab1d4353ee4c9309ce74c00d83750fd02a70a9123b7");  // fixed seeds and times
  trial.version = TranscriptVersion::one_chain;
  EXPECT_EQ(hex(trial.run().transcript), "6dd2f8dda249b765f97ac182bd4b9b813a2d23a93236c4c2328c273ddc094249");
}

TEST(ChallengeSession, ProvesAUnitInF16xAndNamesTheProfileInTheTranscript) {
  Trial trial;
  trial.params.profile = trial.open.profile = Profile::f16x;
  auto const outcome = trial.run();
  EXPECT_TRUE(outcome.admitted()) << outcome.explain();
  EXPECT_EQ(outcome.measured.bytes, 2 * 64 * 64 * 3);
  EXPECT_EQ(of<EpochParams>(trial).params.profile, Profile::f16x);
  EXPECT_EQ(hex(outcome.transcript),
            "8f221eba64a7f4dfbfcd275f9f22915284712cf957fb3476b1771b03ac3fe1a4");  // fixed seeds and times
  trial.version = TranscriptVersion::one_chain;
  EXPECT_EQ(hex(trial.run().transcript), "23636a76bfd411c260954e4efd9298f4f64f5b40d804d30f237e587325ff3800");
}

TEST(ChallengeSession, RefusesAUnitThatOpensInAnotherProfile) {
  for (auto const profile : profiles) {
    Trial trial;
    trial.params.profile = profile;
    trial.open.profile = profile == Profile::int8 ? Profile::f16x : Profile::int8;
    EXPECT_EQ(trial.run().reason, RejectReason::wrong_unit);
  }
}

// The wait for the others is not the unit's time, and the auditor reads from the transcript when each began.
TEST(ChallengeSession, InStepWithOthersHasTheSameFiguresAndCanBeCheckedAgain) {
  Trial trial;
  trial.held = Micros{30'000'000};
  auto const outcome = trial.run();
  ASSERT_TRUE(outcome.admitted()) << outcome.explain();
  EXPECT_EQ(outcome.measured, Trial{}.run().measured);
  auto const again = recheck(trial.kept, trial.secret());
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(again->measured, outcome.measured);
  EXPECT_EQ(again->transcript, outcome.transcript);

  auto early = trial.kept;  // as if z_0 had been said before the rounds were done
  auto const z_0 = std::ranges::find_if(early.said, [](Said const& said) {
    return std::holds_alternative<MemChallenge>(decode(said.bytes).value());
  });
  z_0->at = (z_0 - 1)->at - Micros{1};
  EXPECT_FALSE(recheck(early, trial.secret()));
}

TEST(ChallengeSession, WhileItIsHeldNoTimeRunsAndNothingMayBeSaid) {
  for (bool const early : {false, true}) {
    Trial trial;
    trial.held = Micros{0};
    (void)trial.run();
    auto session = trial.session();
    for (auto const& said : trial.kept.said)  // to the last echo
      if (said.speaker == Speaker::unit && !session.held()) (void)session.on_message(said.bytes, said.at);
    EXPECT_EQ(session.deadline(), std::nullopt);
    Micros const later{3'600'000'000};
    EXPECT_FALSE(session.on_time(later).outcome);
    if (early) {
      EXPECT_EQ(session.on_message(encode(RoundsDone{}), later).outcome.value().reason,
                RejectReason::out_of_turn);
    } else {
      EXPECT_EQ(session.release(later).send.size(), 1u);
      EXPECT_EQ(session.deadline(), later + Micros{60'000'000});
    }
  }
}

TEST(ChallengeSession, HashesEveryByteAndTimeIntoTheTranscript) {
  Trial first, later, backend;
  later.walk = Micros{100'001};
  backend.open.backend = "other";
  auto const hash_of = [](Trial& t) { return t.run().transcript; };
  auto const base = hash_of(first);
  EXPECT_NE(base, hash_of(later));
  EXPECT_NE(base, hash_of(backend));
}

TEST(ChallengeSession, NeverRepeatsANonceAcrossSessions) {
  Trial one, two;
  two.fresh = reference::bytes32(21);
  (void)one.run(), (void)two.run();
  EXPECT_NE(of<Challenge>(one), of<Challenge>(two));
  EXPECT_NE(of<MemChallenge>(one), of<MemChallenge>(two));
  EXPECT_NE(of<RttProbe>(one), of<RttProbe>(two));
  EXPECT_NE(of<Challenge>(one).nonce, of<MemChallenge>(one).key);
}

TEST(ChallengeSession, RejectsEveryTamperedAnswerByItsReason) {
  auto flip = [](Bytes32& b) { b[3] ^= std::byte{4}; };
  EXPECT_EQ(reason_after<AttestOpen>([&](auto& m) { flip(m.unit); }), RejectReason::wrong_unit);
  EXPECT_EQ(reason_after<AttestOpen>([](auto& m) { m.node = NodeId{8}; }), RejectReason::wrong_unit);
  EXPECT_EQ(reason_after<AttestOpen>([](auto& m) { m.wanted = ClassId{4}; }), RejectReason::wrong_unit);
  EXPECT_EQ(reason_after<RttEcho>([&](auto& m) { flip(m.nonce); }), RejectReason::echo_wrong);
  EXPECT_EQ(reason_after<RttEcho>([](auto& m) { m.index += 1; }), RejectReason::echo_wrong);
  EXPECT_EQ(reason_after<RoundsDone>([&](auto& m) { flip(m.last_key); }), RejectReason::round_chain_broken);
  EXPECT_EQ(reason_after<MemDone>([&](auto& m) { flip(m.round_roots[1]); }),
            RejectReason::round_chain_broken);
  EXPECT_EQ(reason_after<MemDone>([&](auto& m) { flip(m.pass_roots[1]); }), RejectReason::pass_chain_broken);
  EXPECT_EQ(reason_after<MemDone>([&](auto& m) { flip(m.last_key); }), RejectReason::pass_chain_broken);
  EXPECT_EQ(reason_after<MemDone>([](auto& m) { m.round_roots.clear(); }), RejectReason::wrong_count);
  EXPECT_EQ(reason_after<Openings>([](auto& m) { m.rows[23].row[63] += 1; }), RejectReason::row_wrong);
  EXPECT_EQ(reason_after<Openings>([&](auto& m) { flip(m.rows[0].round_path[2]); }),
            RejectReason::round_path_wrong);
  EXPECT_EQ(reason_after<Openings>([](auto& m) { std::swap(m.rows[0], m.rows[1]); }),
            RejectReason::other_place);
  EXPECT_EQ(reason_after<Openings>([](auto& m) { m.rows.pop_back(); }), RejectReason::wrong_count);
}

TEST(ChallengeSession, RejectsAMemoryPathOfAnotherPass) {
  auto const forge = [](Openings& m) {
    for (auto& o : m.rows)
      if (!o.memory_path.empty()) return o.memory_path[0][0] ^= std::byte{1}, void();
  };
  EXPECT_EQ(reason_after<Openings>(forge), RejectReason::memory_path_wrong);
}

TEST(ChallengeSession, RejectsAnswersReplayedFromAnEarlierChallenge) {
  Trial before;
  before.fresh = reference::bytes32(21);
  ASSERT_TRUE(before.run().admitted());
  auto const rounds = of<RoundsDone>(before);
  auto const memory = of<MemDone>(before);

  Trial both;
  both.from_prover = [&](AttestMessage& m) {
    if (std::holds_alternative<RoundsDone>(m)) m = rounds;
    if (std::holds_alternative<MemDone>(m)) m = memory;
    return true;
  };
  EXPECT_EQ(both.run().reason, RejectReason::round_chain_broken);
  EXPECT_EQ(reason_after<RttEcho>([&](auto& m) { m = of<RttEcho>(before); }), RejectReason::echo_wrong);
}

TEST(ChallengeSession, RefusesAUnitThatIsTooSlowForItsClassWithBothFigures) {
  Trial trial;
  trial.floors.ops_per_s = 2 * 64 * 64 * 64 * 4;
  EXPECT_TRUE(trial.run().admitted());
  trial.compute = Micros{1'000'001};
  auto const outcome = trial.run();
  EXPECT_EQ(outcome.reason, RejectReason::floor_ops);
  EXPECT_EQ(outcome.miss, (FloorMiss{Floor::ops, 2'097'149, 2'097'152}));
  EXPECT_EQ(outcome.explain(),
            "the unit computes more slowly than its class demands: measured 2097149, needed 2097152 "
            "operations per second");
  EXPECT_EQ(of<Verdict>(trial).ops_per_s, 2'097'152);  // of the first run: the figures are in every verdict
}

// The same device wants the class it is, then one three times as fast.
TEST(ChallengeSession, RefusesADeviceThatClaimsALargerClass) {
  Floors const small{2'000'000, 40'000, 900'000}, large{6'000'000, 40'000, 900'000};
  Trial trial;
  trial.floors = small;
  EXPECT_TRUE(trial.run().admitted());
  trial.floors = large;
  EXPECT_EQ(trial.run().reason, RejectReason::floor_ops);
  trial.class_scale = 3;
  EXPECT_TRUE(trial.run().admitted());
}

TEST(ChallengeSession, RefusesTooLittleAndTooSlowMemory) {
  Trial trial;
  trial.floors.bytes = 3 * 4 * 64 * 64 + 1;
  EXPECT_EQ(trial.run().reason, RejectReason::floor_bytes);
  trial.floors = {0, 0, 10 * 2 * 3 * 4 * 64 * 64};
  EXPECT_TRUE(trial.run().admitted());
  trial.walk = Micros{110'000};
  EXPECT_EQ(trial.run().reason, RejectReason::floor_bytes_per_s);
}

TEST(ChallengeSession, CreditsTheRoundTripOnlyWithinItsBounds) {
  Trial far;
  far.way = Micros{80'000};
  auto outcome = far.run();
  EXPECT_EQ(outcome.compute_time, Micros{1'080'000 - 50'000});  // 50 ms at most
  EXPECT_EQ(outcome.memory_time, Micros{180'000 - 18'000});     // a tenth at most
  far.compute = far.walk = Micros{0};
  outcome = far.run();
  EXPECT_EQ(outcome.compute_time, Micros{72'000});  // a feigned way does not pay for the work
}

// From the 3 ms circle 9.5 ms are still believed; the work itself is never asked of who is not there.
TEST(ChallengeSession, RefusesAUnitThatIsFartherAwayThanItClaims) {
  auto const reason = [](std::int64_t way_us, std::optional<Micros> rtt_of_place) {
    Trial trial;
    trial.way = Micros{way_us}, trial.rtt_of_place = rtt_of_place;
    auto const outcome = trial.run();
    bool const asked =
        std::ranges::any_of(trial.seen, [](auto const& m) { return std::holds_alternative<Challenge>(m); });
    EXPECT_EQ(asked, outcome.admitted());
    return outcome.reason;
  };
  EXPECT_EQ(reason(9'500, Micros{3'000}), std::nullopt);
  EXPECT_EQ(reason(9'501, Micros{3'000}), RejectReason::place_unproven);
  EXPECT_EQ(reason(40'000, Micros{3'000}), RejectReason::place_unproven);
  EXPECT_EQ(reason(40'000, Micros{40'000}), std::nullopt);
  EXPECT_EQ(reason(100, Micros{40'000}), std::nullopt) << "nearer than claimed";
  EXPECT_EQ(reason(40'000, std::nullopt), std::nullopt) << "nothing claimed";
}

TEST(ChallengeSession, RefusesLateAnswersByTheStepTheyBelongTo) {
  auto const late = [](std::function<void(Trial&)> slow) {
    Trial trial;
    slow(trial);
    return trial.run().reason.value();
  };
  EXPECT_EQ(late([](Trial& t) { t.way = Micros{10'000'001}; }), RejectReason::late_echo);
  EXPECT_EQ(late([](Trial& t) { t.compute = Micros{60'000'000}; }), RejectReason::late_rounds);
  EXPECT_EQ(late([](Trial& t) { t.walk = Micros{60'000'000}; }), RejectReason::late_memory);
}

TEST(ChallengeSession, EndsByItselfWhenTheUnitFallsSilent) {
  auto const silent_at = [](std::size_t index) {
    Trial trial;
    trial.from_prover = [=](AttestMessage& m) { return m.index() != index; };
    return trial.run().reason.value();
  };
  EXPECT_EQ(silent_at(0), RejectReason::late_open);
  EXPECT_EQ(silent_at(AttestMessage(RttEcho{}).index()), RejectReason::late_echo);
  EXPECT_EQ(silent_at(AttestMessage(RoundsDone{}).index()), RejectReason::late_rounds);
  EXPECT_EQ(silent_at(AttestMessage(MemDone{}).index()), RejectReason::late_memory);
  EXPECT_EQ(silent_at(AttestMessage(Openings{}).index()), RejectReason::late_openings);
}

TEST(ChallengeSession, RefusesMessagesOutOfTurnAndMalformedBytes) {
  Trial const trial;
  for (AttestMessage const& early :
       std::vector<AttestMessage>{RttEcho{}, RoundsDone{}, MemDone{}, Openings{}, Challenge{}}) {
    auto session = trial.session();
    EXPECT_EQ(session.on_message(encode(early), Micros{1}).outcome->reason, RejectReason::out_of_turn)
        << name_of(early);
  }
  auto session = trial.session();
  (void)session.on_message(encode(trial.open), Micros{1});
  EXPECT_EQ(session.on_message(encode(trial.open), Micros{2}).outcome->reason, RejectReason::out_of_turn);

  auto garbled = trial.session();
  auto const step = garbled.on_message(std::vector<std::byte>(9), Micros{1});
  EXPECT_EQ(step.outcome->reason, RejectReason::malformed);
  ASSERT_EQ(step.send.size(), 1u);
  EXPECT_EQ(std::get<Verdict>(decode(step.send[0]).value()).reason, 1);
}

// The caller reads ahead of the session: a peer that does not wait sends the next message before the step.
TEST(ChallengeSession, RefusesWhatWasReadBeforeTheStepBegan) {
  Trial const trial;
  auto const after = [&](std::vector<Micros> const& times) {
    auto session = ChallengeSession(trial.secret(), trial.config(),
                                    Claimant{trial.unit, NodeId{7}, ClassId{3}}, trial.fresh, Micros{1'000});
    std::optional<Outcome> outcome;
    for (auto const time : times) outcome = session.on_message(encode(trial.open), time).outcome;
    EXPECT_TRUE(session.ended());
    return outcome.value().reason;
  };
  EXPECT_EQ(after({Micros{999}}), RejectReason::out_of_turn);
  EXPECT_EQ(after({Micros{-1}}), RejectReason::out_of_turn);
  EXPECT_EQ(after({Micros{2'000}, Micros{1'500}}), RejectReason::out_of_turn);

  // Also the right answer, when it comes from before its question.
  auto session = trial.session();
  auto const asked = session.on_message(encode(trial.open), Micros{500});
  auto const probe = std::get<RttProbe>(decode(asked.send.back()).value());
  auto const step = session.on_message(encode(RttEcho{probe.index, probe.nonce}), Micros{499});
  EXPECT_EQ(step.outcome.value().reason, RejectReason::out_of_turn);
}

// A bad row ends it before all was heard: what was kept has the hash that the verdict says.
TEST(ChallengeSession, HashesWhatWasHeardOfAMessageThatItDidNotHearToItsEnd) {
  Trial whole;
  ASSERT_TRUE(whole.run().admitted());
  auto session = whole.session();
  auto openings = whole.kept.said.back().bytes;
  openings[97] ^= std::byte{1};  // of an entry of the first row
  for (auto const& said : whole.kept.said)
    if (said.speaker == Speaker::unit && &said != &whole.kept.said.back())
      (void)session.on_message(said.bytes, said.at);
  std::optional<Outcome> outcome;
  for (std::size_t at = 0; !outcome; at += 500)
    outcome = session
                  .on_piece(static_cast<std::uint32_t>(openings.size()), ByteView(openings).subspan(at, 500),
                            whole.kept.said.back().at)
                  .outcome;
  EXPECT_EQ(outcome->reason, RejectReason::row_wrong);
  EXPECT_LT(session.transcript().said.back().bytes.size(), openings.size());
  EXPECT_EQ(outcome->transcript, hash_of(session.transcript()));
}

// The same challenge twice: once in whole messages, once in pieces as a socket gives them.
TEST(ChallengeSession, ComesToTheSameVerdictAndTranscriptWhenMessagesComeInPieces) {
  Trial whole;
  ASSERT_TRUE(whole.run().admitted());
  for (std::size_t const size : {std::size_t{3}, std::size_t{100}, std::size_t{2'000}}) {
    auto session = whole.session();
    std::optional<Outcome> outcome;
    for (auto const& said : whole.kept.said) {
      if (said.speaker == Speaker::exchange) continue;
      ASSERT_FALSE(outcome);
      for (std::size_t at = 0; at < said.bytes.size(); at += size) {
        auto const piece = ByteView(said.bytes).subspan(at);
        auto step = session.on_piece(static_cast<std::uint32_t>(said.bytes.size()),
                                     piece.first(std::min(size, piece.size())), said.at);
        if (step.outcome) outcome = step.outcome;
      }
    }
    ASSERT_TRUE(outcome.has_value());
    EXPECT_TRUE(outcome->admitted()) << outcome->explain();
    EXPECT_EQ(outcome->transcript, hash_of(whole.kept));
    EXPECT_EQ(session.transcript().said, whole.kept.said);
  }
}

TEST(ChallengeSession, HoldsNoLongMessageButOpeningsThatItAskedFor) {
  Trial const trial;
  auto const first_bytes = [&](Bytes32 const& beginning) {
    auto session = trial.session();
    auto const step = session.on_piece(3'000'000, beginning, Micros{1});
    return step.outcome ? step.outcome->reason : std::nullopt;
  };
  Bytes32 beginning{};
  EXPECT_EQ(first_bytes(beginning), RejectReason::malformed);
  auto const openings = encode(Openings{});
  std::ranges::copy(openings, beginning.begin());
  EXPECT_EQ(first_bytes(beginning), RejectReason::out_of_turn);

  auto session = trial.session();
  auto const step = session.on_piece(0xffff'ffff, beginning, Micros{1});
  EXPECT_EQ(step.outcome.value().reason, RejectReason::malformed);
  EXPECT_TRUE(session.transcript().said.empty());
}

TEST(ChallengeSession, WantsEveryPieceOfOpeningsInTime) {
  Trial whole;
  ASSERT_TRUE(whole.run().admitted());
  auto session = whole.session();
  auto const& openings = whole.kept.said.back();
  for (auto const& said : whole.kept.said)
    if (said.speaker == Speaker::unit && &said != &openings) (void)session.on_message(said.bytes, said.at);
  auto const size = static_cast<std::uint32_t>(openings.bytes.size());
  auto const deadline = session.deadline().value();
  EXPECT_FALSE(session.on_piece(size, ByteView(openings.bytes).first(500), deadline).outcome);
  auto const step = session.on_piece(size, ByteView(openings.bytes).subspan(500), deadline + Micros{1});
  EXPECT_EQ(step.outcome.value().reason, RejectReason::late_openings);
}

TEST(ChallengeSession, SaysNothingMoreOnceItHasEnded) {
  Trial const trial;
  auto session = trial.session();
  EXPECT_EQ(session.deadline(), Micros{10'000'000});
  EXPECT_TRUE(session.on_time(Micros{10'000'000}).send.empty());
  EXPECT_FALSE(session.ended());
  auto const gone = session.abandon(Micros{10'000'000});
  EXPECT_EQ(gone.outcome->reason, RejectReason::ended_by_caller);
  EXPECT_TRUE(gone.send.empty());
  EXPECT_EQ(session.deadline(), std::nullopt);
  EXPECT_FALSE(session.on_message(encode(trial.open), Micros{10'000'001}).outcome);
  EXPECT_FALSE(session.on_time(Micros{99'000'000}).outcome);
  EXPECT_FALSE(session.abandon(Micros{99'000'000}).outcome);
}

}  // namespace spillway::attest
