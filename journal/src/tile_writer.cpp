// journal/src/tile_writer.cpp - the folder of tiles beside a growing log.
#include <utility>

#include "journal/tiles.hpp"
#include "market/check.hpp"

namespace spillway {

void TileWriter::gather(Hash256 const& leaf, Roots roots) {
  auto const keep = [this](TileName const& name, std::span<Hash256 const> hashes) {
    waiting_.push_back({name, {hashes.begin(), hashes.end()}});
  };
  tree_.append(leaf, keep, roots);
  partly_at_.resize(tree_.levels());
}

void TileWriter::resume(TileTree tree) {
  sw_check(tree_.size() == 0, "a tree is resumed before its first leaf");
  tree_ = std::move(tree);
  partly_at_.resize(tree_.levels());
}

std::expected<void, JournalError> TileWriter::make_sure(TileName const& name,
                                                        std::span<Hash256 const> hashes) {
  auto const there = folder_.read(name);
  if (there && *there && same_bytes(std::as_bytes(std::span(**there)), std::as_bytes(hashes))) return {};
  ++remade_;
  return folder_.write(name, hashes);
}

std::expected<void, JournalError> TileWriter::recall(Hash256 const& leaf, Roots roots) {
  gather(leaf, roots);
  for (; !waiting_.empty(); waiting_.pop_front()) {
    auto const& [name, hashes] = waiting_.front();
    if (auto made = make_sure(name, hashes); !made) return made;
    folder_.remove_partials(name.level, name.index);
  }
  return {};
}

// Partial files of sizes that had a checkpoint stay until their tile is full. One that is wider than the log
// is of a log that went on and was lost.
std::expected<void, JournalError> TileWriter::recalled() {
  for (unsigned level = 0; level < tree_.levels(); ++level) {
    auto const name = tree_.open_name(level);
    auto const hashes = tree_.open(level);
    for (unsigned const width : folder_.partials(level, name.index)) {
      partly_at_[level] = name.index + 1;
      if (width > name.width)
        folder_.remove({level, name.index, width});
      else if (auto made = make_sure({level, name.index, width}, hashes.first(width)); !made)
        return made;
    }
  }
  return {};
}

void TileWriter::append(Hash256 const& leaf, Roots roots) { gather(leaf, roots); }

std::expected<void, JournalError> TileWriter::write_full() {
  for (; !waiting_.empty(); waiting_.pop_front()) {
    auto const& [name, hashes] = waiting_.front();
    if (auto written = folder_.write(name, hashes); !written) return written;
    if (partly_at_[name.level] == name.index + 1) folder_.remove_partials(name.level, name.index);
  }
  return {};
}

std::expected<void, JournalError> TileWriter::write_all() {
  if (auto written = write_full(); !written) return written;
  for (unsigned level = 0; level < tree_.levels(); ++level) {
    if (tree_.open(level).empty()) continue;
    auto const name = tree_.open_name(level);
    if (auto written = folder_.write(name, tree_.open(level)); !written) return written;
    partly_at_[level] = name.index + 1;
  }
  return {};
}

}  // namespace spillway
