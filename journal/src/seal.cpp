// journal/src/seal.cpp - the fixed layout of a seal.
#include "journal/seal.hpp"

#include <algorithm>

#include "endian.hpp"

namespace spillway {
namespace {
constexpr std::size_t last_at = 8, count_at = 16, zero_at = 20, digest_at = 24, root_at = 56;
}

std::array<std::byte, seal_bytes> encode_seal(Seal const& seal) {
  std::array<std::byte, seal_bytes> out{};
  store_le(out.data(), seal.first.v);
  store_le(out.data() + last_at, seal.last.v);
  store_le(out.data() + count_at, seal.outcome_count);
  std::ranges::copy(seal.digest, out.begin() + digest_at);
  std::ranges::copy(seal.outcome_root, out.begin() + root_at);
  return out;
}

std::optional<Seal> parse_seal(ByteView bytes) {
  if (bytes.size() != seal_bytes || load_le<std::uint32_t>(bytes.data() + zero_at) != 0) return std::nullopt;
  Seal seal;
  seal.first = Seq{load_le<std::uint64_t>(bytes.data())};
  seal.last = Seq{load_le<std::uint64_t>(bytes.data() + last_at)};
  seal.outcome_count = load_le<std::uint32_t>(bytes.data() + count_at);
  std::copy_n(bytes.begin() + digest_at, seal.digest.size(), seal.digest.begin());
  std::copy_n(bytes.begin() + root_at, seal.outcome_root.size(), seal.outcome_root.begin());
  if (seal.first.v == 0 || seal.first.v - 1 > seal.last.v) return std::nullopt;
  return seal;
}

}  // namespace spillway
