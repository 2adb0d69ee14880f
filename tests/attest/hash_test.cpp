// tests/attest/hash_test.cpp - the hash has one meaning for every list of parts, alone or eight at once
// (attest/wide_hash.cpp).
#include "attest/hash.hpp"

#include <gtest/gtest.h>

#include <string>

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
