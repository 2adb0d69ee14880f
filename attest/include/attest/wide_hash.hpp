// attest/wide_hash.hpp - eight short inputs of the hash at once: a verifier's time is leaves and nodes.
// Room:   attest; sees attest/hash.hpp.
// Units:  lengths in bytes.
// Errors: none; an input that is too long is a mistake of ours.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "attest/hash.hpp"

namespace spillway::attest {

inline constexpr std::size_t hash_width = 8;

/// What hash() is made of, for inputs of one BLAKE2b block: domain, parts and their lengths take 128 bytes at
/// most.
class ShortInput {
 public:
  ShortInput() = default;
  explicit ShortInput(std::string_view domain);
  ShortInput& part(ByteView bytes);
  [[nodiscard]] std::array<std::byte, 128> const& block() const { return block_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void append(ByteView bytes);
  std::array<std::byte, 128> block_{};
  std::size_t size_ = 0;
};

/// out[i] = hash() of inputs[i], for as many as hash_width of them; both spans have one length.
void hash_wide(std::span<ShortInput const> inputs, std::span<Digest> out);

}  // namespace spillway::attest
