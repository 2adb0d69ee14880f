// attest/verifier.hpp - what the exchange keeps secret for an epoch and how it checks a prover's answers with
// it.
// Room:   attest; sees the other attest headers. Outside the pure core: the caller supplies randomness and
//         time.
// Units:  none of its own.
// Errors: RejectReason, the first that applies; each has a sentence for people.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "attest/messages.hpp"
#include "attest/reject_reason.hpp"

namespace spillway::attest {

[[nodiscard]] std::string_view sentence(RejectReason reason);

/// b_E = H("cap1-beacon", random, previous root).
[[nodiscard]] Digest make_beacon(Bytes32 const& random, Digest const& previous_root);

/// Per (epoch, n, profile): the seed nobody else knows until the epoch closes, two vectors r in F_p (p =
/// 2^31 - 1) drawn from it after B is fixed, and y = B r. Large to make (n^2), cheap to use (n per row);
/// share one among sessions.
class EpochSecret {
 public:
  /// `seed` is fresh randomness of this epoch. `n` must satisfy check(Cap1Params).
  EpochSecret(std::uint64_t epoch, Bytes32 const& seed, Bytes32 const& beacon, std::uint32_t n,
              Profile profile = Profile::int8);
  /// The same seed, epoch, beacon and n for another profile: other matrices, other vectors r.
  [[nodiscard]] EpochSecret in(Profile profile) const { return {epoch_, seed_, beacon_, n_, profile}; }

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] Bytes32 const& beacon() const { return beacon_; }
  [[nodiscard]] std::uint32_t n() const { return n_; }
  [[nodiscard]] Profile profile() const { return profile_; }
  /// H("cap1-seed", seed): published when the epoch opens, so that the later reveal binds.
  [[nodiscard]] Digest commitment() const;

  /// Whether `row` = A_row * B, by two random projections; a wrong row passes with 2^-62. Its entries were
  /// found to be at most largest_entry.
  [[nodiscard]] bool is_row_of_product(std::span<std::int8_t const> a_row,
                                       std::span<std::int32_t const> row) const;

  /// The k places to open: PRF of (H("cap1-open", seed), nonce, s_R, last pass root or, where nothing was
  /// walked, z_0); unknown to the prover
  /// before it committed to everything, and recomputable by everybody once the seed is revealed.
  [[nodiscard]] std::vector<OpeningPlace> places(Cap1Params const& params, Bytes32 const& nonce,
                                                 Digest const& last_round_key,
                                                 Digest const& last_pass_root) const;

 private:
  using Vector = std::vector<std::uint32_t>;  // of F_p
  std::uint64_t epoch_;
  Bytes32 seed_;
  Bytes32 beacon_;
  std::uint32_t n_;
  Profile profile_;
  std::array<Vector, 2> r_, y_;
};

/// What the prover committed to, as far as checking openings needs it. Vectors as long as their chains.
struct Commitments {
  std::vector<Digest> round_keys;   // s_0 .. s_R
  std::vector<Digest> round_roots;  // R
  std::vector<Digest> pass_keys;    // z_0 .. z_P
  std::vector<Digest> pass_roots;   // P
};

/// Checks both chains: s_0 through the round roots to `rounds.last_key`, z_0 through the pass roots to
/// `memory.last_key`.
[[nodiscard]] std::expected<Commitments, RejectReason> check_chains(Cap1Params const& params,
                                                                    Digest const& first_key,
                                                                    RoundsDone const& rounds,
                                                                    Bytes32 const& pass_key,
                                                                    MemDone const& memory);

}  // namespace spillway::attest
