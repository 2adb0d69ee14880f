// journal/snapshot.hpp - a state beside the journal from which replay can begin: one file, whole or refused.
// Room:   journal; sees market/ids.hpp. What the state means is its maker's; here it is bytes with a hash.
// Layout: the front, then the state; little endian. Front: 16 "spillway-state-2" | u64 bytes of the front |
//         u32 rules version | u32 state layout | u64 seq | u64 position | 32 D | 32 state digest | u64 bytes,
//         frontier | u64 hashes, of the last batch | u64 levels, of each u64 hashes | u64 bytes, aside |
//         u64 bytes of the state | 32 BLAKE2b-256 over all before. So every byte is hashed once.
// Rule:   made at the end of a batch. A snapshot is never needed: the journal gives the same state.
// Errors: a sentence; parse_snapshot refuses everything that encode_snapshot did not write.
// Source: docs/formats/journal.md, docs/decisions/0029-snapshots.md
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "journal/bytes.hpp"
#include "journal/error.hpp"
#include "journal/merkle.hpp"
#include "journal/tiles.hpp"
#include "market/ids.hpp"

namespace spillway {

/// A state as it was read: bytes that nobody sets before.
struct StateBytes {
  std::unique_ptr<std::byte[]> first;
  std::size_t size{};
  [[nodiscard]] std::span<std::byte> all() const { return {first.get(), size}; }
};

struct Snapshot {
  std::uint32_t rules_version{};
  std::uint32_t state_layout{};  // of `state`
  Seq seq;                       // of the last entry that it reflects
  std::uint64_t position{};      // in the stream of entries, behind the seal of that entry's batch
  Hash256 digest{};              // D after `seq`
  Hash256 state_digest{};        // BLAKE2b-256 over `state`
  Frontier tree;                 // over all frames before `position`
  std::vector<Hash256> batch;    // outcomes of the last batch: leaves that the next seal covers
  TileTree tiles;                // tiles that are not full
  std::vector<std::byte> aside;  // the follower's: fills of the last batch, for their receipts
  std::uint64_t state_bytes{};
  std::vector<std::byte> state;  // the core's own export; empty where only the front was read
};

[[nodiscard]] std::vector<std::byte> encode_snapshot(Snapshot const& snapshot);
[[nodiscard]] std::expected<Snapshot, std::string> parse_snapshot(ByteView bytes);
/// What stands before the state; `state_bytes` follow it.
[[nodiscard]] std::vector<std::byte> encode_front(Snapshot const& snapshot);
/// `bytes` begin with the front; what follows it is not looked at.
[[nodiscard]] std::expected<Snapshot, std::string> parse_front(ByteView bytes);

/// The files: 20 digits of the sequence and ".snapshot".
class SnapshotFolder {
 public:
  static constexpr std::size_t kept = 2;
  explicit SnapshotFolder(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] std::filesystem::path const& path() const { return path_; }

  /// Written, synced, renamed; then all but the newest two go.
  [[nodiscard]] std::expected<void, JournalError> write(Snapshot const& snapshot) const;
  /// Sequences of the files that are there, newest first.
  [[nodiscard]] std::vector<Seq> list() const;
  [[nodiscard]] std::expected<Snapshot, std::string> read(Seq seq) const;
  /// Without the state, whose bytes are only counted.
  [[nodiscard]] std::expected<Snapshot, std::string> read_front(Seq seq) const;
  /// Reads the state behind that front, hashed on the way.
  [[nodiscard]] std::expected<void, std::string> read_state(Snapshot const& front, StateBytes& state) const;
  [[nodiscard]] std::filesystem::path file(Seq seq) const;
  /// One that is refused gets another name, so that it takes nobody's place.
  void set_aside(Seq seq) const;

 private:
  std::filesystem::path path_;
};

}  // namespace spillway
