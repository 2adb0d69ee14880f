// sim/import/src/overlay_draw.cpp - one wish out of an overlay; the draws of a wish keep a fixed order.
#include "sim/overlay.hpp"

namespace spillway::sim {
namespace {

template <class T>
T draw(std::vector<Weighted<T>> const& choices, Random& random) {
  std::vector<std::int64_t> weights;
  for (auto const& choice : choices) weights.push_back(choice.weight);
  return choices[random.weighted(weights)].value;
}

}  // namespace

TokenWish draw_token_wish(Overlay const& overlay, Random& random) {
  TokenWish wish;
  wish.place = draw(overlay.buyer_places, random);
  wish.model = draw(overlay.models, random);
  wish.tier = draw(overlay.token_tiers, random);
  wish.cap_milli = draw(overlay.token_cap_milli, random);
  wish.need = draw(overlay.latency, random);
  return wish;
}

CapacityWish draw_capacity_wish(Overlay const& overlay, Random& random) {
  CapacityWish wish;
  wish.place = draw(overlay.buyer_places, random);
  wish.tier = draw(overlay.capacity_tiers, random);
  wish.accelerators = draw(overlay.capacity_sizes, random);
  wish.term = draw(overlay.capacity_terms, random);
  wish.cap_milli = draw(overlay.capacity_cap_milli, random);
  return wish;
}

}  // namespace spillway::sim
