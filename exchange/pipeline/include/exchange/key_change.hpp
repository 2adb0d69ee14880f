// exchange/key_change.hpp - the proof that a log changed its key: what the key before vouches for, in one
// file.
// Room:   exchange_pipeline; sees market and journal.
// Layout: keys/<8 hex digits, id of the key before>.change: a tlog-proof whose `extra` is the entry itself,
//         under a head that both keys signed. Public, kept for ever.
// Errors: a sentence: what in the file does not hold.
// Source: docs/decisions/0027-log-key-rotation.md
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "journal/checkpoint.hpp"
#include "journal/keys.hpp"
#include "market/command.hpp"

namespace spillway {

/// A change as its entry has it, the entry's place, and the head over it that both keys signed.
struct KeyChange {
  Seq seq;
  Stamp stamp;
  LogKeyChange said;
  std::uint64_t leaf = 0;
  Checkpoint head;
  NoteVerifier after;
};

[[nodiscard]] std::filesystem::path key_change_file(std::filesystem::path const& keys,
                                                    std::uint32_t before_id);

/// The whole file, checked from its own bytes: `before` signed the head, so did the key that the entry names,
/// and the entry lies under it.
[[nodiscard]] std::expected<KeyChange, std::string> check_key_change(std::string_view text,
                                                                     NoteVerifier const& before);

/// From `trusted` on, change by change, as far as the files in `keys` lead; none is no error.
[[nodiscard]] std::expected<std::vector<KeyChange>, std::string> follow_key_changes(
    std::filesystem::path const& keys, NoteVerifier const& trusted);

/// `trusted` and every key that it led to.
[[nodiscard]] std::vector<NoteVerifier> keys_of(NoteVerifier const& trusted,
                                                std::vector<KeyChange> const& changes);

}  // namespace spillway
