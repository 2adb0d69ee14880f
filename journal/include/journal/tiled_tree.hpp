// journal/tiled_tree.hpp - proofs out of the tiles alone, without reading the log.
// Room:   journal; sees the standard library.
// Errors: JournalError names the tile that is missing or too short. What a tile says is not believed: whoever
//         uses a proof verifies it against a signed checkpoint.
// Source: https://c2sp.org/tlog-tiles, RFC 6962 section 2.1
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <vector>

#include "journal/tiles.hpp"

namespace spillway {

class TiledTree {
 public:
  template <class T>
  using Result = std::expected<T, JournalError>;

  /// The tree over the first `size` leaves; all of its tiles must be in `folder`.
  TiledTree(TileFolder folder, std::uint64_t size) : folder_(std::move(folder)), size_(size) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Result<Hash256> root();
  /// As inclusion_proof (journal/merkle.hpp); `index` < size().
  [[nodiscard]] Result<std::vector<Hash256>> inclusion(std::uint64_t index);
  /// As consistency_proof (journal/merkle.hpp); `old_size` <= size().
  [[nodiscard]] Result<std::vector<Hash256>> consistency(std::uint64_t old_size);

 private:
  [[nodiscard]] Result<std::vector<Hash256> const*> tile(unsigned level, std::uint64_t index);
  /// Root over the leaves from `first`: a complete subtree of 2^height leaves, or any `count` of them.
  [[nodiscard]] Result<Hash256> subtree(std::uint64_t first, unsigned height);
  [[nodiscard]] Result<Hash256> range(std::uint64_t first, std::uint64_t count);

  TileFolder folder_;
  std::uint64_t size_;
  std::map<std::pair<unsigned, std::uint64_t>, std::vector<Hash256>> seen_;
};

}  // namespace spillway
