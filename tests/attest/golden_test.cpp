// tests/attest/golden_test.cpp - attest/golden/cap1-int8.txt, cap1-f16x.txt and cap1-transcript.txt, which a
// program in another language wrote, against what this one computes: every value between inputs and last
// digest, messages' bytes and the transcript's hash.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "attest/conformance.hpp"
#include "attest/merkle.hpp"
#include "attest/prover.hpp"
#include "attest/transcript.hpp"
#include "hex.hpp"
#include "reference.hpp"

namespace spillway::attest {
namespace {

using reference::bytes32;
using Section = std::map<std::string, std::string>;

std::map<std::string, Section> read_vectors(std::string const& file) {
  std::ifstream in(std::string(SPILLWAY_SOURCE_DIR) + "/attest/golden/" + file);
  std::map<std::string, Section> out;
  std::string section;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      section = line.substr(1, line.size() - 2);
      continue;
    }
    auto const at = line.find(" = ");
    if (at != std::string::npos) out[section][line.substr(0, at)] = line.substr(at + 3);
  }
  return out;
}

std::map<std::string, Section> const& vectors(Profile profile) {
  static auto const of_int8 = read_vectors("cap1-int8.txt"), of_f16x = read_vectors("cap1-f16x.txt");
  return profile == Profile::f16x ? of_f16x : of_int8;
}

Section const& challenge_of(Golden const& g) {
  return vectors(g.params.profile).at("challenge n=" + std::to_string(g.params.n));
}

template <class T>
std::string listed(std::span<T const> values) {
  std::string out = "[";
  for (auto const v : values) out += (out.size() > 1 ? ", " : "") + std::to_string(v);
  return out + "]";
}

template <class M>
M answer_as(Prover& prover, AttestMessage const& message) {
  return std::get<M>(prover.answer(message).value().value());
}

}  // namespace

TEST(GoldenVectors, AreThoseThatBackEndsAreJudgedBy) {
  ASSERT_EQ(vectors(Profile::int8).size() + vectors(Profile::f16x).size(), golden_challenges().size() + 2)
      << "the files of attest/golden are whole";
  for (auto const& g : golden_challenges()) {
    auto const& v = challenge_of(g);
    auto const& p = g.params;
    EXPECT_EQ(v.at("rounds"), std::to_string(p.rounds));
    EXPECT_EQ(v.at("retained"), std::to_string(p.retained));
    EXPECT_EQ(v.at("passes"), std::to_string(p.passes));
    EXPECT_EQ(v.at("openings"), std::to_string(p.openings));
    EXPECT_EQ(v.at("epoch"), std::to_string(g.epoch));
    EXPECT_EQ(v.at("unit"), hex(bytes32(g.unit)));
    EXPECT_EQ(v.at("nonce"), hex(bytes32(g.nonce)));
    EXPECT_EQ(v.at("beacon"), hex(bytes32(g.beacon)));
    EXPECT_EQ(v.at("z_0"), hex(bytes32(g.pass_key)));
    EXPECT_EQ(v.at("s_" + std::to_string(p.rounds)), g.rounds_end);
    EXPECT_EQ(v.at("z_" + std::to_string(p.passes)), g.passes_end);
    EXPECT_EQ(v.at("H(cap1-golden, Openings)"), g.openings);
  }
}

TEST(GoldenVectors, HoldForEveryStepOfTheProver) {
  for (auto const& g : golden_challenges()) {
    auto const& v = challenge_of(g);
    Prover prover(bytes32(g.unit));
    ASSERT_TRUE(prover.answer(EpochParams{g.epoch, bytes32(g.beacon), g.params}).has_value());
    auto key = first_round_key(bytes32(g.nonce), bytes32(g.unit), g.epoch);
    EXPECT_EQ(hex(key), v.at("s_0"));
    (void)answer_as<RoundsDone>(prover, Challenge{bytes32(g.nonce)});
    auto const done = answer_as<MemDone>(prover, MemChallenge{bytes32(g.pass_key)});
    for (std::size_t t = 0; t < g.params.rounds; ++t) {
      EXPECT_EQ(hex(done.round_roots[t]), v.at("root_" + std::to_string(t)));
      key = next_round_key(key, done.round_roots[t]);
      EXPECT_EQ(hex(key), v.at("s_" + std::to_string(t + 1)));
    }
    key = bytes32(g.pass_key);
    for (std::size_t p = 0; p < g.params.passes; ++p) {
      EXPECT_EQ(hex(done.pass_roots[p]), v.at("m_" + std::to_string(p)));
      key = next_pass_key(key, done.pass_roots[p]);
      EXPECT_EQ(hex(key), v.at("z_" + std::to_string(p + 1)));
    }
  }
}

