// attest/cpu_name.hpp - how a CPU back end describes its one device: the processor's words, the machine's
// memory.
// Room:   attest, private; for cpu_backend.hpp.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "attest/backend.h"

namespace spillway::attest::cpu {

inline int describe(std::uint32_t device, cap1_device* out) {
  if (device != 0) return 1;
  *out = {};
  std::strcpy(out->name, "cpu");
#if defined(__x86_64__)
  unsigned brand[12] = {};
  for (unsigned i = 0; i < 3; ++i)
    __get_cpuid(0x8000'0002u + i, &brand[4 * i], &brand[4 * i + 1], &brand[4 * i + 2], &brand[4 * i + 3]);
  if (brand[0] != 0) std::memcpy(out->name, brand, sizeof brand);  // 48 bytes, ends with 0
#endif
  auto const pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    out->memory_bytes = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
  return 0;
}

}  // namespace spillway::attest::cpu
