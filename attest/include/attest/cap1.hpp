// attest/cap1.hpp - the arithmetic of CAP-1 that prover and verifier share: parameters, matrices,
// fingerprints, chains.
// Room:   attest; sees the standard library and attest/hash.hpp.
// Units:  n in rows, rows in int32 entries, work in operations (one multiply-add is two), memory in bytes.
// Errors: ParamsError for parameters outside the protocol's ranges.
// Source: docs/attestation.md. Integers are little-endian wherever they become bytes.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "attest/wide_hash.hpp"

namespace spillway::attest {

inline constexpr std::uint32_t smallest_n = 64;
inline constexpr std::uint32_t largest_n = 16'384;  // keeps |entry of C| <= 2^28, far inside an int32
inline constexpr std::uint32_t most_rounds = 1'024;
inline constexpr std::uint32_t most_passes = 64;
inline constexpr std::uint32_t most_openings = 1'024;
inline constexpr std::size_t largest_message_bytes = std::size_t{4} << 20;

/// What the entries of A and B are; the product is exact in both. On the wire: do not change the numbers.
enum class Profile : std::uint8_t {
  unset = 0,
  int8 = 1,  // -128 to 127: for parts with an INT8 matrix unit
  f16x = 2,  // -8 to 7: sums stay below 2^24, so FP16 with FP32 sums gives them exactly in any order
};
inline constexpr std::array profiles{Profile::int8, Profile::f16x};
[[nodiscard]] std::string_view name_of(Profile profile);  // "INT8", "F16X"

/// What one challenge asks. Defaults: the full challenge of a CPU, whose 64 MiB of products exceed its
/// caches.
struct Cap1Params {
  std::uint32_t n = 1'024;      // size of the square matrices; a power of two
  std::uint32_t rounds = 16;    // R: products computed one after another
  std::uint32_t retained = 16;  // W <= R: products that must stay in memory, the last ones; light: 0
  std::uint32_t passes = 4;     // P: keyed walks over all retained products; light: 0
  std::uint32_t openings = 64;  // k: rows the verifier looks at
  Profile profile = Profile::int8;
  friend bool operator==(Cap1Params const&, Cap1Params const&) = default;
};

enum class ParamsError : std::uint8_t {
  n = 1,
  rounds,
  retained,
  passes,
  openings,
  profile,
  answer_too_large
};
[[nodiscard]] std::string_view sentence(ParamsError error);

/// The light challenge of a CPU: compute only, nothing is retained and nothing walked.
inline constexpr Cap1Params light_of_cpus{.rounds = 1, .retained = 0, .passes = 0};

[[nodiscard]] std::expected<void, ParamsError> check(Cap1Params const& params);

/// 2 n^3 R: operations of the compute phase.
[[nodiscard]] std::int64_t work_ops(Cap1Params const& params);
/// Bytes that the memory phase proves: 4 n^2 W under INT8. Under F16X 2 n^2 W: its entries fit 16 bits, so
/// nothing shows that more was kept.
[[nodiscard]] std::int64_t retained_bytes(Cap1Params const& params);

/// Row `row` of A_t (key s_t) and of B_E (key b_E), all values of the profile equally likely: n bytes of key
/// stream under INT8; under F16X n / 2 bytes of other streams, each two entries of four bits, low half first.
void a_row(Bytes32 const& round_key, std::uint64_t row, std::span<std::int8_t> out,
           Profile profile = Profile::int8);
void b_row(Bytes32 const& beacon, std::uint64_t row, std::span<std::int8_t> out,
           Profile profile = Profile::int8);

/// No entry of any product of n x n matrices of this profile is further from 0: n 2^14 or n 2^6.
[[nodiscard]] std::int32_t largest_entry(Profile profile, std::uint32_t n);

/// s_0 = H("cap1-start", nonce, unit, u64 epoch), s_{t+1} = H("cap1-round", s_t, root_t).
[[nodiscard]] Digest first_round_key(Bytes32 const& nonce, UnitKey const& unit, std::uint64_t epoch);
[[nodiscard]] Digest next_round_key(Digest const& key, Digest const& root);
/// z_{p+1} = H("cap1-pass", z_p, m_p).
[[nodiscard]] Digest next_pass_key(Digest const& key, Digest const& root);

/// 16 lanes: a start value and an odd multiplier each, from ChaCha20(key, (3, 0)) in this order.
struct FingerprintKey {
  alignas(64) std::array<std::uint32_t, 16> start{};
  alignas(64) std::array<std::uint32_t, 16> factor{};
};
[[nodiscard]] FingerprintKey fingerprint_key(Digest const& key);

/// Lanes over a row (length a multiple of 16): entry j goes to lane j mod 16 as h = (h ^ x) * factor; h ^= h
/// >> 15. Not linear on purpose: a linear digest could be had from A(Bx) without the row.
using Lanes = std::array<std::uint32_t, 16>;
[[nodiscard]] Lanes fingerprint(FingerprintKey const& key, std::span<std::int32_t const> row);
/// Under two keys in one walk, which takes little longer than one: each step of a lane waits for the one
/// before.
[[nodiscard]] std::array<Lanes, 2> fingerprints(FingerprintKey const& one, FingerprintKey const& two,
                                                std::span<std::int32_t const> row);

/// H("cap1-row", u32 group, u32 row, u32 entries, 64 bytes of lanes). The group is t in a round's tree and
/// the place of the product among the retained ones in a pass's tree. Length and place inside: no row can
/// stand for another.
[[nodiscard]] ShortInput leaf_input(std::uint32_t group, std::uint32_t row, std::uint32_t entries,
                                    Lanes const& lanes);
[[nodiscard]] Digest leaf(std::uint32_t group, std::uint32_t row, std::uint32_t entries, Lanes const& lanes);

}  // namespace spillway::attest
