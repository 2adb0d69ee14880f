// journal/leaf_range.hpp - some leaves of the log by their index, without reading it from the start.
// Room:   journal; sees the standard library.
// Errors: JournalError: damaged where a segment does not hold what its header says, io where it can't be
//         read.
// Rule:   for leaves that a checkpoint covers; what lies behind may be half written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <vector>

#include "journal/error.hpp"

namespace spillway {

/// Payloads of the entries and seals `first` to `first` + `count` - 1 of the journal directory
/// and of its archive (empty: none). Reads the
/// segments that hold them, whole; checks the frames that it passes, not the chain before.
[[nodiscard]] std::expected<std::vector<std::vector<std::byte>>, JournalError> read_leaves(
    std::filesystem::path const& journal, std::filesystem::path const& archive, std::uint64_t first,
    std::uint64_t count);

}  // namespace spillway
