// journal/src/sha256.hpp - SHA-256 of one byte and a message, the only form that the tree needs.
// Room:   journal, inside only.
// Source: FIPS 180-4.
#pragma once

#include <array>

#include "journal/bytes.hpp"

namespace spillway {

/// By the processor's own instructions where it has them, else as below.
[[nodiscard]] Hash256 sha256(std::byte first, ByteView rest);
/// Two at one time: where the instructions are, for little more than the longer of them.
[[nodiscard]] std::array<Hash256, 2> sha256(std::byte first, ByteView one, ByteView other);
/// Whether the processor has instructions for it.
[[nodiscard]] bool has_sha_instructions();
/// By OpenSSL: a call of it costs more than a short message itself.
[[nodiscard]] Hash256 sha256_by_library(std::byte first, ByteView rest);

}  // namespace spillway
