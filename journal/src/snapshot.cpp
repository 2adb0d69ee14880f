// journal/src/snapshot.cpp - the file of a snapshot, and which of them stay.
#include "journal/snapshot.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <system_error>

#include "endian.hpp"
#include "file.hpp"
#include "journal/digest.hpp"
#include "journal/segment_file.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

constexpr std::string_view snapshot_magic = "spillway-state-2";
constexpr std::string_view snapshot_ending = ".snapshot";
constexpr std::uint64_t largest_snapshot_bytes = std::uint64_t{1} << 36;
constexpr std::uint64_t largest_front_bytes = std::uint64_t{1} << 30;
constexpr std::size_t front_bytes_at = snapshot_magic.size(), front_bytes_end = front_bytes_at + 8;
constexpr std::size_t piece_bytes = std::size_t{1} << 20;  // read at one time, then hashed while it is near

class SnapshotWriter {
 public:
  void bytes(ByteView of) { out.insert(out.end(), of.begin(), of.end()); }
  template <class Int>
  void number(Int n) {
    bytes(std::as_bytes(std::span(&n, 1)));
  }
  void sized(ByteView of) {
    number(std::uint64_t{of.size()});
    bytes(of);
  }
  void hashes(std::span<Hash256 const> of) {
    number(std::uint64_t{of.size()});
    for (auto const& hash : of) bytes(hash);
  }
  std::vector<std::byte> out;
};

class SnapshotReader {
 public:
  explicit SnapshotReader(ByteView from) : left_(from) {}
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }
  ByteView bytes(std::uint64_t count) {
    if (count > left_.size()) ok_ = false;
    if (!ok_) return {};
    auto const taken = left_.first(static_cast<std::size_t>(count));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  template <class Int>
  Int number() {
    auto const from = bytes(sizeof(Int));
    return from.empty() ? Int{} : load_le<Int>(from.data());
  }
  Hash256 hash() {
    Hash256 made{};
    if (auto const from = bytes(made.size()); !from.empty()) std::ranges::copy(from, made.begin());
    return made;
  }
  std::vector<std::byte> sized() {
    auto const from = bytes(number<std::uint64_t>());
    return {from.begin(), from.end()};
  }
  std::vector<Hash256> hashes() {
    auto const count = number<std::uint64_t>();
    if (count > left_.size() / sizeof(Hash256)) ok_ = false;
    std::vector<Hash256> made(ok_ ? static_cast<std::size_t>(count) : 0);
    for (auto& one : made) one = hash();
    return made;
  }

 private:
  ByteView left_;
  bool ok_ = true;
};

/// In huge pages where the system has them: to touch small ones takes as long as to read the file.
StateBytes room_for(std::size_t bytes) {
  constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;
  StateBytes state{std::make_unique_for_overwrite<std::byte[]>(bytes), bytes};
  void* first = state.first.get();
  auto left = bytes;
  if (std::align(huge_page_bytes, huge_page_bytes, first, left) != nullptr)
    ::madvise(first, left / huge_page_bytes * huge_page_bytes, MADV_HUGEPAGE);
  return state;
}

std::unexpected<std::string> refused(std::string why) { return std::unexpected(std::move(why)); }
std::unexpected<std::string> no_snapshot() {
  return refused("it is no snapshot of a version that this program knows");
}
std::unexpected<std::string> changed() {
  return refused("its bytes are not those that were written: the hash differs");
}

/// Fills `to` from `offset` on; `there` says how much of it is filled.
std::expected<void, std::string> read_pieces(File const& from, std::uint64_t offset, std::span<std::byte> to,
                                             std::atomic<std::size_t>& there) {
  for (std::size_t at = 0; at < to.size();) {
    auto const piece = to.subspan(at, std::min(piece_bytes, to.size() - at));
    auto const got = from.read_at(offset + at, piece);
    if (!got) return refused(got.error());
    if (*got < piece.size()) return changed();
    there = at += piece.size();
    there.notify_one();
  }
  return {};
}

}  // namespace

