// attest/recheck.hpp - a transcript checked again: the exchange's side is played once more, by the same code,
// against what the unit said then.
// Room:   attest; sees the other attest headers. Pure: the times are the transcript's.
// Errors: a sentence that says what does not hold.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "attest/session.hpp"
#include "attest/transcript.hpp"

namespace spillway::attest {

/// What a transcript says that it is about; the secret to check it with is made from this and the seed.
struct TranscriptClaim {
  AttestOpen open;
  EpochParams epoch;
};
[[nodiscard]] std::expected<TranscriptClaim, std::string> claim_of(Transcript const& transcript);

/// Plays it through: every message of the exchange must come out byte for byte as it is written, every answer
/// of the unit must be right. The figures are those of the written times; floors are not asked. `secret` must
/// be of the claim's n and profile. That the times are true, nobody can see here.
[[nodiscard]] std::expected<Outcome, std::string> recheck(Transcript const& transcript,
                                                          std::shared_ptr<EpochSecret const> secret);

}  // namespace spillway::attest
