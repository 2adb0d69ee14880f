// apps/audit/src/progress.cpp - looks at the clock once in 64 KiB.
#include "progress.hpp"

#include <algorithm>

namespace spillway {
namespace {
using namespace std::chrono_literals;
constexpr std::uint64_t look_every_bytes = 65'536;
constexpr auto show_every = 200ms;
constexpr auto short_work = 1s;  // nothing is shown for what takes no longer
}  // namespace

Progress::Progress(std::filesystem::path const& segments, Show show) : show_(std::move(show)) {
  if (!show_) return;
  next_show_ = std::chrono::steady_clock::now() + short_work;
  std::error_code failed;
  for (std::filesystem::directory_iterator it(segments, failed), end; !failed && it != end;
       it.increment(failed))
    of_ += it->is_regular_file() ? it->file_size() : 0;
}

void Progress::look(std::uint64_t position) {
  next_look_ = position + look_every_bytes;
  auto const now = std::chrono::steady_clock::now();
  if (now < next_show_) return;
  next_show_ = now + show_every;
  show_(std::min(position, of_), of_);
}

}  // namespace spillway
