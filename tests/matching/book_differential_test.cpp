// tests/matching/book_differential_test.cpp - the plain book and the fast book get the same seeded commands
// and answer alike after each one. The short form runs here; SPILLWAY_DIFFERENTIAL_COMMANDS=5000000 is the
// full one (over 200 seeds, some minutes). A failure names its seed: SPILLWAY_SEED=N runs that market alone.
// Covers fast_book.cpp, fast_orders.cpp, fast_offers.cpp, fast_plan.cpp, fast_pools.cpp, fast_reads.cpp,
// fast_invariants.cpp, book_image.cpp and fast_image.cpp: a book made from the other's image goes on as it
// did.
#include <cstdio>
#include <cstdlib>

#include "duel.hpp"

namespace spillway {
namespace {

using namespace rig;

std::uint64_t from_environment(char const* variable, std::uint64_t otherwise) {
  char const* const said = std::getenv(variable);
  return said ? std::strtoull(said, nullptr, 10) : otherwise;
}

void print(DuelCounts const& c) {
  std::printf(
      "%llu commands, %llu trades, %llu endings by self-trade, %llu expired, %llu mass cancelled, "
      "%llu of %llu states with more conditional orders than one command looks at\n",
      static_cast<unsigned long long>(c.commands), static_cast<unsigned long long>(c.trades),
      static_cast<unsigned long long>(c.self_trades), static_cast<unsigned long long>(c.expired),
      static_cast<unsigned long long>(c.mass_cancelled), static_cast<unsigned long long>(c.crowded),
      static_cast<unsigned long long>(c.states));
  for (std::size_t i = 0; i < uses; ++i)
    std::printf("  %-22s used %9llu  fills %9llu\n", name(static_cast<Use>(i)),
                static_cast<unsigned long long>(c.used[i]), static_cast<unsigned long long>(c.fills[i]));
  for (auto const& [why, times] : c.refused)
    std::printf("  refused %-22s %9llu\n", name(why), static_cast<unsigned long long>(times));
}

TEST(BookDifferential, BothBooksAnswerAlikeUnderEveryConditionAndRefusal) {
  auto const only = from_environment("SPILLWAY_SEED", 0);
  auto const commands = from_environment("SPILLWAY_DIFFERENTIAL_COMMANDS", 400'000);
  std::uint64_t const first = only ? only : 1, last = only ? only : 200;
  DuelCounts counts;
  for (auto seed = first; seed <= last; ++seed) {
    Duel duel{seed, BookKind::plain, BookKind::fast};
    for (std::uint64_t i = 0; i < commands / 200; ++i) {
      duel.step();
      if (!HasFailure()) continue;
      FAIL() << "replay with SPILLWAY_SEED=" << seed << " SPILLWAY_DIFFERENTIAL_COMMANDS=" << commands
             << ", command " << i << "; the last commands:\n"
             << duel.story();
    }
    counts.add(duel.counts());
  }
  print(counts);
  if (only) return;
  for (std::size_t i = 0; i < uses; ++i) {
    EXPECT_GE(counts.used[i], 1'000u) << name(static_cast<Use>(i));
    EXPECT_GE(counts.fills[i], 100u) << name(static_cast<Use>(i));
  }
  using enum Refusal;
  for (auto const why : {malformed,
                         unknown_participant,
                         role_missing,
                         halted,
                         capacity,
                         unknown_id,
                         dead_id,
                         not_yours,
                         exists,
                         quantity_zero,
                         quantity_not_a_lot,
                         quantity_too_large,
                         price_off_grid,
                         time_past,
                         resting_limit,
                         offer_price_taken,
                         node_unknown,
                         post_only_would_cross,
                         fok_unfillable,
                         market_unprotected})
    EXPECT_GT(counts.refused[why], 0u) << name(why);
  EXPECT_GT(counts.crowded, 0u);
  EXPECT_GT(counts.self_trades, 100u);
  EXPECT_GT(counts.expired, 100u);
  EXPECT_GT(counts.mass_cancelled, 100u);
}

}  // namespace
}  // namespace spillway
