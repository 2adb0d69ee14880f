// journal/tiles.hpp - the tree as C2SP tlog-tiles: files of 256 hashes from which anybody makes any proof.
// Room:   journal; sees the standard library.
// Layout: <folder>/tile/<L>/<N>[.p/<W>]: level L holds the roots of full tiles of the level below, level 0
//         the leaf hashes; N in groups of three digits, all but the last with an x; W (1..255) only while
//         partial.
// Rule:   tiles are made from the synced log and can be made again; what a checkpoint covers is there before
//         it.
// Errors: JournalError with the file and the operating system's words.
// Source: https://c2sp.org/tlog-tiles
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journal/bytes.hpp"
#include "journal/error.hpp"

namespace spillway {

inline constexpr unsigned tile_width = 256;  // hashes of a full tile

struct TileName {
  unsigned level = 0;           // 0..7: a level above would hold more than 2^64 leaves
  std::uint64_t index = 0;      // of the tile in its level
  unsigned width = tile_width;  // hashes in it, 1..256
  friend auto operator<=>(TileName const&, TileName const&) = default;
};

/// "tile/1/x001/x234/067.p/17"
[[nodiscard]] std::string tile_path(TileName const& name);
/// Nothing for a path that tile_path would not give.
[[nodiscard]] std::optional<TileName> parse_tile_path(std::string_view path);
/// The width that tile `index` of `level` has in a tree of `size` leaves; 0: it is not there.
[[nodiscard]] unsigned tile_width_at(unsigned level, std::uint64_t index, std::uint64_t size);

/// Sorts leaf hashes into tiles; keeps only the tiles that are not full.
class TileTree {
 public:
  using OnFull = std::function<void(TileName const&, std::span<Hash256 const>)>;
  /// Calls `full` for every tile that this leaf fills, lowest level first. `roots`: Frontier::finished() of
  /// the same leaves, where there is one; what it lacks is computed.
  void append(Hash256 const& leaf, OnFull const& full, std::span<Hash256 const> roots = {});
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] unsigned levels() const { return static_cast<unsigned>(open_.size()); }
  /// Hashes of the tile of `level` that is being filled, 0 to 255 of them.
  [[nodiscard]] std::span<Hash256 const> open(unsigned level) const { return open_[level]; }
  [[nodiscard]] TileName open_name(unsigned level) const;
  /// What size() and open() gave, level by level. Nothing when they are not those of one tree.
  [[nodiscard]] static std::optional<TileTree> restore(std::uint64_t size,
                                                       std::vector<std::vector<Hash256>> open);

 private:
  std::uint64_t size_ = 0;
  std::vector<std::vector<Hash256>> open_;  // by level
};

/// Tiles as files.
class TileFolder {
 public:
  using Read = std::expected<std::optional<std::vector<Hash256>>, JournalError>;
  explicit TileFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::filesystem::path const& path() const { return folder_; }
  /// Replaces the file as a whole. Not synced: after a power cut tiles are made again.
  [[nodiscard]] std::expected<void, JournalError> write(TileName const& name,
                                                        std::span<Hash256 const> hashes) const;
  /// Nothing when there is no such file. A file of another size than its name says has no hashes.
  [[nodiscard]] Read read(TileName const& name) const;
  /// The first `name.width` hashes of a tile, out of whichever of its files has them: a partial file goes
  /// when the full one is there, and only sizes that had a checkpoint have one. Nothing when none has them.
  [[nodiscard]] Read read_front(TileName const& name) const;
  /// Widths of the partial files of a tile, in order.
  [[nodiscard]] std::vector<unsigned> partials(unsigned level, std::uint64_t index) const;
  void remove_partials(unsigned level, std::uint64_t index) const;
  void remove(TileName const& name) const;
  /// Waits until everything written so far is on disk, with all else of its file system.
  [[nodiscard]] std::expected<void, JournalError> sync() const;
  /// Whether every full tile of a tree of `size` leaves is there, by name and length.
  [[nodiscard]] bool has_full_tiles(std::uint64_t size) const;

 private:
  std::filesystem::path folder_;
};

/// Keeps the folder up with a growing log. One thread.
class TileWriter {
 public:
  explicit TileWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  using Roots = std::span<Hash256 const>;  // as TileTree::append takes them
  /// Before the first leaf: goes on from a tree whose full tiles are on disk.
  void resume(TileTree tree);
  /// A leaf that recovery found: tiles that are on disk as they should be stay as they are.
  [[nodiscard]] std::expected<void, JournalError> recall(Hash256 const& leaf, Roots roots = {});
  /// After the last recall: partial files are looked through too.
  [[nodiscard]] std::expected<void, JournalError> recalled();
  /// How many files recovery found missing or wrong, and made again.
  [[nodiscard]] std::uint64_t remade() const { return remade_; }

  /// A leaf that is synced. Files are written by the calls below.
  void append(Hash256 const& leaf, Roots roots = {});
  /// Writes the tiles that became full. What fails is tried again at the next call.
  [[nodiscard]] std::expected<void, JournalError> write_full();
  /// Writes everything that a checkpoint over size() needs.
  [[nodiscard]] std::expected<void, JournalError> write_all();
  [[nodiscard]] std::uint64_t size() const { return tree_.size(); }

 private:
  struct Waiting {
    TileName name;
    std::vector<Hash256> hashes;
  };
  void gather(Hash256 const& leaf, Roots roots);
  [[nodiscard]] std::expected<void, JournalError> make_sure(TileName const& name,
                                                            std::span<Hash256 const> hashes);

  TileFolder folder_;
  TileTree tree_;
  std::deque<Waiting> waiting_;           // full, not on disk yet
  std::vector<std::uint64_t> partly_at_;  // by level: index + 1 of the tile that has partial files
  std::uint64_t remade_ = 0;
};

}  // namespace spillway
