// journal/checkpoint.hpp - the signed head of the tree: C2SP tlog-checkpoint inside a C2SP signed-note.
// Room:   journal; sees the standard library.
// Errors: every rejection is one line that says what is wrong with the text.
// Rule:   a checkpoint is on disk (persist_checkpoint) before anybody sees it, and covers synced frames only.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/bytes.hpp"
#include "journal/error.hpp"
#include "journal/keys.hpp"

namespace spillway {

struct CheckpointError {
  std::string reason;
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::vector<std::byte> bytes;  // without the key id
};

/// A text and who signed it. `text` ends in a line feed and is what the signatures cover.
struct Note {
  std::string text;
  std::vector<NoteSignature> signatures;
};

inline constexpr std::size_t most_note_signatures = 64;
inline constexpr std::size_t largest_note_bytes = 1'000'000;

[[nodiscard]] std::expected<Note, CheckpointError> parse_note(std::string_view bytes);
/// `text` must end in a line feed. The result is the whole note.
[[nodiscard]] std::string sign_note(std::string_view text, LogKey const& key);
/// Holds if one known key signed and no signature of a known key is wrong; signatures of unknown keys are
/// ignored.
[[nodiscard]] std::expected<void, CheckpointError> verify_note(Note const& note,
                                                               std::span<NoteVerifier const> known);

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash256 root{};
  friend bool operator==(Checkpoint const&, Checkpoint const&) = default;
};

[[nodiscard]] std::string checkpoint_text(Checkpoint const& checkpoint);
/// Extension lines are tolerated and dropped.
[[nodiscard]] std::expected<Checkpoint, CheckpointError> parse_checkpoint_text(std::string_view text);
/// The signed note whose origin is the key's name.
[[nodiscard]] std::string sign_checkpoint(std::uint64_t size, Hash256 const& root, LogKey const& key);
/// Signed by both keys of a log, `key` first.
[[nodiscard]] std::string sign_checkpoint(std::uint64_t size, Hash256 const& root, LogKey const& key,
                                          LogKey const& also);
/// Parses, and verifies against the keys of one log, whose name must be the origin: one of them signed it,
/// and no signature of any of them is wrong.
[[nodiscard]] std::expected<Checkpoint, CheckpointError> open_checkpoint(std::string_view note,
                                                                         std::span<NoteVerifier const> keys);
/// Parses, and verifies against one key whose name must be the origin.
[[nodiscard]] std::expected<Checkpoint, CheckpointError> open_checkpoint(std::string_view note,
                                                                         NoteVerifier const& verifier);

/// Replaces `file`: a temporary file beside it, fsync, rename, fsync of the folder.
[[nodiscard]] std::expected<void, JournalError> persist_checkpoint(std::filesystem::path const& file,
                                                                   std::string_view note);
/// The bytes of `file`; an empty string if there is none yet.
[[nodiscard]] std::expected<std::string, JournalError> load_checkpoint(std::filesystem::path const& file);

}  // namespace spillway
