// journal/tlog_proof.hpp - a proof in one file: that an entry is in the tree whose head somebody signed.
// Room:   journal; sees the standard library.
// Errors: one line that says what is wrong with the text, or which step of the proof does not hold.
// Source: https://c2sp.org/tlog-proof
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/checkpoint.hpp"

namespace spillway {

struct TlogProof {
  std::vector<std::byte> extra;  // nobody vouches for it; what it says must be tied to the entry
  std::uint64_t index = 0;       // of the entry in the tree
  std::vector<Hash256> hashes;   // the leaf's sibling first
  std::string checkpoint;        // the signed note, verbatim
};

inline constexpr std::size_t largest_tlog_proof_bytes = 8'000'000;

[[nodiscard]] std::string tlog_proof_text(TlogProof const& proof);
[[nodiscard]] std::expected<TlogProof, CheckpointError> parse_tlog_proof(std::string_view text);

/// That `entry` lies at proof.index under the checkpoint. Without a verifier the signature stays unverified.
[[nodiscard]] std::expected<Checkpoint, CheckpointError> check_tlog_proof(TlogProof const& proof,
                                                                          ByteView entry,
                                                                          NoteVerifier const* verifier);

/// Hashes in base64, one a line: a consistency proof as witnesses exchange it (C2SP tlog-witness).
[[nodiscard]] std::string proof_lines(std::span<Hash256 const> hashes);
[[nodiscard]] std::expected<std::vector<Hash256>, CheckpointError> parse_proof_lines(std::string_view text);

}  // namespace spillway
