// journal/src/tail.cpp - reading behind a writer at work.
#include "journal/tail.hpp"

#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "endian.hpp"
#include "file.hpp"
#include "tear.hpp"

namespace spillway {
namespace {
constexpr std::size_t read_ahead_bytes = std::size_t{256} << 10;
}

struct Tail::Impl {
  std::filesystem::path journal, archive;
  Continuity sequence;
  bool knows_sequence = true;  // not when it began in the middle, before its first frame

  File file;
  SegmentHeader header;
  std::string name;
  std::uint64_t offset = 0;       // of the next frame in the file
  std::vector<std::byte> buffer;  // bytes of the file from buffer_offset on
  std::uint64_t buffer_offset = 0;

  [[nodiscard]] std::uint64_t position() const { return header.base_position + offset; }
  [[nodiscard]] std::unexpected<Damage> wrong(std::string reason) const {
    return std::unexpected(
        Damage{std::string(folder_of(sequence.kind)) + "/" + name, offset, std::move(reason)});
  }
  [[nodiscard]] std::expected<void, Damage> open_segment(SegmentPlace const& which);
  [[nodiscard]] std::expected<void, Damage> hop();
  [[nodiscard]] std::expected<void, Damage> find(std::uint64_t wanted);
  [[nodiscard]] std::expected<ByteView, Damage> window(std::uint64_t limit, std::uint64_t bytes);
  [[nodiscard]] std::expected<std::optional<FrameView>, Damage> read(std::uint64_t limit);
  [[nodiscard]] std::expected<std::optional<FrameView>, Damage> accept(FrameView frame);
};

std::expected<void, Damage> Tail::Impl::open_segment(SegmentPlace const& which) {
  name = which.name;
  offset = 0;
  auto opened = File::open(which.file, O_RDONLY);
  if (!opened) return wrong(opened.error());
  HeaderPage page{};
  auto const got = opened->read_at(0, page);
  if (!got) return wrong(got.error());
  auto parsed = parse_header(ByteView(page).first(*got));
  if (!parsed) return wrong(parsed.error().reason);
  if (parsed->kind != sequence.kind || segment_name(parsed->first_seq) != name)
    return wrong("the header is that of another segment");
  file = std::move(*opened);
  header = *parsed;
  offset = segment_header_bytes;
  buffer.clear();
  buffer_offset = offset;
  return {};
}

/// Goes on to the segment behind the current one (the first, if there is none yet).
std::expected<void, Damage> Tail::Impl::hop() {
  auto const places = find_segments(journal, archive, sequence.kind);
  if (!places) return wrong(places.error().message);
  std::uint64_t const expected = file.is_open() ? position() : 0;
  auto const next =
      file.is_open() ? std::ranges::upper_bound(*places, name, {}, &SegmentPlace::name) : places->begin();
  if (next == places->end())
    return wrong("the segment ends before the durable position and no other follows");
  if (auto opened = open_segment(*next); !opened) return opened;
  if (header.base_position != expected) return wrong("the segment does not begin where the one before ends");
  return {};
}

std::expected<void, Damage> Tail::Impl::find(std::uint64_t wanted) {
  auto const places = find_segments(journal, archive, sequence.kind);
  if (!places) return wrong(places.error().message);
  for (auto candidate = places->rbegin(); candidate != places->rend(); ++candidate) {
    if (auto opened = open_segment(*candidate); !opened) return opened;
    if (header.base_position > wanted) continue;
    offset = std::max<std::uint64_t>(wanted - header.base_position, segment_header_bytes);
    buffer_offset = offset;
    knows_sequence = false;
    return {};
  }
  return wrong("no segment holds position " + std::to_string(wanted));
}

/// At least `bytes` bytes at `offset`, fewer only where `limit` (a file offset) cuts them off.
std::expected<ByteView, Damage> Tail::Impl::window(std::uint64_t limit, std::uint64_t bytes) {
  std::uint64_t const wanted = std::min(bytes, limit - offset);
  std::uint64_t const held = buffer_offset + buffer.size() - offset;
  if (held < wanted) {
    buffer.resize(static_cast<std::size_t>(
        std::min(limit - offset, std::max<std::uint64_t>(wanted, read_ahead_bytes))));
    buffer_offset = offset;
    auto const got = file.read_at(offset, buffer);
    if (!got) return wrong(got.error());
    buffer.resize(*got);
    if (*got < wanted) return wrong("the file is shorter than its header says");
  }
  return ByteView(buffer).subspan(static_cast<std::size_t>(offset - buffer_offset));
}

std::expected<std::optional<FrameView>, Damage> Tail::Impl::accept(FrameView frame) {
  if (!knows_sequence) {
    sequence.last = frame.type == FrameType::seal ? frame.seq : Seq{frame.seq.v - 1};
    knows_sequence = true;
  }
  if (std::string objection = sequence.objection(frame); !objection.empty())
    return wrong(std::move(objection));
  frame.position = position();
  offset += frame_bytes(frame.payload.size());
  sequence.pass(frame);
  return std::optional(frame);
}

/// The frame at `offset`, or nothing where the segment ends.
std::expected<std::optional<FrameView>, Damage> Tail::Impl::read(std::uint64_t limit) {
  auto view = window(limit, frame_header_bytes);
  if (!view) return std::unexpected(view.error());
  if (view->size() < frame_header_bytes) return std::optional<FrameView>();
  std::size_t const length = load_le<std::uint32_t>(view->data());
  if (length == 0) return std::optional<FrameView>();
  if (length >= frame_header_bytes) view = window(limit, frame_bytes(length - frame_header_bytes));
  if (!view) return std::unexpected(view.error());
  auto const frame = parse_frame(*view);
  if (!frame) return wrong(to_string(frame.error()));
  return accept(*frame);
}

Tail::Tail(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tail::Tail(Tail&&) noexcept = default;
Tail& Tail::operator=(Tail&&) noexcept = default;
Tail::~Tail() = default;

std::expected<Tail, JournalError> Tail::open(std::filesystem::path const& journal, StreamKind kind,
                                             std::uint64_t position, std::filesystem::path const& archive) {
  auto impl = std::make_unique<Impl>();
  impl->journal = journal;
  impl->archive = archive;
  impl->sequence.kind = kind;
  if (position > 0)
    if (auto found = impl->find(position); !found) return std::unexpected(damaged(found.error()));
  return Tail(std::move(impl));
}

std::expected<std::optional<FrameView>, Damage> Tail::next(std::uint64_t durable) {
  while (durable > impl_->position()) {
    if (impl_->file.is_open()) {
      std::uint64_t const limit =
          std::min(impl_->header.segment_bytes, durable - impl_->header.base_position);
      auto frame = impl_->read(limit);
      if (!frame || *frame) return frame;
    }
    if (auto hopped = impl_->hop(); !hopped) return std::unexpected(hopped.error());
  }
  return std::optional<FrameView>();
}

std::uint64_t Tail::position() const { return impl_->position(); }

}  // namespace spillway
