// exchange/src/log_signer.cpp - one key, or two while a change of keys is under way.
#include "log_signer.hpp"

#include <algorithm>

#include "exchange/key_change.hpp"
#include "journal/checkpoint.hpp"
#include "journal/log_reader.hpp"
#include "journal/tiled_tree.hpp"
#include "journal/tlog_proof.hpp"

namespace spillway {
namespace {

std::unexpected<JournalError> missing(Seq seq, std::string const& what) {
  return std::unexpected(JournalError{JournalErrc::bad_key, "sequence " + std::to_string(seq.v) +
                                                                " of the journal changed the log key, and " +
                                                                what + "; restore it from a copy"});
}

}  // namespace

std::expected<LogSigner, JournalError> LogSigner::open(std::filesystem::path const& journal,
                                                       std::filesystem::path const& archive, LogKey key,
                                                       ExchangeCore const& core) {
  LogSigner signer(journal, std::move(key));
  auto const state = core.log_keys();
  if (!state.changed.some() || signer.key_.verifier().public_key() == state.said.after) return signer;
  if (signer.key_.verifier().public_key() != state.said.before)
    return missing(state.changed, "keys/log.key is neither the key before nor the one that came");
  auto& change = signer.change_.emplace(Change{});
  change.said = state.said, change.until = state.until, change.over = state.over;
  change.proven = std::filesystem::exists(key_change_file(signer.keys(), state.said.before_id));
  if (auto loaded = signer.load_next(); !loaded)
    return missing(state.changed, "keys/log.next.key is not that key: " + loaded.error().message);
  if (!change.proven)
    if (auto found = signer.find_entry(archive, state.changed); !found) return std::unexpected(found.error());
  return signer;
}

std::expected<void, JournalError> LogSigner::load_next() {
  if (next_) return {};
  auto next = LogKey::load_next(keys());
  if (!next) return std::unexpected(next.error());
  if (next->verifier().public_key() != change_->said.after ||
      next->verifier().name() != key_.verifier().name())
    return std::unexpected(JournalError{JournalErrc::bad_key, "it holds another key than the entry names"});
  next_ = std::move(*next);
  return {};
}

// Only after a start between the entry and its proof: the way from the first frame is long, and seldom.
std::expected<void, JournalError> LogSigner::find_entry(std::filesystem::path const& archive, Seq seq) {
  auto entries = LogReader::open(journal_, StreamKind::entries, ReadMode::allow_torn_tail, archive);
  if (!entries) return std::unexpected(entries.error());
  for (std::uint64_t leaf = 0;; ++leaf) {
    auto const frame = entries->next();
    if (!frame) return std::unexpected(JournalError{JournalErrc::damaged, to_string(frame.error())});
    if (!*frame) return missing(seq, "the entry is not there");
    if ((*frame)->type != FrameType::entry || (*frame)->seq != seq) continue;
    change_->leaf = leaf;
    change_->entry.assign((*frame)->payload.begin(), (*frame)->payload.end());
    return {};
  }
}

bool LogSigner::saw(Entry const& entry, std::span<Record const> outcome, ByteView bytes, std::uint64_t leaf) {
  bool due = false;
  if (change_ && !change_->over && entry.stamp >= change_->until) change_->over = due = true;
  auto const* const said = std::get_if<LogKeyChange>(&entry.command);
  auto const refused = [](Record const& r) { return r.head.kind == RecordKind::refused; };
  if (said == nullptr || std::ranges::any_of(outcome, refused)) return due;
  change_.emplace(Change{});
  change_->said = *said, change_->until = entry.stamp + said->overlap, change_->leaf = leaf;
  change_->entry.assign(bytes.begin(), bytes.end());
  return true;
}

std::expected<void, JournalError> LogSigner::prove(std::uint64_t size, Hash256 const& root) {
  auto hashes = TiledTree(TileFolder(journal_ / "tiles"), size).inclusion(change_->leaf);
  if (!hashes) return std::unexpected(hashes.error());
  auto const text = tlog_proof_text(
      {change_->entry, change_->leaf, std::move(*hashes), sign_checkpoint(size, root, key_, *next_)});
  auto const file = key_change_file(keys(), change_->said.before_id);
  if (auto written = persist_checkpoint(file, text); !written) return written;
  change_->proven = true;
  return {};
}

std::expected<std::string, JournalError> LogSigner::sign(std::uint64_t size, Hash256 const& root) {
  if (!change_) return sign_checkpoint(size, root, key_);
  if (auto loaded = load_next(); !loaded) return std::unexpected(loaded.error());
  if (!change_->proven)
    if (auto proven = prove(size, root); !proven) return std::unexpected(proven.error());
  change_->alone = change_->over;
  return change_->over ? sign_checkpoint(size, root, *next_) : sign_checkpoint(size, root, key_, *next_);
}

std::expected<void, JournalError> LogSigner::kept() {
  if (!change_ || !change_->alone) return {};
  if (auto taken = LogKey::promote_next(keys()); !taken) return taken;
  key_ = std::move(*next_);
  next_.reset();
  change_.reset();
  return {};
}

}  // namespace spillway
