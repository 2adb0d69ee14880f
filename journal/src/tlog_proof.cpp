// journal/src/tlog_proof.cpp - the lines of a proof, and the walk from the leaf to the signed root.
#include "journal/tlog_proof.hpp"

#include <algorithm>
#include <optional>

#include "journal/merkle.hpp"
#include "lines.hpp"
#include "market/base64.hpp"

namespace spillway {
namespace {

constexpr std::string_view first_line = "c2sp.org/tlog-proof@v1";
constexpr std::size_t most_hashes = 64;

std::unexpected<CheckpointError> no_proof(std::string reason) {
  return std::unexpected(CheckpointError{std::move(reason)});
}

std::optional<std::uint64_t> parse_index(std::string_view line) {
  constexpr std::string_view word = "index ";
  if (!line.starts_with(word)) return std::nullopt;
  line.remove_prefix(word.size());
  return parse_decimal(line);
}

std::expected<Hash256, CheckpointError> parse_hash(std::string_view line) {
  Hash256 hash{};
  auto const bytes = bytes_from_base64(line);
  if (!bytes || bytes->size() != hash.size())
    return no_proof("a hash of the proof is not 32 bytes in base64");
  std::ranges::copy(*bytes, hash.begin());
  return hash;
}

}  // namespace

std::string proof_lines(std::span<Hash256 const> hashes) {
  std::string text;
  for (Hash256 const& hash : hashes) text += base64_text(hash) + "\n";
  return text;
}

std::expected<std::vector<Hash256>, CheckpointError> parse_proof_lines(std::string_view text) {
  std::vector<Hash256> hashes;
  while (!text.empty()) {
    auto const line = take_line(text);
    if (!line) return no_proof("the last line of the proof has no line feed");
    auto const hash = parse_hash(*line);
    if (!hash) return std::unexpected(hash.error());
    if (hashes.size() == most_hashes) return no_proof("the proof has more hashes than a tree has levels");
    hashes.push_back(*hash);
  }
  return hashes;
}

std::string tlog_proof_text(TlogProof const& proof) {
  std::string text = std::string(first_line) + "\n";
  if (!proof.extra.empty()) text += "extra " + base64_text(proof.extra) + "\n";
  text += "index " + std::to_string(proof.index) + "\n";
  return text + proof_lines(proof.hashes) + "\n" + proof.checkpoint;
}

std::expected<TlogProof, CheckpointError> parse_tlog_proof(std::string_view text) {
  constexpr std::string_view extra = "extra ";
  if (text.size() > largest_tlog_proof_bytes) return no_proof("the proof is too large");
  if (take_line(text) != first_line)
    return no_proof("the first line is not \"" + std::string(first_line) + "\"");
  TlogProof proof;
  auto line = take_line(text);
  if (line && line->starts_with(extra)) {
    auto bytes = bytes_from_base64(line->substr(extra.size()));
    if (!bytes || bytes->empty()) return no_proof("the extra line is not base64");
    proof.extra = std::move(*bytes);
    line = take_line(text);
  }
  auto const index = line ? parse_index(*line) : std::nullopt;
  if (!index) return no_proof("there is no line with the entry's index in decimal");
  proof.index = *index;
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    auto const hash = parse_hash(*line);
    if (!hash) return std::unexpected(hash.error());
    if (proof.hashes.size() == most_hashes)
      return no_proof("the proof has more hashes than a tree has levels");
    proof.hashes.push_back(*hash);
  }
  if (!line) return no_proof("no empty line stands before the checkpoint");
  proof.checkpoint = text;
  return proof;
}

std::expected<Checkpoint, CheckpointError> check_tlog_proof(TlogProof const& proof, ByteView entry,
                                                            NoteVerifier const* verifier) {
  auto const note = parse_note(proof.checkpoint);
  if (!note) return std::unexpected(note.error());
  auto checkpoint =
      verifier != nullptr ? open_checkpoint(proof.checkpoint, *verifier) : parse_checkpoint_text(note->text);
  if (!checkpoint) return checkpoint;
  if (!verify_inclusion(proof.index, checkpoint->size, leaf_hash(entry), proof.hashes, checkpoint->root))
    return no_proof("the hashes do not lead from entry " + std::to_string(proof.index) +
                    " to the root that the checkpoint names");
  return checkpoint;
}

}  // namespace spillway
