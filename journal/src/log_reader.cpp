// journal/src/log_reader.cpp - reads a stream segment by segment.
#include "journal/log_reader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "endian.hpp"
#include "file.hpp"
#include "journal/digest.hpp"
#include "tear.hpp"
#include "zeros.hpp"

namespace spillway {
namespace {
constexpr std::size_t usual_window_bytes = std::size_t{256} << 10;  // small enough to stay in a cache
}

struct LogReader::Impl {
  ReadMode mode = ReadMode::strict;
  std::vector<SegmentPlace> places;
  std::size_t opened = 0;  // segments opened so far; the current one is places[opened - 1]
  bool believes = false;   // the next header says itself what lies before it

  File file;  // the current segment
  std::size_t file_bytes = 0;
  std::vector<std::byte> window;  // its bytes from window_at on
  std::size_t window_at = 0;
  bool judged = false;             // the window is the whole of the last segment, read at one time
  RunningHash hash;                // over its bytes
  PendingHash pending{&hash, {}};  // those of the window before `offset` that are not in it yet
  SegmentHeader header;
  std::size_t offset = 0;  // behind the last frame

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
  void hash_pending();
  void pass_to(std::size_t to);
  [[nodiscard]] std::expected<ByteView, Damage> see(std::size_t bytes);
  [[nodiscard]] std::expected<void, Damage> see_from(std::size_t at, std::size_t bytes);
  [[nodiscard]] std::expected<ByteView, Damage> see_frame();
  [[nodiscard]] std::expected<bool, Damage> rest_is_zero();
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
  auto opened_file = File::open(places[opened - 1].file, O_RDONLY);
  if (!opened_file) return wrong(opened_file.error());
  file = std::move(*opened_file);
  auto const size = file.size();
  if (!size) return wrong(size.error());
  if (*size > largest_segment_bytes) return wrong("the file is larger than a segment can be");
  file_bytes = static_cast<std::size_t>(*size);
  judged = false;
  hash = RunningHash();
  pending = {&hash, {}};
  return see_from(0, usual_window_bytes);
}

/// The window from there on: so many bytes, fewer where the file ends.
std::expected<void, Damage> LogReader::Impl::see_from(std::size_t at, std::size_t bytes) {
  window.resize(std::min(bytes, file_bytes - at));
  window_at = at;
  auto const got = file.read_at(at, window);
  if (!got) return std::unexpected(Damage{name(), 0, got.error()});
  if (*got < window.size())
    return std::unexpected(Damage{name(), at + *got, "the file became shorter while it was read"});
  return {};
}

/// In large pieces, while they are still near.
void LogReader::Impl::hash_pending() { hash.update(std::exchange(pending.bytes, {})); }

/// Nobody asks for the hash of the last segment.
void LogReader::Impl::pass_to(std::size_t to) {
  if (opened < places.size() && mode != ReadMode::glance) {
    auto const left = pending.bytes.size();
    pending.bytes = ByteView(window).subspan(offset - left - window_at, left + to - offset);
  }
  offset = to;
}

/// At least so many bytes from `offset` on, fewer where the file ends.
std::expected<ByteView, Damage> LogReader::Impl::see(std::size_t bytes) {
  std::size_t const held = window_at + window.size() - offset;
  if (held < bytes && offset + held < file_bytes) {
    hash_pending();
    if (auto seen = see_from(offset, std::max(bytes, usual_window_bytes)); !seen)
      return std::unexpected(seen.error());
  }
  return ByteView(window).subspan(offset - window_at);
}

std::expected<ByteView, Damage> LogReader::Impl::see_frame() {
  auto const front = see(frame_header_bytes);
  if (!front || front->size() < frame_header_bytes) return front;
  std::size_t const length = load_le<std::uint32_t>(front->data());
  if (length < frame_header_bytes || length > frame_header_bytes + largest_payload_bytes) return front;
  return see(frame_bytes(length - frame_header_bytes));
}

std::expected<bool, Damage> LogReader::Impl::rest_is_zero() {
  for (std::size_t at = offset; at < file_bytes; at += window.size()) {
    if (auto seen = see_from(at, usual_window_bytes); !seen) return std::unexpected(seen.error());
    if (!all_zero(window)) return false;
  }
  return true;
}

std::string LogReader::Impl::header_objection() const {
  if (header.kind != sequence.kind) return "this segment belongs to another stream";
  if (header.segment_bytes != file_bytes)
    return "the file has " + std::to_string(file_bytes) + " bytes where its header says " +
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
  std::optional<Hash256> expected;  // that the header must name; none: it is believed
  hash_pending();
  if (!first && mode != ReadMode::glance) expected = hash.current();
  if (opened == 0) expected = Hash256{};
  ++opened;
  if (auto loaded = load(); !loaded) return loaded;
  auto parsed = parse_header(window);
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
  bool const changed = objection.empty() && expected && header.previous_hash != *expected;
  if (changed)
    objection = "the hash of the segment before does not match: it was changed after it was closed";
  if (!objection.empty()) {
    header = before;          // what is right ends behind the segment before,
    if (changed) offset = 0;  // or anywhere in it
    return std::unexpected(Damage{name(), 0, objection});
  }
  offset = 0;
  pass_to(segment_header_bytes);
  return {};
}

void LogReader::Impl::skip_to(Seq from) {
  auto const begins_behind = [&](SegmentPlace const& segment) { return segment.name > segment_name(from); };
  auto const behind = std::ranges::find_if(places, begins_behind);
  if (behind == places.begin() || behind == places.begin() + 1) return;  // the first: nothing is skipped
  opened = static_cast<std::size_t>(behind - places.begin()) - 1;
  believes = true;
}

/// Called where no frame could be read at `offset`. Without an error the next segment is open, the stream has
/// ended, or the place is to be looked at once more.
std::expected<void, Damage> LogReader::Impl::end_segment(FrameFault fault) {
  bool const last = opened == places.size();
  // Beside a writer at work, pieces read one after the other are of different times. That changes nothing
  // where all are zero; anything else is judged on bytes that were read at once.
  if (last && !judged) {
    auto const zero = fault == FrameFault::end_marker ? rest_is_zero() : false;
    if (!zero) return std::unexpected(zero.error());
    if ((done = *zero)) return {};
    judged = true;
    return see_from(0, file_bytes);
  }
  auto const rest = see(file_bytes - offset);
  if (!rest) return std::unexpected(rest.error());
  if (end_of_written(*rest, 0) > 0 && (!last || mode == ReadMode::strict)) {
    std::string reason = to_string(fault);
    if (fault == FrameFault::end_marker) reason = "bytes that are not zero behind the last frame";
    return std::unexpected(Damage{name(), offset, std::move(reason)});
  }
  if (!last) return open_next();
  auto tail = judge_tail(window, offset, fault, sequence);
  if (!tail) return std::unexpected(Damage{name(), tail.error().offset, tail.error().reason});
  torn = std::move(*tail);
  if (torn) torn->segment = name();
  done = true;
  return {};
}

LogReader::Impl::Next LogReader::Impl::accept(FrameView frame) {
  if (std::string objection = sequence.objection(frame); !objection.empty())
    return fail(offset, std::move(objection));
  frame.position = header.base_position + offset;
  pass_to(offset + frame_bytes(frame.payload.size()));
  sequence.pass(frame);
  sealed = frame.type == FrameType::seal;
  ++frames;
  return std::optional(frame);
}

LogReader::Impl::Next LogReader::Impl::step() {
  if (places.empty()) done = true;
  while (!done) {
    if (opened == 0 || believes) {
      if (auto ready = open_next(); !ready) return std::unexpected(*(damage = ready.error()));
      continue;
    }
    auto const bytes = see_frame();
    if (!bytes) return std::unexpected(*(damage = bytes.error()));
    auto const frame = parse_frame(*bytes);
    if (frame) return accept(*frame);
    // Fewer than four bytes cannot be left, as all is in multiples of eight; none at all is an end like any
    // other.
    FrameFault const fault = offset == file_bytes ? FrameFault::end_marker : frame.error();
    if (auto ended = end_segment(fault); !ended) return std::unexpected(*(damage = ended.error()));
  }
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
PendingHash* LogReader::pending_hash() { return &impl_->pending; }
std::uint64_t LogReader::frames() const { return impl_->frames; }
Seq LogReader::last_seq() const { return impl_->sequence.last; }

LogReader::End LogReader::end() const {
  bool const archived = impl_->opened > 0 && impl_->places[impl_->opened - 1].archived;
  return {impl_->header, impl_->name(), impl_->offset, impl_->opened, impl_->sealed, archived};
}

}  // namespace spillway
