// matching/recent_predicates.cpp - see recent_predicates.hpp.
// Room:   matching (pure); sees market.
#include "matching/recent_predicates.hpp"

namespace spillway {

/// Words are put together in registers: bytes written one by one would be waited for when they are compared.
RecentPredicates::Words RecentPredicates::words_of(Predicate const& p, Tokens snapped_input) {
  auto const models = p.models.size(), classes = p.classes.size();
  auto const within = p.within.size(), outside = p.outside.size();
  if (models + classes + within + outside > ids_most) return {};
  std::array<std::uint64_t, 2> packed{};
  std::size_t n = 0;
  auto const pack = [&](auto const& list, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, ++n) packed[n / 4] |= std::uint64_t{list[i].v} << n % 4 * 16;
  };
  pack(p.models, models), pack(p.classes, classes), pack(p.within, within), pack(p.outside, outside);
  auto const narrow = [](std::int32_t v) { return std::uint64_t{static_cast<std::uint32_t>(v)}; };
  auto const wide = [](std::int64_t v) { return static_cast<std::uint64_t>(v); };
  auto const counts = models | classes << 4 | within << 8 | outside << 12;
  return {{static_cast<std::uint64_t>(p.product) | std::uint64_t{p.tier.v} << 8 |
               static_cast<std::uint64_t>(p.origin) << 16 | std::uint64_t{p.buyer_place.v} << 32 |
               std::uint64_t{counts} << 48,
           narrow(p.pue_max_milli) | narrow(p.green_min_milli) << 32, wide(p.network.v), wide(p.ready.v),
           wide(snapped_input.v), packed[0], packed[1]}};
}

void RecentPredicates::forget_all() {
  for (std::size_t i = 0; i < cells; ++i) cells_[i] = {};
}

}  // namespace spillway
