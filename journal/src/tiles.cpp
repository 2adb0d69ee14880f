// journal/src/tiles.cpp - names of tiles, and the files behind them.
#include "journal/tiles.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "file.hpp"
#include "journal/merkle.hpp"
#include "lines.hpp"
#include "market/check.hpp"

namespace spillway {
namespace {

constexpr unsigned most_levels = 8;

std::string three_digits(std::uint64_t n) {
  std::string const digits = std::to_string(n);
  return std::string(3 - digits.size(), '0') + digits;
}

std::expected<void, JournalError> io(File::Done done) {
  if (!done) return std::unexpected(JournalError{JournalErrc::io, done.error()});
  return {};
}

}  // namespace

std::string tile_path(TileName const& name) {
  std::string index = three_digits(name.index % 1000);
  for (std::uint64_t rest = name.index / 1000; rest > 0; rest /= 1000)
    index = "x" + three_digits(rest % 1000) + "/" + index;
  std::string const full = "tile/" + std::to_string(name.level) + "/" + index;
  return name.width == tile_width ? full : full + ".p/" + std::to_string(name.width);
}

std::optional<TileName> parse_tile_path(std::string_view path) {
  constexpr std::string_view prefix = "tile/";
  if (!path.starts_with(prefix)) return std::nullopt;
  std::string_view rest = path.substr(prefix.size());
  auto const slash = rest.find('/');
  auto const level = slash == rest.npos ? std::nullopt : parse_decimal(rest.substr(0, slash));
  if (!level || *level >= most_levels) return std::nullopt;
  TileName name{static_cast<unsigned>(*level), 0, tile_width};
  rest.remove_prefix(slash + 1);
  if (auto const partial = rest.find(".p/"); partial != rest.npos) {
    auto const width = parse_decimal(rest.substr(partial + 3));
    if (!width || *width == 0 || *width >= tile_width) return std::nullopt;
    name.width = static_cast<unsigned>(*width);
    rest = rest.substr(0, partial);
  }
  for (char const c : rest)
    if (c >= '0' && c <= '9') name.index = name.index * 10 + static_cast<std::uint64_t>(c - '0');
  // The one form that writing gives: everything else is another path.
  if (tile_path(name) != path) return std::nullopt;
  return name;
}

unsigned tile_width_at(unsigned level, std::uint64_t index, std::uint64_t size) {
  std::uint64_t const hashes = level >= most_levels ? 0 : size >> (8 * level);
  std::uint64_t const before = index * tile_width;
  if (index > hashes / tile_width || hashes <= before) return 0;
  return static_cast<unsigned>(std::min<std::uint64_t>(hashes - before, tile_width));
}

void TileTree::append(Hash256 const& leaf, OnFull const& full, std::span<Hash256 const> roots) {
  ++size_;
  Hash256 hash = leaf;
  for (unsigned level = 0; level < most_levels; ++level) {
    if (open_.size() == level) open_.emplace_back().reserve(tile_width);
    auto& tile = open_[level];
    tile.push_back(hash);
    if (tile.size() < tile_width) return;
    full({level, (size_ >> (8 * level)) / tile_width - 1, tile_width}, tile);
    hash = level < roots.size() ? roots[level] : tree_root(tile);
    tile.clear();
  }
}

TileName TileTree::open_name(unsigned level) const {
  return {level, (size_ >> (8 * level)) / tile_width, static_cast<unsigned>(open_[level].size())};
}

std::optional<TileTree> TileTree::restore(std::uint64_t size, std::vector<std::vector<Hash256>> open) {
  for (unsigned level = 0; level < most_levels; ++level) {
    auto const nodes = size >> (8 * level);
    if ((nodes > 0) != (level < open.size())) return std::nullopt;
    if (nodes > 0 && open[level].size() != nodes % tile_width) return std::nullopt;
  }
  TileTree tree;
  tree.size_ = size;
  tree.open_ = std::move(open);
  return tree;
}

std::expected<void, JournalError> TileFolder::sync() const {
  int const folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 && errno == ENOENT) return {};
  bool const done = folder >= 0 && ::syncfs(folder) == 0;
  int const why = errno;
  if (folder >= 0) ::close(folder);
  if (done) return {};
  return std::unexpected(
      JournalError{JournalErrc::io, "cannot sync " + folder_.string() + ": " + std::strerror(why)});
}

bool TileFolder::has_full_tiles(std::uint64_t size) const {
  for (unsigned level = 0; level < most_levels; ++level)
    for (std::uint64_t index = 0; index < (size >> (8 * level)) / tile_width; ++index) {
      std::error_code failed;
      auto const bytes = std::filesystem::file_size(folder_ / tile_path({level, index, tile_width}), failed);
      if (failed || bytes != tile_width * sizeof(Hash256)) return false;
    }
  return true;
}

std::expected<void, JournalError> TileFolder::write(TileName const& name,
                                                    std::span<Hash256 const> hashes) const {
  sw_check(hashes.size() == name.width, "a tile has as many hashes as its name says");
  auto const path = folder_ / tile_path(name);
  auto temporary = path;
  temporary += ".tmp";
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  auto file = File::open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!file) return io(std::unexpected(file.error()));
  if (auto done = file->write_at(0, std::as_bytes(hashes)); !done) return io(done);
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return io(std::unexpected("cannot rename " + temporary.string() + ": " + std::strerror(errno)));
  return {};
}

TileFolder::Read TileFolder::read(TileName const& name) const {
  auto const text = read_text(folder_ / tile_path(name), std::size_t{1} << 20);
  if (!text) return std::unexpected(JournalError{JournalErrc::io, text.error()});
  if (!*text) return std::optional<std::vector<Hash256>>();
  std::vector<Hash256> hashes;
  if ((*text)->size() == name.width * sizeof(Hash256)) {
    hashes.resize(name.width);
    std::memcpy(hashes.data(), (*text)->data(), (*text)->size());
  }
  return std::optional(std::move(hashes));
}

TileFolder::Read TileFolder::read_front(TileName const& name) const {
  auto widths = std::vector{name.width};
  for (unsigned const kept : partials(name.level, name.index))
    if (kept > name.width) widths.push_back(kept);
  widths.push_back(tile_width);
  for (unsigned const kept : widths) {
    auto read = this->read({name.level, name.index, kept});
    if (!read) return read;
    if (!*read || (*read)->size() < name.width) continue;
    (*read)->resize(name.width);
    return read;
  }
  return std::optional<std::vector<Hash256>>();
}

std::vector<unsigned> TileFolder::partials(unsigned level, std::uint64_t index) const {
  std::vector<unsigned> widths;
  auto const folder = (folder_ / tile_path({level, index, 1})).parent_path();
  std::error_code failed;
  for (std::filesystem::directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed))
    if (auto const width = parse_decimal(it->path().filename().string());
        width && *width > 0 && *width < tile_width)
      widths.push_back(static_cast<unsigned>(*width));
  std::ranges::sort(widths);
  return widths;
}

void TileFolder::remove_partials(unsigned level, std::uint64_t index) const {
  std::error_code ignored;
  std::filesystem::remove_all((folder_ / tile_path({level, index, 1})).parent_path(), ignored);
}

void TileFolder::remove(TileName const& name) const {
  std::error_code ignored;
  std::filesystem::remove(folder_ / tile_path(name), ignored);
}

}  // namespace spillway
