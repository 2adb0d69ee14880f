// journal/src/log_writer.cpp - group commit into zero-filled segments.
#include "journal/log_writer.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include "file.hpp"
#include "journal/digest.hpp"
#include "journal/log_reader.hpp"
#include "market/check.hpp"
#include "preallocator.hpp"
#include "tear.hpp"

namespace spillway {
namespace {

void stop_the_process(std::string_view what) {
  std::fprintf(stderr, "spillway: the journal cannot be written, stopping at once: %.*s\n",
               static_cast<int>(what.size()), what.data());
  std::abort();
}

/// Frames for one segment. Every run but a commit's first begins a segment.
struct Run {
  Seq next_seq{};  // of the next entry when the run begins
  std::uint64_t first_frame = 0;
  std::vector<std::byte> bytes;
};

}  // namespace

struct LogWriter::Impl {
  std::filesystem::path folder;
  LogOptions options;
  std::unique_ptr<Preallocator> spare;

  File current;
  SegmentHeader header;
  std::uint64_t offset = 0;         // behind the last byte written
  RunningHash hash;                 // over the current segment up to `offset`, but for what is pending
  std::vector<std::byte> last_run;  // the last run
  PendingHash pending{&hash, {}};   // of its bytes
  bool unsynced = false;
  bool failed = false;

  Continuity sequence;  // behind the last frame appended
  std::uint64_t frames = 0;
  std::vector<Run> runs;   // gathered; never empty
  std::uint64_t room = 0;  // left in the segment of the last run

  std::atomic<std::uint64_t> durable_position{0};
  std::atomic<std::uint64_t> durable_seq{0};
  std::atomic<std::uint64_t> durable_frames{0};

