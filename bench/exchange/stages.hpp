// bench/exchange/stages.hpp - how far the first stages of the pipeline come without the later ones: core and
// journal alone, then with outcome records, tree and seals. No follower, no inbox, no answers.
// Room:   bench; sees exchange_core, exchange_pipeline (outcome_chain), journal.
// Rule:   the commands are drawn before, at the answers that a core gave then: the same entries in each run.
#pragma once

#include <filesystem>
#include <vector>

#include "trader.hpp"

namespace spillway::bench {

/// Genesis, supply, and so many commands of order traffic, as a core numbers and stamps them.
[[nodiscard]] std::vector<Entry> drawn(std::uint64_t commands);

enum class Stages : std::uint8_t { core_and_journal, with_tree_and_seals };

struct StagesRun {
  double seconds{};                  // from the first entry applied to the last one synced
  double core_us{}, journal_us{};    // CPU time an entry, of either thread
  std::uint64_t entries{}, syncs{};  // one fdatasync each
};
/// Applies the entries on one thread and makes them durable in `folder` on another, in batches of what came
/// during the sync before.
[[nodiscard]] StagesRun run_stages(Stages stages, std::vector<Entry> const& entries,
                                   std::filesystem::path const& folder);

}  // namespace spillway::bench
