// apps/audit/src/checkpoint_seen.cpp - reads the note, and verifies it with the key that is at hand.
#include "checkpoint_seen.hpp"

#include <fstream>

#include "journal/keys.hpp"

namespace spillway {
namespace {

// The key beside the journal is only as good as the directory; who wants more names the vkey. A bundle has
// its public half alone. A key that is there and can't be used is not the same as none.
std::expected<std::optional<NoteVerifier>, std::string> key_beside(JournalDirectory const& directory) {
  auto const key = LogKey::load(directory.keys());
  if (key) return key->verifier();
  auto const vkey = directory.keys() / "log.vkey";
  std::ifstream in(vkey);
  std::string line;
  if (std::getline(in, line))
    if (auto verifier = NoteVerifier::from_vkey(line)) return verifier;
  std::error_code failed;
  bool const none = !std::filesystem::exists(vkey, failed) && !failed &&
                    !std::filesystem::exists(directory.keys() / "log.key", failed) && !failed;
  if (none) return std::nullopt;
  return std::unexpected("the key beside the journal, in " + directory.keys().string() +
                         ", can't be used; name the exchange's key with --vkey");
}

}  // namespace

std::expected<CheckpointSeen, std::string> see_checkpoint(JournalDirectory const& directory,
                                                          std::string const& vkey) {
  CheckpointSeen seen;
  auto& verifier = seen.verifier;
  if (!vkey.empty()) {
    verifier = NoteVerifier::from_vkey(vkey);
    if (!verifier)
      return std::unexpected("--vkey must be <name>+<8 hex digits>+<base64>, as the exchange prints it");
  } else {
    auto beside = key_beside(directory);
    if (!beside) return std::unexpected(std::move(beside.error()));
    verifier = std::move(*beside);
  }
  auto const bytes = load_checkpoint(directory.checkpoint());
  if (!bytes) return std::unexpected(bytes.error().message);
  if (bytes->empty()) {
    if (std::filesystem::exists(directory.checkpoint()))
      seen.wrong = "the file checkpoint is empty; restore it from a copy";
    return seen;
  }
  seen.note = *bytes;
  auto const note = parse_note(*bytes);
  auto const text = note ? parse_checkpoint_text(note->text) : std::unexpected(note.error());
  if (!text) {
    seen.wrong = "the file checkpoint: " + text.error().reason;
    return seen;
  }
  seen.checkpoint = *text;
  if (!verifier) return seen;
  auto changes = follow_key_changes(directory.keys(), *verifier);
  if (!changes) {
    seen.wrong = std::move(changes.error());
    return seen;
  }
  seen.changes = std::move(*changes);
  auto const keys = seen.keys();
  if (auto const opened = open_checkpoint(*bytes, keys); !opened)
    seen.wrong = "the file checkpoint: " + opened.error().reason;
  for (auto const& key : keys)
    if (seen.wrong.empty() && seen.signed_by.empty() && open_checkpoint(*bytes, key))
      seen.signed_by = key.vkey();
  return seen;
}

}  // namespace spillway
