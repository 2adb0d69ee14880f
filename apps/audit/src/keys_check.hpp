// apps/audit/src/keys_check.hpp - which keys had to sign a head of each size, by the entries that change the
// key.
// Room:   apps, library audit, private.
// Errors: a sentence about the first thing that does not agree; empty: all does.
// Source: docs/decisions/0027-log-key-rotation.md
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exchange/core.hpp"
#include "exchange/key_change.hpp"
#include "journal/merkle.hpp"

namespace spillway {

class KeysCheck {
 public:
  /// `trusted`: where the reader's trust begins, nobody when no key is at hand. `followed`: what it led to.
  KeysCheck(std::optional<NoteVerifier> trusted, std::vector<KeyChange> followed);

  /// Each entry as replayed, and its leaf.
  void saw(Entry const& entry, Outcome const& outcome, std::uint64_t leaf);
  /// Whether the next entry's stamp matters, whatever it asks; else entries that change no key may be left
  /// out.
  [[nodiscard]] bool waits() const { return !turns_.empty() && !turns_.back().over_at; }
  /// After each leaf, and once before the first.
  void at(Frontier const& tree);

  /// Behind the last leaf: whether a head of `size` under these signatures was signed by the keys of that
  /// size.
  [[nodiscard]] std::string judge(Note const& note, std::uint64_t size) const;
  /// Behind the last leaf: whether the proofs that led from key to key are of this journal.
  [[nodiscard]] std::string judge_changes() const;

 private:
  struct Turn {
    Seq seq;
    Stamp stamp;
    LogKeyChange said;
    std::uint64_t leaf = 0;
    std::optional<std::uint64_t> over_at;  // the first leaf behind the overlap
  };
  [[nodiscard]] std::string judge_one(KeyChange const& change) const;

  std::optional<NoteVerifier> trusted_;
  std::vector<KeyChange> followed_;
  std::vector<Turn> turns_;
  std::string wrong_;  // a proof whose head has another root here
  std::size_t next_ = 0;
};

}  // namespace spillway
