// journal/src/zeros.hpp - looking for what is not zero, many bytes at a time: recovery reads whole segments
// of zeros.
// Room:   journal, inside only.
#pragma once

#include <cstring>

#include "journal/bytes.hpp"

namespace spillway {

[[nodiscard]] inline bool all_zero(ByteView bytes) {
  // Zero at the front, and each byte equal to the one behind it.
  return bytes.empty() ||
         (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace spillway
