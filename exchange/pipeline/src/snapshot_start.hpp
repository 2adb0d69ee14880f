// exchange/src/snapshot_start.hpp - a start behind a snapshot: the core that takes orders and the follower's.
// Room:   exchange_pipeline, private.
// Thread: the one that opens the pipeline; while it runs, others read the file, and a second one fills the
//         follower's core, which it may still do when this is done.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "exchange/follower.hpp"
#include "journal/snapshot.hpp"

namespace spillway {

struct SnapshotStart {
  Snapshot front;          // without the state
  CoreBeingRead follower;  // a second core, into which the same is read
};

/// The newest snapshot that is whole, of this program's layout and of this journal. It is imported into
/// `core`, which is new. Each one that is refused is said; nothing: replay begins with the first entry.
[[nodiscard]] std::optional<SnapshotStart> start_from_snapshot(
    std::filesystem::path const& journal, std::filesystem::path const& archive, CoreLimits const& limits,
    ExchangeCore& core, std::function<void(std::string const&)> const& log);

}  // namespace spillway
