// apps/audit/src/heads_check.hpp - signed heads that somebody kept, against the tree that the log itself
// gives.
// Room:   apps, library audit, private.
// Errors: a sentence about a file that can't be read, or about what does not agree.
#pragma once

#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "apps/audit/audit.hpp"
#include "apps/audit/witnesses.hpp"
#include "checkpoint_seen.hpp"
#include "journal/merkle.hpp"
#include "keys_check.hpp"

namespace spillway {

/// A head as the log signed it, and where it was found.
struct HeldHead {
  std::string file;
  std::string bytes;  // the note
  Note note;
  Checkpoint head;
  std::string wrong;  // it is no checkpoint that `log` signed: the rest is empty
};

[[nodiscard]] std::expected<std::vector<HeldHead>, std::string> read_heads(
    std::vector<std::filesystem::path> const& files, std::span<NoteVerifier const> log);

class HeadsCheck {
 public:
  HeadsCheck(std::vector<HeldHead> heads, WitnessTally tally);
  /// After each leaf, and once before the first.
  void at(Frontier const& tree) {
    while (next_ < heads_.size() && heads_[next_].head.size == tree.size()) look(tree);
  }
  /// Behind the last leaf: empty, or what does not agree.
  [[nodiscard]] std::string finish(std::uint64_t frames);
  /// After finish() found nothing: what a reader should know all the same.
  void note(std::uint64_t frames, std::vector<std::string>& notes) const;
  [[nodiscard]] std::vector<HeldHead> const& heads() const { return heads_; }
  [[nodiscard]] WitnessReport const& report() const { return tally_.report(); }

 private:
  void look(Frontier const& tree);
  std::vector<HeldHead> heads_;  // by size
  WitnessTally tally_;
  std::size_t next_ = 0;
  std::string wrong_;
};

/// What the options name, and the journal's own head: that may have cosignatures too.
[[nodiscard]] std::expected<HeadsCheck, std::string> held_heads(AuditOptions const& options,
                                                                CheckpointSeen const& seen);

/// Behind the last leaf: whether the journal's head and the others were signed by the keys of their sizes. A
/// head under a known key may still be one that this key could not sign any more, or not alone.
[[nodiscard]] std::string judge_signers(KeysCheck const& keys, CheckpointSeen const& seen,
                                        HeadsCheck const& heads);

}  // namespace spillway
