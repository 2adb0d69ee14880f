// exchange/src/snapshot_start.cpp - choosing the snapshot to start from, and reading it into both cores.
#include "snapshot_start.hpp"

#include <future>
#include <utility>

#include "journal/log_reader.hpp"
#include "journal/seal.hpp"
#include "market/check.hpp"

namespace spillway {
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

/// Into a core by the hash: these are the bytes that a core wrote (docs/decisions/0029-snapshots.md).
Fine read_into(ExchangeCore& core, StateBytes const& state) {
  return core.import_state(state.all(), ExchangeCore::ImportCheck::none);
}

/// The state is read and hashed while the journal is looked at, and then read into both cores at one time.
/// Only the first is waited for.
Fine use(std::filesystem::path const& journal, std::filesystem::path const& archive, Snapshot const& front,
         ExchangeCore& core, CoreBeingRead& follower) {
  if (front.state_layout != ExchangeCore::state_layout)
    return unfit("its state has layout " + std::to_string(front.state_layout) + ", this program reads " +
                 std::to_string(ExchangeCore::state_layout));
  auto const state = std::make_shared<StateBytes>();
  auto reading = std::async(std::launch::async,
                            [&] { return SnapshotFolder(journal / "snapshots").read_state(front, *state); });
  auto fine = belongs(journal, archive, front);
  if (fine) fine = has_records(journal, archive, front.seq);
  if (fine && !TileFolder(journal / "tiles").has_full_tiles(front.tree.size()))
    fine = unfit("tiles of the tree before it are missing");
  if (auto const whole = reading.get(); fine) fine = whole;
  if (!fine) return fine;
  follower.read = std::async(std::launch::async,
                             [state, into = follower.core.get()] { return read_into(*into, *state); });
  fine = read_into(core, *state);
  if (!fine) return fine;
  sw_check(core.applied() == front.seq, "a state is of the sequence that its snapshot names");
  return {};
}

}  // namespace

std::optional<SnapshotStart> start_from_snapshot(std::filesystem::path const& journal,
                                                 std::filesystem::path const& archive,
                                                 CoreLimits const& limits, ExchangeCore& core,
                                                 std::function<void(std::string const&)> const& log) {
  SnapshotFolder const folder(journal / "snapshots");
  for (auto const seq : folder.list()) {
    CoreBeingRead follower{std::make_unique<ExchangeCore>(limits), {}};
    auto front = folder.read_front(seq);
    auto const fine = front ? use(journal, archive, *front, core, follower) : unfit(front.error());
    if (fine) return SnapshotStart{std::move(*front), std::move(follower)};
    folder.set_aside(seq);
    if (log)
      log("the snapshot at sequence " + std::to_string(seq.v) + " is refused: " + fine.error() +
          "; an older one or the whole journal is used");
  }
  return std::nullopt;
}

}  // namespace spillway
