// apps/audit/src/checkpoint_seen.hpp - the signed checkpoint of a journal, and who signed it.
// Room:   apps, library audit, private.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "exchange/key_change.hpp"
#include "journal/checkpoint.hpp"
#include "journal/directory.hpp"

namespace spillway {

struct CheckpointSeen {
  std::optional<Checkpoint> checkpoint;  // nothing: there is no such file
  std::string signed_by;                 // vkey; empty: read, but nobody's key was at hand to verify it
  std::string note;                      // the file itself
  std::string wrong;                     // the file is no checkpoint, or not signed by that key
  std::optional<NoteVerifier> verifier;  // the key that was at hand
  std::vector<KeyChange> changes;        // of keys, as far as that one leads
  /// The keys of this log that are known.
  [[nodiscard]] std::vector<NoteVerifier> keys() const { return keys_of(*verifier, changes); }
};

/// Errors: a vkey that is none; a key beside the journal that can not be used.
[[nodiscard]] std::expected<CheckpointSeen, std::string> see_checkpoint(JournalDirectory const& directory,
                                                                        std::string const& vkey);

}  // namespace spillway
