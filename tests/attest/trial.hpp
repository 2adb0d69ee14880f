// tests/attest/trial.hpp - one whole challenge between the real session and the real prover, in the test's
// own time.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "attest/prover.hpp"
#include "attest/session.hpp"
#include "reference.hpp"

namespace spillway::attest {

struct Trial {
  Cap1Params params{.n = 64, .rounds = 4, .retained = 3, .passes = 2, .openings = 24};
  Floors floors{};
  std::int64_t class_scale = 1;
  Bytes32 beacon = reference::bytes32(10);
  Bytes32 fresh = reference::bytes32(20);
  UnitKey unit = reference::bytes32(30);
  AttestOpen open{unit, NodeId{7}, ClassId{3}, Profile::int8, "portable"};
  Micros way{200};            // of every answer
  Micros compute{1'000'000};  // answering Challenge
  Micros walk{100'000};       // answering MemChallenge
  std::optional<Micros> rtt_of_place;
  std::optional<Micros> held;  // in step with others, which take so much longer for each phase
  TranscriptVersion version = TranscriptVersion::striped;
  /// Sees each message before it goes to the session: may change it, or drop it (false).
  std::function<bool(AttestMessage&)> from_prover = [](AttestMessage&) { return true; };
  std::vector<AttestMessage> seen;  // in both directions
  Transcript kept;                  // of the last run

  [[nodiscard]] std::shared_ptr<EpochSecret const> secret() const {
    return std::make_shared<EpochSecret const>(5, reference::bytes32(40), beacon, params.n, params.profile);
  }
  [[nodiscard]] SessionConfig config() const {
    SessionConfig c;
    c.params = params, c.floors = floors, c.class_scale = class_scale;
    c.rtt_of_place = rtt_of_place;
    c.in_step = held.has_value();
    c.keep_transcript = true;
    c.transcript = version;
    return c;
  }
  [[nodiscard]] ChallengeSession session() const {
    return {secret(), config(), Claimant{unit, NodeId{7}, ClassId{3}}, fresh, Micros{0}};
  }
  [[nodiscard]] Micros time_for(AttestMessage const& asked) const {
    if (std::holds_alternative<Challenge>(asked)) return way + compute;
    if (std::holds_alternative<MemChallenge>(asked)) return way + walk;
    return way;
  }

  /// Runs to the end; a session that nobody answers any more ends by its deadline.
  Outcome run() {
    auto exchange = session();
    Prover prover(unit);
    Micros now{0};
    std::optional<Outcome> outcome;
    std::deque<AttestMessage> asked;
    auto const take = [&](SessionStep step) {
      for (auto const& bytes : step.send) asked.push_back(decode(bytes).value());
      if (step.outcome) outcome = step.outcome;
    };
    auto const say = [&](AttestMessage message) {
      if (!from_prover(message)) return;
      seen.push_back(message);
      take(exchange.on_message(encode(message), now));
      if (!exchange.held()) return;
      now += *held;
      take(exchange.release(now));
    };
    say(open);
    while (!asked.empty()) {
      auto const next = asked.front();
      asked.pop_front();
      seen.push_back(next);
      now += time_for(next);
      auto answer = prover.answer(next);
      EXPECT_TRUE(answer.has_value()) << name_of(next);
      if (answer && *answer) say(**answer);
    }
    if (!outcome) take(exchange.on_time(*exchange.deadline() + Micros{1}));
    EXPECT_TRUE(exchange.ended());
    kept = exchange.transcript();
    return outcome.value();
  }
};

}  // namespace spillway::attest
