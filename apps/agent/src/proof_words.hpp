// apps/agent/src/proof_words.hpp - what a verdict on a unit means for its provider.
// Room:   apps, library agent, private.
#pragma once

#include <cstdint>
#include <string>

#include "attest/verifier.hpp"
#include "market/decimal.hpp"
#include "market/message.hpp"
#include "market/record.hpp"

namespace spillway {

/// Late answers and rates come from a busy machine or link; 0: the exchange could not take the step just now.
/// What a unit computes wrongly or lacks in memory will be so next time.
[[nodiscard]] inline bool may_pass_later(std::uint16_t reason) {
  auto const why = attest::RejectReason{reason};
  return reason == 0 || (attest::is_miss(why) && why != attest::RejectReason::floor_bytes);
}

/// Before a unit is challenged its bond has to be there.
[[nodiscard]] inline bool asks_for_bonds(Rules const& rules) {
  return rules.version >= 5 && rules.bond_per_unit > Nano{};
}

/// Why a bond was not posted, and what to do.
[[nodiscard]] inline std::string bond_news(Rules const& rules, msg::Answer const& answer) {
  auto const asked = "its bond of " + money_text(rules.bond_per_unit) + " is not posted";
  if (answer.refusal == Refusal::funds_short) return asked + ": funds are short; have more deposited";
  return asked + ": " + answer.sentence;
}

constexpr char const* bond_is_lost =
    "; its bond is lost and no other is posted: look at the device, then start the agent again";

/// One line for the provider where a census took a unit off the market, else empty. `label`: its own name of
/// the node. A wrong answer (`rejected`) is said only where no full challenge is `asked`, whose verdict comes
/// by itself.
[[nodiscard]] inline std::string census_news(record::UnitState const& state, std::uint16_t reason,
                                             std::uint64_t label, bool asked, bool bonds = false) {
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
      return unit + " answered the census wrongly" + why + ": its proof has ended and earnings are frozen" +
             (bonds ? bond_is_lost : "");
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
