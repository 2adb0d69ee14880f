// bench/matching/allocations.hpp - counts what the program asks the heap for: a book allocates nothing after
// its start.
// Room:   bench; sees the standard library only.
#pragma once

#include <cstdint>

namespace spillway::bench {

/// Calls of operator new since the program began.
[[nodiscard]] std::uint64_t allocations();

}  // namespace spillway::bench
