// journal/archive.hpp - moves sealed segments out of a journal, so that its disk holds the last ones alone.
// Room:   journal.
// Thread: one; the journal is locked, so no writer and no other move is at work.
// Layout: ARCHIVE/segments and ARCHIVE/records, files as they were in the journal.
// Errors: JournalError; what was moved before it is in the archive, the rest still in the journal.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>

#include "journal/directory.hpp"
#include "journal/error.hpp"

namespace spillway {

struct ArchiveReport {
  std::uint64_t moved = 0, bytes = 0;  // segments of both streams
  std::uint64_t kept = 0;              // the last of each stream, in which the journal goes on
};

/// Checks every byte of both streams first and refuses a journal that is damaged. A segment is removed from
/// the journal only when its copy in `archive` is on disk; a crash leaves it in one place or in both.
[[nodiscard]] std::expected<ArchiveReport, JournalError> archive_sealed(JournalDirectory const& journal,
                                                                        std::filesystem::path const& archive);

}  // namespace spillway
