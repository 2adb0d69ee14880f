// apps/agent/src/proof_words.hpp - what a verdict on a unit means for its provider.
// Room:   apps, library agent, private.
#pragma once

#include <cstdint>
#include <string>

#include "attest/verifier.hpp"
#include "market/record.hpp"

namespace spillway {

/// Late answers and rates come from a busy machine or link; 0: the exchange could not take the step just now.
/// What a unit computes wrongly or lacks in memory will be so next time.
[[nodiscard]] inline bool may_pass_later(std::uint16_t reason) {
  auto const why = attest::RejectReason{reason};
  return reason == 0 || (attest::is_miss(why) && why != attest::RejectReason::floor_bytes);
}

/// One line for the provider where a census took a unit off the market, else empty. `label`: its own name of
/// the node. A wrong answer (`rejected`) is said only where no full challenge is `asked`, whose verdict comes
/// by itself.
[[nodiscard]] inline std::string census_news(record::UnitState const& state, std::uint16_t reason,
                                             std::uint64_t label, bool asked) {
  auto const unit = "unit " + std::to_string(state.unit) + " of node " + std::to_string(label);
  auto const why = " (" + std::string(attest::sentence(attest::RejectReason{reason})) + ")";
  switch (UnitPhase{state.phase}) {
    case UnitPhase::missed:
      return unit + " missed the census" + why + ": not offered until it answers the next one";
    case UnitPhase::ended:
      return unit + " missed two censuses running" + why + ": its proof has ended, it is proven again";
    case UnitPhase::rejected:
      if (asked) return {};
      if (attest::is_miss(attest::RejectReason{reason}))
        return unit + " did not pass its full challenge" + why + ": its proof has ended";
      return unit + " answered the census wrongly" + why + ": its proof has ended and earnings are frozen";
    default:
      return {};
  }
}

/// Its proof ended in silence, so the agent need not wait to prove it again: two censuses running, or a full
/// challenge that it was called to.
[[nodiscard]] inline bool ended_in_silence(record::UnitState const& state, std::uint16_t reason) {
  auto const phase = UnitPhase{state.phase};
  bool const unopened = attest::RejectReason{reason} == attest::RejectReason::late_open;
  return phase == UnitPhase::ended || (phase == UnitPhase::rejected && unopened);
}

}  // namespace spillway
