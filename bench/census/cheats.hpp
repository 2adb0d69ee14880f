// bench/census/cheats.hpp - what a provider's program does instead of answering honestly, one function a
// cheat.
// Room:   bench; sees attest.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <variant>

#include "agents.hpp"

namespace spillway::census {

/// An honest program where nothing is set.
struct Program {
  Manners manners;
  std::function<void(attest::AttestMessage&)> hear;  // what it takes the exchange to have said
  std::optional<attest::UnitKey> worker;             // who computes; not set: the unit itself
};

/// Slow in one phase or both: four times as long as it took, and `least` longer.
[[nodiscard]] inline Manners throttled(bool compute, bool memory, std::chrono::microseconds least) {
  return [=](attest::AttestMessage const& asked, attest::AttestMessage&, std::chrono::microseconds took) {
    bool const slow = (compute && std::holds_alternative<attest::Challenge>(asked)) ||
                      (memory && std::holds_alternative<attest::MemChallenge>(asked));
    if (slow) std::this_thread::sleep_for(std::max(3 * took, least));
  };
}

[[nodiscard]] inline Manners holds_echoes_back(Manners then) {
  return [then](attest::AttestMessage const& asked, attest::AttestMessage& answer,
                std::chrono::microseconds took) {
    if (std::holds_alternative<attest::RttProbe>(asked))
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    then(asked, answer, took);
  };
}

/// One entry of one opened row is another.
[[nodiscard]] inline Program forges_an_opening() {
  return {[](auto const&, attest::AttestMessage& answer, auto) {
            if (auto* const openings = std::get_if<attest::Openings>(&answer)) openings->rows[5].row[9] += 1;
          },
          {},
          {}};
}

/// Stops the clock before the roots are known, with an end of the rounds that it made up.
[[nodiscard]] inline Program commits_late() {
  return {[](auto const&, attest::AttestMessage& answer, auto) {
            if (auto* const done = std::get_if<attest::RoundsDone>(&answer)) done->last_key = key_of(77);
          },
          {},
          {}};
}

/// What one challenge was answered with.
struct Recording {
  attest::RoundsDone rounds;
  attest::MemDone memory;
};
[[nodiscard]] inline Program records(std::shared_ptr<Recording> into) {
  return {[into](auto const&, attest::AttestMessage& answer, auto) {
            if (auto const* const done = std::get_if<attest::RoundsDone>(&answer)) into->rounds = *done;
            if (auto const* const done = std::get_if<attest::MemDone>(&answer)) into->memory = *done;
          },
          {},
          {}};
}
[[nodiscard]] inline Program replays(std::shared_ptr<Recording const> what) {
  return {[what](auto const&, attest::AttestMessage& answer, auto) {
            if (std::holds_alternative<attest::RoundsDone>(answer)) answer = what->rounds;
            if (std::holds_alternative<attest::MemDone>(answer)) answer = what->memory;
          },
          {},
          {}};
}

/// Multiplies by the matrix of an earlier epoch, which it has already.
[[nodiscard]] inline Program stays_in_an_earlier_epoch() {
  return {{},
          [](attest::AttestMessage& heard) {
            if (auto* const params = std::get_if<attest::EpochParams>(&heard)) params->beacon = key_of(3);
          },
          {}};
}

/// Another device stands behind the unit's key.
[[nodiscard]] inline Program lets_another_work() { return {{}, {}, key_of(99)}; }

}  // namespace spillway::census
