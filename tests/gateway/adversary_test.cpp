// tests/gateway/adversary_test.cpp - every cheat of the table in docs/attestation.md that time does not
// decide, each against a live exchange on loopback, with the verdict that it must get. In the end the journal
// must have these verdicts and no others.
#include "adversary.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>
#include <thread>

#include "attest/gemm.hpp"
#include "attest/session.hpp"
#include "attest/verifier.hpp"
#include "journal/log_reader.hpp"
#include "market/codec.hpp"

namespace spillway {
namespace {

using attest::RejectReason;
using attest::reference::Matrix32;
using attest::reference::Matrix8;

constexpr std::uint32_t n = 64;

WorldOptions options(std::uint32_t rounds = 2) {
  WorldOptions out;
  out.challenge = {.n = n, .rounds = rounds, .retained = rounds, .passes = 4, .openings = 16};
  return out;
}

struct Told {
  NodeId node;
  std::uint16_t reason{};  // 0: admitted
  friend bool operator==(Told const&, Told const&) = default;
};

// In the order of entries; of a stopped exchange.
std::vector<Told> verdicts_in_journal(GateWorld const& world) {
  std::vector<Told> out;
  auto log = LogReader::open(world.directory() / "journal", StreamKind::entries, ReadMode::strict);
  if (!log) throw std::runtime_error(log.error().message);
  for (auto frame = log->next(); frame && *frame; frame = log->next()) {
    if ((*frame)->type != FrameType::entry) continue;
    auto const entry = decode_entry((*frame)->payload).value();
    if (auto const* const c = std::get_if<UnitAttested>(&entry.command)) out.push_back({c->node, 0});
    if (auto const* const c = std::get_if<UnitRejected>(&entry.command)) out.push_back({c->node, c->reason});
  }
  return out;
}

struct Duel {
  explicit Duel(WorldOptions const& how = options(), char const* klass = test_class)
      : world(how), node(add_node(line, 1, klass)) {}
  ~Duel() {
    (void)world.stop_exchange();
    EXPECT_EQ(verdicts_in_journal(world), told);
  }
  Duel(Duel const&) = delete;
  Duel& operator=(Duel const&) = delete;

  msg::AttestVerdict challenge(Line& provider, NodeId of, Adversary& adversary) {
    auto verdict = attack(provider, of, adversary);
    told.push_back({of, verdict.reason});
    return verdict;
  }

  // The reason, 0 where it was admitted; a refused unit never reaches the book.
  std::uint16_t reason(Adversary adversary) {
    adversary.unit = unit_key(1);
    auto const verdict = challenge(line, node, adversary);
    EXPECT_EQ(verdict.admitted, verdict.reason == 0) << verdict.sentence;
    if (!verdict.admitted) {
      EXPECT_EQ(line.refusal_of(token_offer(node)), Refusal::unit_unattested);
    }
    last = std::move(adversary);
    return verdict.reason;
  }

