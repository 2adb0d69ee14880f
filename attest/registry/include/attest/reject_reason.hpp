// attest/reject_reason.hpp - why a challenge was lost, and which of the reasons cost what: the part that the
// core goes by.
// Room:   attest_registry, pure; sees the standard library only.
// Rule:   numbers are in the journal and never change; what a reason costs changes with the rules' version
//         only.
#pragma once

#include <cstdint>

namespace spillway::attest {

/// In Verdict.reason and in the journal. 0 is "admitted" on the wire.
enum class RejectReason : std::uint16_t {
  malformed = 1,    // bytes that are no CAP-1 message
  out_of_turn = 2,  // a message that this step does not await
  wrong_unit = 3,   // AttestOpen of another unit, class or profile than the session's
  echo_wrong = 4,   // an echo that does not repeat the probe
  late_open = 5,    // no AttestOpen in time
  late_echo = 6,
  late_rounds = 7,
  late_memory = 8,
  late_openings = 9,
  wrong_count = 10,         // not R round roots, P pass roots or k openings
  round_chain_broken = 11,  // the roots do not lead from the nonce to s_R
  pass_chain_broken = 12,   // the pass roots do not lead from z_0 to z_P
  other_place = 13,         // an opening of a row that was not asked for
  row_length_wrong = 14,
  row_out_of_range = 15,   // an entry that no product of this n and profile has
  row_wrong = 16,          // not the row of A_t B
  round_path_wrong = 17,   // the row is right but was not committed in its round
  memory_path_wrong = 18,  // the row was not walked in that pass
  floor_ops = 19,          // the answers are right and too slow for the class
  floor_bytes = 20,
  floor_bytes_per_s = 21,
  ended_by_caller = 22,  // the connection ended
  place_unproven = 23,   // the shortest round trip is longer than from the place that was claimed
};

/// True for no answer, late or too slow (a miss).
[[nodiscard]] constexpr bool is_miss(RejectReason reason) {
  using enum RejectReason;
  return (reason >= late_open && reason <= late_openings) ||
         (reason >= floor_ops && reason <= place_unproven);
}

/// True for a wrong answer, which costs the bond. A message out of its turn, another's echo, and another
/// unit, class or profile than awaited are neither: a message that was late for one challenge is out of turn
/// in the next, and nothing wrong was computed.
[[nodiscard]] constexpr bool is_failure(RejectReason reason) {
  using enum RejectReason;
  return reason >= wrong_count && reason <= memory_path_wrong;
}

}  // namespace spillway::attest