TEST(GoldenVectors, HoldForTheFirstRowOfEachMatrixAndItsLeaf) {
  for (auto const& g : golden_challenges()) {
    auto const& v = challenge_of(g);
    auto const n = g.params.n;
    auto const s_0 = first_round_key(bytes32(g.nonce), bytes32(g.unit), g.epoch);
    reference::Matrix8 a(n), b(std::size_t{n} * n);
    a_row(s_0, 0, a, g.params.profile);
    for (std::uint32_t i = 0; i < n; ++i)
      b_row(bytes32(g.beacon), i, std::span(b).subspan(std::size_t{i} * n, n), g.params.profile);
    auto const c = reference::product(a, b, n);
    EXPECT_EQ(listed(std::span(std::as_const(a)).first(8)), v.at("A_0 row 0, first 8"));
    EXPECT_EQ(listed(std::span(std::as_const(b)).first(8)), v.at("B row 0, first 8"));
    EXPECT_EQ(listed(std::span(c).first(4)), v.at("C_0 row 0, first 4"));
    auto const lanes = fingerprint(fingerprint_key(s_0), c);
    char word[12];
    std::string words;
    for (auto const lane : lanes)
      std::snprintf(word, sizeof word, "%s%08x", words.empty() ? "" : " ", lane), words += word;
    EXPECT_EQ(words, v.at("lanes of C_0 row 0 under s_0"));
    EXPECT_EQ(hex(leaf(0, 0, n, lanes)), v.at("leaf of round 0, row 0"));
  }
}

TEST(GoldenVectors, HoldForTheBytesOfEveryMessage) {
  for (auto const profile : profiles) {
    Cap1Params const params{
        .n = 64, .rounds = 3, .retained = 2, .passes = 2, .openings = 4, .profile = profile};
    std::vector<AttestMessage> const said{AttestOpen{bytes32(30), NodeId{7}, ClassId{3}, profile, "cpu"},
                                          EpochParams{5, bytes32(10), params},
                                          RttProbe{6, bytes32(70)},
                                          RttEcho{6, bytes32(70)},
                                          Challenge{bytes32(50)},
                                          RoundsDone{bytes32(80)},
                                          MemChallenge{bytes32(60)},
                                          MemDone{{bytes32(1), bytes32(2)}, {bytes32(3)}, bytes32(4)},
                                          Open{{{2, 37, 1}}},
                                          Verdict{bytes32(30), 0, 10, 20, 30, bytes32(90)}};
    auto const& v = vectors(profile).at("messages");
    ASSERT_EQ(v.size(), said.size());
    for (auto const& message : said)
      EXPECT_EQ(hex(encode(message)), v.at(std::string(name_of(message)))) << name_of(message);
  }
}

// Byte j of message i, as the head of the file says.
std::vector<std::byte> said_by(std::size_t i, std::size_t size) {
  std::vector<std::byte> out(size);
  for (std::size_t j = 0; j < size; ++j) out[j] = std::byte(i + j + j / 256);
  return out;
}

TEST(GoldenVectors, HoldForTheHashOfATranscriptInBothVersions) {
  auto const file = read_vectors("cap1-transcript.txt");
  ASSERT_EQ(file.size(), 5u);
  for (auto const& [size, lanes] : file.at("stripes")) {
    StripedHash hash;
    hash.more(said_by(0, std::stoul(size)));
    auto const got = hash.lanes();
    EXPECT_EQ(hex(std::as_bytes(std::span(got))), lanes) << size;
  }
  for (int number = 0; number < 4; ++number) {
    auto const& v = file.at("transcript " + std::to_string(number));
    Transcript transcript;
    std::istringstream lengths(v.at("lengths"));
    std::size_t i = 0;
    for (std::size_t size = 0; lengths >> size; ++i)
      transcript.said.push_back({i % 2 == 0 ? Speaker::unit : Speaker::exchange,
                                 Micros{static_cast<std::int64_t>(1'000 * i + 5)}, said_by(i, size)});
    for (int const version : {1, 2}) {
      transcript.version = static_cast<TranscriptVersion>(version);
      EXPECT_EQ(hex(hash_of(transcript)), v.at("version " + std::to_string(version))) << number;
    }
  }
}

}  // namespace spillway::attest
