// apps/audit/src/tiles_check.cpp - compares tile by tile as the tree grows.
#include "tiles_check.hpp"

#include <algorithm>
#include <cstring>

namespace spillway {
namespace {

std::string said(TileName const& name, std::string const& what) {
  return "tiles/" + tile_path(name) + what + "; start the exchange once, it makes its tiles again";
}

std::size_t first_difference(std::span<Hash256 const> a, std::span<Hash256 const> b) {
  auto const left = std::as_bytes(a), right = std::as_bytes(b);
  return static_cast<std::size_t>(std::ranges::mismatch(left, right).in1 - left.begin());
}

}  // namespace

TilesCheck::TilesCheck(std::filesystem::path folder, std::uint64_t promised)
    : folder_(std::move(folder)), promised_(promised), any_(std::filesystem::exists(folder_.path())) {}

std::string TilesCheck::compare(TileName const& name, std::span<Hash256 const> hashes, bool must_be_there) {
  auto const read = folder_.read(name);
  if (!read) return read.error().message;
  if (!*read && must_be_there) return said(name, " is missing, and the checkpoint covers it");
  if (!*read) return {};
  ++compared_;
  if ((*read)->empty()) return said(name, " has not " + std::to_string(name.width) + " hashes");
  if (same_bytes(std::as_bytes(std::span(**read)), std::as_bytes(hashes))) return {};
  return said(name, " at byte " + std::to_string(first_difference(**read, hashes)) +
                        ": not the hash that the log gives");
}

std::string TilesCheck::compare_partials(unsigned level, std::uint64_t index, std::span<Hash256 const> hashes,
                                         bool closed) {
  for (unsigned const width : folder_.partials(level, index)) {
    if (width > hashes.size()) {
      if (closed) return said({level, index, width}, " goes beyond the log");
      continue;  // the exchange is at work
    }
    if (auto wrong = compare({level, index, width}, hashes.first(width), false); !wrong.empty()) return wrong;
  }
  return {};
}

std::string TilesCheck::append(Hash256 const& leaf, std::span<Hash256 const> roots) {
  if (!any_) return {};
  std::string wrong;
  auto const look = [&](TileName const& name, std::span<Hash256 const> hashes) {
    if (!wrong.empty()) return;
    bool const promised = tile_width_at(name.level, name.index, promised_) == tile_width;
    wrong = compare(name, hashes, promised);
    if (wrong.empty()) wrong = compare_partials(name.level, name.index, hashes, false);
  };
  tree_.append(leaf, look, roots);
  return wrong;
}

std::string TilesCheck::finish(bool closed) {
  if (!any_) return {};
  for (unsigned level = 0; level < tree_.levels(); ++level) {
    auto const name = tree_.open_name(level);
    auto const hashes = tree_.open(level);
    if (auto wrong = compare_partials(level, name.index, hashes, closed); !wrong.empty()) return wrong;
    unsigned const width = tile_width_at(level, name.index, promised_);
    if (width == 0 || width > hashes.size()) continue;
    if (auto wrong = compare({level, name.index, width}, hashes.first(width), closed); !wrong.empty())
      return wrong;
  }
  return closed ? strangers() : std::string();
}

std::string TilesCheck::strangers() const {
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator it(folder_.path(), failed), end; !failed && it != end;
       it.increment(failed)) {
    if (!it->is_regular_file() || it->path().extension() == ".tmp") continue;  // left by a crash
    auto const path = it->path().lexically_relative(folder_.path()).string();
    auto const name = parse_tile_path(path);
    if (!name || tile_width_at(name->level, name->index, tree_.size()) < name->width)
      return "tiles/" + path + " is no tile of this tree; remove it";
  }
  return failed ? "cannot list the tiles: " + failed.message() : std::string();
}

}  // namespace spillway
