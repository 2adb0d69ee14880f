// tests/journal/seal_test.cpp - seals and the digest of outcomes.
// Covers src/seal.cpp and src/digest.cpp.
#include "journal/seal.hpp"

#include <gtest/gtest.h>

#include "journal/digest.hpp"
#include "support.hpp"

namespace spillway {
namespace {

Seal some_seal() {
  Seal seal{Seq{5}, Seq{9}, 5, first_digest(), {}};
  seal.outcome_root[31] = std::byte{7};
  return seal;
}

TEST(Seal, ComesBackAsItWasWritten) {
  EXPECT_EQ(parse_seal(encode_seal(some_seal())), some_seal());
  Seal const closing{Seq{10}, Seq{9}, 0, {}, {}};
  EXPECT_TRUE(closing.empty());
  EXPECT_EQ(parse_seal(encode_seal(closing)), closing);
}

TEST(Seal, HasTheLayoutThatTheFormatPageStates) {
  auto const bytes = encode_seal(some_seal());
  EXPECT_EQ(to_hex(ByteView(bytes).first(24)), "050000000000000009000000000000000500000000000000");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(24, 32)), to_hex(first_digest()));
  EXPECT_EQ(bytes[87], std::byte{7});
}

TEST(Seal, RefusesOtherBytes) {
  auto const good = encode_seal(some_seal());
  EXPECT_FALSE(parse_seal(ByteView(good).first(87)));
  EXPECT_FALSE(parse_seal(std::vector<std::byte>(89)));
  EXPECT_FALSE(parse_seal(std::vector<std::byte>(88))) << "sequences begin at 1";
  auto reserved = good;
  reserved[21] = std::byte{1};
  EXPECT_FALSE(parse_seal(reserved));
  Seal backwards = some_seal();
  backwards.last = Seq{3};
  EXPECT_FALSE(parse_seal(encode_seal(backwards)));
}

TEST(Digest, IsBlake2bOfThePublishedVectors) {
  // BLAKE2b-256 of "" and of "abc", as in many published lists.
  EXPECT_EQ(to_hex(blake2b_256({})), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(to_hex(blake2b_256(as_byte_view("abc"))),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(Digest, ChainsEachCommandsRecordsToAllBefore) {
  Hash256 const first = first_digest();
  EXPECT_EQ(first, blake2b_256(as_byte_view("spillway-D-v1")));
  std::vector<std::byte> joined(first.begin(), first.end());
  auto const records = testing::bytes_of("records of one command");
  joined.insert(joined.end(), records.begin(), records.end());
  EXPECT_EQ(next_digest(first, records), blake2b_256(joined));
  EXPECT_NE(next_digest(first, {}), first) << "a command without records counts too";
}

TEST(RunningHash, EqualsTheHashOfTheWholeAtEveryPoint) {
  RunningHash hash;
  std::string text;
  for (int i = 0; i < 50; ++i) {
    std::string const piece(static_cast<std::size_t>(i * 11 % 300), 'a');
    hash.update(as_byte_view(piece));
    text += piece;
    ASSERT_EQ(hash.current(), blake2b_256(as_byte_view(text)));
  }
}

}  // namespace
}  // namespace spillway
