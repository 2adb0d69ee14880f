// tests/apps/forged_transcript.hpp - a challenge that never was, on a clock of its own: whoever has the seed
// can make it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "attest/prover.hpp"
#include "attest/session.hpp"
#include "gate_world.hpp"

namespace spillway {

/// Of a unit that nobody knows.
inline attest::Transcript forge(std::shared_ptr<attest::EpochSecret const> const& secret,
                                attest::Cap1Params const& params) {
  attest::SessionConfig config;
  config.params = params;
  config.keep_transcript = true;
  attest::AttestOpen open;
  open.unit.fill(std::byte{0xee});
  open.node = NodeId{1}, open.wanted = class_id(test_class);
  Micros now{1'000'000};
  attest::ChallengeSession session(secret, config, {open.unit, open.node, open.wanted}, Bytes32{}, now);
  attest::Prover prover(open.unit);
  auto step = session.on_message(attest::encode(attest::AttestMessage(open)), now);
  std::deque<std::vector<std::byte>> asked(step.send.begin(), step.send.end());
  for (; !asked.empty(); asked.pop_front()) {
    auto const answer = prover.answer(attest::decode(asked.front()).value()).value();
    if (!answer) continue;
    step = session.on_message(attest::encode(*answer), now += Micros{10});
    asked.insert(asked.end(), step.send.begin(), step.send.end());
  }
  return session.transcript();
}

}  // namespace spillway
