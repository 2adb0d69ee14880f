// apps/audit/src/prove.cpp - a receipt for whoever has the journal, and its check for whoever has none.
#include "apps/audit/prove.hpp"

#include <fstream>

#include "checkpoint_seen.hpp"
#include "exchange/fill_proof.hpp"
#include "heads_check.hpp"
#include "journal/keys.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

std::unexpected<AuditError> no(std::string sentence) {
  return std::unexpected(AuditError{std::move(sentence)});
}

/// The head that the proof leads to, with every line that somebody put under it.
struct Head {
  std::string note;
  std::uint64_t size = 0;
};

std::expected<Head, std::string> head_of(AuditOptions const& options, CheckpointSeen const& seen) {
  if (options.checkpoints.empty()) return Head{seen.note, seen.checkpoint->size};
  if (!seen.verifier) return std::unexpected("--checkpoint needs the key that signs: give it with --vkey");
  auto const heads = read_heads(options.checkpoints, seen.keys());
  if (!heads) return std::unexpected(heads.error());
  Head head{heads->front().bytes, heads->front().head.size};
  for (auto const& held : *heads) {
    if (!held.wrong.empty()) return std::unexpected(held.wrong);
    auto merged = with_lines_of(head.note, held.bytes);
    if (!merged) return std::unexpected(merged.error());
    head.note = std::move(*merged);
  }
  return head;
}

}  // namespace

std::expected<FillProof, AuditError> prove_fill(AuditOptions const& options, FillId fill) {
  auto const directory = JournalDirectory::open(options.directory, DirectoryMode::read_only);
  if (!directory) return no(directory.error().message);
  auto const seen = see_checkpoint(*directory, options.vkey);
  if (!seen) return no(seen.error());
  if (!seen->wrong.empty()) return no(seen->wrong);
  if (!seen->checkpoint) return no("there is no checkpoint yet");
  auto head = head_of(options, *seen);
  if (!head) return no(head.error());
  auto text = make_fill_proof(*directory, fill, head->size, std::move(head->note), options.archive);
  if (!text) return no(text.error().sentence);
  // What is handed out has been checked from its own bytes alone.
  auto const verifier = NoteVerifier::from_vkey(seen->signed_by);
  auto const checked = check_fill_proof(*text, verifier ? &*verifier : nullptr);
  if (!checked) return no("the journal does not prove this fill: " + checked.error() + "; run verify");
  return FillProof{std::move(*text), *checked, seen->signed_by, {}};
}

std::expected<FillProof, AuditError> check_proof_file(std::filesystem::path const& file,
                                                      std::string const& vkey, WitnessPolicy const& policy) {
  auto const verifier = NoteVerifier::from_vkey(vkey);
  if (!verifier) return no("--vkey must be <name>+<8 hex digits>+<base64>, as the exchange prints it");
  auto tally = WitnessTally::of(policy);
  if (!tally) return no(tally.error());
  std::ifstream in(file, std::ios::binary);
  if (!in) return no("cannot read " + file.string());
  FillProof proof{std::string(largest_tlog_proof_bytes + 1, '\0'), {}, vkey, {}};  // more is refused below
  in.read(proof.text.data(), static_cast<std::streamsize>(proof.text.size()));
  proof.text.resize(static_cast<std::size_t>(in.gcount()));
  auto const checked = check_fill_proof(proof.text, &*verifier);
  if (!checked) return no(file.string() + " proves nothing: " + checked.error());
  proof.fill = *checked;
  tally->hear(*parse_note(parse_tlog_proof(proof.text)->checkpoint), checked->checkpoint.size);
  proof.witnesses = tally->report();
  if (auto const missing = proof.witnesses.shortfall(); !missing.empty())
    return no(file.string() + " proves a fill to whoever trusts the exchange alone: " + missing);
  return proof;
}

}  // namespace spillway
