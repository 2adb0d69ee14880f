// tests/journal/fuzz_segment.cpp - any bytes as the only segment of a stream: recovery ends, keeps each frame
// that reading found, and leaves a stream without a torn tail. Quicker with TMPDIR in memory.
#include <cstdint>
#include <cstdlib>

#include "support.hpp"

namespace {

using namespace spillway;
using namespace spillway::testing;

constexpr std::size_t segment_bytes = 16384;

/// The input as a little script: good frames, raw bytes and zeros, as checksums are hard to guess.
std::vector<std::byte> frames_by_script(ByteView script) {
  std::vector<std::byte> out;
  std::uint64_t seq = 0;
  while (script.size() >= 2 && out.size() < segment_bytes) {
    auto const what = std::to_integer<unsigned>(script[0]) % 4;
    auto const count = std::min<std::size_t>(std::to_integer<std::size_t>(script[1]), script.size() - 2);
    ByteView const bytes = script.subspan(2, count);
    if (what == 0) encode_frame(FrameType::entry, Seq{++seq}, bytes, out);
    if (what == 1) encode_frame(FrameType::seal, Seq{seq}, bytes, out);
    if (what == 2) out.insert(out.end(), bytes.begin(), bytes.end());
    if (what == 3) out.resize(out.size() + std::to_integer<std::size_t>(script[1]) * 8);
    script = script.subspan(what == 3 ? 2 : 2 + count);
  }
  return out;
}

void write_segment(fs::path const& journal, std::vector<std::byte> const& frames) {
  HeaderPage const page = encode_header({StreamKind::entries, segment_bytes, Seq{1}, 0, 0, 0, {}});
  std::vector<char> content(segment_bytes);
  std::memcpy(content.data(), page.data(), page.size());
  if (!frames.empty())
    std::memcpy(content.data() + page.size(), frames.data(),
                std::min(frames.size(), segment_bytes - page.size()));
  fs::create_directories(journal / "segments");
  spit(journal / "segments" / segment_name(Seq{1}), content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ByteView const bytes = std::as_bytes(std::span(data, size));
  (void)parse_frame(bytes);
  (void)parse_header(bytes);
  static TempDir const dir;
  write_segment(dir.path(), frames_by_script(bytes));
  Story const before = read_all(dir.path(), ReadMode::allow_torn_tail);
  RecoveryReport report;
  bool const opened =
      LogWriter::open(dir.path(), StreamKind::entries, small_segments(segment_bytes), &report).has_value();
  if (opened != before.damage.empty()) std::abort();
  if (!opened) return 0;
  Story const after = read_all(dir.path(), ReadMode::strict);
  if (!after.damage.empty() || after.frames != before.frames || report.frames != after.frames.size())
    std::abort();
  return 0;
}
