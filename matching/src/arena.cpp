// matching/arena.cpp - address space for the fixed arrays.
// Room:   matching (pure); sees market.
#include "matching/fast/arena.hpp"

#include <sys/mman.h>

#include <cstdint>

#include "market/check.hpp"

namespace spillway {

namespace {

constexpr std::size_t page_bytes = 4'096, huge_page_bytes = std::size_t{2} << 20;

}  // namespace

/// What could hold a huge page begins at the place of one: what is cut off is only address space.
void* map_zeroes(std::size_t bytes) {
  sw_check(bytes > 0, "an arena has a size");
  auto const wanted = (bytes + page_bytes - 1) / page_bytes * page_bytes;
  auto const spare = wanted >= huge_page_bytes ? huge_page_bytes : 0;
  void* const taken = ::mmap(nullptr, wanted + spare, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  sw_check(taken != MAP_FAILED,
           "address space for the tables: let the system overcommit, and set no ulimit -v");
  if (spare == 0) return taken;
  auto* const first = static_cast<unsigned char*>(taken);
  auto const behind = reinterpret_cast<std::uintptr_t>(taken) % huge_page_bytes;
  auto const before = behind == 0 ? 0 : huge_page_bytes - behind;
  if (before > 0) ::munmap(first, before);
  ::munmap(first + before + wanted, spare - before);
  return first + before;
}

void unmap(void* at, std::size_t bytes) { ::munmap(at, bytes); }

std::pmr::memory_resource* mapped_memory() {
  class Mapped final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t) override { return map_zeroes(bytes); }
    void do_deallocate(void* at, std::size_t bytes, std::size_t) override { unmap(at, bytes); }
    [[nodiscard]] bool do_is_equal(memory_resource const& other) const noexcept override {
      return this == &other;
    }
  };
  static auto* const memory = new Mapped;  // never destroyed: whoever uses it may be static too
  return memory;
}

/// Whole huge pages only: nothing beyond `bytes` becomes resident. A system without them gives small ones.
void prefault(void* at, std::size_t bytes) {
  if (auto const huge = bytes / huge_page_bytes * huge_page_bytes; huge > 0)
    ::madvise(at, huge, MADV_HUGEPAGE);
  auto* const first = static_cast<unsigned char volatile*>(at);
  for (std::size_t i = 0; i < bytes; i += page_bytes) first[i] = first[i];
}

}  // namespace spillway
