// journal/seal.hpp - the frame that ends a batch: what was sequenced, and what came of the batch before.
// Room:   journal; sees market/ids.hpp.
// Layout: u64 first seq | u64 last seq | u32 outcome count | u32 zero | D | outcome root: 88 bytes, little
//         endian.
// Errors: parse_seal returns nothing for bytes that are no seal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "journal/bytes.hpp"
#include "market/ids.hpp"

namespace spillway {

struct Seal {
  Seq first{};  // of the batch's entries; last + 1 in an empty (closing) seal
  Seq last{};
  std::uint32_t outcome_count = 0;  // leaves under outcome_root
  Hash256 digest{};                 // D after `last`
  /// RFC 6962 root over the outcomes of the batch before this one: one leaf = all outcome record bytes of one
  /// command.
  Hash256 outcome_root{};
  [[nodiscard]] bool empty() const { return first.v == last.v + 1; }
  friend bool operator==(Seal const&, Seal const&) = default;
};

inline constexpr std::size_t seal_bytes = 88;
[[nodiscard]] std::array<std::byte, seal_bytes> encode_seal(Seal const& seal);
[[nodiscard]] std::optional<Seal> parse_seal(ByteView bytes);

}  // namespace spillway
