// tests/apps/crash_calls.hpp - every call by which this program changes files below one folder: written down
// in order, or made to fail.
// Thread: any. Why here: definitions of open, pwrite, fdatasync, rename ... in the program itself stand
//         before the system library's, for the journal and for LMDB alike (crash_calls.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace spillway::crash {

struct DiskCall {
  enum class Kind : std::uint8_t {
    make_folder,
    make_file,
    write,
    truncate,
    sync_file,
    sync_folder,
    rename,
    remove,
    told,  // not a call: the program said something to somebody
  };
  Kind kind{};
  int file = 0;              // a file keeps its number when it is renamed; 0: a folder
  std::string path, to;      // below the folder that is watched
  std::uint64_t number = 0;  // offset of a write, size after truncation, what was told
  std::vector<std::byte> bytes{};
};

/// From here on what happens below `folder`, which is new or empty. Everything before is forgotten.
void watch_disk(std::filesystem::path const& folder);
/// Ends it; the calls that succeeded, in the order in which they returned.
[[nodiscard]] std::vector<DiskCall> stop_watching();
/// A line of the story: the number of an entry that was acknowledged.
void tell(std::uint64_t number);
/// The nth call (from 1) that changes files fails with this errno, once; a write leaves half of its bytes.
void fail_call(std::uint64_t nth, int error);
/// Calls since watch_disk.
[[nodiscard]] std::uint64_t calls_made();

}  // namespace spillway::crash