  [[nodiscard]] std::expected<void, JournalError> recover(std::filesystem::path const& journal,
                                                          RecoveryReport& report);
  [[nodiscard]] std::expected<void, JournalError> scan(LogReader& reader, RecoveryReport& report) const;
  [[nodiscard]] File::Done resume(LogReader const& reader);
  [[nodiscard]] File::Done rehash();
  [[nodiscard]] File::Done start_segment(Seq next_seq, std::uint64_t first_frame);
  [[nodiscard]] File::Done roll(Run const& run);
  [[nodiscard]] File::Done write(Run& run);
  void hash_pending();
  [[nodiscard]] File::Done write_all();
  void gather(FrameType type, Seq seq, ByteView payload);
  void begin_gathering();
  void publish();
  void fail(std::string const& what);
};

std::expected<void, JournalError> LogWriter::Impl::scan(LogReader& reader, RecoveryReport& report) const {
  while (true) {
    auto const frame = reader.next();
    if (!frame) return std::unexpected(damaged(frame.error()));
    if (!*frame) break;
    if (options.each_frame) options.each_frame(**frame);
  }
  LogReader::End const end = reader.end();
  report = {reader.frames(), end.segments, reader.last_seq(), end.ends_with_seal, {}, 0, 0, {}};
  if (auto const& torn = reader.torn_tail()) {
    report.torn_segment = torn->segment;
    report.torn_offset = torn->offset;
    report.torn_bytes = torn->bytes;
    report.torn_reason = torn->reason;
  }
  if (report.frames < options.synced_frames)
    return std::unexpected(
        damaged({end.segment, end.offset,
                 "the stream ends after " + std::to_string(report.frames) + " frames, but " +
                     std::to_string(options.synced_frames) + " were synced"}));
  if (reader.last_seq() < options.synced_seq)
    return std::unexpected(
        damaged({end.segment, end.offset,
                 "the stream ends at sequence " + std::to_string(reader.last_seq().v) + ", but " +
                     std::to_string(options.synced_seq.v) + " was synced: its outcome is in the records" +
                     (report.torn_reason.empty() ? std::string() : "; here: " + report.torn_reason)}));
  return {};
}

File::Done LogWriter::Impl::rehash() {
  std::vector<std::byte> bytes(static_cast<std::size_t>(offset));
  auto const got = current.read_at(0, bytes);
  if (!got) return std::unexpected(got.error());
  if (*got != bytes.size())
    return std::unexpected(current.path().string() + " became shorter while it was read");
  hash.update(bytes);
  return {};
}

/// Opens the last segment behind its last frame, with zeros from there on.
File::Done LogWriter::Impl::resume(LogReader const& reader) {
  LogReader::End const end = reader.end();
  if (end.archived)
    return std::unexpected("the last segment, " + end.segment +
                           ", was moved to the archive; move it back, as the journal goes on in it");
  auto opened = File::open(folder / segment_name(end.header.first_seq), O_RDWR);
  if (!opened) return std::unexpected(opened.error());
  current = std::move(*opened);
  header = end.header;
  offset = end.offset;
  if (auto const& torn = reader.torn_tail())
    if (auto zeroed = current.write_at(torn->offset, std::vector<std::byte>(torn->bytes)); !zeroed)
      return zeroed;
  // What a killed process wrote may still be in memory only; from here on it counts as durable.
  if (auto synced = current.sync(); !synced) return synced;
  if (auto synced = sync_folder(folder); !synced) return synced;
  return rehash();
}

std::expected<void, JournalError> LogWriter::Impl::recover(std::filesystem::path const& journal,
                                                           RecoveryReport& report) {
  auto reader =
      LogReader::open(journal, sequence.kind, ReadMode::allow_torn_tail, options.archive, options.from);
  if (!reader) return std::unexpected(reader.error());
  if (auto scanned = scan(*reader, report); !scanned) return scanned;
  if (auto synced = sync_folder(journal); !synced)
    return std::unexpected(JournalError{JournalErrc::io, synced.error()});
  Preallocator::clean(folder);
  spare = std::make_unique<Preallocator>(folder, options.segment_bytes);
  sequence.last = reader->last_seq();
  frames = reader->frames();
  File::Done const ready = report.segments > 0 ? resume(*reader) : start_segment(Seq{1}, 0);
  if (!ready) return std::unexpected(JournalError{JournalErrc::io, ready.error()});
  begin_gathering();
  publish();
  return {};
}

/// Makes the segment behind the current one; the name appears only when the header is on disk.
File::Done LogWriter::Impl::start_segment(Seq next_seq, std::uint64_t first_frame) {
  SegmentHeader next{sequence.kind, options.segment_bytes, next_seq, first_frame, 0, 0, {}};
  if (current.is_open()) {
    next.base_position = header.base_position + offset;
    next.previous_bytes = offset;
    hash_pending();
    next.previous_hash = hash.current();
  }
  std::filesystem::path const path = folder / segment_name(next_seq);
  sw_check(!std::filesystem::exists(path), "a segment holds at least one entry before the next one begins");
  auto file = spare->take();
  if (!file) return std::unexpected(file.error());
  HeaderPage const page = encode_header(next);
  if (auto written = file->write_at(0, page); !written) return written;
  if (auto synced = file->sync(); !synced) return synced;
  std::error_code failed_rename;
  std::filesystem::rename(file->path(), path, failed_rename);
  if (failed_rename) return std::unexpected("cannot name " + path.string() + ": " + failed_rename.message());
  file->now_called(path);
  if (auto synced = sync_folder(folder); !synced) return synced;
  current = std::move(*file);
  header = next;
  offset = page.size();
  hash = RunningHash();
  hash.update(page);
  spare->make_next();
  return {};
}

File::Done LogWriter::Impl::roll(Run const& run) {
  // The next header vouches for this segment, so this one is on disk first, whatever the options say.
  if (auto synced = current.sync_data(); !synced) return synced;
  return start_segment(run.next_seq, run.first_frame);
}

void LogWriter::Impl::hash_pending() { hash.update(std::exchange(pending.bytes, {})); }

/// Its bytes are kept to be hashed until the next run is written.
File::Done LogWriter::Impl::write(Run& run) {
  if (run.bytes.empty()) return {};
  if (auto done = current.write_at(offset, run.bytes); !done) return done;
  hash_pending();
  last_run.swap(run.bytes);
  pending.bytes = last_run;
  offset += last_run.size();
  unsynced = true;
  return {};
}

File::Done LogWriter::Impl::write_all() {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i > 0)
      if (auto rolled = roll(runs[i]); !rolled) return rolled;
    if (auto written = write(runs[i]); !written) return written;
  }
  if (options.sync_each_commit && unsynced) {
    if (auto synced = current.sync_data(); !synced) return synced;
    unsynced = false;
  }
  return {};
}

void LogWriter::Impl::begin_gathering() {
  runs.resize(1);
  runs.front() = Run{Seq{sequence.last.v + 1}, frames, std::move(runs.front().bytes)};
  runs.front().bytes.clear();
  room = header.segment_bytes - offset;
}

