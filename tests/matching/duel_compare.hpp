// tests/matching/duel_compare.hpp - one command to both books of a duel, and their answers side by side.
#pragma once

#include <type_traits>

#include "duel.hpp"

namespace spillway::rig {

/// `act(book, matches)` on both; what the first answered.
template <class Act>
auto Duel::both(Act act) {
  for (auto& out : out_) out.clear();
  auto const left = act(*books_[0], out_[0]);
  auto const right = act(*books_[1], out_[1]);
  EXPECT_TRUE(left == right) << "the same answer";
  if constexpr (std::is_same_v<decltype(left), Book::Rest const>)
    if (!left) ++counts_.refused[left.error()];
  compare();
  return left;
}

}  // namespace spillway::rig
