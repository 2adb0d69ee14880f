// apps/audit/src/progress.cpp - looks at the clock once in 64 KiB.
#include "progress.hpp"

#include <algorithm>

#include "journal/segment_file.hpp"

namespace spillway {
namespace {
using namespace std::chrono_literals;
constexpr std::uint64_t look_every_bytes = 65'536;
constexpr auto show_every = 200ms;
constexpr auto short_work = 1s;  // nothing is shown for what takes no longer
}  // namespace

Progress::Progress(std::filesystem::path const& journal, std::filesystem::path const& archive, Show show)
    : show_(std::move(show)) {
  if (!show_) return;
  next_show_ = std::chrono::steady_clock::now() + short_work;
  auto const places = find_segments(journal, archive, StreamKind::entries);
  if (!places) return;
  for (auto const& place : *places) {
    std::error_code unknown;
    auto const bytes = std::filesystem::file_size(place.file, unknown);
    of_ += unknown ? 0 : bytes;
  }
}

void Progress::look(std::uint64_t position) {
  next_look_ = position + look_every_bytes;
  auto const now = std::chrono::steady_clock::now();
  if (now < next_show_) return;
  next_show_ = now + show_every;
  show_(std::min(position, of_), of_);
}

}  // namespace spillway
