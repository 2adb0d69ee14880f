// exchange/src/flusher.cpp - one fdatasync per batch; what is not durable is not said.
#include "flusher.hpp"

#include <cstdio>

#include "journal/checkpoint.hpp"

namespace spillway {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto checkpoint_every = 1s;
constexpr std::uint64_t unfollowed_most = 64;  // entries: after a crash replay makes their records again
constexpr auto unfollowed_longest = 5ms;
constexpr auto disk_look_every = 200ms;         // when no batch does it
constexpr std::uint64_t cancel_only_below = 4;  // further segments for each stream
constexpr std::uint64_t operator_only_below = 2;

}  // namespace

Flusher::Flusher(LogWriter entries, LogWriter records, OutcomeChain chain, Frontier tree, TileWriter tiles,
                 LogSigner signer, std::filesystem::path checkpoint,
                 std::function<void(std::shared_ptr<ReleasedBatch const>)> released,
                 std::function<void(Durable)> durable, std::function<void(std::string const&)> log)
    : entries_(std::move(entries)),
      records_(std::move(records)),
      chain_(std::move(chain)),
      tree_(std::move(tree)),
      tiles_(std::move(tiles)),
      signer_(std::move(signer)),
      checkpoint_(std::move(checkpoint)),
      released_(std::move(released)),
      durable_(std::move(durable)),
      log_(std::move(log)) {
  chain_.take_along({entries_.pending_hash(), records_.pending_hash()});
  look_at_disk();
}

void Flusher::run(OpenBatch& batch) {
  Batch taken;
  while (batch.take(taken)) {
    write(taken);
    follow_up(!batch.empty());
  }
}

void Flusher::write(Batch& batch) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < batch.out.size(); ++i) {
    auto const& [entry, cookie, records, apply_ns] = batch.out[i];
    auto const bytes = ByteView(batch.bytes).subspan(from, batch.ends[i] - from);
    from = batch.ends[i];
    entries_.append(FrameType::entry, entry.seq, bytes);
    keys_moved_ |= signer_.saw(entry, records, bytes, tree_.size());
    auto const leaf = chain_.add(entry.seq, bytes, records);
    tree_.append(leaf);
    tiles_.append(leaf, tree_.finished());
    records_.append(FrameType::records, entry.seq, outcome_bytes(records));
  }
  append_seal();
  entries_.commit();
  batches_.fetch_add(1, std::memory_order_relaxed);
  count_.fetch_add(batch.out.size(), std::memory_order_relaxed);
  unfollowed_ += batch.out.size();
  if (released_) released_(std::make_shared<ReleasedBatch>(std::move(batch.out)));
  durable_(durable_now());
}

void Flusher::follow_up(bool more_waiting) {
  auto const now = steady_clock::now();
  if (more_waiting && unfollowed_ < unfollowed_most && now - followed_up_ < unfollowed_longest) return;
  unfollowed_ = 0;
  followed_up_ = now;
  // Behind the entries, so that they never run ahead of them; not synced, since replay makes them again.
  records_.commit();
  write_tiles();
  if (keys_moved_ || now - last_checkpoint_ >= checkpoint_every) write_checkpoint();
  look_at_disk();  // little beside a sync, and a fast market fills segments within any pause
  tell_disk();
}

void Flusher::append_seal() {
  auto const bytes = encode_seal(chain_.seal());
  entries_.append(FrameType::seal, chain_.last(), bytes);
  auto const leaf = leaf_hash(bytes);
  tree_.append(leaf);
  tiles_.append(leaf, tree_.finished());
}

void Flusher::close() {
  if (chain_.last().some()) {
    append_seal();
    entries_.commit();
    records_.commit();
    durable_(durable_now());
  }
  records_.sync();  // a journal whose checkpoint covers its closing seal has all its records
  write_checkpoint();
}

// Tiles wait in memory until they can be written; the next checkpoint says when that fails.
void Flusher::write_tiles() { (void)tiles_.write_full(); }

// What a checkpoint covers can be looked up before anybody sees it.
std::expected<void, JournalError> Flusher::publish() {
  if (auto written = tiles_.write_all(); !written) return written;
  auto const note = signer_.sign(tree_.size(), tree_.root());
  if (!note) return std::unexpected(note.error());
  if (auto kept = persist_checkpoint(checkpoint_, *note); !kept) return kept;
  return signer_.kept();
}

// The journal is what counts, and it is synced already: an older checkpoint vouches for less of it, no more.
void Flusher::write_checkpoint() {
  last_checkpoint_ = steady_clock::now();
  keys_moved_ = false;
  auto const kept = publish();
  if (!kept && !checkpoint_late_)
    say("the checkpoint or its tiles cannot be kept: " + kept.error().message +
        "; the one before it stays and the journal goes on; it is tried again every second");
  if (kept && checkpoint_late_) say("the checkpoint is kept again");
  checkpoint_late_ = !kept;
}

void Flusher::say(std::string const& line) const {
  if (log_) return log_(line);
  std::fprintf(stderr, "%s\n", line.c_str());
}

void Flusher::look_at_disk() {
  looked_at_disk_.store(steady_clock::now().time_since_epoch(), std::memory_order_relaxed);
  auto const further = LogWriter::further_segments(entries_, records_);
  disk_.store(further < operator_only_below ? DiskState::operator_only
              : further < cancel_only_below ? DiskState::cancel_only
                                            : DiskState::fine,
              std::memory_order_relaxed);
}

DiskState Flusher::disk() {
  auto const looked = looked_at_disk_.load(std::memory_order_relaxed);
  if (steady_clock::now().time_since_epoch() - looked >= disk_look_every) look_at_disk();
  return disk_.load(std::memory_order_relaxed);
}

void Flusher::tell_disk() {
  auto const found = disk_.load(std::memory_order_relaxed);
  if (found == told_disk_) return;
  told_disk_ = found;
  say(found == DiskState::fine ? "the disk has room again: all commands are taken"
      : found == DiskState::cancel_only
          ? "the disk is nearly full: new orders and offers are refused, make room"
          : "the disk is all but full: only the operator's commands are taken, make room");
}

}  // namespace spillway
