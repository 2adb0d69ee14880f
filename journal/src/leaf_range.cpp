// journal/src/leaf_range.cpp - finds the segment by the headers, then walks its frames.
#include "journal/leaf_range.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>

#include "file.hpp"
#include "journal/frame.hpp"
#include "journal/segment_file.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;

template <class T>
using Result = std::expected<T, JournalError>;

std::unexpected<JournalError> cannot_read(std::string message) {
  return std::unexpected(JournalError{JournalErrc::io, std::move(message)});
}

Result<std::vector<std::byte>> front_of(fs::path const& file, std::uint64_t most_bytes) {
  auto const opened = File::open(file, O_RDONLY);
  if (!opened) return cannot_read(opened.error());
  auto const size = opened->size();
  if (!size) return cannot_read(size.error());
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(*size, most_bytes)));
  auto const got = opened->read_at(0, bytes);
  if (!got) return cannot_read(got.error());
  bytes.resize(*got);
  return bytes;
}

class Segments {
 public:
  explicit Segments(std::vector<SegmentPlace> places) : places_(std::move(places)) {}
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  /// The tree index of the first leaf in a segment.
  [[nodiscard]] Result<std::uint64_t> first_leaf(std::size_t i) const;
  [[nodiscard]] Result<std::vector<std::byte>> bytes(std::size_t i) const {
    return front_of(places_[i].file, largest_segment_bytes);
  }
  [[nodiscard]] std::unexpected<JournalError> damage(std::size_t i, std::size_t at,
                                                     std::string reason) const {
    return std::unexpected(damaged({"segments/" + places_[i].name, at, std::move(reason)}));
  }

 private:
  std::vector<SegmentPlace> places_;
};

Result<std::uint64_t> Segments::first_leaf(std::size_t i) const {
  auto const page = front_of(places_[i].file, segment_header_bytes);
  if (!page) return std::unexpected(page.error());
  auto const header = parse_header(*page);
  if (!header) return damage(i, header.error().offset, header.error().reason);
  return header->first_frame;
}

/// The last segment whose first leaf is not behind `leaf`.
Result<std::size_t> segment_of(Segments const& segments, std::uint64_t leaf) {
  std::size_t low = 0, high = segments.size();
  while (high - low > 1) {
    auto const middle = low + (high - low) / 2;
    auto const first = segments.first_leaf(middle);
    if (!first) return std::unexpected(first.error());
    (*first <= leaf ? low : high) = middle;
  }
  return low;
}

}  // namespace

std::expected<std::vector<std::vector<std::byte>>, JournalError> read_leaves(fs::path const& journal,
                                                                             fs::path const& archive,
                                                                             std::uint64_t first,
                                                                             std::uint64_t count) {
  std::vector<std::vector<std::byte>> leaves;
  auto places = find_segments(journal, archive, StreamKind::entries);
  if (!places) return std::unexpected(places.error());
  Segments const segments(std::move(*places));
  if (segments.size() == 0) return cannot_read("the journal has no segments");
  auto const start = segment_of(segments, first);
  if (!start) return std::unexpected(start.error());
  for (std::size_t i = *start; i < segments.size() && leaves.size() < count; ++i) {
    auto const base = segments.first_leaf(i);
    if (!base) return std::unexpected(base.error());
    auto const bytes = segments.bytes(i);
    if (!bytes) return std::unexpected(bytes.error());
    std::size_t offset = segment_header_bytes;
    for (std::uint64_t leaf = *base; offset < bytes->size() && leaves.size() < count; ++leaf) {
      auto const frame = parse_frame(ByteView(*bytes).subspan(offset));
      if (!frame && frame.error() == FrameFault::end_marker) break;
      if (!frame) return segments.damage(i, offset, to_string(frame.error()));
      if (leaf >= first) leaves.emplace_back(frame->payload.begin(), frame->payload.end());
      offset += frame_bytes(frame->payload.size());
    }
  }
  if (leaves.size() != count)
    return cannot_read("the segments hold only " + std::to_string(leaves.size()) + " of the " +
                       std::to_string(count) + " entries and seals from " + std::to_string(first));
  return leaves;
}

}  // namespace spillway
