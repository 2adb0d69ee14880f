// attest/cap1.cpp - see attest/cap1.hpp.
#include "attest/cap1.hpp"

#include <bit>

namespace spillway::attest {

namespace {

constexpr std::uint32_t domain_a = 1;
constexpr std::uint32_t domain_b = 2;
constexpr std::uint32_t domain_fingerprint = 3;

std::uint32_t load_le32(ByteView bytes) {
  return std::to_integer<std::uint32_t>(bytes[0]) | std::to_integer<std::uint32_t>(bytes[1]) << 8 |
         std::to_integer<std::uint32_t>(bytes[2]) << 16 | std::to_integer<std::uint32_t>(bytes[3]) << 24;
}

// Generous: both paths at their longest, and the opening's own fields.
std::size_t answer_bytes(Cap1Params const& p) {
  auto const paths = std::bit_width(p.n) + std::bit_width(std::uint64_t{p.n} * p.retained);
  return 64 + p.openings * (4 * std::size_t{p.n} + 32 * static_cast<std::size_t>(paths) + 32) +
         32 * (std::size_t{p.rounds} + p.passes);
}

}  // namespace

std::string_view sentence(ParamsError error) {
  switch (error) {
    case ParamsError::n:
      return "n must be a power of two from 64 to 16384";
    case ParamsError::rounds:
      return "rounds must be 1 to 1024";
    case ParamsError::retained:
      return "retained products must be 1 to the number of rounds, or 0 with 0 passes";
    case ParamsError::passes:
      return "passes must be 1 to 64";
    case ParamsError::openings:
      return "openings must be 1 to 1024";
    case ParamsError::profile:
      return "the profile must be int8";
    case ParamsError::answer_too_large:
      return "openings of rows of this n exceed a message of 4 MiB: ask fewer";
  }
  return "unknown parameter error";
}

std::expected<void, ParamsError> check(Cap1Params const& p) {
  if (p.n < smallest_n || p.n > largest_n || !std::has_single_bit(p.n))
    return std::unexpected(ParamsError::n);
  if (p.rounds < 1 || p.rounds > most_rounds) return std::unexpected(ParamsError::rounds);
  bool const compute_only = p.retained == 0 && p.passes == 0;  // a light challenge
  if ((p.retained < 1 && !compute_only) || p.retained > p.rounds)
    return std::unexpected(ParamsError::retained);
  if ((p.passes < 1 && !compute_only) || p.passes > most_passes) return std::unexpected(ParamsError::passes);
  if (p.openings < 1 || p.openings > most_openings) return std::unexpected(ParamsError::openings);
  if (p.profile != Profile::int8) return std::unexpected(ParamsError::profile);
  if (answer_bytes(p) > largest_message_bytes) return std::unexpected(ParamsError::answer_too_large);
  return {};
}

std::int64_t work_ops(Cap1Params const& p) { return 2 * std::int64_t{p.n} * p.n * p.n * p.rounds; }

std::int64_t retained_bytes(Cap1Params const& p) { return 4 * std::int64_t{p.n} * p.n * p.retained; }

void a_row(Bytes32 const& round_key, std::uint64_t row, std::span<std::int8_t> out) {
  prf(round_key, domain_a, row, std::as_writable_bytes(out));
}

void b_row(Bytes32 const& beacon, std::uint64_t row, std::span<std::int8_t> out) {
  prf(beacon, domain_b, row, std::as_writable_bytes(out));
}

Digest first_round_key(Bytes32 const& nonce, UnitKey const& unit, std::uint64_t epoch) {
  return hash("cap1-start", {nonce, unit, le64(epoch)});
}

Digest next_round_key(Digest const& key, Digest const& root) { return hash("cap1-round", {key, root}); }

Digest next_pass_key(Digest const& key, Digest const& root) { return hash("cap1-pass", {key, root}); }

FingerprintKey fingerprint_key(Digest const& key) {
  std::array<std::byte, 128> stream;
  prf(key, domain_fingerprint, 0, stream);
  auto const bytes = ByteView(stream);
  FingerprintKey out;
  for (std::size_t i = 0; i < 16; ++i) {
    out.start[i] = load_le32(bytes.subspan(4 * i, 4));
    out.factor[i] = load_le32(bytes.subspan(64 + 4 * i, 4)) | 1;
  }
  return out;
}

ShortInput leaf_input(std::uint32_t group, std::uint32_t row, std::uint32_t entries, Lanes const& lanes) {
  std::array<std::byte, 64> folded;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    auto const word = le32(lanes[i]);
    for (std::size_t b = 0; b < 4; ++b) folded[4 * i + b] = word[b];
  }
  return ShortInput("cap1-row").part(le32(group)).part(le32(row)).part(le32(entries)).part(folded);
}

Digest leaf(std::uint32_t group, std::uint32_t row, std::uint32_t entries, Lanes const& lanes) {
  auto const input = leaf_input(group, row, entries, lanes);
  Digest out;
  hash_wide({&input, 1}, {&out, 1});
  return out;
}

}  // namespace spillway::attest
