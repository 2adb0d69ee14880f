// exchange/src/core_memory.hpp - the one piece of memory that the core's rare tables live in, taken at the
// start.
// Room:   exchange_core (pure), internal.
// Rule:   nothing here decides an outcome: tables are full by count (CoreLimits), and this has room for what
//         the counts allow. Address space is reserved; pages become resident where they are touched.
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>

#include "matching/fast/arena.hpp"

namespace spillway::core {

/// What lies beyond the first huge page of an arena becomes resident in huge pages where the system has them:
/// five hundred page faults fewer, and a small market stays small.
void prefer_huge_pages(void* at, std::size_t bytes);
template <class T>
void prefer_huge_pages(Arena<T>& arena) {
  prefer_huge_pages(&arena[0], arena.size() * sizeof(T));
}

/// Asks for the line at `at` without waiting for it; a hint, whatever is there. The empty statement keeps the
/// calls of functions that do nothing else: without it they are taken for functions without effect.
[[gnu::always_inline]] inline void ask_for(void const* at) {
  __builtin_prefetch(at);
  asm volatile("");
}

/// Blocks by size, each size with a list of what came back: up to 1 KiB in steps of 16 bytes, then in powers
/// of two. Blocks that came back are never joined: what a table needed once it may need again.
class Memory final : public std::pmr::memory_resource {
 public:
  explicit Memory(std::size_t bytes) : arena_(bytes) {}

 private:
  static constexpr std::size_t step = 16, fine_max = 1'024, classes = fine_max / step + 1 + 64;
  struct Free {
    Free* next;
  };
  struct Class {
    std::size_t index, bytes;
  };
  [[nodiscard]] static Class class_of(std::size_t bytes);
  [[nodiscard]] std::size_t untouched() const { return arena_.size() - used_; }

  void* do_allocate(std::size_t bytes, std::size_t align) override;
  void do_deallocate(void* at, std::size_t bytes, std::size_t align) override;
  [[nodiscard]] bool do_is_equal(memory_resource const& other) const noexcept override {
    return this == &other;
  }

  Arena<std::byte> arena_;
  std::size_t used_{};
  std::array<Free*, classes> free_{};
};

}  // namespace spillway::core
