// journal/src/archive.cpp - read, copy, sync, and only then remove.
#include "journal/archive.hpp"

#include <fcntl.h>

#include <system_error>
#include <vector>

#include "file.hpp"
#include "journal/log_reader.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;

std::unexpected<JournalError> cannot_move(std::string message) {
  return std::unexpected(JournalError{JournalErrc::io, std::move(message)});
}

/// Every byte of a stream, those in the archive too: what is damaged is not spread over two places.
std::expected<void, JournalError> check(fs::path const& journal, fs::path const& archive, StreamKind kind) {
  auto reader = LogReader::open(journal, kind, ReadMode::allow_torn_tail, archive);
  if (!reader) return std::unexpected(reader.error());
  for (;;) {
    auto const frame = reader->next();
    if (!frame) return std::unexpected(damaged(frame.error()));
    if (!*frame) return {};
  }
}

std::expected<std::vector<std::byte>, std::string> whole(fs::path const& path) {
  auto file = File::open(path, O_RDONLY);
  if (!file) return std::unexpected(file.error());
  auto const size = file->size();
  if (!size) return std::unexpected(size.error());
  if (*size > largest_segment_bytes)
    return std::unexpected(path.string() + " is larger than a segment can be");
  std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
  auto const got = file->read_at(0, bytes);
  if (!got) return std::unexpected(got.error());
  if (*got != bytes.size()) return std::unexpected(path.string() + " became shorter while it was read");
  return bytes;
}

/// The number of its bytes.
std::expected<std::uint64_t, std::string> move(fs::path const& from, fs::path const& to) {
  auto const bytes = whole(from);
  if (!bytes) return std::unexpected(bytes.error());
  if (fs::exists(to)) {  // a move that was interrupted, or another journal's
    auto const there = whole(to);
    if (!there) return std::unexpected(there.error());
    if (*there != *bytes || fs::equivalent(from, to))
      return std::unexpected(to.string() + " is there already and is no copy of the journal's own");
  } else if (auto copied = replace_file(to, *bytes, 0640); !copied) {
    return std::unexpected(copied.error());
  }
  std::error_code failed;
  fs::remove(from, failed);
  if (failed) return std::unexpected("cannot remove " + from.string() + ": " + failed.message());
  return bytes->size();
}

std::expected<void, std::string> move_stream(fs::path const& from, fs::path const& to,
                                             ArchiveReport& report) {
  std::error_code failed;
  fs::create_directories(to, failed);
  if (failed) return std::unexpected("cannot make " + to.string() + ": " + failed.message());
  if (auto synced = sync_folder(to.parent_path()); !synced) return synced;
  auto const names = list_segments(from);
  if (!names) return std::unexpected(names.error().message);
  for (auto const& name : *names) {
    if (name == names->back()) {
      ++report.kept;
      break;
    }
    auto const bytes = move(from / name, to / name);
    if (!bytes) return std::unexpected(bytes.error());
    ++report.moved;
    report.bytes += *bytes;
  }
  return sync_folder(from);
}

}  // namespace

std::expected<ArchiveReport, JournalError> archive_sealed(JournalDirectory const& journal,
                                                          fs::path const& archive) {
  std::error_code failed;
  fs::create_directories(archive, failed);
  if (failed) return cannot_move("cannot make " + archive.string() + ": " + failed.message());
  if (fs::equivalent(archive, journal.path()))
    return cannot_move("the archive must be another directory than the journal");
  for (auto const kind : {StreamKind::entries, StreamKind::records})
    if (auto whole_stream = check(journal.path(), archive, kind); !whole_stream)
      return std::unexpected(whole_stream.error());
  ArchiveReport report;
  for (auto const kind : {StreamKind::entries, StreamKind::records}) {
    auto const moved = move_stream(journal.path() / folder_of(kind), archive / folder_of(kind), report);
    if (!moved) return cannot_move(moved.error());
  }
  return report;
}

}  // namespace spillway
