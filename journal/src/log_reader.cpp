// journal/src/log_reader.cpp - reads a stream segment by segment.
#include "journal/log_reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "file.hpp"
#include "journal/digest.hpp"
#include "tear.hpp"

namespace spillway {

struct LogReader::Impl {
  ReadMode mode = ReadMode::strict;
  std::vector<SegmentPlace> places;
  std::size_t opened = 0;  // segments opened so far; the current one is places[opened - 1]
  bool believes = false;   // the next header says itself what lies before it

  std::vector<std::byte> bytes;  // of the current segment, whole
  SegmentHeader header;
  std::size_t offset = 0;

  Continuity sequence;
  std::uint64_t frames = 0;
  bool sealed = false;
  bool done = false;
  std::optional<TornTail> torn;
  std::optional<Damage> damage;

  using Next = std::expected<std::optional<FrameView>, Damage>;

  [[nodiscard]] std::string name() const {
    if (opened == 0) return {};
    return std::string(folder_of(sequence.kind)) + "/" + places[opened - 1].name;
  }
  Next fail(std::size_t at, std::string reason) {
    damage = Damage{name(), at, std::move(reason)};
    return std::unexpected(*damage);
  }

  [[nodiscard]] std::expected<void, Damage> load();
  [[nodiscard]] std::string header_objection() const;
  [[nodiscard]] std::expected<void, Damage> open_next();
  void skip_to(Seq from);
  Next accept(FrameView frame);
  Next step();
  [[nodiscard]] std::expected<void, Damage> end_segment(FrameFault fault);
};

std::expected<void, Damage> LogReader::Impl::load() {
  auto const wrong = [this](std::string reason) {
    return std::unexpected(Damage{name(), 0, std::move(reason)});
  };
  auto const file = File::open(places[opened - 1].file, O_RDONLY);
  if (!file) return wrong(file.error());
  auto const size = file->size();
  if (!size) return wrong(size.error());
  if (*size > largest_segment_bytes) return wrong("the file is larger than a segment can be");
  bytes.resize(static_cast<std::size_t>(*size));
  auto const got = file->read_at(0, bytes);
  if (!got) return wrong(got.error());
  bytes.resize(*got);
  return {};
}

std::string LogReader::Impl::header_objection() const {
  if (header.kind != sequence.kind) return "this segment belongs to another stream";
  if (header.segment_bytes != bytes.size())
    return "the file has " + std::to_string(bytes.size()) + " bytes where its header says " +
           std::to_string(header.segment_bytes);
  if (places[opened - 1].name != segment_name(header.first_seq))
    return "the header is that of another segment";
  if (header.first_seq.v != sequence.last.v + 1 || header.first_frame != frames)
    return "the segment before this one is missing: " + segment_name(Seq{sequence.last.v + 1}) +
           " is neither in the journal nor in an archive that was named";
  return {};
}

std::expected<void, Damage> LogReader::Impl::open_next() {
  SegmentHeader const before = header;
  bool const first = opened == 0 || believes;
  std::uint64_t const used = offset;
  std::optional<Hash256> hash;  // that the header must name; none: it is believed
  if (!first) hash = blake2b_256(ByteView(bytes).first(offset));
  if (opened == 0) hash = Hash256{};
  ++opened;
  if (auto loaded = load(); !loaded) return loaded;
  auto parsed = parse_header(bytes);
  if (!parsed) return std::unexpected(Damage{name(), parsed.error().offset, parsed.error().reason});
  header = *parsed;
  if (believes) {
    sequence.last = Seq{header.first_seq.v - 1};
    frames = header.first_frame;
  }
  std::string objection = header_objection();
  if (objection.empty() && !std::exchange(believes, false) &&
      (header.previous_bytes != used || header.base_position != before.base_position + used))
    objection = "the segment before this one has another length than this header says";
  if (objection.empty() && hash && header.previous_hash != *hash)
    objection = "the hash of the segment before does not match: it was changed after it was closed";
  if (!objection.empty()) return std::unexpected(Damage{name(), 0, objection});
  offset = segment_header_bytes;
  return {};
}

void LogReader::Impl::skip_to(Seq from) {
  auto const begins_behind = [&](SegmentPlace const& segment) { return segment.name > segment_name(from); };
  auto const behind = std::ranges::find_if(places, begins_behind);
  if (behind == places.begin() || behind == places.begin() + 1) return;  // the first: nothing is skipped
  opened = static_cast<std::size_t>(behind - places.begin()) - 1;
  believes = true;
}

/// Called where no frame could be read at `offset`. Without an error the segment (or the stream) ends there.
std::expected<void, Damage> LogReader::Impl::end_segment(FrameFault fault) {
  bool const last = opened == places.size();
  std::size_t const written = end_of_written(bytes, offset);
  if (written > offset && (!last || mode == ReadMode::strict)) {
    std::string reason = to_string(fault);
    if (fault == FrameFault::end_marker) reason = "bytes that are not zero behind the last frame";
    return std::unexpected(Damage{name(), offset, std::move(reason)});
  }
  if (!last) return {};
  auto judged = judge_tail(bytes, offset, fault, sequence);
  if (!judged) return std::unexpected(Damage{name(), judged.error().offset, judged.error().reason});
  torn = std::move(*judged);
  if (torn) torn->segment = name();
  done = true;
  return {};
}

LogReader::Impl::Next LogReader::Impl::accept(FrameView frame) {
  if (std::string objection = sequence.objection(frame); !objection.empty())
    return fail(offset, std::move(objection));
  frame.position = header.base_position + offset;
  offset += frame_bytes(frame.payload.size());
  sequence.pass(frame);
  sealed = frame.type == FrameType::seal;
  ++frames;
  return std::optional(frame);
}

LogReader::Impl::Next LogReader::Impl::step() {
  while (!done) {
    if (opened > 0 && !believes) {
      auto const frame = parse_frame(ByteView(bytes).subspan(offset));
      if (frame) return accept(*frame);
      // Fewer than four bytes cannot be left, as all is in multiples of eight; none at all is an end like any
      // other.
      FrameFault const fault = offset == bytes.size() ? FrameFault::end_marker : frame.error();
      if (auto ended = end_segment(fault); !ended) return std::unexpected(*(damage = ended.error()));
      if (done) break;
    } else if (places.empty()) {
      break;
    }
    if (auto ready = open_next(); !ready) return std::unexpected(*(damage = ready.error()));
  }
  done = true;
  return std::optional<FrameView>();
}

LogReader::LogReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;
LogReader::~LogReader() = default;

std::expected<LogReader, JournalError> LogReader::open(std::filesystem::path const& journal, StreamKind kind,
                                                       ReadMode mode, std::filesystem::path const& archive,
                                                       Seq from) {
  auto impl = std::make_unique<Impl>();
  impl->mode = mode;
  impl->sequence.kind = kind;
  auto places = find_segments(journal, archive, kind);
  if (!places) return std::unexpected(places.error());
  impl->places = std::move(*places);
  if (from.some()) impl->skip_to(from);
  return LogReader(std::move(impl));
}

std::expected<std::optional<FrameView>, Damage> LogReader::next() {
  if (impl_->damage) return std::unexpected(*impl_->damage);
  return impl_->step();
}

std::optional<TornTail> const& LogReader::torn_tail() const { return impl_->torn; }
std::uint64_t LogReader::position() const { return impl_->header.base_position + impl_->offset; }
std::uint64_t LogReader::frames() const { return impl_->frames; }
Seq LogReader::last_seq() const { return impl_->sequence.last; }

LogReader::End LogReader::end() const {
  bool const archived = impl_->opened > 0 && impl_->places[impl_->opened - 1].archived;
  return {impl_->header, impl_->name(), impl_->offset, impl_->opened, impl_->sealed, archived};
}

}  // namespace spillway
