// matching/recent_predicates.hpp - what predicates that were asked lately came to, word for word.
// Room:   matching (pure); sees market.
// Rule:   orders say the same few things again and again. To check, snap and look up what was said an order
//         ago costs as much as all the rest of the order, so the answer stands here under the words
//         themselves, compared in full. What is not found here is looked up: nothing depends on a hit.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "market/predicate.hpp"
#include "matching/fast/arena.hpp"

namespace spillway {

class RecentPredicates {
 public:
  static constexpr std::size_t ids_most = 8;  // of all lists together; longer ones are not kept

  /// A predicate in seven words, but for its input, which is given snapped: inputs differ, their steps are
  /// few.
  struct Words {
    std::array<std::uint64_t, 7> of;  // all zero: it has too many ids
    [[nodiscard]] bool some() const { return of[0] != 0; }
    /// All at once: most that are compared are equal.
    friend bool operator==(Words const& a, Words const& b) {
      std::uint64_t differs = 0;
#pragma GCC unroll 7
      for (std::size_t i = 0; i < 7; ++i) differs |= a.of[i] ^ b.of[i];
      return differs == 0;
    }
  };
  [[nodiscard]] static Words words_of(Predicate const&, Tokens snapped_input);

  struct Known {
    std::uint32_t signature;
    std::uint32_t made;  // what the signature's row meant then; 0: nothing is known
  };
  [[nodiscard]] Known find(Words const& words) const {
    auto const& cell = cells_[place_of(words)];
    return cell.words == words ? cell.known : Known{};
  }
  /// In the place of whoever had it.
  void put(Words const& words, Known known) { cells_[place_of(words)] = {words, known}; }
  void forget_all();

 private:
  static constexpr std::size_t cells = 4'096;
  struct alignas(64) Cell {
    Words words;
    Known known;
  };
  static_assert(sizeof(Cell) == 64);
  /// Multiplications that do not wait for each other. Words that differ together in most markets share one.
  [[nodiscard]] static std::size_t place_of(Words const& words) {
    auto const& [conditions, energy, network, ready, input, few, more] = words.of;
    auto const sum = conditions * 0x9E3779B97F4A7C15u +
                     (energy ^ std::rotl(input, 32)) * 0xC2B2AE3D27D4EB4Fu +
                     (network ^ std::rotl(ready, 32)) * 0x165667B19E3779F9u +
                     (few ^ std::rotl(more, 31)) * 0xD6E8FEB86659FD93u;
    return static_cast<std::size_t>((sum ^ sum >> 32) * 0x9E3779B97F4A7C15u >> 52) % cells;
  }

  Arena<Cell> cells_{cells};
};

}  // namespace spillway
