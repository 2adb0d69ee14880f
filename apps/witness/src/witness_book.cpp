// apps/witness/src/witness_book.cpp - one head after another, each on disk before our name is under it.
#include "apps/witness/witness_book.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "exchange/key_change.hpp"
#include "journal/merkle.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> no(std::string sentence) { return std::unexpected(std::move(sentence)); }

std::string head_text(Checkpoint const& head) {
  return std::to_string(head.size) + " entries and seals, root " + to_hex(head.root);
}

std::expected<int, std::string> lock_of(fs::path const& directory) {
  auto const file = directory / "LOCK";
  int const fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return no("cannot open " + file.string() + ": " + std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return no(directory.string() + " is in use by another witness");
}

}  // namespace

WitnessBook::WitnessBook(WitnessBook&& other) noexcept
    : directory_(std::move(other.directory_)),
      lock_(std::exchange(other.lock_, -1)),
      key_(std::move(other.key_)),
      log_(std::move(other.log_)),
      last_(std::move(other.last_)),
      seen_(std::move(other.seen_)),
      published_(other.published_) {}

WitnessBook::~WitnessBook() {
  if (lock_ >= 0) ::close(lock_);
}

std::expected<WitnessBook, std::string> WitnessBook::open(fs::path directory, std::string_view name,
                                                          NoteVerifier log) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) return no("cannot make " + directory.string() + ": " + failed.message());
  if (fs::exists(directory / "fork.shown"))
    return no("this exchange has shown two histories: fork.seen and fork.shown in " + directory.string() +
              " are signed by it and do not agree; nothing more is cosigned while they lie there");
  auto const lock = lock_of(directory);
  if (!lock) return std::unexpected(lock.error());
  auto key = WitnessKey::load_or_make(directory / "witness.key", name);
  if (!key) {
    ::close(*lock);
    return no(key.error().message);
  }
  WitnessBook book(std::move(directory), *lock, std::move(*key), std::move(log));
  if (auto recalled = book.recall(); !recalled) return std::unexpected(recalled.error());
  return book;
}

std::expected<void, std::string> WitnessBook::recall() {
  auto const changes = follow_key_changes(directory_, log_);
  if (!changes) return no(changes.error());
  auto const keys = keys_of(log_, *changes);
  log_ = keys.back();
  if (!changes->empty()) changed_at_ = changes->back().leaf;
  auto seen = load_checkpoint(directory_ / "seen");
  if (!seen) return no(seen.error().message);
  if (seen->empty()) {
    if (fs::exists(directory_ / "seen"))
      return no("the file " + (directory_ / "seen").string() + " is empty; bring it back from a copy");
    return {};
  }
  auto const head = open_checkpoint(*seen, keys);  // perhaps from before the last change of keys
  if (!head)
    return no("the file " + (directory_ / "seen").string() + ": " + head.error().reason +
              "; a directory is for one exchange and one log key");
  last_ = *head;
  seen_ = std::move(*seen);
  auto const ours = load_checkpoint(directory_ / "checkpoint");
  published_ = ours && ours->starts_with(seen_) && ours->size() > seen_.size();
  return {};
}

std::expected<Checkpoint, std::string> WitnessBook::read(std::string_view note) const {
  auto head = open_checkpoint(note, log_);
  if (!head) return no(head.error().reason);
  if (head->size == 0 && head->root != empty_root()) return no("the head over nothing has another root");
  return std::move(*head);
}

std::expected<void, std::string> WitnessBook::adopt(std::span<KeyLink const> links, std::string_view note) {
  auto const not_taken = [](std::string why) {
    return no("the log's new key is not taken: " + std::move(why));
  };
  std::vector<KeyChange> changes;
  for (auto const& link : links) {
    auto change = check_key_change(link.proof, changes.empty() ? log_ : changes.back().after);
    if (!change) return not_taken(change.error());
    auto const comes = change->after.key_id();
    auto const left = [&](KeyChange const& one) { return one.said.before_id == comes; };
    if (fs::exists(key_change_file(directory_, comes)) || std::ranges::any_of(changes, left))
      return not_taken("it was followed by another one before");
    auto const last = changes.empty() ? changed_at_ : changes.back().leaf;
    if (last && change->leaf <= *last) return not_taken("its change is older than the one before it");
    changes.push_back(std::move(*change));
  }
  if (changes.empty()) return not_taken("nothing leads to it");
  auto const head = open_checkpoint(note, changes.back().after);
  if (!head) return not_taken(head.error().reason);
  for (std::size_t i = 0; i < links.size(); ++i)
    if (auto const& from = changes[i].head;
        !verify_consistency(from.size, head->size, from.root, head->root, links[i].hashes))
      return not_taken("the hashes do not lead from " + head_text(from) + " to " + head_text(*head));
  for (std::size_t i = 0; i < links.size(); ++i) {
    auto const kept = persist_checkpoint(key_change_file(directory_, log_.key_id()), links[i].proof);
    if (!kept) return no(kept.error().message);
    log_ = changes[i].after, changed_at_ = changes[i].leaf;
  }
  return {};
}

// Both are signed by the log: whoever sees them knows, without trusting the witness.
std::string WitnessBook::keep_fork(std::string_view shown) const {
  auto const kept = persist_checkpoint(directory_ / "fork.seen", seen_) &&
                    persist_checkpoint(directory_ / "fork.shown", shown);
  return kept ? "; both heads are kept in " + (directory_ / "fork.seen").string() + " and fork.shown"
              : "; AND THE EVIDENCE CANNOT BE WRITTEN to " + directory_.string() + ": keep this:\n" + seen_ +
                    "\n" + std::string(shown);
}

std::expected<bool, std::string> WitnessBook::consider(std::string_view note, std::span<Hash256 const> proof,
                                                       std::uint64_t time_s) {
  auto const head = read(note);
  if (!head) return no("not cosigned: " + head.error());
  if (head->size < last_.size)
    return no("ROLLBACK: " + log_.name() + " shows " + head_text(*head) + ", and has shown " +
              head_text(last_) +
              " before: its newest entries are gone, or somebody shows an old head; nothing is cosigned");
  bool const same = head->size == last_.size && head->root == last_.root;
  if (head->size == last_.size && last_.size > 0 && !same)
    return no("FORK: " + log_.name() + " signed two histories of " + head_text(last_) + " and root " +
              to_hex(head->root) + keep_fork(note));
  if (!same && last_.size > 0 && !verify_consistency(last_.size, head->size, last_.root, head->root, proof))
    return no("FORK: the hashes do not lead from " + head_text(last_) + " to " + head_text(*head) + " of " +
              log_.name() + ": history was changed, or the proof is no proof" + keep_fork(note));
  if (same && published_) return false;
  if (auto kept = persist_checkpoint(directory_ / "seen", note); !kept) return no(kept.error().message);
  last_ = *head;
  seen_ = note;
  published_ = false;
  if (auto kept = persist_checkpoint(directory_ / "checkpoint", key_.cosign(note, time_s)); !kept)
    return no(kept.error().message);
  published_ = true;
  return true;
}

}  // namespace spillway
