// matching/links.cpp - edges that come, and all edges anew.
// Room:   matching (pure); sees market.
#include "matching/fast/links.hpp"

namespace spillway::fast {

void Links::show(LadderId g) {
  auto const& list = lists_[g];
  rows_[g] = {list.data(), static_cast<std::uint32_t>(list.size()), list.empty() ? 0 : list.front()};
}

void Links::append(LadderId from, LadderId to) {
  lists_[from].push_back(to);
  show(from);
  bounds_[from] = 0;
}

void Links::remove_all(LadderId g) {
  for (auto const partner : lists_[g]) {
    std::erase(lists_[partner], g);
    show(partner);
  }
  lists_[g].clear();
  show(g);
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
