// tests/matching/duel_compare.hpp - one command to both books of a duel, and their answers side by side.
#pragma once

#include <type_traits>

#include "duel.hpp"

namespace spillway::rig {

inline std::string words_of(Book::Rest const& rest) {
  return rest ? "rests " + std::to_string(rest->v) : std::string{"refused "} + spillway::name(rest.error());
}
inline std::string words_of(Refusal why) { return spillway::name(why); }
inline std::string words_of(std::size_t count) { return std::to_string(count); }
inline std::string words_of(int) { return "done"; }

/// `act(book, matches)` on both; what the first answered.
template <class Act>
auto Duel::both(Act act) {
  for (auto& out : out_) out.clear();
  auto const left = act(*books_[0], out_[0]);
  auto const right = act(*books_[1], out_[1]);
  EXPECT_TRUE(left == right) << words_of(left) << " / " << words_of(right);
  if constexpr (std::is_same_v<decltype(left), Book::Rest const>)
    if (!left) ++counts_.refused[left.error()];
  compare();
  return left;
}

}  // namespace spillway::rig
