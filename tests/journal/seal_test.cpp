// tests/journal/seal_test.cpp - seals and the digest of outcomes.
// Covers src/seal.cpp, src/digest.cpp, src/blake2b.cpp, src/blake2b_avx512.cpp and src/blake2b_plain.cpp.
#include "journal/seal.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "../../journal/src/blake2b.hpp"
#include "../../journal/src/sha256.hpp"
#include "journal/digest.hpp"
#include "journal/merkle.hpp"
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

std::vector<std::byte> some_bytes(std::size_t size) {
  std::mt19937_64 random(size);
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

Hash256 by_libsodium(ByteView bytes) {
  Hash256 out{};
  ::crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                       reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), nullptr, 0);
  return out;
}

TEST(Digest, IsThatOfLibsodiumForEveryLength) {
  auto const bytes = some_bytes(700);
  for (std::size_t size = 0; size < bytes.size() - 3; ++size) {
    auto const view = ByteView(bytes).subspan(size % 3, size);  // aligned in no way
    ASSERT_EQ(blake2b_256(view), by_libsodium(view)) << size;
    std::vector<std::byte> joined(view.rbegin(), view.rend());
    joined.resize(sizeof(Hash256));
    Hash256 before{};
    std::ranges::copy(joined, before.begin());
    joined.insert(joined.end(), view.begin(), view.end());
    ASSERT_EQ(next_digest(before, view), by_libsodium(joined)) << size;
  }
}

using Compress = void (*)(std::span<blake2b::Step const>);

void compress_each_plainly(std::span<blake2b::Step const> steps) {
  for (auto const& step : steps) blake2b::compress_plainly(step);
}

/// Every way that this machine has; the first is that of all machines.
std::vector<Compress> ways_to_compress() {
  std::vector<Compress> ways{compress_each_plainly, blake2b::compress};
#if defined(__x86_64__)
  if (blake2b::has_avx2()) ways.push_back(blake2b::compress_by_avx2);
  if (blake2b::has_avx512()) ways.push_back([](auto steps) { blake2b::compress_by_avx512(steps); });
#endif
  return ways;
}

/// Of three hashes three blocks each; so many hashes at one time.
std::vector<blake2b::State> compressed(Compress compress, std::size_t at_once) {
  auto const bytes = some_bytes(12 * blake2b::block_bytes);
  std::vector<blake2b::State> states(3, blake2b::first_state());
  for (std::size_t block = 0; block < 3; ++block) {
    std::vector<blake2b::Step> steps;
    for (std::size_t hash = 0; hash < states.size(); ++hash)
      steps.push_back({&states[hash], bytes.data() + (3 * hash + block) * blake2b::block_bytes + 7 * hash,
                       100 * (block + 1) + hash, block == hash});
    for (std::span<blake2b::Step const> left = steps; !left.empty();) {
      auto const now = std::min(at_once, left.size());
      compress(left.first(now));
      left = left.subspan(now);
    }
  }
  return states;
}

TEST(Digest, IsTheSameByInstructionsAndByPlainArithmetic) {
  auto const ways = ways_to_compress();
  auto const plain = compressed(ways.front(), 1);
  for (std::size_t way = 0; way < ways.size(); ++way)
    for (std::size_t at_once = 1; at_once <= blake2b::most_at_once; ++at_once)
      EXPECT_EQ(compressed(ways[way], at_once), plain) << way << " " << at_once;
}

#if defined(__x86_64__)

TEST(Digest, IsTheSameWithBlocksOfLeavesBetweenItsSteps) {
  if (!has_sha_instructions()) GTEST_SKIP() << "this processor has no instructions for SHA-256";
  auto const bytes = some_bytes(blake2b::block_bytes);
  std::vector<ShaMessage> messages;  // of one block each
  std::vector<ShaState> states(blake2b::sha_blocks_beside, sha_start());
  std::array<ShaStep, blake2b::sha_blocks_beside> steps;
  for (std::size_t i = 0; i < steps.size(); ++i)
    messages.emplace_back(std::byte{0}, ByteView(bytes).subspan(i, 40 + i));
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = {&states[i], messages[i].block(0)};
  auto with = blake2b::first_state(), without = with;
  blake2b::compress_plainly({&with, bytes.data(), 100, true}, steps);
  blake2b::compress_plainly({&without, bytes.data(), 100, true});
  EXPECT_EQ(with, without);
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(sha_result(states[i]), sha256_by_library(std::byte{0}, ByteView(bytes).subspan(i, 40 + i)))
        << i;
}

#endif

// What is taken along comes in pieces of any length and ends anywhere.
TEST(Digest, TakesOtherHashesAlongAndBothAreAsIfEachWereAlone) {
  auto const bytes = some_bytes(40'000);
  std::mt19937_64 random(3);
  RunningHash first, second;
  PendingHash a{&first, {}}, b{&second, {}};
  PendingHash* const along[]{&a, &b};
  std::size_t a_came = 0, b_came = 0, taken = 0;
  auto const more = [&](PendingHash& pending, std::size_t& came, std::size_t most) {
    auto const next = std::min<std::size_t>(came + random() % most, bytes.size());
    pending.bytes = ByteView(bytes).subspan(came - pending.bytes.size(), pending.bytes.size() + next - came);
    came = next;
  };
  Hash256 alone = first_digest(), together = alone;
  for (int i = 0; i < 150; ++i) {
    more(a, a_came, 200);
    more(b, b_came, 400);
    auto const before = a.bytes.size() + b.bytes.size();
    auto const records = ByteView(bytes).subspan(random() % 1'000, random() % 600);
    alone = next_digest(alone, records);
    together = next_digest(together, records, along);
    ASSERT_EQ(alone, together);
    taken += before - a.bytes.size() - b.bytes.size();
    if (i % 20 == 0) first.update(std::exchange(a.bytes, {}));
  }
  EXPECT_GT(taken, 20'000u);
  first.update(a.bytes), second.update(b.bytes);
  EXPECT_EQ(first.current(), blake2b_256(ByteView(bytes).first(a_came)));
  EXPECT_EQ(second.current(), blake2b_256(ByteView(bytes).first(b_came)));
}

Hash256 rolled_by_libsodium(Hash256 const& before, ByteView records) {
  std::vector<std::byte> joined(before.begin(), before.end());
  joined.insert(joined.end(), records.begin(), records.end());
  return by_libsodium(joined);
}

// Long entries beside short records, and the other way round: what does not fit beside D comes behind it.
TEST(Digest, GivesTheLeavesOfAnEntryAndItsRecordsAsOpenSslDoes) {
  auto const bytes = some_bytes(3'000);
  std::mt19937_64 random(8);
  RunningHash taken;
  PendingHash pending{&taken, bytes};
  PendingHash* const along[]{&pending};
  auto before = first_digest();
  for (std::size_t size = 0; size < 700; ++size) {
    auto const records = ByteView(bytes).subspan(size % 5, size);
    auto const entry = ByteView(bytes).subspan(size % 3, random() % 900);
    auto const hashes = outcome_hashes(before, entry, records, along);
    ASSERT_EQ(hashes.digest, rolled_by_libsodium(before, records)) << size;
    ASSERT_EQ(hashes.entry, leaf_hash_by_library(entry)) << entry.size();
    ASSERT_EQ(hashes.outcome, leaf_hash_by_library(records)) << size;
    before = hashes.digest;
  }
  taken.update(pending.bytes);
  EXPECT_EQ(taken.current(), by_libsodium(bytes));
}

}  // namespace
}  // namespace spillway