void LogWriter::Impl::gather(FrameType type, Seq seq, ByteView payload) {
  std::size_t const bytes = frame_bytes(payload.size());
  sw_check(bytes <= (options.segment_bytes - segment_header_bytes) / 2,
           "a frame takes at most half of a segment");
  if (bytes > room) {
    runs.push_back(Run{Seq{sequence.last.v + 1}, frames, {}});
    room = options.segment_bytes - segment_header_bytes;
  }
  encode_frame(type, seq, payload, runs.back().bytes);
  room -= bytes;
  ++frames;
}

void LogWriter::Impl::publish() {
  durable_seq.store(sequence.last.v, std::memory_order_relaxed);
  durable_frames.store(frames, std::memory_order_relaxed);
  durable_position.store(header.base_position + offset, std::memory_order_release);
}

void LogWriter::Impl::fail(std::string const& what) {
  failed = true;
  if (options.fatal) return options.fatal(what);
  stop_the_process(what);
}

LogWriter::LogWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LogWriter::LogWriter(LogWriter&&) noexcept = default;
LogWriter& LogWriter::operator=(LogWriter&&) noexcept = default;

LogWriter::~LogWriter() {
  if (impl_) sync();
}

std::expected<LogWriter, JournalError> LogWriter::open(std::filesystem::path const& journal, StreamKind kind,
                                                       Options options, RecoveryReport* report) {
  std::uint64_t const bytes = options.segment_bytes;
  if (bytes < smallest_segment_bytes || bytes > largest_segment_bytes || bytes % 4096 != 0)
    return std::unexpected(JournalError{
        JournalErrc::bad_options,
        "segment_bytes must be a multiple of 4096 from 8192 to 2^30, not " + std::to_string(bytes)});
  auto impl = std::make_unique<Impl>();
  impl->folder = journal / folder_of(kind);
  impl->options = std::move(options);
  impl->sequence.kind = kind;
  std::error_code failed;
  std::filesystem::create_directories(impl->folder, failed);
  if (failed)
    return std::unexpected(
        JournalError{JournalErrc::io, "cannot make " + impl->folder.string() + ": " + failed.message()});
  RecoveryReport unread;
  if (auto ready = impl->recover(journal, report != nullptr ? *report : unread); !ready)
    return std::unexpected(ready.error());
  return LogWriter(std::move(impl));
}

void LogWriter::append(FrameType type, Seq seq, ByteView payload) {
  if (impl_->failed) return;
  FrameView const frame{type, seq, payload, 0};
  sw_check(impl_->sequence.objection(frame).empty(), "frames enter their stream in sequence");
  sw_check(type == FrameType::records || payload.size() <= largest_leaf_bytes,
           "a leaf of the tree has at most 65535 bytes");
  impl_->gather(type, seq, payload);
  impl_->sequence.pass(frame);
}

void LogWriter::commit() {
  if (impl_->failed) return;
  if (auto done = impl_->write_all(); !done) return impl_->fail(done.error());
  impl_->begin_gathering();
  impl_->publish();
}

void LogWriter::sync() {
  if (impl_->failed || !impl_->unsynced) return;
  if (auto synced = impl_->current.sync_data(); !synced) return impl_->fail(synced.error());
  impl_->unsynced = false;
}

PendingHash* LogWriter::pending_hash() { return &impl_->pending; }

std::uint64_t LogWriter::durable_position() const {
  return impl_->durable_position.load(std::memory_order_acquire);
}
Seq LogWriter::durable_seq() const { return Seq{impl_->durable_seq.load(std::memory_order_relaxed)}; }
std::uint64_t LogWriter::durable_frames() const {
  return impl_->durable_frames.load(std::memory_order_relaxed);
}
std::uint64_t LogWriter::segment_bytes() const { return impl_->options.segment_bytes; }
bool LogWriter::failed() const { return impl_->failed; }

std::uint64_t LogWriter::further_segments(LogWriter const& entries, LogWriter const& records) {
  struct statvfs status {};
  if (::statvfs(entries.impl_->folder.c_str(), &status) != 0) return 0;
  std::uint64_t const free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize;
  std::uint64_t const spares =
      (entries.impl_->spare->ready() ? 1U : 0U) + (records.impl_->spare->ready() ? 1U : 0U);
  return (free_bytes / entries.impl_->options.segment_bytes + spares) / 2;
}

}  // namespace spillway