std::vector<std::byte> encode_front(Snapshot const& s) {
  SnapshotWriter to;
  to.bytes(as_byte_view(snapshot_magic));
  to.number(std::uint64_t{0});  // set when it is known
  to.number(s.rules_version);
  to.number(s.state_layout);
  to.number(s.seq.v);
  to.number(s.position);
  to.bytes(s.digest);
  to.bytes(s.state_digest);
  to.sized(s.tree.serialise());
  to.hashes(s.batch);
  to.number(std::uint64_t{s.tiles.levels()});
  for (unsigned level = 0; level < s.tiles.levels(); ++level) to.hashes(s.tiles.open(level));
  to.sized(s.aside);
  to.number(s.state_bytes);
  store_le(to.out.data() + front_bytes_at, std::uint64_t{to.out.size() + sizeof(Hash256)});
  to.bytes(blake2b_256(to.out));
  return std::move(to.out);
}

std::vector<std::byte> encode_snapshot(Snapshot const& s) {
  auto bytes = encode_front(s);
  bytes.insert(bytes.end(), s.state.begin(), s.state.end());
  return bytes;
}

std::expected<Snapshot, std::string> parse_front(ByteView bytes) {
  if (bytes.size() < front_bytes_end ||
      !std::ranges::equal(bytes.first(snapshot_magic.size()), as_byte_view(snapshot_magic)))
    return no_snapshot();
  Hash256 whole{};
  auto const front_bytes = load_le<std::uint64_t>(bytes.data() + front_bytes_at);
  if (front_bytes > bytes.size() || front_bytes < front_bytes_end + whole.size()) return changed();
  auto const body = bytes.first(static_cast<std::size_t>(front_bytes) - whole.size());
  std::ranges::copy(bytes.subspan(body.size(), whole.size()), whole.begin());
  if (blake2b_256(body) != whole) return changed();
  SnapshotReader from(body.subspan(front_bytes_end));
  Snapshot s;
  s.rules_version = from.number<std::uint32_t>();
  s.state_layout = from.number<std::uint32_t>();
  s.seq = Seq{from.number<std::uint64_t>()};
  s.position = from.number<std::uint64_t>();
  s.digest = from.hash();
  s.state_digest = from.hash();
  auto const frontier = Frontier::parse(from.sized());
  s.batch = from.hashes();
  auto const levels = from.number<std::uint64_t>();
  std::vector<std::vector<Hash256>> open;
  for (std::uint64_t level = 0; level < levels && from.ok(); ++level) open.push_back(from.hashes());
  s.aside = from.sized();
  s.state_bytes = from.number<std::uint64_t>();
  if (!from.at_end() || !frontier) return refused("it has not the form of a snapshot");
  auto tiles = TileTree::restore(frontier->size(), std::move(open));
  if (!tiles) return refused("its tiles are not those of its tree");
  s.tree = *frontier;
  s.tiles = std::move(*tiles);
  return s;
}

std::expected<Snapshot, std::string> parse_snapshot(ByteView bytes) {
  auto s = parse_front(bytes);
  if (!s) return s;
  auto const state = bytes.subspan(static_cast<std::size_t>(load_le<std::uint64_t>(&bytes[front_bytes_at])));
  if (state.size() != s->state_bytes || blake2b_256(state) != s->state_digest) return changed();
  s->state.assign(state.begin(), state.end());
  return s;
}

std::filesystem::path SnapshotFolder::file(Seq seq) const {
  return path_ / (segment_name(seq) + std::string(snapshot_ending));
}

std::vector<Seq> SnapshotFolder::list() const {
  std::vector<Seq> found;
  std::error_code failed;
  for (auto const& entry : std::filesystem::directory_iterator(path_, failed)) {
    auto const name = entry.path().filename().string();
    if (!name.ends_with(snapshot_ending) || name.size() != 20 + snapshot_ending.size()) continue;
    Seq seq;
    for (char const digit : name.substr(0, 20)) seq.v = seq.v * 10 + static_cast<unsigned>(digit - '0');
    if (file(seq).filename() == name) found.push_back(seq);
  }
  std::ranges::sort(found, std::greater{});
  return found;
}

