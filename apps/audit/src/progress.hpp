// apps/audit/src/progress.hpp - how far a long pass has come, a few times a second.
// Room:   apps, library audit, private.
// Units:  bytes of the stream of entries.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace spillway {

class Progress {
 public:
  using Show = std::function<void(std::uint64_t done, std::uint64_t of)>;
  /// `show` may be empty: then nothing is counted.
  Progress(std::filesystem::path const& journal, std::filesystem::path const& archive, Show show);
  void at(std::uint64_t position) {
    if (show_ && position >= next_look_) look(position);
  }

 private:
  void look(std::uint64_t position);
  Show show_;
  std::uint64_t of_ = 0, next_look_ = 0;
  std::chrono::steady_clock::time_point next_show_;
};

}  // namespace spillway
