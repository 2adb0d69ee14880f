// journal/src/snapshot.cpp - the file of a snapshot, and which of them stay.
#include "journal/snapshot.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <system_error>

#include "endian.hpp"
#include "file.hpp"
#include "journal/digest.hpp"
#include "journal/segment_file.hpp"

namespace spillway {
namespace {

constexpr std::string_view snapshot_magic = "spillway-state-1";
constexpr std::string_view snapshot_ending = ".snapshot";
constexpr std::size_t largest_snapshot_bytes = std::size_t{1} << 36;

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

std::unexpected<std::string> refused(std::string why) { return std::unexpected(std::move(why)); }

}  // namespace

std::vector<std::byte> encode_snapshot(Snapshot const& s) {
  SnapshotWriter to;
  to.out.reserve(s.state.size() + s.aside.size() + (std::size_t{64} << 10));
  to.bytes(as_byte_view(snapshot_magic));
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
  to.sized(s.state);
  to.bytes(blake2b_256(to.out));
  return std::move(to.out);
}

std::expected<Snapshot, std::string> parse_snapshot(ByteView bytes) {
  Hash256 whole{};
  if (bytes.size() < snapshot_magic.size() + whole.size() ||
      !std::ranges::equal(bytes.first(snapshot_magic.size()), as_byte_view(snapshot_magic)))
    return refused("it is no snapshot of a version that this program knows");
  auto const body = bytes.first(bytes.size() - whole.size());
  std::ranges::copy(bytes.last(whole.size()), whole.begin());
  if (blake2b_256(body) != whole)
    return refused("its bytes are not those that were written: the hash differs");
  SnapshotReader from(body.subspan(snapshot_magic.size()));
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
  s.state = from.sized();
  if (!from.at_end() || !frontier) return refused("it has not the form of a snapshot");
  auto tiles = TileTree::restore(frontier->size(), std::move(open));
  if (!tiles) return refused("its tiles are not those of its tree");
  s.tree = *frontier;
  s.tiles = std::move(*tiles);
  if (blake2b_256(s.state) != s.state_digest) return refused("its state has another digest than it says");
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
  if (auto done = replace_file(file(snapshot.seq), encode_snapshot(snapshot), 0640); !done)
    return std::unexpected(JournalError{JournalErrc::io, done.error()});
  auto const there = list();
  for (std::size_t i = kept; i < there.size(); ++i) std::filesystem::remove(file(there[i]), failed);
  return {};
}

void SnapshotFolder::set_aside(Seq seq) const {
  std::error_code failed;
  std::filesystem::rename(file(seq), file(seq).string() + ".refused", failed);
}

std::expected<Snapshot, std::string> SnapshotFolder::read(Seq seq) const {
  auto const text = read_text(file(seq), largest_snapshot_bytes);
  if (!text) return refused(text.error());
  if (!*text) return refused("there is no such file");
  auto snapshot = parse_snapshot(as_byte_view(**text));
  if (snapshot && snapshot->seq != seq) return refused("it is of another sequence than its name says");
  return snapshot;
}

}  // namespace spillway
