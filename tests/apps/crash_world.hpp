// tests/apps/crash_world.hpp - a short life of an exchange that is to be cut off, and what must hold
// afterwards.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "market/ids.hpp"

namespace spillway::crash {

namespace fs = std::filesystem;

/// A folder that goes away; in memory where there is such a file system, as thousands of them are written.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(ScratchFolder const&) = delete;
  ScratchFolder& operator=(ScratchFolder const&) = delete;
  [[nodiscard]] fs::path const& path() const { return path_; }

 private:
  fs::path path_;
};

using Told = std::function<void(Seq acknowledged)>;

/// An exchange with small segments opens the directory, takes a few orders, and stops; `rounds` of them go by
/// before. Empty, or why it did not open.
[[nodiscard]] std::string live(fs::path const& journal, int rounds, Told const& told);

/// The leaves of the log, in order.
using Leaves = std::vector<std::vector<std::byte>>;
[[nodiscard]] Leaves leaves_of(fs::path const& journal);

struct Crashed {
  Seq acknowledged;                // the last number that anybody was told
  Leaves const* leaves = nullptr;  // what the log may begin with; nothing else may be in it
};
/// Looks at the directory as a crash left it, starts an exchange on it, lets it take one more command and
/// stop, and audits. What is wrong; empty: nothing.
[[nodiscard]] std::string judge(fs::path const& journal, Crashed const& crashed);

/// From the environment SPILLWAY_CRASH_EFFORT: how many times as much as usual is tried.
[[nodiscard]] std::size_t effort();

}  // namespace spillway::crash
