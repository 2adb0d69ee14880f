// exchange/src/core_memory.cpp - see core_memory.hpp.
#include "core_memory.hpp"

#include <sys/mman.h>

#include <bit>

#include "market/check.hpp"

namespace spillway::core {

/// A system that refuses gives small pages, which decides nothing.
void prefer_huge_pages(void* at, std::size_t bytes) {
  constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;
  auto const whole = bytes / huge_page_bytes * huge_page_bytes;
  if (whole <= huge_page_bytes) return;
  ::madvise(static_cast<std::byte*>(at) + huge_page_bytes, whole - huge_page_bytes, MADV_HUGEPAGE);
}

Memory::Class Memory::class_of(std::size_t bytes) {
  if (bytes <= fine_max) {
    auto const steps = bytes == 0 ? 1 : (bytes + step - 1) / step;
    return {steps, steps * step};
  }
  auto const rounded = std::bit_ceil(bytes);
  return {fine_max / step + static_cast<std::size_t>(std::countr_zero(rounded)), rounded};
}

void* Memory::do_allocate(std::size_t bytes, std::size_t align) {
  sw_check(align <= step, "the core's tables hold nothing that asks for more than 16-byte borders");
  auto const [index, rounded] = class_of(bytes);
  if (auto* const back = free_[index]) {
    free_[index] = back->next;
    return back;
  }
  sw_check(rounded <= untouched(), "the core's memory holds what its limits allow");
  auto* const fresh = &arena_[used_];
  used_ += rounded;
  return fresh;
}

void Memory::do_deallocate(void* at, std::size_t bytes, std::size_t) {
  auto const index = class_of(bytes).index;
  free_[index] = ::new (at) Free{free_[index]};
}

}  // namespace spillway::core
