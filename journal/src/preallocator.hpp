// journal/src/preallocator.hpp - makes the next segment ahead: a file of zeros, synced, not yet named.
// Room:   journal, inside only.
// Thread: the caller's and one of its own; the two meet in this class alone.
// Why:    writing into blocks that already hold zeros needs no change of size or extents at the sync.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "file.hpp"

namespace spillway {

class Preallocator {
 public:
  /// Begins the first spare at once.
  Preallocator(std::filesystem::path folder, std::uint64_t segment_bytes);
  ~Preallocator();
  Preallocator(Preallocator const&) = delete;
  Preallocator& operator=(Preallocator const&) = delete;

  /// Waits for the spare; a failure to make it ahead is tried once more first, as the disk may have room
  /// again.
  [[nodiscard]] std::expected<File, std::string> take();
  void make_next();
  [[nodiscard]] bool ready() const;

  /// Removes a spare that an earlier process left.
  static void clean(std::filesystem::path const& folder);

 private:
  enum class State { wanted, working, ready, failed, idle };
  void run();
  [[nodiscard]] std::expected<File, std::string> make();
  [[nodiscard]] bool stopping() const;

  std::filesystem::path folder_;
  std::uint64_t segment_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::wanted;
  bool stop_ = false;
  File spare_;
  std::thread thread_;
};

}  // namespace spillway
