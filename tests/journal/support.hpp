// tests/journal/support.hpp - a folder that goes away, payloads, and ways to write, read and hurt a stream.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "journal/log_reader.hpp"
#include "journal/log_writer.hpp"
#include "journal/merkle.hpp"

namespace spillway::testing {

namespace fs = std::filesystem;

class TempDir {
 public:
  TempDir() {
    std::string pattern = (fs::temp_directory_path() / "spillway-journal-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempDir(TempDir const&) = delete;
  TempDir& operator=(TempDir const&) = delete;
  [[nodiscard]] fs::path const& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::vector<std::byte> bytes_of(std::string_view text) {
  auto const view = as_byte_view(text);
  return {view.begin(), view.end()};
}
inline std::string text_of(ByteView bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// "entry-<seq>" followed by a few dots, so that lengths differ.
inline std::string entry_text(std::uint64_t seq) {
  return "entry-" + std::to_string(seq) + std::string(seq * 7 % 40, '.');
}

inline LogOptions small_segments(std::uint64_t bytes = 8192) {
  LogOptions options;
  options.segment_bytes = bytes;
  return options;
}

inline LogWriter must_open(fs::path const& journal, StreamKind kind = StreamKind::entries,
                           LogOptions options = small_segments(), RecoveryReport* report = nullptr) {
  auto writer = LogWriter::open(journal, kind, std::move(options), report);
  if (!writer) {
    std::fprintf(stderr, "%s\n", writer.error().message.c_str());
    std::abort();
  }
  return std::move(*writer);
}

/// One batch: entries first..last and their seal (its content does not matter to the log).
inline void write_batch(LogWriter& log, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t seq = first; seq <= last; ++seq)
    log.append(FrameType::entry, Seq{seq}, as_byte_view(entry_text(seq)));
  log.append(FrameType::seal, Seq{last}, as_byte_view("seal"));
  log.commit();
}

/// What a reader saw: one line for each frame, and how it ended.
struct Story {
  std::vector<std::string> frames;
  std::vector<std::uint64_t> positions;
  std::string damage;  // empty: none
  std::uint64_t damage_offset = 0;
  std::optional<TornTail> torn;
};

inline std::string line_of(FrameView const& frame) {
  return std::to_string(static_cast<int>(frame.type)) + " " + std::to_string(frame.seq.v) + " " +
         text_of(frame.payload);
}

inline Story read_all(fs::path const& journal, ReadMode mode, StreamKind kind = StreamKind::entries) {
  Story story;
  auto reader = LogReader::open(journal, kind, mode);
  if (!reader) {
    story.damage = reader.error().message;
    return story;
  }
  while (true) {
    auto const frame = reader->next();
    if (!frame) {
      story.damage = to_string(frame.error());
      story.damage_offset = frame.error().offset;
      return story;
    }
    if (!*frame) break;
    story.frames.push_back(line_of(**frame));
    story.positions.push_back((*frame)->position);
  }
  story.torn = reader->torn_tail();
  return story;
}

inline std::vector<fs::path> segments_of(fs::path const& journal, StreamKind kind = StreamKind::entries) {
  std::vector<fs::path> paths;
  auto const names = list_segments(journal / folder_of(kind)).value();
  for (std::string const& name : names) paths.push_back(journal / folder_of(kind) / name);
  return paths;
}

inline std::vector<char> slurp(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
/// Written in place: a file that is cut to nothing first would be flushed by some file systems on each close.
inline void spit(fs::path const& file, std::vector<char> const& content) {
  if (!fs::exists(file)) std::ofstream(file).close();
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  fs::resize_file(file, content.size());
}
inline std::vector<char> flipped(std::vector<char> content, std::size_t offset, unsigned bit = 3) {
  content[offset] = static_cast<char>(static_cast<unsigned char>(content[offset]) ^ (1U << bit));
  return content;
}
/// Zeros from `from` to `to`: what a disk shows of sectors that were never written.
inline std::vector<char> with_zeros(std::vector<char> content, std::size_t from, std::size_t to) {
  std::fill(content.begin() + static_cast<std::ptrdiff_t>(from),
            content.begin() + static_cast<std::ptrdiff_t>(to), '\0');
  return content;
}

/// Leaves of a tree that tests and vectors share: the hashes of "entry-0", "entry-1", ...
inline std::vector<Hash256> numbered_leaves(std::size_t count) {
  std::vector<Hash256> leaves;
  for (std::size_t i = 0; i < count; ++i)
    leaves.push_back(leaf_hash(as_byte_view("entry-" + std::to_string(i))));
  return leaves;
}

}  // namespace spillway::testing
