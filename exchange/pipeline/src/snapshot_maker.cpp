// exchange/src/snapshot_maker.cpp - making snapshots, and choosing the one to start from.
#include "snapshot_maker.hpp"

#include <utility>

#include "journal/digest.hpp"
#include "journal/log_reader.hpp"
#include "journal/seal.hpp"
#include "market/check.hpp"

namespace spillway {

namespace {

constexpr std::uint32_t with_state_digests = 3;  // the rules that know the command
constexpr std::uint64_t own_entries = 1;         // the digest of the one before: nothing to write another for

std::vector<std::byte> exported(ExchangeCore const& core) {
  std::vector<std::byte> bytes;
  core.export_state(
      [&](std::span<std::byte const> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

}  // namespace

// ---- making ----

SnapshotMaker::SnapshotMaker(std::optional<SnapshotFolder> folder, SnapshotSchedule schedule,
                             std::function<void(std::string const&)> log, StateDigested digested)
    : folder_(std::move(folder)), schedule_(schedule), log_(std::move(log)), digested_(std::move(digested)) {}

void SnapshotMaker::resume(Snapshot const& from) {
  tiles_ = from.tiles;
  last_ = from.seq;
  written_.store(from.seq.v);
}

void SnapshotMaker::leaf(Hash256 const& hash, std::span<Hash256 const> roots) {
  tiles_.append(
      hash, [](TileName const&, std::span<Hash256 const>) {}, roots);
}

bool SnapshotMaker::due(ExchangeCore const& core) const {
  auto const since = core.applied().v - last_.v;
  if (!folder_ || since <= own_entries || writing_.load() || !core.can_export()) return false;
  return since >= schedule_.entries || std::chrono::steady_clock::now() - last_at_ >= schedule_.every;
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
  made.state = exported(core);
  made.state_digest = blake2b_256(made.state);
  if (digested_ && core.rules().version >= with_state_digests) digested_(made.seq, made.state_digest);
  last_ = made.seq;
  last_at_ = std::chrono::steady_clock::now();
  writing_.store(true);
  writer_ = std::thread([this, made = std::move(made)] {
    // A start from it does not look at the tiles before it again.
    auto kept = TileFolder(folder_->path().parent_path() / "tiles").sync();
    if (kept) kept = folder_->write(made);
    if (kept) written_.store(made.seq.v);
    if (log_)
      log_(kept
               ? "snapshot at sequence " + std::to_string(made.seq.v) + ", state " + to_hex(made.state_digest)
               : "a snapshot cannot be kept: " + kept.error().message +
                     "; the journal goes on, and the next one is tried when it is due");
    writing_.store(false);
  });
}

void SnapshotMaker::finish() {
  if (writer_.joinable()) writer_.join();
}

// ---- starting ----

namespace {

using Fine = std::expected<void, std::string>;

Fine unfit(std::string why) { return std::unexpected(std::move(why)); }

/// That the journal has the batch at whose end the snapshot was made, with the same D and as many frames.
Fine belongs(std::filesystem::path const& journal, std::filesystem::path const& archive,
             Snapshot const& snapshot) {
  auto reader =
      LogReader::open(journal, StreamKind::entries, ReadMode::allow_torn_tail, archive, snapshot.seq);
  if (!reader) return unfit(reader.error().message);
  std::optional<Seal> last;
  while (reader->position() < snapshot.position) {
    auto const frame = reader->next();
    if (!frame) return unfit(to_string(frame.error()));
    if (!*frame) return unfit("the journal ends before it");
    last = (*frame)->type == FrameType::seal ? parse_seal((*frame)->payload) : std::nullopt;
  }
  bool const same = last && reader->position() == snapshot.position && last->last == snapshot.seq &&
                    last->digest == snapshot.digest && reader->frames() == snapshot.tree.size();
  return same ? Fine() : unfit("it is of another journal, or of another future of this one");
}

/// Records can be made again by replay, but only from entries that are replayed.
Fine has_records(std::filesystem::path const& journal, std::filesystem::path const& archive, Seq seq) {
  auto reader = LogReader::open(journal, StreamKind::records, ReadMode::allow_torn_tail, archive, seq);
  if (!reader) return unfit(reader.error().message);
  for (auto frame = reader->next();; frame = reader->next()) {
    if (!frame) return unfit(to_string(frame.error()));
    if (!*frame || (*frame)->seq >= seq) break;
  }
  return reader->last_seq() >= seq ? Fine() : unfit("the stream of records ends before it");
}

Fine use(std::filesystem::path const& journal, std::filesystem::path const& archive, Snapshot const& snapshot,
         ExchangeCore& core) {
  if (snapshot.state_layout != ExchangeCore::state_layout)
    return unfit("its state has layout " + std::to_string(snapshot.state_layout) + ", this program reads " +
                 std::to_string(ExchangeCore::state_layout));
  if (auto fine = belongs(journal, archive, snapshot); !fine) return fine;
  if (auto fine = has_records(journal, archive, snapshot.seq); !fine) return fine;
  if (!TileFolder(journal / "tiles").has_full_tiles(snapshot.tree.size()))
    return unfit("tiles of the tree before it are missing");
  if (auto fine = core.import_state(snapshot.state); !fine) return fine;
  sw_check(core.applied() == snapshot.seq, "a state is of the sequence that its snapshot names");
  return {};
}

}  // namespace

std::optional<Snapshot> start_from_snapshot(std::filesystem::path const& journal,
                                            std::filesystem::path const& archive, ExchangeCore& core,
                                            std::function<void(std::string const&)> const& log) {
  SnapshotFolder const folder(journal / "snapshots");
  for (auto const seq : folder.list()) {
    auto snapshot = folder.read(seq);
    auto const fine = snapshot ? use(journal, archive, *snapshot, core) : unfit(snapshot.error());
    if (fine) return std::move(*snapshot);
    folder.set_aside(seq);
    if (log)
      log("the snapshot at sequence " + std::to_string(seq.v) + " is refused: " + fine.error() +
          "; an older one or the whole journal is used");
  }
  return std::nullopt;
}

}  // namespace spillway