  GateWorld world;
  Line line = world.log_in(ada);
  NodeId node;
  Adversary last;
  std::vector<Told> told;
};

constexpr std::uint16_t of(RejectReason reason) { return static_cast<std::uint16_t>(reason); }

std::int64_t offers_on_book(Line& line) {
  auto const book = boost::json::parse(line.read(msg::ReadKind::instruments));
  auto const& rows = book.at("instruments").as_array();
  return std::ranges::count_if(rows, [](auto const& row) { return !row.at("ask").is_null(); });
}

template <class Row>
Matrix8 matrix(Bytes32 const& key, Row row, attest::Profile profile) {
  Matrix8 out(std::size_t{n} * n);
  for (std::uint32_t i = 0; i < n; ++i) row(key, i, std::span(out).subspan(std::size_t{i} * n, n), profile);
  return out;
}

// A class that the profile proves.
char const* class_of(attest::Profile profile) {
  return profile == attest::Profile::f16x ? "V100-16" : test_class;
}

// For matrices at which the plain product takes too long.
Matrix32 fast_product(Matrix8 const& a, Matrix8 const& b, std::size_t size) {
  attest::RightMatrix right(static_cast<std::uint32_t>(size));
  for (std::uint32_t i = 0; i < size; ++i) right.set_row(i, std::span(b).subspan(i * size, size));
  Matrix32 out(a.size());
  attest::multiply(a, right, out);
  return out;
}

// O(n^2): right for matrices whose entry (i, j) depends on i + j alone, as those of a known market do.
Matrix32 by_recurrence(Matrix8 const& a, Matrix8 const& b, Matrix32 first_row_and_column) {
  auto& c = first_row_and_column;
  auto const at = [](auto const& m, std::size_t i, std::size_t j) { return std::int32_t{m[i * n + j]}; };
  for (std::size_t i = 1; i < n; ++i)
    for (std::size_t j = 1; j < n; ++j)
      c[i * n + j] =
          at(c, i - 1, j - 1) - at(a, i - 1, 0) * at(b, 0, j - 1) + at(a, i, n - 1) * at(b, n - 1, j);
  return c;
}

// The chain over pass roots of its own choosing, so that only the openings can tell.
void commit_passes(Adversary::Work& work, Bytes32 key) {
  for (auto const& root : work.memory.pass_roots) key = attest::next_pass_key(key, root);
  work.memory.last_key = key;
}

}  // namespace

TEST(Adversaries, ThePlainProverIsAdmittedWhenItDoesNotCheat) {
  Duel duel;
  EXPECT_EQ(duel.reason({}), 0);
}

// A class that only F16X proves: honest, in the other profile, and with sums kept in BF16.
TEST(Adversaries, APartWithoutInt8IsProvenInF16xAndSumsInBf16AreNoSums) {
  Duel duel(options(), "V100-16");
  Adversary unit;
  unit.klass = "V100-16";
  EXPECT_EQ(duel.reason(unit), of(RejectReason::wrong_unit)) << "INT8 does not prove this class";
  unit.profile = attest::Profile::f16x;
  auto rounding = unit;
  rounding.compute = [](std::uint32_t, Matrix32& product) {
    for (auto& x : product) x = attest::reference::rounded(x, 8);
  };
  EXPECT_EQ(duel.reason(rounding), of(RejectReason::row_wrong));
  EXPECT_EQ(duel.reason(unit), 0);
}

// Sums kept in FP16 (11 bits) are exact below 2048: they show at the n of real challenges.
TEST(Adversaries, F16xSumsKeptInFp16AreNoSums) {
  WorldOptions how;
  how.challenge = {.n = 1'024, .rounds = 1, .retained = 1, .passes = 1, .openings = 64};
  Duel duel(how, "V100-16");
  Adversary unit;
  unit.klass = "V100-16", unit.profile = attest::Profile::f16x, unit.multiply = fast_product;
  auto halves = unit;
  halves.compute = [](std::uint32_t, Matrix32& product) {
    for (auto& x : product) x = attest::reference::rounded(x, 11);
  };
  EXPECT_EQ(duel.reason(halves), of(RejectReason::row_wrong));
  EXPECT_EQ(duel.reason(unit), 0);
}

// The exchange sees at least the time that the unit itself sees between question and answer.
TEST(Adversaries, EchoesHeldBackBuyNoMoreThanATenthOfAPhase) {
  Duel duel;
  Adversary cheat;
  using Clock = std::chrono::steady_clock;
  Clock::time_point asked;
  std::int64_t own_us = 0;
  cheat.hear = [&](attest::AttestMessage& message) {
    if (std::holds_alternative<attest::RttProbe>(message))
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
    if (std::holds_alternative<attest::Challenge>(message)) asked = Clock::now();
  };
  cheat.say = [&](attest::AttestMessage& message) {
    if (std::holds_alternative<attest::RoundsDone>(message))
      own_us = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - asked).count() - 1;
  };
  cheat.unit = unit_key(1);
  auto const verdict = duel.challenge(duel.line, duel.node, cheat);
  ASSERT_GT(own_us, 10);
  auto const shortest_us = own_us - own_us / attest::rtt_credit_divisor - 1;
  EXPECT_LE(verdict.ops_per_s, attest::work_ops(options().challenge) * micros_per_second / shortest_us);
  EXPECT_GT(verdict.ops_per_s, 0);
}

TEST(Adversaries, AForgedOpeningIsNoRowOfTheProduct) {
  Duel duel;
  Adversary cheat;
  cheat.say = [](attest::AttestMessage& message) {
    if (auto* const openings = std::get_if<attest::Openings>(&message)) openings->rows[5].row[9] += 1;
  };
  EXPECT_EQ(duel.reason(cheat), of(RejectReason::row_wrong));
}

TEST(Adversaries, ARightRowThatWasNeverCommittedIsRefused) {
  Duel duel;
  Adversary cheat;  // commits to rubbish in time, makes the rows that are asked for afterwards
  Matrix32 true_products[2];
  cheat.compute = [&](std::uint32_t round, Matrix32& product) {
    true_products[round] = product;
    for (std::size_t row = 0; row < n; ++row) product[row * n] ^= 1;
  };
  cheat.say = [&](attest::AttestMessage& message) {
    if (auto* const openings = std::get_if<attest::Openings>(&message))
      for (auto& opened : openings->rows)
        std::copy_n(true_products[opened.place.round].begin() + std::ptrdiff_t{opened.place.row} * n, n,
                    opened.row.begin());
  };
  EXPECT_EQ(duel.reason(cheat), of(RejectReason::round_path_wrong));
}

TEST(Adversaries, AnswersOfAnEarlierChallengeDoNotFollowFromTheNewNonce) {
  Duel duel;
  EXPECT_EQ(duel.reason({}), 0);
  auto const rounds = duel.last.work->rounds;
  auto const memory = duel.last.work->memory;
  Adversary cheat;
  cheat.say = [&](attest::AttestMessage& message) {
    if (std::holds_alternative<attest::RoundsDone>(message)) message = rounds;
    if (std::holds_alternative<attest::MemDone>(message)) message = memory;
  };
  EXPECT_EQ(duel.reason(cheat), of(RejectReason::round_chain_broken));
}

TEST(Adversaries, AnEndThatIsSaidBeforeTheRootsAreKnownDoesNotHold) {
  Duel duel;
  Adversary cheat;  // stops the clock at once and computes afterwards
  cheat.say = [](attest::AttestMessage& message) {
    if (auto* const done = std::get_if<attest::RoundsDone>(&message)) done->last_key = unit_key(77);
  };
  EXPECT_EQ(duel.reason(cheat), of(RejectReason::round_chain_broken));
}

TEST(Adversaries, AProductKnownBeforehandIsNotTheOneAskedFor) {
  Duel duel(options(1));
  Adversary honest;
  Matrix32 known;
  honest.compute = [&](std::uint32_t, Matrix32& product) { known = product; };
  EXPECT_EQ(duel.reason(honest), 0);
  Adversary cheat;
  cheat.compute = [&](std::uint32_t, Matrix32& product) { product = known; };
  EXPECT_EQ(duel.reason(cheat), of(RejectReason::row_wrong));
}

TEST(Adversaries, TheShortcutForStructuredMatricesFindsNoStructure) {
  for (auto const profile : attest::profiles) {
    Matrix8 a(std::size_t{n} * n), b(a.size());
    auto const entry = [=](std::size_t x) {
      return static_cast<std::int8_t>(profile == attest::Profile::f16x ? x % 16 - 8 : x);
    };
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        a[i * n + j] = entry((i + j) * 37), b[i * n + j] = entry((i + j) * 91);
    auto const product = attest::reference::product(a, b, n);
    ASSERT_EQ(by_recurrence(a, b, product), product) << "the shortcut is right where there is structure";

    Duel duel(options(1), class_of(profile));
    Adversary cheat;
    cheat.klass = class_of(profile), cheat.profile = profile;
    attest::EpochParams epoch;
    Bytes32 nonce{};
    cheat.hear = [&](attest::AttestMessage& message) {
      if (auto const* const params = std::get_if<attest::EpochParams>(&message)) epoch = *params;
      if (auto const* const asked = std::get_if<attest::Challenge>(&message)) nonce = asked->nonce;
    };
    cheat.compute = [&](std::uint32_t, Matrix32& rows) {
      auto const key = attest::first_round_key(nonce, unit_key(1), epoch.epoch);
      rows = by_recurrence(matrix(key, attest::a_row, profile), matrix(epoch.beacon, attest::b_row, profile),
                           rows);
    };
    EXPECT_EQ(duel.reason(cheat), of(RejectReason::row_wrong));
  }
}

// One row in eight is left out: 8 openings pass with (7/8)^8 = 34.4 %. The bound is 4.5 standard deviations:
// a true rate of the formula leaves it once in 140,000 runs.
TEST(Adversaries, SkippedRowsAreFoundAsOftenAsTheFormulaSays) {
  auto how = options();
  how.challenge.passes = 1;
  how.challenge.openings = 8;
  for (auto const profile : attest::profiles) {
    Duel duel(how, class_of(profile));
    Adversary cheat;
    cheat.klass = class_of(profile), cheat.profile = profile;
    cheat.compute = [](std::uint32_t, Matrix32& product) {
      for (std::size_t row = 0; row < n; row += 8)
        std::fill_n(product.begin() + static_cast<std::ptrdiff_t>(row * n), n, 0);
    };
    cheat.unit = unit_key(1);
    constexpr int trials = 120;
    int passed = 0;
    for (int trial = 0; trial < trials; ++trial) {
      auto const verdict = duel.challenge(duel.line, duel.node, cheat);
      if (!verdict.admitted) {
        EXPECT_EQ(verdict.reason, of(RejectReason::row_wrong));
      }
      passed += verdict.admitted ? 1 : 0;
    }
    auto const p = std::pow(7.0 / 8.0, 8);
    EXPECT_NEAR(passed, trials * p, 4.5 * std::sqrt(trials * p * (1 - p)));
  }
}

TEST(Adversaries, PassesInOneWalkOrInAnotherOrderAreNotTheWalksOfTheirKeys) {
  Duel duel;
  Adversary one_walk;
  Bytes32 first{};
  one_walk.hear = [&](attest::AttestMessage& message) {
    if (auto const* const asked = std::get_if<attest::MemChallenge>(&message)) first = asked->key;
  };
  one_walk.walk = [&](Adversary::Work& work) {  // reads memory once, says it did so four times
    for (std::size_t pass = 1; pass < work.pass_leaves.size(); ++pass) {
      work.pass_leaves[pass] = work.pass_leaves[0];
      work.memory.pass_roots[pass] = work.memory.pass_roots[0];
    }
    commit_passes(work, first);
  };
  EXPECT_EQ(duel.reason(one_walk), of(RejectReason::memory_path_wrong));
  Adversary reversed;
  reversed.hear = one_walk.hear;
  reversed.walk = [&](Adversary::Work& work) {
    std::ranges::reverse(work.pass_leaves);
    std::ranges::reverse(work.memory.pass_roots);
    commit_passes(work, first);
  };
  EXPECT_EQ(duel.reason(reversed), of(RejectReason::memory_path_wrong));
  Adversary unchained;
  unchained.walk = [](Adversary::Work& work) { std::ranges::reverse(work.memory.pass_roots); };
  EXPECT_EQ(duel.reason(unchained), of(RejectReason::pass_chain_broken));
}

TEST(Adversaries, TheMatrixOfAnotherEpochGivesOtherRows) {
  Duel duel;
  Adversary cheat;
  cheat.hear = [](attest::AttestMessage& message) {
    if (auto* const params = std::get_if<attest::EpochParams>(&message)) params->beacon = unit_key(3);
  };
  EXPECT_EQ(duel.reason(cheat), of(RejectReason::row_wrong));
}

TEST(Adversaries, ADeviceSwappedInUnderTheKeyOfAnotherAnswersForNobody) {
  Duel duel;
  Adversary cheat;
  cheat.worker = unit_key(2);
  EXPECT_EQ(duel.reason(cheat), of(RejectReason::round_chain_broken));
}

TEST(Adversaries, ASwapAfterTheProofEndsTheProofAndTheOffer) {
  Duel duel;
  EXPECT_EQ(duel.reason({}), 0);
  EXPECT_EQ(duel.line.refusal_of(token_offer(duel.node)), Refusal::none);
  EXPECT_EQ(offers_on_book(duel.line), 1);
  Adversary cheat;  // the next challenge is answered by what stands there now
  cheat.unit = unit_key(1), cheat.worker = unit_key(2);
  EXPECT_FALSE(duel.challenge(duel.line, duel.node, cheat).admitted);
  duel.world.until([&] { return offers_on_book(duel.line) == 0; }, "the offer leaves the book");
}

TEST(Adversaries, OneUnitIsNotSoldTwiceNeitherByOneProviderNorByTwo) {
  Duel duel;
  EXPECT_EQ(duel.reason({}), 0);
  EXPECT_EQ(duel.line.refusal_of(token_offer(duel.node)), Refusal::none);
  Adversary again;
  again.unit = unit_key(1);
  auto const second = add_node(duel.line, 2);
  (void)duel.challenge(duel.line, second, again);
  EXPECT_EQ(duel.line.refusal_of(token_offer(second)), Refusal::unit_unattested);
  auto rival = duel.world.log_in(bert);
  auto const third = add_node(rival);
  (void)duel.challenge(rival, third, again);
  EXPECT_EQ(rival.refusal_of(token_offer(third)), Refusal::unit_unattested);
  EXPECT_EQ(offers_on_book(rival), 1);
}

}  // namespace spillway
