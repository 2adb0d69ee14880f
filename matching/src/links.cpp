// matching/links.cpp - edges that come, and all edges anew.
// Room:   matching (pure); sees market.
#include "matching/fast/links.hpp"

namespace spillway::fast {

void Links::append(LadderId from, LadderId to) {
  auto& list = lists_[from];
  list.push_back(to);
  rows_[from] = {list.data(), static_cast<std::uint32_t>(list.size()), list.front()};
  bounds_[from] = 0;
}

void Links::clear() {
  for (std::size_t g = 0; g < lists_.size(); ++g) {
    if (lists_[g].empty()) continue;
    lists_[g].clear();
    rows_[g] = {};
    bounds_[g] = 0;
  }
}

}  // namespace spillway::fast
