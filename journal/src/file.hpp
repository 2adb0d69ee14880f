// journal/src/file.hpp - a file descriptor with an owner, and calls that finish or say why not.
// Room:   journal, inside only.
// Errors: a string: the path and the words of the operating system.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>

#include "journal/bytes.hpp"

namespace spillway {

class File {
 public:
  using Done = std::expected<void, std::string>;

  File() = default;
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~File();

  /// `flags` as for open(2); O_CLOEXEC is added. New files get `mode`.
  [[nodiscard]] static std::expected<File, std::string> open(std::filesystem::path const& path, int flags,
                                                             unsigned mode = 0640);
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] std::filesystem::path const& path() const { return path_; }
  void now_called(std::filesystem::path path) { path_ = std::move(path); }

  [[nodiscard]] std::expected<std::uint64_t, std::string> size() const;
  /// Fills `out`, or what the file has from `offset` on; the number of bytes read.
  [[nodiscard]] std::expected<std::size_t, std::string> read_at(std::uint64_t offset,
                                                                std::span<std::byte> out) const;
  [[nodiscard]] Done write_at(std::uint64_t offset, ByteView bytes);
  [[nodiscard]] Done sync_data();
  [[nodiscard]] Done sync();

 private:
  [[nodiscard]] std::unexpected<std::string> failure(char const* what) const;
  int fd_ = -1;
  std::filesystem::path path_;
};

/// Makes names in `folder` durable.
[[nodiscard]] File::Done sync_folder(std::filesystem::path const& folder);

/// Replaces `path` by a file with these bytes, so that a crash leaves the old one or the new one.
[[nodiscard]] File::Done replace_file(std::filesystem::path const& path, ByteView bytes, unsigned mode);
/// The same with bytes that lie in several places.
[[nodiscard]] File::Done replace_file(std::filesystem::path const& path,
                                      std::initializer_list<ByteView> pieces, unsigned mode);

/// The whole file, refused beyond `most_bytes`; nothing if it does not exist.
[[nodiscard]] std::expected<std::optional<std::string>, std::string> read_text(
    std::filesystem::path const& path, std::size_t most_bytes);

}  // namespace spillway
