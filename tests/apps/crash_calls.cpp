// tests/apps/crash_calls.cpp - the system's calls, by their numbers, with a look at them on the way.
#include "crash_calls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>

namespace spillway::crash {
namespace {

using Kind = DiskCall::Kind;

struct OpenFile {
  int file = 0;  // 0: a folder
  std::string path;
  bool synced_writes = false;
};

struct Watch {
  std::mutex mutex;
  bool on = false;
  std::string folder;
  std::vector<DiskCall> calls;
  std::map<std::string, int> files;  // by path
  std::map<int, OpenFile> open;      // by descriptor
  int last_file = 0;
  std::uint64_t made = 0, fail_at = 0;
  int error = 0;
};

/// Never destroyed: threads may write until the end.
Watch& watch() {
  static auto* const one = new Watch;
  return *one;
}

/// The path below the folder that is watched, nothing for others. LMDB's lock file is no matter of the disk.
std::optional<std::string> below(Watch const& w, char const* path) {
  std::string_view const all(path);
  if (!w.on || !all.starts_with(w.folder) || all.ends_with("lock.mdb") || all.ends_with("/LOCK")) return {};
  auto rest = all.substr(w.folder.size());
  while (rest.starts_with('/')) rest.remove_prefix(1);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  return std::string(rest);
}

/// Counts a call that is about to be made; true when it is the one that fails.
bool fails(Watch& w) {
  if (++w.made != w.fail_at) return false;
  errno = w.error;
  return true;
}

std::vector<std::byte> copy_of(void const* bytes, std::size_t count) {
  auto const* const first = static_cast<std::byte const*>(bytes);
  return {first, first + count};
}

int opened(char const* path, int flags, unsigned mode) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  auto const name = below(w, path);
  auto const known = name ? w.files.find(*name) : w.files.end();
  bool const changes = name && (flags & (O_CREAT | O_TRUNC)) != 0;
  if (changes && fails(w)) return -1;
  int const fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  if (fd < 0) return fd;
  w.open.erase(fd);
  if (!name) return fd;
  OpenFile file{0, *name, (flags & (O_DSYNC | O_SYNC)) != 0};
  if (known != w.files.end()) {
    file.file = known->second;
    if ((flags & O_TRUNC) != 0) w.calls.push_back({Kind::truncate, file.file, *name, {}, 0});
  } else if ((flags & O_CREAT) != 0) {
    file.file = w.files[*name] = ++w.last_file;
    w.calls.push_back({Kind::make_file, file.file, *name, {}, 0});
  }
  w.open[fd] = file;
  return fd;
}

ssize_t written(int fd, iovec const* parts, int count, off_t offset) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  auto const found = w.open.find(fd);
  bool const watched = w.on && found != w.open.end() && found->second.file != 0;
  std::vector<std::byte> bytes;
  for (int i = 0; i < count; ++i) {
    auto const part = copy_of(parts[i].iov_base, parts[i].iov_len);
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  if (watched && fails(w)) {
    (void)::syscall(SYS_pwrite64, fd, bytes.data(), bytes.size() / 2, offset);
    errno = w.error;
    return -1;
  }
  auto const done = static_cast<ssize_t>(::syscall(SYS_pwrite64, fd, bytes.data(), bytes.size(), offset));
  if (!watched || done <= 0) return done;
  bytes.resize(static_cast<std::size_t>(done));
  OpenFile const& file = found->second;
  w.calls.push_back(
      {Kind::write, file.file, file.path, {}, static_cast<std::uint64_t>(offset), std::move(bytes)});
  if (file.synced_writes) w.calls.push_back({Kind::sync_file, file.file, file.path, {}, 0});
  return done;
}

int synced(int fd, long number) {
  Watch& w = watch();
  std::unique_lock lock(w.mutex);
  auto const found = w.open.find(fd);
  bool const watched = w.on && found != w.open.end();
  if (watched && fails(w)) return -1;
  auto const file = watched ? found->second : OpenFile{};
  lock.unlock();
  int const done = static_cast<int>(::syscall(number, fd));
  lock.lock();
  if (watched && done == 0)
    w.calls.push_back({file.file == 0 ? Kind::sync_folder : Kind::sync_file, file.file, file.path, {}, 0});
  return done;
}

int truncated(int fd, off_t bytes) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  auto const found = w.open.find(fd);
  bool const watched = w.on && found != w.open.end() && found->second.file != 0;
  if (watched && fails(w)) return -1;
  int const done = static_cast<int>(::syscall(SYS_ftruncate, fd, bytes));
  if (watched && done == 0)
    w.calls.push_back(
        {Kind::truncate, found->second.file, found->second.path, {}, static_cast<std::uint64_t>(bytes)});
  return done;
}