std::expected<void, JournalError> SnapshotFolder::write(Snapshot const& snapshot) const {
  std::error_code failed;
  std::filesystem::create_directories(path_, failed);
  if (failed)
    return std::unexpected(
        JournalError{JournalErrc::io, "cannot make " + path_.string() + ": " + failed.message()});
  for (auto const& entry : std::filesystem::directory_iterator(path_, failed))
    if (entry.path().extension() == ".tmp") std::filesystem::remove(entry.path(), failed);  // a crash left it
  sw_check(snapshot.state_bytes == snapshot.state.size(), "a snapshot counts the bytes of its state");
  auto const front = encode_front(snapshot);
  if (auto done = replace_file(file(snapshot.seq), {front, snapshot.state}, 0640); !done)
    return std::unexpected(JournalError{JournalErrc::io, done.error()});
  auto const there = list();
  for (std::size_t i = kept; i < there.size(); ++i) std::filesystem::remove(file(there[i]), failed);
  return {};
}

void SnapshotFolder::set_aside(Seq seq) const {
  std::error_code failed;
  std::filesystem::rename(file(seq), file(seq).string() + ".refused", failed);
}

std::expected<Snapshot, std::string> SnapshotFolder::read_front(Seq seq) const {
  auto const from = File::open(file(seq), O_RDONLY);
  if (!from) return refused(from.error());
  auto const size = from->size();
  if (!size) return refused(size.error());
  std::vector<std::byte> bytes(front_bytes_end);
  auto got = from->read_at(0, bytes);
  if (!got) return refused(got.error());
  if (*got < bytes.size()) return no_snapshot();
  auto const front_bytes = load_le<std::uint64_t>(bytes.data() + front_bytes_at);
  // Another file's number there is no number: parse_front says so, from the bytes that there are.
  if (front_bytes > bytes.size() && front_bytes <= std::min(*size, largest_front_bytes))
    bytes.resize(static_cast<std::size_t>(front_bytes));
  got = from->read_at(0, bytes);
  if (!got) return refused(got.error());
  auto snapshot = parse_front(ByteView(bytes).first(*got));
  if (!snapshot) return snapshot;
  if (snapshot->seq != seq) return refused("it is of another sequence than its name says");
  if (snapshot->state_bytes > largest_snapshot_bytes || *size != bytes.size() + snapshot->state_bytes)
    return refused("its bytes are not those that were written: there are fewer or more");
  return snapshot;
}

std::expected<void, std::string> SnapshotFolder::read_state(Snapshot const& front, StateBytes& state) const {
  auto const from = File::open(file(front.seq), O_RDONLY);
  if (!from) return refused(from.error());
  auto const size = from->size();
  if (!size) return refused(size.error());
  if (*size < front.state_bytes) return changed();
  auto const bytes = static_cast<std::size_t>(front.state_bytes);
  state = room_for(bytes);
  // One thread reads, and fills memory that nobody touched before; this one hashes what is there.
  std::atomic<std::size_t> there{0};
  constexpr auto not_all = ~std::size_t{0};
  auto reading = std::async(std::launch::async, [&] {
    try {
      auto done = read_pieces(*from, *size - bytes, state.all(), there);
      if (!done) there = not_all;
      there.notify_one();
      return done;
    } catch (...) {  // the one who waits hears of it, and of what it was from the future
      there = not_all;
      there.notify_one();
      throw;
    }
  });
  RunningHash hash;
  for (std::size_t at = 0, to = 0; at < bytes; at = to) {
    there.wait(at);
    if (to = there; to == not_all) break;
    hash.update(state.all().subspan(at, to - at));
  }
  if (auto done = reading.get(); !done) return done;
  if (hash.current() != front.state_digest) return changed();
  return {};
}

std::expected<Snapshot, std::string> SnapshotFolder::read(Seq seq) const {
  auto snapshot = read_front(seq);
  if (!snapshot) return snapshot;
  StateBytes state;
  if (auto done = read_state(*snapshot, state); !done) return refused(done.error());
  snapshot->state.assign(state.all().begin(), state.all().end());
  return snapshot;
}

}  // namespace spillway
