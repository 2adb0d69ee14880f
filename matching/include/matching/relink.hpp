// matching/relink.hpp - the edges that new tables will make, prepared beside the book in small steps.
// Room:   matching (pure); sees market.
// Use:    `auto relink = book.relink(next);` then, between commands, `relink.step(64)` until it is true. The
// command that brings the tables sets them (`reference = next`) and calls `book.adopt(relink)`:
// what was interned or listed since is made up for, and the rest is taken over by swapping. What was in force
// before is then in `relink`, whose owner throws it away outside of the command.
// Rule:   a pure function of the book's rows and the tables: when, and in how many steps it is prepared
// changes no answer.
#pragma once

#include <optional>
#include <vector>

#include "matching/eligibility.hpp"
#include "matching/fast/links.hpp"

namespace spillway {

class Relink {
 public:
  /// `now` outlives this object, `next` the steps. The links are those of a book that keeps lists: its
  /// instruments are ladders 1, 2, ..., its signatures ladders `side` + 1, ...
  Relink(Eligibility const& now, Reference const& next, std::uint32_t side, bool with_links);

  /// Prepares at most so many signatures or instruments more; true when nothing is left to do.
  bool step(std::size_t rows);

 private:
  friend class Eligibility;
  friend class FastBook;

  void instrument(std::uint32_t row);
  void signature(std::uint32_t row);
  void set_edge(std::uint32_t signature, std::uint32_t instrument);
  /// The rows that `other` made, for the same tables, in place of these.
  void take(Relink& other);
  [[nodiscard]] InstrumentIndex::Words words_of(std::uint32_t row) {
    return {&edges_[row * index_.words_most()], now_->words()};
  }
  [[nodiscard]] bool stale(std::uint32_t row) const {
    return signature_made_[row] != now_->signature_made_[row];
  }

  Eligibility const* now_;
  Reference const* next_;
  std::uint32_t side_;
  std::uint32_t adoptions_;  // of the book when this was begun
  bool same_fits_;           // what a node's units can run is not touched
  InstrumentIndex index_;
  InstrumentIndex::Memo memo_;  // of the instruments that are there
  std::vector<InstrumentIndex::Memo> old_memos_;
  Arena<std::uint64_t> edges_;
  Arena<std::uint32_t> degrees_, instrument_made_, signature_made_;
  std::size_t edge_count_{};
  std::optional<fast::Links> links_;
  Predicate scratch_;
  bool some_signature_{};  // is done
  bool too_many_{};
};

}  // namespace spillway
