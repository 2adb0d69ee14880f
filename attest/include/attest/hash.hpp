// attest/hash.hpp - the one hash of CAP-1: BLAKE2b-256 over a domain word and parts, each with its length.
// Room:   attest; sees the standard library only (libsodium stays in src/hash.cpp).
// Units:  lengths in bytes; every integer inside a hash is little-endian.
// Errors: none; any bytes may be hashed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace spillway::attest {

using Bytes32 = std::array<std::byte, 32>;
using Digest = Bytes32;   // output of hash()
using UnitKey = Bytes32;  // the Ed25519 public key of one unit

using ByteView = std::span<std::byte const>;

/// BLAKE2b-256 of: u8 length of `domain`, `domain`, then for each part u32 length and bytes. Because every
/// length is inside, two different lists of parts never give the same input. A domain has at most 255
/// characters.
[[nodiscard]] Digest hash(std::string_view domain, std::initializer_list<ByteView> parts);

/// The four or eight bytes that stand for an integer inside hash().
[[nodiscard]] constexpr std::array<std::byte, 4> le32(std::uint32_t v) {
  return {std::byte(v & 0xff), std::byte(v >> 8 & 0xff), std::byte(v >> 16 & 0xff), std::byte(v >> 24)};
}
[[nodiscard]] constexpr std::array<std::byte, 8> le64(std::uint64_t v) {
  std::array<std::byte, 8> out{};
  for (std::size_t i = 0; i < 8; ++i) out[i] = std::byte(v >> (8 * i) & 0xff);
  return out;
}

/// Fills `out` with the ChaCha20 (RFC 8439) key stream of `key` under the nonce (u32 `domain`, u64 `index`),
/// from block 0.
void prf(Bytes32 const& key, std::uint32_t domain, std::uint64_t index, std::span<std::byte> out);

/// A hash over a sequence of which the length is not known before: feed, then take the value so far.
class RunningHash {
 public:
  explicit RunningHash(std::string_view domain);
  void part(ByteView bytes);  // u32 length and bytes, as in hash()
  /// The same for bytes that come in pieces: begin_part of their sum, then `more` of each piece.
  void begin_part(std::uint32_t bytes);
  void more(ByteView bytes);
  [[nodiscard]] Digest value() const;  // of everything fed so far; feeding may go on

 private:
  alignas(64) std::array<std::byte, 384> state_{};
};

}  // namespace spillway::attest
