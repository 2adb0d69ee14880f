// apps/witness/include/apps/witness/witness_book.hpp - what a witness has seen of one log, on disk, and
// whether it may cosign the next head.
// Room:   apps, library witness; sees journal. Knows no network. Files: DIR/witness.key (0600), DIR/seen (the
//         last head, as the log signed it), DIR/checkpoint (the same with our cosignature: for whoever asks),
//         DIR/fork.seen and DIR/fork.shown (two heads that do not agree), DIR/<key id>.change (how the log's
//         key led to the one that signs now).
// Rule:   `seen` is synced before a cosignature over it leaves; of two heads that do not agree, none but the
//         first.
// Errors: a sentence with what to do.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/cosignature.hpp"

namespace spillway {

/// One change of the log's key.
struct KeyLink {
  std::string proof;            // as exchange/key_change.hpp reads it
  std::vector<Hash256> hashes;  // from its head to the one that is shown now
};

class WitnessBook {
 public:
  /// Makes the directory and the key when they are missing, and locks the directory. Refused where a fork
  /// lies.
  [[nodiscard]] static std::expected<WitnessBook, std::string> open(std::filesystem::path directory,
                                                                    std::string_view name, NoteVerifier log);
  WitnessBook(WitnessBook&& other) noexcept;
  WitnessBook& operator=(WitnessBook&&) = delete;
  ~WitnessBook();

  [[nodiscard]] WitnessVerifier const& verifier() const { return key_.verifier(); }
  [[nodiscard]] NoteVerifier const& log() const { return log_; }
  /// The head that was cosigned last; size 0: none.
  [[nodiscard]] Checkpoint const& last() const { return last_; }
  /// From the key we know to the one that signs now, change by change: `note` is a head that the last key
  /// signed, and from the head of each change hashes lead to it. From here on that key alone is the log's.
  /// Kept on disk; all of it or, where one link does not hold, nothing. A disk that fails in between leaves
  /// the links before: they hold, and the next look goes on from there.
  [[nodiscard]] std::expected<void, std::string> adopt(std::span<KeyLink const> links, std::string_view note);
  /// The head in a note that the log signed; what anybody else signed is an error.
  [[nodiscard]] std::expected<Checkpoint, std::string> read(std::string_view note) const;

  /// `proof` leads from last() to the note's head; empty where there is nothing to prove. True: cosigned, and
  /// DIR/checkpoint says so. False: that head is cosigned already.
  [[nodiscard]] std::expected<bool, std::string> consider(std::string_view note,
                                                          std::span<Hash256 const> proof,
                                                          std::uint64_t time_s);

 private:
  WitnessBook(std::filesystem::path directory, int lock, WitnessKey key, NoteVerifier log)
      : directory_(std::move(directory)), lock_(lock), key_(std::move(key)), log_(std::move(log)) {}
  [[nodiscard]] std::expected<void, std::string> recall();
  [[nodiscard]] std::string keep_fork(std::string_view shown) const;

  std::filesystem::path directory_;
  int lock_ = -1;
  WitnessKey key_;
  NoteVerifier log_;                         // the key that signs now
  std::optional<std::uint64_t> changed_at_;  // the leaf by which it came
  Checkpoint last_;
  std::string seen_;        // the note of last_
  bool published_ = false;  // DIR/checkpoint has our line under last_
};

}  // namespace spillway
