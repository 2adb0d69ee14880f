// attest/wide_hash.hpp - eight hashes at once: of short inputs (leaves and nodes), and of one long input
// dealt to eight lanes.
// Room:   attest; sees attest/hash.hpp.
// Units:  lengths in bytes.
// Errors: none; an input that is too long is a mistake of ours.
#pragma once

#include <cstddef>
#include <cstring>
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
  /// Other bytes in the place of as many: for inputs of one form that differ in a part.
  void replace(std::size_t at, ByteView bytes) {
    std::memcpy(block_.data() + at, bytes.data(), bytes.size());
  }
  [[nodiscard]] std::array<std::byte, 128> const& block() const { return block_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void append(ByteView bytes);
  std::array<std::byte, 128> block_{};
  std::size_t size_ = 0;
};

/// out[i] = hash() of inputs[i], for as many as hash_width of them; both spans have one length.
void hash_wide(std::span<ShortInput const> inputs, std::span<Digest> out);

/// One long input, in pieces of any size, by eight unkeyed BLAKE2b-256 side by side: words of eight bytes go
/// to the lanes in turn, word i to lane i mod 8; the end is filled up with zeros to a multiple of 64 bytes.
/// The length is not inside: who binds an input by its lanes binds its length beside them.
class StripedHash {
 public:
  /// As long as the input has no more bytes, `head` has all of them.
  static constexpr std::size_t head_bytes = 128 * hash_width;

  StripedHash();
  void more(ByteView bytes);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The whole input, where size() <= head_bytes.
  [[nodiscard]] ByteView head() const;
  /// Of everything fed so far; feeding may go on.
  [[nodiscard]] std::array<Digest, hash_width> lanes() const;

 private:
  void take_blocks(ByteView bytes);
  alignas(64) std::array<std::uint64_t, 8 * hash_width> state_;
  alignas(64) std::array<std::byte,
                         head_bytes> begun_{};  // never empty once anything came: the last block is another
  std::size_t holding_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace spillway::attest
