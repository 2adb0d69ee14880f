// exchange/src/snapshot_start.hpp - a start behind a snapshot: the core that takes orders and the follower's.
// Room:   exchange_pipeline, private.
// Thread: the one that opens the pipeline; while it runs, a second one reads and hashes, and then fills the
//         follower's core.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "exchange/core.hpp"
#include "journal/snapshot.hpp"

namespace spillway {

struct SnapshotStart {
  Snapshot front;                          // without the state
  std::unique_ptr<ExchangeCore> follower;  // a second core in that state
};

/// The newest snapshot that is whole, of this program's layout and of this journal. It is imported into
/// `core`, which is new. Each one that is refused is said; nothing: replay begins with the first entry.
[[nodiscard]] std::optional<SnapshotStart> start_from_snapshot(
    std::filesystem::path const& journal, std::filesystem::path const& archive, CoreLimits const& limits,
    ExchangeCore& core, std::function<void(std::string const&)> const& log);

}  // namespace spillway
