// attest/session.hpp - the exchange's side of one full challenge of one unit, as a step machine.
// Room:   attest; sees market units and the other attest headers. No clock: each call brings the caller's
//         monotonic time.
// Units:  times in microseconds of the caller's monotonic clock; figures per second.
// Errors: Outcome.reason, a RejectReason; the session ends with the first one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/floors.hpp"
#include "attest/messages.hpp"
#include "attest/transcript.hpp"
#include "attest/verifier.hpp"
#include "market/units.hpp"

namespace spillway::attest {

inline constexpr std::uint32_t rtt_probes = 8;
/// Taken off a phase's time: the smallest round trip, at most 50 ms and at most a tenth of the phase. A
/// prover can only feign a longer way, so without the bounds a small challenge could be credited away.
inline constexpr Micros largest_rtt_credit{50'000};
inline constexpr std::int64_t rtt_credit_divisor = 10;

/// The longest round trip with which a unit still counts as being where it claims, when `from_there` is the
/// table's value for that place: half as much again and 5 ms.
[[nodiscard]] constexpr Micros farthest_rtt(Micros from_there) {
  return Micros{from_there.v + from_there.v / 2 + 5'000};
}

struct SessionConfig {
  Cap1Params params{};
  Floors floors{};  // of the class that the unit wants, unscaled
  std::int64_t class_scale = 1;
  Micros open_within{10'000'000};    // AttestOpen after start
  Micros echo_within{10'000'000};    // each echo; the first one includes the building of B
  Micros rounds_within{60'000'000};  // a prover so slow misses every floor
  Micros memory_within{60'000'000};
  Micros openings_within{10'000'000};
  /// What the table of round trips says of the way to the claimed place; none: place is not checked. Farther
  /// than claimed can't be hidden; nearer is no offence.
  std::optional<Micros> rtt_of_place;
  /// Side by side with other units of its node: says nothing before Challenge and before MemChallenge until
  /// `release`, so that all of them begin each phase at one moment.
  bool in_step = false;
  bool keep_transcript = false;                               // some hundred kilobytes
  TranscriptVersion transcript = TranscriptVersion::striped;  // an older one only to check an old one again
};

/// Who is to be proven, as the gateway knows it from login and from the node's registration.
struct Claimant {
  UnitKey unit{};
  NodeId node{};
  ClassId wanted{};
};

/// How a session ended. `measured` is set once both clocks stopped, also where the floors were missed.
struct Outcome {
  std::optional<RejectReason> reason;  // none: admitted
  std::optional<FloorMiss> miss;       // where reason is one of the floors
  Measured measured{};
  Micros rtt_min{};
  Micros compute_time{};  // credit taken off
  Micros memory_time{};   // credit taken off
  Digest transcript{};

  [[nodiscard]] bool admitted() const { return !reason; }
  /// One line for people: the reason's sentence, with measured and needed figures where a floor was missed.
  [[nodiscard]] std::string explain() const;
};

/// What to do after a call: send these bytes now, in order; and, once, the outcome (its Verdict is among the
/// bytes). The clock of a phase starts at the `now` of the call that returned its message: call as late, send
/// as soon as possible.
struct SessionStep {
  std::vector<std::vector<std::byte>> send;
  std::optional<Outcome> outcome;
};

class ChallengeSession {
 public:
  /// `fresh` is randomness of this session alone: probes, nonce and z_0 come from it. `secret` is of params.n
  /// and params.profile and outlives the session by shared ownership.
  ChallengeSession(std::shared_ptr<EpochSecret const> secret, SessionConfig const& config,
                   Claimant const& who, Bytes32 const& fresh, Micros now);
  ~ChallengeSession();
  ChallengeSession(ChallengeSession&&) noexcept;
  ChallengeSession& operator=(ChallengeSession&&) noexcept;

  /// Takes one message of the prover, stamped `now` when its last byte was read: bytes that were read before
  /// the step that they came in began are out of turn. Checking Openings costs 1 to 2 ms.
  [[nodiscard]] SessionStep on_message(ByteView bytes, Micros now);
  /// The same for a message of `message_bytes` that comes in pieces, each in one call, none empty. Openings
  /// are checked while they come and are not held (OpeningCheck); the session ends at the first bad row,
  /// and what remains of it need not be read. Each piece is stamped when it was read; in the transcript the
  /// message has the time of its first one; each must be within the deadline.
  [[nodiscard]] SessionStep on_piece(std::uint32_t message_bytes, ByteView piece, Micros now);
  /// Ends the session where its deadline has passed; else nothing.
  [[nodiscard]] SessionStep on_time(Micros now);
  /// Only a session in step: the unit has said all that it may, and the next word is the exchange's, when
  /// the others are there too. The wait is nobody's time; what the unit says in it is out of turn.
  [[nodiscard]] bool held() const;
  /// Of a held session: begins the phase. `now` is not before the last message.
  [[nodiscard]] SessionStep release(Micros now);
  /// The connection is gone: ends as a miss.
  [[nodiscard]] SessionStep abandon(Micros now);

  /// When on_time() should be called at the latest; none once ended, and none while held.
  [[nodiscard]] std::optional<Micros> deadline() const;
  [[nodiscard]] bool ended() const;
  /// What was said so far; empty unless the configuration keeps it.
  [[nodiscard]] Transcript const& transcript() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spillway::attest
