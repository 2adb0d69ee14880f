// tests/attest/hash_test.cpp - the hash has one meaning for every list of parts, alone or eight at once
// (attest/wide_hash.cpp), and so have the lanes of a long input.
#include "attest/hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "attest/wide_hash.hpp"
#include "hex.hpp"
#include "reference.hpp"

namespace spillway::attest {

// blake2b(digest_size=32) of 03 'abc' | 02000000 0102 | 00000000, by Python's hashlib.
TEST(AttestHash, IsBlake2bOverTheDomainAndPartsWithTheirLengths) {
  std::array<std::byte, 2> const part{std::byte{1}, std::byte{2}};
  EXPECT_EQ(hex(hash("abc", {part, {}})), "d1115ec2c4cdeb9e24a1e953de35fbac12f0da5f27065a10211b4c682684a4d5");
}

TEST(AttestHash, TellsApartPartsThatJoinToTheSameBytes) {
  auto const b = reference::bytes32(1);
  auto const view = ByteView(b);
  EXPECT_NE(hash("d", {view.first(10), view.subspan(10)}), hash("d", {view.first(11), view.subspan(11)}));
  EXPECT_NE(hash("d", {view}), hash("d", {view, {}}));
  EXPECT_NE(hash("d", {view}), hash("e", {view}));
}

TEST(AttestHash, GivesTheSameAtOnceAndFedInParts) {
  auto const b = reference::bytes32(1);
  auto const fed = [&](int parts) {
    RunningHash running("domain");
    for (int i = 0; i < parts; ++i) running.part(b);
    return running.value();
  };
  EXPECT_EQ(hash("domain", {b}), fed(1));
  EXPECT_EQ(hash("domain", {b, b, b, b, b}), fed(5));
  EXPECT_EQ(hash("domain", {b, b, b, b, b, b, b, b, b}), fed(9));  // beyond the short buffer
}

TEST(AttestHash, MayBeFedOnAfterItsValueWasTaken) {
  RunningHash running("d");
  auto const b = reference::bytes32(1);
  running.part(b);
  auto const first = running.value();
  EXPECT_EQ(first, hash("d", {b}));
  running.part(b);
  EXPECT_EQ(running.value(), hash("d", {b, b}));
}

TEST(AttestHash, GivesTheSameForPiecesOfOnePart) {
  auto const b = reference::bytes32(3);
  RunningHash pieces("d");
  pieces.begin_part(32);
  for (auto const& byte : b) pieces.more({&byte, 1});
  EXPECT_EQ(pieces.value(), hash("d", {b}));
}

TEST(AttestHash, GivesTheSameForUpToEightShortInputsAtOnce) {
  auto const b = reference::bytes32(7);
  for (std::size_t count = 0; count <= hash_width; ++count) {
    std::vector<ShortInput> inputs;
    std::vector<Digest> out(count);
    for (std::size_t i = 0; i < count; ++i)  // 7 to 126 bytes: the domain, two lengths and the parts
      inputs.push_back(
          ShortInput("domain").part(ByteView(b).first(4 * i)).part(ByteView(b).first(i)).part(b));
    hash_wide(inputs, out);
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(out[i], hash("domain", {ByteView(b).first(4 * i), ByteView(b).first(i), b})) << i;
  }
  ShortInput full("full");  // 5 + 4 + 32 + 4 + 32 + 4 + 32 + 4 + 11 = 128: the block and no byte more
  full.part(b).part(b).part(b).part(ByteView(b).first(11));
  Digest out;
  hash_wide({&full, 1}, {&out, 1});
  EXPECT_EQ(out, hash("full", {b, b, b, ByteView(b).first(11)}));
}

namespace {

std::vector<std::byte> striped(std::size_t size) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = std::byte(i + i / 256);
  return out;
}

}  // namespace

// Each lane is given the bytes that hash() makes of a part of its own.
TEST(StripedHash, IsTheHashOfEachLanesWords) {
  for (std::size_t const words : {1u, 2u, 15u, 16u, 17u, 32u, 33u, 400u}) {
    std::vector<std::byte> input(64 * words);
    std::array<Digest, hash_width> expected;
    for (std::size_t lane = 0; lane < hash_width; ++lane) {
      auto part = striped(8 * words - 6);  // u8 1, 'd', u32 size
      part[0] = std::byte(lane);
      expected[lane] = hash("d", {part});
      std::vector<std::byte> said{std::byte{1}, std::byte{'d'}};
      for (auto const b : le32(static_cast<std::uint32_t>(part.size()))) said.push_back(b);
      said.insert(said.end(), part.begin(), part.end());
      for (std::size_t i = 0; i < said.size(); ++i) input[i / 8 * 64 + lane * 8 + i % 8] = said[i];
    }
    StripedHash whole;
    whole.more(input);
    EXPECT_EQ(whole.lanes(), expected) << words;
  }
}

TEST(StripedHash, GivesTheSameInPiecesOfAnySize) {
  for (std::size_t const size : {0u, 1u, 64u, 1'023u, 1'024u, 1'025u, 2'048u, 2'049u, 5'000u}) {
    auto const input = striped(size);
    StripedHash whole;
    whole.more(input);
    EXPECT_EQ(whole.size(), size);
    for (std::size_t const piece : {1u, 7u, 64u, 1'000u, 1'024u, 1'025u, 3'000u}) {
      StripedHash pieces;
      for (std::size_t at = 0; at < size; at += piece) {
        pieces.more(ByteView(input).subspan(at, std::min(piece, size - at)));
        pieces.more({});
        (void)pieces.lanes();
      }
      EXPECT_EQ(pieces.lanes(), whole.lanes()) << size << " in pieces of " << piece;
      if (size <= StripedHash::head_bytes) {
        EXPECT_TRUE(std::ranges::equal(pieces.head(), input));
      }
    }
  }
}

// RFC 8439, appendix A.1, test vector 1; the nonce's layout by vector of docs/attestation.md.
TEST(AttestPrf, IsTheChaCha20KeyStreamOfTheRfc) {
  std::array<std::byte, 32> out{};
  prf(Bytes32{}, 0, 0, out);
  EXPECT_EQ(hex(out), "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7");
}

TEST(AttestPrf, PutsDomainAndIndexIntoTheNonceLittleEndian) {
  std::array<std::byte, 32> out{};
  prf(reference::bytes32(0), 2, 0x0102030405060708, out);
  EXPECT_EQ(hex(out), "cedf53f03b3c037326eb07f97f5b446fa534f657649c9261c830f0c6d09cbd47");
}

}  // namespace spillway::attest
