// matching/recent_predicates.cpp - see recent_predicates.hpp.
// Room:   matching (pure); sees market.
#include "matching/recent_predicates.hpp"

namespace spillway {

/// Words are put together in registers: bytes written one by one would be waited for when they are compared.
RecentPredicates::Words RecentPredicates::words_of(Predicate const& p, Tokens snapped_input) {
  auto const ids = p.models.size() + p.classes.size() + p.within.size() + p.outside.size();
  if (ids > ids_most) return {};
  std::array<std::uint64_t, 2> packed{};
  std::size_t n = 0;
  auto const pack = [&](auto const& list) {
    for (auto const id : list) packed[n / 4] |= std::uint64_t{id.v} << n % 4 * 16, ++n;
  };
  pack(p.models), pack(p.classes), pack(p.within), pack(p.outside);
  auto const narrow = [](std::int32_t v) { return std::uint64_t{static_cast<std::uint32_t>(v)}; };
  auto const wide = [](std::int64_t v) { return static_cast<std::uint64_t>(v); };
  auto const counts = p.models.size() | p.classes.size() << 4 | p.within.size() << 8 | p.outside.size() << 12;
  return {{static_cast<std::uint64_t>(p.product) | std::uint64_t{p.tier.v} << 8 |
               static_cast<std::uint64_t>(p.origin) << 16 | std::uint64_t{p.buyer_place.v} << 32 |
               std::uint64_t{counts} << 48,
           narrow(p.pue_max_milli) | narrow(p.green_min_milli) << 32, wide(p.network.v), wide(p.ready.v),
           wide(snapped_input.v), packed[0], packed[1]}};
}

/// Multiplications that do not wait for each other.
std::size_t RecentPredicates::place_of(Words const& words) {
  constexpr std::array<std::uint64_t, 7> factors{
      0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu, 0x165667B19E3779F9u, 0xD6E8FEB86659FD93u,
      0xA0761D6478BD642Fu, 0xE7037ED1A0B428DBu, 0x8EBC6AF09C88C6E3u};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < factors.size(); ++i) sum += words.of[i] * factors[i];
  return static_cast<std::size_t>((sum ^ sum >> 32) * factors[0] >> 52) % cells;
}

void RecentPredicates::forget_all() {
  for (std::size_t i = 0; i < cells; ++i) cells_[i] = {};
}

}  // namespace spillway
