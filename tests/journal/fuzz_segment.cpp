// Any bytes as the only segment of a stream: reading ends, and what a writer accepts a strict reader accepts
// after it.
#include <cstdint>
#include <cstdlib>

#include "journal/digest.hpp"
#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace spillway;
  using namespace spillway::testing;
  (void)parse_frame(std::as_bytes(std::span(data, size)));
  (void)parse_header(std::as_bytes(std::span(data, size)));
  static TempDir const dir;
  constexpr std::size_t bytes = 16384;
  // A good header, so that the fuzzer meets the frames behind it.
  HeaderPage const page = encode_header({StreamKind::entries, bytes, Seq{1}, 0, 0, 0, {}});
  std::vector<char> content(bytes);
  std::memcpy(content.data(), page.data(), page.size());
  std::memcpy(content.data() + page.size(), data, std::min(size, bytes - page.size()));
  fs::create_directories(dir.path() / "segments");
  spit(dir.path() / "segments" / segment_name(Seq{1}), content);
  std::size_t const found = read_all(dir.path(), ReadMode::allow_torn_tail).frames.size();
  RecoveryReport report;
  { (void)LogWriter::open(dir.path(), StreamKind::entries, small_segments(bytes), &report); }
  Story const after = read_all(dir.path(), ReadMode::allow_torn_tail);
  if (after.damage.empty() && (after.torn || after.frames.size() != found || report.frames != found))
    std::abort();
  return 0;
}
