// exchange/src/snapshot_maker.cpp - when a snapshot is due, its export, and the thread that writes it.
#include "snapshot_maker.hpp"

#include <utility>

#include "exchange/state_digest.hpp"
#include "journal/digest.hpp"
#include "market/check.hpp"

namespace spillway {

namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t own_entries = 1;  // the digest of the one before: nothing to write another for
// One that comes early leaves less to be replayed, as long as making them takes a tenth of the time.
constexpr int pause_per_cost = 10;

/// `expected` bytes: as many as the last time, so that they seldom move.
std::vector<std::byte> exported(ExchangeCore const& core, std::size_t expected) {
  std::vector<std::byte> bytes;
  bytes.reserve(expected + expected / 8);
  core.export_state(
      [&](std::span<std::byte const> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

}  // namespace

SnapshotMaker::SnapshotMaker(std::optional<SnapshotFolder> folder, SnapshotSchedule schedule,
                             std::function<void(std::string const&)> log, StateDigested digested)
    : folder_(std::move(folder)), schedule_(schedule), log_(std::move(log)), digested_(std::move(digested)) {
  if (!folder_) return;
  if (auto const there = folder_->list(); !there.empty()) newest_ = there.front();
}

void SnapshotMaker::resume(Snapshot const& from) {
  tiles_ = from.tiles;
  last_ = from.seq;
  state_bytes_ = static_cast<std::size_t>(from.state_bytes);
  written_.store(from.seq.v);
}

void SnapshotMaker::leaf(Hash256 const& hash, std::span<Hash256 const> roots) {
  tiles_.append(
      hash, [](TileName const&, std::span<Hash256 const>) {}, roots);
}

bool SnapshotMaker::due(ExchangeCore const& core) const {
  auto const since = core.applied().v - last_.v;
  if (!folder_ || since <= own_entries || writing_.load() || !core.can_export()) return false;
  if (core.applied() <= newest_) return false;
  auto const pause = steady_clock::now() - last_at_;
  bool const cheap = since >= schedule_.early && pause >= pause_per_cost * cost_.load();
  return cheap || since >= schedule_.entries || pause >= schedule_.every;
}

bool SnapshotMaker::due_at_stop(ExchangeCore const& core) const {
  auto const since = core.applied().v - last_.v;
  return folder_ && since > own_entries && since >= schedule_.at_stop && core.can_export() &&
         core.applied() > newest_;
}

void SnapshotMaker::make(ExchangeCore const& core, Replayer const& replay, std::uint64_t position,
                         std::vector<std::byte> aside) {
  sw_check(replay.chain().last() == core.applied() && !replay.chain().open(),
           "a snapshot is made at the end of a batch");
  finish();
  Snapshot made;
  made.rules_version = core.rules().version;
  made.state_layout = ExchangeCore::state_layout;
  made.seq = core.applied();
  made.position = position;
  made.digest = replay.chain().digest();
  made.tree = replay.tree();
  made.batch = replay.chain().sealed_batch();
  made.tiles = tiles_;
  made.aside = std::move(aside);
  auto const begun = steady_clock::now();
  made.state = exported(core, state_bytes_);
  made.state_bytes = state_bytes_ = made.state.size();
  last_ = made.seq;
  writing_.store(true);
  writer_ = std::thread([this, begun, made = std::move(made)]() mutable {
    write(made);
    cost_.store(steady_clock::now() - begun);
    writing_.store(false);
  });
  last_at_ = steady_clock::now();
}

// On the writer's thread: a large state takes long to hash, and the follower has other things to do.
void SnapshotMaker::write(Snapshot& made) {
  made.state_digest = blake2b_256(made.state);
  if (digested_ && made.rules_version >= with_state_digests) digested_(made.seq, made.state_digest);
  // A start from it does not look at the tiles before it again.
  auto kept = TileFolder(folder_->path().parent_path() / "tiles").sync();
  if (kept) kept = folder_->write(made);
  if (kept) written_.store(made.seq.v);
  if (!log_) return;
  log_(kept ? "snapshot at sequence " + std::to_string(made.seq.v) + ", state " + to_hex(made.state_digest)
            : "a snapshot cannot be kept: " + kept.error().message +
                  "; the journal goes on, and the next one is tried when it is due");
}

void SnapshotMaker::finish() {
  if (writer_.joinable()) writer_.join();
}

}  // namespace spillway
