// journal/src/file.cpp - the system calls under the journal.
#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace spillway {

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

std::unexpected<std::string> File::failure(char const* what) const {
  return std::unexpected(std::string("cannot ") + what + " " + path_.string() + ": " + std::strerror(errno));
}

std::expected<File, std::string> File::open(std::filesystem::path const& path, int flags, unsigned mode) {
  File file;
  file.path_ = path;
  file.fd_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (file.fd_ < 0) return file.failure("open");
  return file;
}

std::expected<std::uint64_t, std::string> File::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return failure("read the size of");
  return static_cast<std::uint64_t>(status.st_size);
}

std::expected<std::size_t, std::string> File::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    ssize_t const n = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n == 0) break;
    if (n < 0 && errno != EINTR) return failure("read");
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return done;
}

File::Done File::write_at(std::uint64_t offset, ByteView bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    ssize_t const n =
        ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno != EINTR) return failure("write");
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return {};
}

File::Done File::sync_data() {
  // Not tried again: after a failed sync the kernel may have dropped the pages and would answer "done".
  if (::fdatasync(fd_) != 0) return failure("sync");
  return {};
}

File::Done File::sync() {
  if (::fsync(fd_) != 0) return failure("sync");
  return {};
}

File::Done sync_folder(std::filesystem::path const& folder) {
  auto opened = File::open(folder, O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  return opened->sync();
}

File::Done replace_file(std::filesystem::path const& path, ByteView bytes, unsigned mode) {
  return replace_file(path, std::initializer_list<ByteView>{bytes}, mode);
}

File::Done replace_file(std::filesystem::path const& path, std::initializer_list<ByteView> pieces,
                        unsigned mode) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  ::unlink(temporary.c_str());  // of an earlier try; its mode could be another
  auto file = File::open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (!file) return std::unexpected(file.error());
  std::uint64_t at = 0;
  for (auto const bytes : pieces) {
    if (auto done = file->write_at(at, bytes); !done) return done;
    at += bytes.size();
  }
  if (auto done = file->sync(); !done) return done;
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return std::unexpected("cannot rename " + temporary.string() + ": " + std::strerror(errno));
  return sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

std::expected<std::optional<std::string>, std::string> read_text(std::filesystem::path const& path,
                                                                 std::size_t most_bytes) {
  auto file = File::open(path, O_RDONLY);
  if (!file) {
    if (errno == ENOENT) return std::optional<std::string>();
    return std::unexpected(file.error());
  }
  auto const size = file->size();
  if (!size) return std::unexpected(size.error());
  if (*size > most_bytes) return std::unexpected(path.string() + " is too large to be what it should be");
  std::string text(static_cast<std::size_t>(*size), '\0');
  auto const got = file->read_at(0, std::as_writable_bytes(std::span<char>(text)));
  if (!got) return std::unexpected(got.error());
  text.resize(*got);
  return std::optional<std::string>(std::move(text));
}

}  // namespace spillway
