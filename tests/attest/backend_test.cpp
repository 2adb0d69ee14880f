// tests/attest/backend_test.cpp - backend.cpp's checks of a table, portable_backend.cpp, and a prover whose
// device fails.
#include "attest/backend.hpp"

#include <gtest/gtest.h>

#include <cstddef>

#include "attest/prover.hpp"
#include "reference.hpp"

namespace spillway::attest {
namespace {

using reference::bytes32;

// A device that does what the test says; a table has no closure, so the state stands beside it.
struct Faults {
  int open = 0, prepare = 0, round = 0, walk = 0, row = 0;
  int opened = 0, closed = 0;
} faults;

cap1_unit* a_unit() {
  static int place;
  return reinterpret_cast<cap1_unit*>(&place);
}

constexpr cap1_backend fake{
    CAP1_BACKEND_ABI,
    sizeof(cap1_backend),
    "fake-card",
    []() -> char const* { return nullptr; },
    []() -> std::uint32_t { return 1; },
    [](std::uint32_t, cap1_device*) { return 0; },
    [](int status) -> char const* { return status == 7 ? "the card fell off the bus" : nullptr; },
    nullptr,
    [](cap1_unit*) { ++faults.closed; },
    [](cap1_unit*, std::uint8_t const*) { return faults.prepare; },
    [](cap1_unit*, std::uint8_t const*, cap1_lanes_key const*, std::uint32_t, std::uint32_t*) {
      return faults.round;
    },
    [](cap1_unit*, std::uint32_t, cap1_lanes_key const*, std::uint32_t*) { return faults.walk; },
    [](cap1_unit*, std::uint32_t, std::uint32_t, std::int32_t*) { return faults.row; },
    [](cap1_unit*, std::uint8_t const*, std::uint32_t, std::int32_t*) { return 0; },
    [](cap1_unit*) {},
    CAP1_DOES(CAP1_PROFILE_INT8),
    [](std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, cap1_host const*, cap1_unit** out) {
      *out = a_unit(), faults.opened += faults.open == 0;
      return faults.open;
    }};

constexpr Cap1Params params{.n = 64, .rounds = 1, .retained = 1, .passes = 1, .openings = 1};

std::string refusal_of(cap1_backend table) {
  auto const checked = Backend::checked(&table);
  return checked ? "" : checked.error();
}

// The first refusal of a whole challenge with these faults, and what the prover says of it.
std::string told(Faults const& set) {
  faults = set;
  Prover prover(bytes32(30), Backend::checked(&fake).value());
  for (auto const& asked :
       std::vector<AttestMessage>{EpochParams{5, bytes32(10), params}, Challenge{bytes32(50)},
                                  MemChallenge{bytes32(60)}, Open{{{0, 1, 0}}}}) {
    auto const answer = prover.answer(asked);
    if (answer) continue;
    EXPECT_EQ(answer.error(), ProverRefusal::backend_failed) << name_of(asked);
    EXPECT_EQ(faults.opened, faults.closed) << "a device that failed is given back";
    auto const why = std::string(name_of(asked)) + ": " + prover.backend_failure();
    faults = {};
    EXPECT_TRUE(prover.answer(EpochParams{6, bytes32(11), params}).has_value())
        << "the next epoch begins anew";
    return why;
  }
  return "nothing";
}

}  // namespace

TEST(Backend, RefusesTablesThatItCannotCall) {
  EXPECT_EQ(refusal_of(fake), "");
  auto other = fake;
  other.abi = 3;
  EXPECT_NE(refusal_of(other).find("it speaks ABI 3"), std::string::npos);
  other = fake, other.bytes = offsetof(cap1_backend, profiles);
  EXPECT_NE(refusal_of(other).find("it speaks ABI 2 in 112 bytes"), std::string::npos);
  other = fake, other.bytes = 8;
  EXPECT_NE(refusal_of(other).find("in 8 bytes"), std::string::npos);
  other = fake, other.walk = nullptr;
  EXPECT_EQ(refusal_of(other), "a function of its table is missing");
  other = fake, other.open_profile = nullptr;
  EXPECT_EQ(refusal_of(other), "a function of its table is missing");
  other = fake, other.profiles = 0;
  EXPECT_EQ(refusal_of(other), "it multiplies in no profile");
  for (auto const* name :
       {"", "Has Capitals", "../up", "a-name-of-more-than-sixty-three-characters-which-fits-no-line-000"}) {
    other = fake, other.name = name;
    EXPECT_EQ(refusal_of(other), "its name is not 1 to 63 characters of a-z, 0-9 and -") << name;
  }
  EXPECT_EQ(Backend::checked(nullptr).error(), "it gives no table");
}

TEST(Backend, NamesTheProfileThatItLacks) {
  auto const backend = Backend::checked(&fake).value();
  EXPECT_FALSE(backend.lacks(Profile::int8));
  EXPECT_EQ(backend.lacks(Profile::f16x), "fake-card has no F16X");
  EXPECT_EQ(backend.open(0, 64, 1, Profile::f16x).error(), "fake-card has no F16X");
  for (auto const profile : profiles) EXPECT_FALSE(portable_backend().lacks(profile));
  Prover prover(bytes32(30), backend);
  auto asked = params;
  asked.profile = Profile::f16x;
  EXPECT_EQ(prover.answer(EpochParams{5, bytes32(10), asked}).error(), ProverRefusal::backend_failed);
  EXPECT_EQ(prover.backend_failure(), "fake-card has no F16X");
}

TEST(Backend, PortableIsPresentOnEveryMachineAndDescribesOneDevice) {
  auto const portable = portable_backend();
  EXPECT_EQ(portable.name(), "cpu-portable");
  EXPECT_FALSE(portable.absent());
  ASSERT_EQ(portable.devices().size(), 1u);
  EXPECT_FALSE(portable.devices()[0].name.empty());
  EXPECT_EQ(portable.open(1, 64, 1).error(), "there is no device 1");
}

TEST(Backend, ItsFailureEndsTheChallengeInItsOwnWordsAndNotTheProver) {
  EXPECT_EQ(told({}), "nothing");
  EXPECT_EQ(told({.open = 7}), "EpochParams: the card fell off the bus");
  EXPECT_EQ(told({.prepare = 7}), "EpochParams: the card fell off the bus");
  EXPECT_EQ(told({.round = 7}), "Challenge: the card fell off the bus");
  EXPECT_EQ(told({.walk = 7}), "MemChallenge: the card fell off the bus");
  EXPECT_EQ(told({.row = 7}), "Open: the card fell off the bus");
  EXPECT_EQ(told({.round = 3}), "Challenge: status 3");
}

}  // namespace spillway::attest
