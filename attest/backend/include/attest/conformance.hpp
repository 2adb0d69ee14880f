// attest/conformance.hpp - whether a back end is right: golden digests, and the manners that the prover
// relies on.
// Room:   attest, library attest_backend; sees attest/backend.hpp and messages.hpp.
// Source: cap1-int8.txt and cap1-f16x.txt in attest/golden, made by cap1.py from docs/attestation.md alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attest/backend.hpp"
#include "attest/messages.hpp"

namespace spillway::attest {

/// Inputs and outputs of one golden challenge. Byte i of unit, nonce, beacon and z_0 is first + i.
struct Golden {
  Cap1Params params;
  std::uint64_t epoch;
  std::uint8_t unit, nonce, beacon, pass_key;  // `first` of each
  std::string_view rounds_end;                 // s_R, hexadecimal
  std::string_view passes_end;                 // z_P
  std::string_view openings;                   // H("cap1-golden", Openings as bytes) for golden_places()
};
[[nodiscard]] std::span<Golden const> golden_challenges();

/// Opening i: round i mod R, row 37 i mod n, pass i mod P.
[[nodiscard]] std::vector<OpeningPlace> golden_places(Cap1Params const& params);

struct ConformanceCheck {
  std::string what;   // the rule
  std::string wrong;  // what happened instead; empty: kept
};

/// Every rule, kept or broken, in every profile that the back end has; what it lacks breaks no rule
/// (Backend::lacks). A broken one does not end the run. `largest_n` leaves out larger golden
/// challenges (n = 2048 needs about 30 MiB and 10^10 multiply-adds).
[[nodiscard]] std::vector<ConformanceCheck> conform(Backend const& backend, std::uint32_t device = 0,
                                                    std::uint32_t largest_golden_n = 2'048);
[[nodiscard]] bool conforms(std::span<ConformanceCheck const> checks);

}  // namespace spillway::attest
