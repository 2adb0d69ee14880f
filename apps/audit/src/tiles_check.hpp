// apps/audit/src/tiles_check.hpp - the tiles on disk against the tree that the log itself gives.
// Room:   apps, library audit, private.
// Rule:   every byte of every tile file is looked at.
// Errors: a sentence with the file and the byte.
#pragma once

#include <cstdint>
#include <string>

#include "journal/tiles.hpp"

namespace spillway {

class TilesCheck {
 public:
  /// `promised`: the size of the checkpoint; its tiles must be there.
  TilesCheck(std::filesystem::path folder, std::uint64_t promised);

  /// A journal from before tiles were written has none.
  [[nodiscard]] bool any() const { return any_; }
  /// The next leaf, and Frontier::finished() behind it; compares the tiles that it fills. Empty: well so far.
  [[nodiscard]] std::string append(Hash256 const& leaf, std::span<Hash256 const> roots);
  /// Behind the last leaf: the tiles that are not full, and, where the journal is closed, what does not
  /// belong.
  [[nodiscard]] std::string finish(bool closed);
  [[nodiscard]] std::uint64_t compared() const { return compared_; }

 private:
  std::string compare(TileName const& name, std::span<Hash256 const> hashes, bool must_be_there);
  std::string compare_partials(unsigned level, std::uint64_t index, std::span<Hash256 const> hashes,
                               bool closed);
  std::string strangers() const;

  TileFolder folder_;
  TileTree tree_;
  std::uint64_t promised_;
  std::uint64_t compared_ = 0;
  bool any_;
};

}  // namespace spillway
