// tests/attest/verifier_test.cpp - every cheat is found, by its reason and as often as the formula says;
// openings in pieces of any size (attest/opening_check.cpp).
#include "attest/verifier.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "attest/opening_check.hpp"
#include "reference.hpp"

namespace spillway::attest {
namespace {

using reference::bytes32;

// A challenge with everything a cheat could want to change.
struct Case {
  Cap1Params params;
  EpochParams epoch{5, bytes32(10), params};
  EpochSecret secret{5, bytes32(40), epoch.beacon, params.n, params.profile};
  Digest first_key = first_round_key(bytes32(50), bytes32(30), 5);
  reference::Prover prover;

  explicit Case(reference::Prover::Alter alter = {}, Profile profile = Profile::int8)
      : params{.n = 64, .rounds = 3, .retained = 2, .passes = 2, .openings = 16, .profile = profile},
        prover(epoch, bytes32(30), bytes32(50), bytes32(60), std::move(alter)) {}

  [[nodiscard]] Commitments committed() const {
    return check_chains(params, first_key, prover.rounds, bytes32(60), prover.memory).value();
  }
  [[nodiscard]] std::vector<OpeningPlace> places(std::uint8_t nonce = 50) const {
    return secret.places(params, bytes32(nonce), prover.rounds.last_key, prover.memory.pass_roots.back());
  }
  [[nodiscard]] std::optional<RejectReason> verdict(OpeningPlace const& asked, Opening const& opening) const {
    return verdict(std::vector{asked}, Openings{{opening}});
  }
  // The message in pieces of this many bytes; 0: as one.
  [[nodiscard]] std::optional<RejectReason> verdict(std::vector<OpeningPlace> const& asked,
                                                    Openings const& openings, std::size_t piece = 0) const {
    auto const bytes = encode(AttestMessage(openings));
    auto const all = committed();
    OpeningCheck check(secret, params, all, asked);
    std::size_t taken = 0;
    while (taken < bytes.size()) {
      auto const rest = ByteView(bytes).subspan(taken);
      auto const now = rest.first(piece == 0 ? rest.size() : std::min(piece, rest.size()));
      taken += now.size();
      if (auto const ok = check.take(now); !ok) {
        EXPECT_EQ(check.take(now).error(), ok.error());
        read = taken;
        return ok.error();
      }
    }
    read = taken;
    auto const ok = check.finish();
    return ok ? std::nullopt : std::optional(ok.error());
  }
  mutable std::size_t read = 0;  // bytes until the last verdict
};

std::optional<RejectReason> chain_verdict(Case const& c, RoundsDone const& rounds, MemDone const& memory) {
  auto const ok = check_chains(c.params, c.first_key, rounds, bytes32(60), memory);
  return ok ? std::nullopt : std::optional(ok.error());
}

}  // namespace

TEST(Verifier, AcceptsEveryRowOfAnHonestProver) {
  for (auto const profile : profiles) {
    Case const c({}, profile);
    for (std::uint32_t t = 0; t < c.params.rounds; ++t)
      for (std::uint32_t i = 0; i < c.params.n; ++i) {
        OpeningPlace const at{t, i, i % c.params.passes};
        ASSERT_EQ(c.verdict(at, c.prover.open({at}).rows[0]), std::nullopt) << t << " " << i;
      }
  }
}

TEST(Verifier, RefusesF16xRowsThatAreNotExactWholeOrInPieces) {
  Case const c({}, Profile::f16x);
  auto const asked = c.places();
  auto const honest = c.prover.open(asked);
  auto changed = honest, too_large = honest;
  changed.rows[3].row[63] -= 1;
  too_large.rows[3].row[63] = largest_entry(Profile::f16x, c.params.n) + 1;
  ASSERT_LT(too_large.rows[3].row[63], largest_entry(Profile::int8, c.params.n));
  for (std::size_t const piece : {std::size_t{0}, std::size_t{1}, std::size_t{300}}) {
    EXPECT_EQ(c.verdict(asked, honest, piece), std::nullopt) << piece;
    EXPECT_EQ(c.verdict(asked, changed, piece), RejectReason::row_wrong) << piece;
    EXPECT_EQ(c.verdict(asked, too_large, piece), RejectReason::row_out_of_range) << piece;
  }
}

TEST(Verifier, TakesNoRowOfOneProfileForARowOfTheOther) {
  Case const wide, narrow({}, Profile::f16x);
  OpeningPlace const at{2, 7, 1};
  EXPECT_EQ(wide.verdict(at, narrow.prover.open({at}).rows[0]), RejectReason::row_wrong);
  EXPECT_NE(narrow.verdict(at, wide.prover.open({at}).rows[0]), std::nullopt);
  EXPECT_EQ(wide.secret.in(Profile::f16x).profile(), Profile::f16x);
  EXPECT_EQ(wide.places(), wide.secret.in(Profile::f16x)
                               .places(wide.params, bytes32(50), wide.prover.rounds.last_key,
                                       wide.prover.memory.pass_roots.back()))
      << "the places come of the seed, not of the profile";
}

// Sums kept in BF16 (8 significant bits): the arithmetic that a part with nothing better would do.
TEST(Verifier, CatchesAProverThatRoundsF16xToBf16) {
  Case const cheat(
      [](std::uint32_t, reference::Matrix32& product) {
        for (auto& x : product) x = reference::rounded(x, 8);
      },
      Profile::f16x);
  int caught = 0;
  for (std::uint32_t row = 0; row < 64; ++row) {
    OpeningPlace const at{2, row, 1};
    auto const verdict = cheat.verdict(at, cheat.prover.open({at}).rows[0]);
    EXPECT_TRUE(!verdict || *verdict == RejectReason::row_wrong);
    caught += verdict ? 1 : 0;
  }
  EXPECT_GE(caught, 60) << "one entry in fifteen is changed, so hardly a row stays right";
}

// Sums kept in FP16 (11 bits) are exact below 2048: it takes n = 1024 to see them, there three rows in four.
TEST(Verifier, CatchesAProverThatKeepsF16xSumsInFp16) {
  constexpr std::uint32_t n = 1'024;
  EpochSecret const secret(5, bytes32(40), bytes32(10), n, Profile::f16x);
  reference::Matrix8 a(n), b(std::size_t{n} * n);
  for (std::uint32_t i = 0; i < n; ++i)
    b_row(bytes32(10), i, std::span(b).subspan(std::size_t{i} * n, n), Profile::f16x);
  int caught = 0;
  for (std::uint32_t i = 0; i < 12; ++i) {
    a_row(bytes32(50), i, a, Profile::f16x);
    auto row = reference::product(a, b, n);
    EXPECT_TRUE(secret.is_row_of_product(a, row));
    for (auto& x : row) x = reference::rounded(x, 11);
    caught += secret.is_row_of_product(a, row) ? 0 : 1;
  }
  EXPECT_GE(caught, 6);
}

// O(n^2) where entry (i, j) depends on i + j alone; on key streams it gives other rows, in this profile too.
TEST(Verifier, CatchesTheShortcutForStructuredMatricesInF16x) {
  constexpr std::size_t n = 64;
  auto const by_recurrence = [](reference::Matrix8 const& a, reference::Matrix8 const& b,
                                reference::Matrix32& c) {
    for (std::size_t i = 1; i < n; ++i)
      for (std::size_t j = 1; j < n; ++j)
        c[i * n + j] =
            c[(i - 1) * n + j - 1] - a[(i - 1) * n] * b[j - 1] + a[i * n + n - 1] * b[(n - 1) * n + j];
  };
  reference::Matrix8 a(n * n), b(n * n);
  for (std::size_t at = 0; at < n * n; ++at) {
    auto const diagonal = static_cast<int>(at / n + at % n);
    a[at] = static_cast<std::int8_t>(diagonal * 37 % 16 - 8);
    b[at] = static_cast<std::int8_t>(diagonal * 91 % 16 - 8);
  }
  auto const right = reference::product(a, b, n);
  auto shortcut = right;
  by_recurrence(a, b, shortcut);
  ASSERT_EQ(shortcut, right) << "the shortcut is right where there is structure";

  auto const key = first_round_key(bytes32(50), bytes32(30), 5);
  for (std::uint32_t i = 0; i < n; ++i) {
    a_row(key, i, std::span(a).subspan(i * n, n), Profile::f16x);
    b_row(bytes32(10), i, std::span(b).subspan(i * n, n), Profile::f16x);
  }
  Case const cheat(
      [&](std::uint32_t round, reference::Matrix32& product) {
        if (round == 0) by_recurrence(a, b, product);
      },
      Profile::f16x);
  OpeningPlace const at{0, 7, 0};
  EXPECT_NE(cheat.verdict(at, cheat.prover.open({at}).rows[0]), std::nullopt);
}

TEST(Verifier, RejectsAnyOneChangedEntryByWhatItBreaks) {
  Case const c;
  OpeningPlace const at{2, 7, 1};
  auto opening = c.prover.open({at}).rows[0];
  for (auto& x : opening.row) {
    x += 1;
    ASSERT_EQ(c.verdict(at, opening), RejectReason::row_wrong);
    x -= 1;
  }
  auto const honest = opening.row[5];
  opening.row[5] = INT32_MIN;
  EXPECT_EQ(c.verdict(at, opening), RejectReason::row_out_of_range);
  // Equal modulo p, so both projections would accept it.
  opening.row[5] = honest > 0 ? honest - INT32_MAX : honest + INT32_MAX;
  EXPECT_EQ(c.verdict(at, opening), RejectReason::row_out_of_range);
}

TEST(Verifier, RejectsOpeningsOfOtherRowsAndShapes) {
  Case const c;
  OpeningPlace const at{2, 7, 1}, other{2, 8, 1};
  auto opening = c.prover.open({other}).rows[0];
  EXPECT_EQ(c.verdict(at, opening), RejectReason::other_place);
  opening.place = at;
  EXPECT_EQ(c.verdict(at, opening), RejectReason::row_wrong);
  opening.row.pop_back();
  EXPECT_EQ(c.verdict(at, opening), RejectReason::row_length_wrong);
}

TEST(Verifier, RejectsARightRowUnderAPathThatIsNotItsOwn) {
  Case const c;
  OpeningPlace const at{2, 7, 1}, other{2, 8, 1}, dropped{0, 3, 0};
  auto const honest = c.prover.open({at}).rows[0];
  auto opening = honest;
  opening.round_path = c.prover.open({other}).rows[0].round_path;
  EXPECT_EQ(c.verdict(at, opening), RejectReason::round_path_wrong);
  opening = honest, opening.round_path.pop_back();
  EXPECT_EQ(c.verdict(at, opening), RejectReason::round_path_wrong);
  opening = honest, opening.memory_path = c.prover.open({{2, 7, 0}}).rows[0].memory_path;
  EXPECT_EQ(c.verdict(at, opening), RejectReason::memory_path_wrong);
  opening = honest, opening.memory_path.clear();
  EXPECT_EQ(c.verdict(at, opening), RejectReason::memory_path_wrong);
  opening = c.prover.open({dropped}).rows[0], opening.memory_path.push_back({});
  EXPECT_EQ(c.verdict(dropped, opening), RejectReason::memory_path_wrong);
}

TEST(Verifier, RejectsARowThatWasRightOnlyAfterTheCommitment) {
  Case const cheat([](std::uint32_t round, reference::Matrix32& product) {
    if (round == 2) product[7 * 64 + 5] += 1;  // committed wrong, opened right
  });
  OpeningPlace const at{2, 7, 1};
  auto opening = cheat.prover.open({at}).rows[0];
  EXPECT_EQ(cheat.verdict(at, opening), RejectReason::row_wrong);
  opening.row[5] -= 1;
  EXPECT_EQ(cheat.verdict(at, opening), RejectReason::round_path_wrong);
}

TEST(Verifier, RejectsChainsWithAnyLinkChangedMissingOrSwapped) {
  Case const c;
  auto const& honest = c.prover.memory;
  EXPECT_EQ(chain_verdict(c, c.prover.rounds, honest), std::nullopt);
  for (std::size_t t = 0; t < 3; ++t) {
    auto changed = honest;
    changed.round_roots[t][0] ^= std::byte{1};
    EXPECT_EQ(chain_verdict(c, c.prover.rounds, changed), RejectReason::round_chain_broken);
  }
  auto swapped = honest;
  std::swap(swapped.round_roots[0], swapped.round_roots[1]);
  EXPECT_EQ(chain_verdict(c, c.prover.rounds, swapped), RejectReason::round_chain_broken);
  EXPECT_EQ(chain_verdict(c, RoundsDone{bytes32(1)}, honest), RejectReason::round_chain_broken);
  swapped = honest;
  std::swap(swapped.pass_roots[0], swapped.pass_roots[1]);
  EXPECT_EQ(chain_verdict(c, c.prover.rounds, swapped), RejectReason::pass_chain_broken);
  auto shorter = honest;
  shorter.round_roots.pop_back();
  EXPECT_EQ(chain_verdict(c, c.prover.rounds, shorter), RejectReason::wrong_count);
  shorter = honest, shorter.pass_roots.push_back({});
  EXPECT_EQ(chain_verdict(c, c.prover.rounds, shorter), RejectReason::wrong_count);
}

TEST(Verifier, RejectsAnAnswerToAnotherNonceUnitEpochOrMemoryKey) {
  Case const c;
  auto const broken = [&](Digest const& first, Bytes32 const& z) {
    return check_chains(c.params, first, c.prover.rounds, z, c.prover.memory).error();
  };
  EXPECT_EQ(broken(first_round_key(bytes32(51), bytes32(30), 5), bytes32(60)),
            RejectReason::round_chain_broken);
  EXPECT_EQ(broken(first_round_key(bytes32(50), bytes32(31), 5), bytes32(60)),
            RejectReason::round_chain_broken);
  EXPECT_EQ(broken(first_round_key(bytes32(50), bytes32(30), 6), bytes32(60)),
            RejectReason::round_chain_broken);
  EXPECT_EQ(broken(c.first_key, bytes32(61)), RejectReason::pass_chain_broken);
}

// A pass taken with the other pass's key, and the chain made to fit: only the openings see it.
TEST(Verifier, RejectsPassesWalkedInTheWrongOrder) {
  Case c;
  auto& memory = c.prover.memory;
  std::swap(memory.pass_roots[0], memory.pass_roots[1]);
  std::swap(c.prover.pass_leaves[0], c.prover.pass_leaves[1]);
  memory.last_key = next_pass_key(next_pass_key(bytes32(60), memory.pass_roots[0]), memory.pass_roots[1]);
  OpeningPlace const at{2, 7, 0};
  EXPECT_EQ(c.verdict(at, c.prover.open({at}).rows[0]), RejectReason::memory_path_wrong);
}

TEST(Verifier, RejectsOpeningsByTheFirstBadOneAndTheirNumber) {
  Case const c;
  auto const asked = c.places();
  auto openings = c.prover.open(asked);
  auto const verdict = [&] { return c.verdict(asked, openings); };
  EXPECT_EQ(verdict(), std::nullopt);
  openings.rows[9].row[0] += 1;
  EXPECT_EQ(verdict(), RejectReason::row_wrong);
  openings.rows[4].place.pass ^= 1;
  EXPECT_EQ(verdict(), RejectReason::other_place);
  openings.rows.pop_back();
  EXPECT_EQ(verdict(), RejectReason::wrong_count);
}

TEST(Verifier, SaysTheSameOfOpeningsInPiecesOfAnySize) {
  Case const c;
  auto const asked = c.places();
  auto const honest = c.prover.open(asked);
  auto forged_row = honest, forged_path = honest, short_row = honest, foreign = honest;
  forged_row.rows[3].row[63] -= 1;
  forged_path.rows[11].round_path[1][0] ^= std::byte{1};
  forged_path.rows[12].row[0] += 1;  // later: not the reason
  short_row.rows[15].row.pop_back();
  foreign.rows[0].place.row ^= 1;
  for (std::size_t const piece : {std::size_t{1}, std::size_t{7}, std::size_t{300}, std::size_t{4'096}}) {
    EXPECT_EQ(c.verdict(asked, honest, piece), std::nullopt) << piece;
    EXPECT_EQ(c.verdict(asked, forged_row, piece), RejectReason::row_wrong) << piece;
    EXPECT_EQ(c.verdict(asked, forged_path, piece), RejectReason::round_path_wrong) << piece;
    EXPECT_EQ(c.verdict(asked, short_row, piece), RejectReason::row_length_wrong) << piece;
    EXPECT_EQ(c.verdict(asked, foreign, piece), RejectReason::other_place) << piece;
  }
}

TEST(Verifier, LooksAtNothingAfterTheFirstBadOpening) {
  Case const c;
  auto const asked = c.places();
  auto openings = c.prover.open(asked);
  auto const all = encode(AttestMessage(openings)).size();
  openings.rows[0].row[1] += 1;
  EXPECT_EQ(c.verdict(asked, openings, 16), RejectReason::row_wrong);
  EXPECT_LT(c.read, all / asked.size() + 256);
  openings = c.prover.open(asked);
  openings.rows[0].memory_path.empty() ? openings.rows[0].round_path[0][0] ^= std::byte{1}
                                       : openings.rows[0].memory_path[0][0] ^= std::byte{1};
  EXPECT_NE(c.verdict(asked, openings, 16), std::nullopt);
  EXPECT_LT(c.read, (hash_width + 1) * all / asked.size()) << "ways are walked eight at a time";
}

TEST(Verifier, RefusesOpeningsThatEndEarlyOrGoOn) {
  Case const c;
  auto const asked = c.places();
  auto const committed = c.committed();
  auto const bytes = encode(AttestMessage(c.prover.open(asked)));
  auto const after = [&](std::vector<std::byte> const& message) {
    OpeningCheck check(c.secret, c.params, committed, asked);
    if (auto const ok = check.take(message); !ok) return ok.error();
    auto const ok = check.finish();
    return ok ? RejectReason::ended_by_caller : ok.error();
  };
  EXPECT_EQ(after(bytes), RejectReason::ended_by_caller) << "right";
  for (std::size_t const size : {std::size_t{0}, std::size_t{5}, std::size_t{9}, bytes.size() - 1})
    EXPECT_EQ(after({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}),
              RejectReason::malformed)
        << size;
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_EQ(after(longer), RejectReason::malformed);
  longer = bytes, longer[4] = std::byte{9};
  EXPECT_EQ(after(longer), RejectReason::malformed);
}

// A prover that leaves out 1 row in 8 passes 16 openings with (7/8)^16 = 11.8 %; 600 draws, five standard
// deviations. Each place is checked once, for the answer is the same in every draw.
namespace {
void skipped_rows_are_caught_as_often_as_the_formula_says(Profile profile) {
  Case const cheat(
      [](std::uint32_t, reference::Matrix32& product) {
        for (std::size_t row = 0; row < 64; row += 8)
          std::fill_n(product.begin() + static_cast<long>(row * 64), 64, 0);
      },
      profile);
  auto passes = [&, seen = std::map<std::array<std::uint32_t, 3>, bool>{}](OpeningPlace const& at) mutable {
    auto const [found, fresh] = seen.try_emplace({at.round, at.row, at.pass});
    if (fresh) found->second = !cheat.verdict(at, cheat.prover.open({at}).rows[0]);
    return found->second;
  };
  constexpr int trials = 600;
  int passed = 0;
  for (int trial = 0; trial < trials; ++trial) {
    auto const nonce = hash("trial", {le32(static_cast<std::uint32_t>(trial))});
    auto const asked = cheat.secret.places(cheat.params, nonce, cheat.prover.rounds.last_key, {});
    passed += std::all_of(asked.begin(), asked.end(), std::ref(passes)) ? 1 : 0;
  }
  auto const p = std::pow(7.0 / 8.0, 16);
  EXPECT_NEAR(passed, trials * p, 5 * std::sqrt(trials * p * (1 - p)));
}

}  // namespace

TEST(Verifier, CatchesSkippedRowsAsOftenAsTheFormulaSays) {
  for (auto const profile : profiles) skipped_rows_are_caught_as_often_as_the_formula_says(profile);
}

TEST(Verifier, AsksPlacesThatDependOnEverythingCommittedAndCoverTheProducts) {
  Case const c;
  auto const asked = c.places();
  EXPECT_EQ(asked, c.places());
  EXPECT_NE(asked, c.places(51));
  EXPECT_NE(asked, c.secret.places(c.params, bytes32(50), bytes32(0), c.prover.memory.pass_roots.back()));
  EXPECT_NE(asked, c.secret.places(c.params, bytes32(50), c.prover.rounds.last_key, bytes32(0)));
  EpochSecret const other(5, bytes32(41), c.epoch.beacon, c.params.n);
  EXPECT_NE(asked,
            other.places(c.params, bytes32(50), c.prover.rounds.last_key, c.prover.memory.pass_roots.back()));

  auto many = c.params;
  many.openings = most_openings;
  std::set<std::uint32_t> rounds, rows, passes;
  for (auto const& at : c.secret.places(many, bytes32(50), {}, {}))
    rounds.insert(at.round), rows.insert(at.row), passes.insert(at.pass);
  EXPECT_EQ(rounds, (std::set<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(passes, (std::set<std::uint32_t>{0, 1}));
  EXPECT_EQ(rows.size(), 64u);
  EXPECT_EQ(*rows.rbegin(), 63u);
}

TEST(Verifier, CommitsToItsSeedAndMakesBeaconsFromBothParts) {
  Case const c;
  EXPECT_EQ(c.secret.commitment(), hash("cap1-seed", {bytes32(40)}));
  EXPECT_NE(make_beacon(bytes32(1), bytes32(2)), make_beacon(bytes32(2), bytes32(1)));
}

TEST(Verifier, HasASentenceForEveryReasonAndCallsOnlyLatenessAMiss) {
  std::set<std::uint16_t> misses;
  for (std::uint16_t r = 1; r <= 23; ++r) {
    EXPECT_FALSE(sentence(RejectReason{r}).starts_with("unknown")) << r;
    if (is_miss(RejectReason{r})) misses.insert(r);
  }
  EXPECT_EQ(misses, (std::set<std::uint16_t>{5, 6, 7, 8, 9, 19, 20, 21, 22, 23}));
}

}  // namespace spillway::attest
