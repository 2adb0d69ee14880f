// journal/src/directory.cpp - opening and locking a journal directory.
#include "journal/directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "file.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view layout_text = "spillway journal 1\n";

std::unexpected<JournalError> refuse(JournalErrc code, std::string message) {
  return std::unexpected(JournalError{code, std::move(message)});
}

std::expected<void, JournalError> check_layout(fs::path const& path, std::string const& found) {
  if (found == layout_text) return {};
  constexpr std::size_t shown_most = 80;
  auto shown = found.substr(0, std::min(found.find('\n'), shown_most));
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return refuse(JournalErrc::wrong_layout,
                path.string() + " has a layout that this program does not know (its LAYOUT file: \"" + shown +
                    "\"). Use the release that wrote it");
}

std::expected<void, JournalError> make_layout(fs::path const& path) {
  // Only the lock may be there, and what a start left that was cut off in this very place: what somebody else
  // keeps in a directory is not ours to mix with.
  std::error_code failed;
  for (fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed))
    if (it->path().filename() != "LOCK" && it->path().filename() != "LAYOUT.tmp")
      return refuse(JournalErrc::not_a_journal,
                    path.string() + " holds other files and no journal. Name an empty or a new directory");
  if (failed) return refuse(JournalErrc::io, "cannot list " + path.string() + ": " + failed.message());
  if (auto done = replace_file(path / "LAYOUT", as_byte_view(layout_text), 0644); !done)
    return refuse(JournalErrc::io, done.error());
  return {};
}

std::expected<void, JournalError> make_folders(fs::path const& path) {
  std::error_code failed;
  for (char const* folder : {"segments", "records", "projection", "keys"}) {
    fs::create_directory(path / folder, failed);
    if (failed)
      return refuse(JournalErrc::io, "cannot make " + (path / folder).string() + ": " + failed.message());
  }
  fs::permissions(path / "keys", fs::perms::owner_all, failed);
  if (failed)
    return refuse(JournalErrc::io, "cannot protect " + (path / "keys").string() + ": " + failed.message());
  if (auto done = sync_folder(path); !done) return refuse(JournalErrc::io, done.error());
  return {};
}

std::string holder_of(fs::path const& lock_file) {
  auto const text = read_text(lock_file, 64);
  if (!text || !*text || (*text)->empty()) return "another process";
  return "process " + (*text)->substr(0, (*text)->find('\n'));
}

/// The descriptor that holds the lock.
std::expected<int, JournalError> take_lock(fs::path const& path) {
  fs::path const lock_file = path / "LOCK";
  int const fd = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    return refuse(JournalErrc::io, "cannot open " + lock_file.string() + ": " + std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    int const error = errno;
    ::close(fd);
    if (error != EWOULDBLOCK)
      return refuse(JournalErrc::io, "cannot lock " + lock_file.string() + ": " + std::strerror(error));
    return refuse(JournalErrc::in_use, path.string() + " is in use by " + holder_of(lock_file) +
                                           ". Stop that process, or name another directory");
  }
  std::string const pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    std::string const words = std::strerror(errno);
    ::close(fd);
    return refuse(JournalErrc::io, "cannot write " + lock_file.string() + ": " + words);
  }
  return fd;
}

std::expected<std::optional<std::string>, JournalError> read_layout(fs::path const& path) {
  auto text = read_text(path / "LAYOUT", 4096);
  if (!text) return refuse(JournalErrc::io, text.error());
  return std::move(*text);
}

}  // namespace

JournalDirectory::~JournalDirectory() {
  if (lock_ >= 0) ::close(lock_);  // gives the lock back
}

std::expected<JournalDirectory, JournalError> JournalDirectory::open(fs::path const& path,
                                                                     DirectoryMode mode) {
  bool const write = mode == DirectoryMode::write;
  std::error_code failed;
  if (write) fs::create_directories(path, failed);
  if (failed) return refuse(JournalErrc::io, "cannot make " + path.string() + ": " + failed.message());
  JournalDirectory directory(path, -1);
  if (write) {
    auto const lock = take_lock(path);
    if (!lock) return std::unexpected(lock.error());
    directory.lock_ = *lock;
  }
  auto const layout = read_layout(path);
  if (!layout) return std::unexpected(layout.error());
  if (!*layout && !write)
    return refuse(JournalErrc::not_a_journal,
                  path.string() +
                      " is not a journal directory (it has no LAYOUT file). Name the folder "
                      "`journal` of a market, an archive of it, or a bundle");
  auto const known = *layout ? check_layout(path, **layout) : make_layout(path);
  if (!known) return std::unexpected(known.error());
  if (write)
    if (auto made = make_folders(path); !made) return std::unexpected(made.error());
  return directory;
}

}  // namespace spillway
