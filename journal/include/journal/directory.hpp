// journal/directory.hpp - a journal directory: who holds it, what it contains, where each part lies.
// Room:   journal; sees the standard library.
// Layout: LAYOUT (version) LOCK segments/ records/ tiles/ projection/ snapshots/ keys/ checkpoint
// Errors: JournalError; in_use names the process that holds the lock.
#pragma once

#include <expected>
#include <filesystem>
#include <utility>

#include "journal/error.hpp"

namespace spillway {

enum class DirectoryMode : std::uint8_t {
  write,      // made if missing; locked until the object dies
  read_only,  // for the auditor: no lock is taken, nothing is written, it may be in use
};

class JournalDirectory {
 public:
  [[nodiscard]] static std::expected<JournalDirectory, JournalError> open(std::filesystem::path const& path,
                                                                          DirectoryMode mode);
  JournalDirectory(JournalDirectory&& other) noexcept
      : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  JournalDirectory& operator=(JournalDirectory&&) = delete;
  ~JournalDirectory();

  [[nodiscard]] std::filesystem::path const& path() const { return path_; }
  [[nodiscard]] std::filesystem::path segments() const { return path_ / "segments"; }
  [[nodiscard]] std::filesystem::path records() const { return path_ / "records"; }
  [[nodiscard]] std::filesystem::path tiles() const { return path_ / "tiles"; }
  [[nodiscard]] std::filesystem::path projection() const { return path_ / "projection"; }
  [[nodiscard]] std::filesystem::path snapshots() const { return path_ / "snapshots"; }
  [[nodiscard]] std::filesystem::path keys() const { return path_ / "keys"; }
  [[nodiscard]] std::filesystem::path checkpoint() const { return path_ / "checkpoint"; }

 private:
  JournalDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_ = -1;  // file descriptor; -1: none
};

}  // namespace spillway
