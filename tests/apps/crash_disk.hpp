// tests/apps/crash_disk.hpp - what a disk may hold when the power goes between two calls.
// Model:  what was synced is there. Of what was written since, each sector of 512 bytes holds what it held at
// the sync or after any later write that touched it; a file may have grown without its bytes. Of the names
// made, changed and removed in a folder since its own sync, any first part is there. Folders know nothing of
// each other.
#pragma once

#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "crash_calls.hpp"

namespace spillway::crash {

/// Which of the states that the model allows.
enum class Loss : std::uint8_t {
  everything,  // nothing but what was synced
  nothing,     // as if the process alone had died
  the_end,     // calls up to some moment, the last of them torn
  anything,    // any sectors, any names
};

using Dice = std::mt19937_64;
using FileBytes = std::vector<std::byte>;
/// Files by path; folders have no bytes and end in a slash.
using DiskState = std::map<std::string, FileBytes>;

class CrashDisk {
 public:
  /// One more call has returned.
  void apply(DiskCall const& call);
  [[nodiscard]] DiskState state(Loss loss, Dice& dice) const;

 private:
  struct Write {
    std::uint64_t offset = 0;
    FileBytes bytes;
    bool truncates = false;
  };
  struct Content {
    FileBytes synced;
    std::vector<Write> later;
  };

  static void name(std::map<std::string, int>& names, DiskCall const& call);
  [[nodiscard]] std::map<std::string, int> names(Loss loss, Dice& dice) const;
  [[nodiscard]] static FileBytes bytes(Content const& content, Loss loss, Dice& dice);

  std::map<std::string, int> synced_names_;                   // number of the file, 0: a folder
  std::map<std::string, std::vector<DiskCall>> later_names_;  // by folder
  std::map<int, Content> files_;
};

/// Puts a state into a new folder.
void put_down(DiskState const& state, std::filesystem::path const& folder);

}  // namespace spillway::crash
