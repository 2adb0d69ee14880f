// matching/arena.cpp - address space for the fixed arrays.
// Room:   matching (pure); sees market.
#include "matching/fast/arena.hpp"

#include <sys/mman.h>

#include "market/check.hpp"

namespace spillway {

void* map_zeroes(std::size_t bytes) {
  sw_check(bytes > 0, "an arena has a size");
  void* const at =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  sw_check(at != MAP_FAILED, "address space for the book");
  return at;
}

void unmap(void* at, std::size_t bytes) { ::munmap(at, bytes); }

void prefault(void* at, std::size_t bytes) {
  constexpr std::size_t page_bytes = 4'096;
  auto* const first = static_cast<unsigned char volatile*>(at);
  for (std::size_t i = 0; i < bytes; i += page_bytes) first[i] = first[i];
}

}  // namespace spillway
