// matching/fast/chunk_pool.hpp - lists of different lengths from memory that is taken once.
// Room:   matching (pure); sees market.
// Layout: chunks of 4, 8, 16, ... elements, one row of chunks per size, free ones chained. Address space is
// set aside for the worst case of each size; what was never used is never resident.
#pragma once

#include <cstdint>
#include <vector>

#include "market/check.hpp"
#include "matching/fast/arena.hpp"

namespace spillway {

template <class T>
class ChunkPool {
 public:
  static constexpr std::uint32_t least = 4;  // elements of the smallest chunk
  struct Chunk {
    std::uint32_t number;
    std::uint8_t size_class, held;  // held 0: nothing
  };

  /// `owners` hold one chunk each, of at most `longest` elements. A chunk beyond the smallest is more than a
  /// quarter full, and all of them hold at most `most` elements.
  ChunkPool(std::size_t most, std::size_t owners, std::size_t longest) {
    for (std::uint32_t c = 0; c == 0 || capacity(c - 1) < longest; ++c) {
      auto const worst = c == 0 ? owners : 4 * most / capacity(c) + 2;
      sizes_.emplace_back((worst < owners ? worst : owners) + 1, capacity(c));
    }
  }

  [[nodiscard]] static constexpr std::uint32_t capacity(std::uint32_t size_class) {
    return least << size_class;
  }
  [[nodiscard]] static std::uint32_t class_for(std::size_t count) {
    std::uint32_t c = 0;
    while (capacity(c) < count) ++c;
    return c;
  }
  [[nodiscard]] bool has_room(std::size_t count) const {
    auto const c = class_for(count);
    return c < sizes_.size() && (sizes_[c].free != 0 || sizes_[c].next < sizes_[c].chunks);
  }
  /// A chunk for so many elements; there is room.
  [[nodiscard]] Chunk take(std::size_t count) {
    auto const c = class_for(count);
    sw_check(has_room(count), "there is room for one more list");
    auto& size = sizes_[c];
    auto number = size.next;
    if (size.free != 0) {
      number = size.free - 1;
      size.free = size.chain[number];
    } else {
      ++size.next;
    }
    return {number, static_cast<std::uint8_t>(c), 1};
  }
  void give_back(Chunk chunk) {
    if (chunk.held == 0) return;
    auto& size = sizes_[chunk.size_class];
    size.chain[chunk.number] = size.free;
    size.free = chunk.number + 1;
  }
  [[nodiscard]] T* at(Chunk chunk) {
    return &sizes_[chunk.size_class].elements[std::size_t{chunk.number} * capacity(chunk.size_class)];
  }
  [[nodiscard]] T const* at(Chunk chunk) const {
    return &sizes_[chunk.size_class].elements[std::size_t{chunk.number} * capacity(chunk.size_class)];
  }
  friend void swap(ChunkPool& a, ChunkPool& b) noexcept { a.sizes_.swap(b.sizes_); }

 private:
  struct Size {
    Size(std::size_t n, std::uint32_t each)
        : elements(n * each), chain(n), chunks(static_cast<std::uint32_t>(n)) {}
    Arena<T> elements;
    Arena<std::uint32_t> chain;  // free chunks; number + 1
    std::uint32_t chunks, next{}, free{};
  };
  std::vector<Size> sizes_;
};

}  // namespace spillway