int renamed(char const* from, char const* to) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  auto const old_name = below(w, from), new_name = below(w, to);
  bool const watched = old_name && new_name;
  if (watched && fails(w)) return -1;
  int const done = static_cast<int>(::syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
  if (!watched || done != 0) return done;
  int const file = w.files[*old_name];
  w.files.erase(*old_name);
  w.files[*new_name] = file;
  w.calls.push_back({Kind::rename, file, *old_name, *new_name, 0});
  return done;
}

int removed(char const* path, int flags) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  auto const name = below(w, path);
  bool const watched = name && w.files.contains(*name);
  if (watched && fails(w)) return -1;
  int const done = static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, flags));
  if (!watched || done != 0) return done;
  w.calls.push_back({Kind::remove, w.files[*name], *name, {}, 0});
  w.files.erase(*name);
  return done;
}

int made_folder(char const* path, mode_t mode) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  auto const name = below(w, path);
  bool const watched = name && !name->empty();
  struct stat status {};
  if (watched && ::stat(path, &status) != 0 && fails(w)) return -1;
  int const done = static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
  if (watched && done == 0) w.calls.push_back({Kind::make_folder, 0, *name, {}, 0});
  return done;
}

}  // namespace

void watch_disk(std::filesystem::path const& folder) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  w.on = true;
  w.folder = folder.string();
  w.calls.clear();
  w.files.clear();
  w.open.clear();
  w.last_file = 0;
  w.made = w.fail_at = 0;
}

std::vector<DiskCall> stop_watching() {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  w.on = false;
  return std::move(w.calls);
}

void tell(std::uint64_t number) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  if (w.on) w.calls.push_back({Kind::told, 0, {}, {}, number});
}

void fail_call(std::uint64_t nth, int error) {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  w.fail_at = nth;
  w.error = error;
}

std::uint64_t calls_made() {
  Watch& w = watch();
  std::lock_guard const lock(w.mutex);
  return w.made;
}

}  // namespace spillway::crash

// ---- the calls themselves

extern "C" {

int open(char const* path, int flags, ...) {
  unsigned mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, unsigned);
    va_end(rest);
  }
  return spillway::crash::opened(path, flags, mode);
}
ssize_t pwrite(int fd, void const* bytes, std::size_t count, off_t offset) {
  iovec const part{const_cast<void*>(bytes), count};
  return spillway::crash::written(fd, &part, 1, offset);
}
ssize_t writev(int fd, iovec const* parts, int count) {
  off_t const offset = ::lseek(fd, 0, SEEK_CUR);
  if (offset < 0) return static_cast<ssize_t>(::syscall(SYS_writev, fd, parts, count));  // a pipe
  ssize_t const done = spillway::crash::written(fd, parts, count, offset);
  if (done > 0) (void)::lseek(fd, offset + done, SEEK_SET);
  return done;
}
int fsync(int fd) { return spillway::crash::synced(fd, SYS_fsync); }
int fdatasync(int fd) { return spillway::crash::synced(fd, SYS_fdatasync); }
int ftruncate(int fd, off_t bytes) noexcept { return spillway::crash::truncated(fd, bytes); }
int rename(char const* from, char const* to) noexcept { return spillway::crash::renamed(from, to); }
int unlink(char const* path) noexcept { return spillway::crash::removed(path, 0); }
int mkdir(char const* path, mode_t mode) noexcept { return spillway::crash::made_folder(path, mode); }
int remove(char const* path) noexcept {
  int const done = spillway::crash::removed(path, 0);
  return done != 0 && errno == EISDIR
             ? static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR))
             : done;
}

}  // extern "C"
