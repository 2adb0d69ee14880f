// apps/audit/src/keys_check.cpp - from its entry on a new key signs, and until the overlap is over the old
// one too.
#include "keys_check.hpp"

#include <algorithm>

namespace spillway {
namespace {

bool refused(Outcome const& outcome) {
  return std::ranges::any_of(outcome.records,
                             [](Record const& r) { return r.head.kind == RecordKind::refused; });
}

std::string file_of(KeyChange const& change) {
  return "keys/" + key_change_file({}, change.said.before_id).string();
}

}  // namespace

KeysCheck::KeysCheck(std::optional<NoteVerifier> trusted, std::vector<KeyChange> followed)
    : trusted_(std::move(trusted)), followed_(std::move(followed)) {}

void KeysCheck::saw(Entry const& entry, Outcome const& outcome, std::uint64_t leaf) {
  if (waits() && entry.stamp >= turns_.back().stamp + turns_.back().said.overlap)
    turns_.back().over_at = leaf;
  if (auto const* const said = std::get_if<LogKeyChange>(&entry.command);
      said != nullptr && !refused(outcome))
    turns_.push_back({entry.seq, entry.stamp, *said, leaf, {}});
}

void KeysCheck::at(Frontier const& tree) {
  for (; next_ < followed_.size() && followed_[next_].head.size <= tree.size(); ++next_) {
    auto const& change = followed_[next_];
    if (change.head.size < tree.size() || tree.root() == change.head.root || !wrong_.empty()) continue;
    wrong_ = file_of(change) + ": the root over the first " + std::to_string(tree.size()) +
             " entries and seals is " + to_hex(tree.root()) + " here, and was signed as " +
             to_hex(change.head.root);
  }
}

std::string KeysCheck::judge(Note const& note, std::uint64_t size) const {
  if (!trusted_ || turns_.empty()) return {};
  auto const key = [&](Bytes32 const& bytes) { return NoteVerifier::of(trusted_->name(), bytes); };
  auto const& mine = trusted_->public_key();
  if (turns_.front().said.before != mine &&
      std::ranges::none_of(turns_, [&](Turn const& turn) { return turn.said.after == mine; }))
    return "the key " + key_id_text(trusted_->key_id()) + " was never this log's: its entries name others";
  for (auto const& turn : turns_)
    if (key(turn.said.before).key_id() != turn.said.before_id ||
        key(turn.said.after).key_id() != turn.said.after_id)
      return "entry " + std::to_string(turn.seq.v) + " changes keys and gives them ids that are not theirs";
  std::vector<NoteVerifier> due;
  auto const next = std::ranges::find_if(turns_, [&](Turn const& turn) { return turn.leaf >= size; });
  if (next == turns_.begin()) {
    due.push_back(key(next->said.before));
  } else {
    auto const& last = *std::prev(next);
    due.push_back(key(last.said.after));
    if (!last.over_at || *last.over_at >= size) due.push_back(key(last.said.before));
  }
  for (auto const& verifier : due)
    if (auto const good = verify_note(note, {&verifier, 1}); !good)
      return "a head of " + std::to_string(size) + " entries and seals must be signed by the key " +
             key_id_text(verifier.key_id()) + ", by the entries that change keys: " + good.error().reason;
  return {};
}

std::string KeysCheck::judge_one(KeyChange const& change) const {
  auto const turn = std::ranges::find(turns_, change.seq, &Turn::seq);
  if (turn == turns_.end() || turn->leaf != change.leaf || turn->stamp != change.stamp ||
      turn->said.after != change.said.after || turn->said.overlap != change.said.overlap)
    return file_of(change) + " proves a change of keys that this journal has not";
  return {};
}

std::string KeysCheck::judge_changes() const {
  if (!wrong_.empty()) return wrong_;
  for (auto const& change : followed_)
    if (auto said = judge_one(change); !said.empty()) return said;
  if (next_ < followed_.size())
    return file_of(followed_[next_]) + " vouches for " + std::to_string(followed_[next_].head.size) +
           " entries and seals, and the segments end before";
  return {};
}

}  // namespace spillway
