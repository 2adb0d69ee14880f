// tests/attest/codec_test.cpp - messages read back, cut, stretched and garbled.
#include <gtest/gtest.h>

#include "attest/messages.hpp"
#include "reference.hpp"

namespace spillway::attest {
namespace {

using reference::bytes32;

std::vector<AttestMessage> one_of_each() {
  Opening const opening{{1, 2, 3}, {-1, 0, 1, INT32_MIN, INT32_MAX}, {bytes32(1), bytes32(2)}, {bytes32(3)}};
  return {
      AttestOpen{bytes32(1), NodeId{0xfffffffe}, ClassId{9}, Profile::int8, "portable"},
      EpochParams{
          UINT64_MAX - 1, bytes32(2), {.n = 128, .rounds = 5, .retained = 2, .passes = 3, .openings = 7}},
      RttProbe{7, bytes32(3)},
      RttEcho{7, bytes32(4)},
      Challenge{bytes32(5)},
      RoundsDone{bytes32(6)},
      MemChallenge{bytes32(7)},
      MemDone{{bytes32(8), bytes32(9)}, {bytes32(10)}, bytes32(11)},
      Open{{{1, 2, 3}, {4, 5, 6}}},
      Openings{{opening, Opening{}}},
      Verdict{bytes32(12), 19, INT64_MAX, 2, -3, bytes32(13)},
  };
}

std::optional<DecodeError> error_of(ByteView bytes) {
  auto const decoded = decode(bytes);
  return decoded ? std::nullopt : std::optional(decoded.error());
}

// Offsets: magic 4, kind 1, body.
std::vector<std::byte> with(std::vector<std::byte> bytes, std::size_t at, std::uint8_t value) {
  bytes.at(at) = std::byte{value};
  return bytes;
}

}  // namespace

TEST(AttestCodec, ReadsBackEveryMessageItWrites) {
  auto const all = one_of_each();
  ASSERT_EQ(all.size(), std::variant_size_v<AttestMessage>);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].index(), i);
    auto const back = decode(encode(all[i]));
    ASSERT_TRUE(back.has_value()) << name_of(all[i]);
    EXPECT_EQ(*back, all[i]) << name_of(all[i]);
  }
}

TEST(AttestCodec, RefusesEveryMessageCutAtAnyByte) {
  for (auto const& message : one_of_each()) {
    auto const bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      ASSERT_EQ(error_of(ByteView(bytes).first(size)), DecodeError::truncated)
          << name_of(message) << " " << size;
  }
}

TEST(AttestCodec, RefusesEveryMessageWithAByteTooMany) {
  for (auto const& message : one_of_each()) {
    auto bytes = encode(message);
    bytes.push_back(std::byte{0});
    EXPECT_EQ(error_of(bytes), DecodeError::bytes_left_over) << name_of(message);
  }
}

TEST(AttestCodec, RefusesWhatIsNoneOfItsMessages) {
  auto const bytes = encode(Challenge{bytes32(1)});
  EXPECT_EQ(error_of(with(bytes, 3, '2')), DecodeError::not_cap1);
  EXPECT_EQ(error_of(with(bytes, 4, 0)), DecodeError::kind_unknown);
  EXPECT_EQ(error_of(with(bytes, 4, 12)), DecodeError::kind_unknown);
  EXPECT_EQ(error_of(std::vector<std::byte>(largest_message_bytes + 1)), DecodeError::too_large);
}

TEST(AttestCodec, RefusesCountsBeyondTheirBoundsBeforeTakingMemory) {
  auto const open = encode(Open{});
  EXPECT_EQ(error_of(with(open, 8, 0xff)), DecodeError::value_out_of_range);  // 4 thousand million places
  EXPECT_EQ(error_of(with(open, 6, 1)), DecodeError::truncated);              // 256 places, none there
  auto const attest_open = encode(AttestOpen{});
  EXPECT_EQ(error_of(with(attest_open, attest_open.size() - 4, 65)), DecodeError::value_out_of_range);
}

TEST(AttestCodec, RefusesParametersAndProfilesOutsideTheProtocol) {
  auto const epoch = encode(EpochParams{});
  constexpr std::size_t n_at = 4 + 1 + 8 + 32;
  EXPECT_EQ(error_of(with(epoch, n_at, 1)), DecodeError::value_out_of_range);
  for (auto const profile : std::initializer_list<std::uint8_t>{0, 3, 9, 255})
    EXPECT_EQ(error_of(with(epoch, epoch.size() - 1, profile)), DecodeError::value_out_of_range);
}

TEST(AttestCodec, CarriesTheProfileInBothMessagesThatNameIt) {
  AttestOpen open;
  open.profile = Profile::f16x;
  EpochParams epoch;
  epoch.params.profile = Profile::f16x;
  for (AttestMessage const& message : {AttestMessage(open), AttestMessage(epoch)}) {
    auto const back = decode(encode(message));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(*back, message);
  }
  EXPECT_EQ(encode(epoch).back(), std::byte{2});
}

TEST(AttestCodec, HasASentenceForEveryError) {
  for (int e = 1; e <= 6; ++e) EXPECT_FALSE(sentence(DecodeError(e)).starts_with("unknown")) << e;
}

}  // namespace spillway::attest
