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

namespace spillway::attest {

/// In Verdict.reason and in the journal: do not change the numbers. 0 is "admitted" on the wire.
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
[[nodiscard]] std::string_view sentence(RejectReason reason);
/// True for no answer, late or too slow (a miss); false for a wrong answer (a failure, which costs more).
[[nodiscard]] bool is_miss(RejectReason reason);

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
