// tests/journal/frame_test.cpp - frames and their checksum.
// Covers src/frame.cpp, src/crc32c.cpp, src/bytes.cpp and src/segment_file.cpp.
#include "journal/frame.hpp"

#include <gtest/gtest.h>

#include <random>

#include "journal/segment_file.hpp"
#include "support.hpp"

namespace spillway {
namespace {

using testing::bytes_of;
using testing::text_of;

std::vector<std::byte> frame_of(std::string_view payload, std::uint64_t seq = 7) {
  std::vector<std::byte> out;
  encode_frame(FrameType::entry, Seq{seq}, as_byte_view(payload), out);
  return out;
}

TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c(as_byte_view("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8a9136aaU);  // RFC 3720 B.4: 32 bytes of zero
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43U);  // and of ones
}

TEST(Crc32c, IsTheSameByTableByInstructionAndInPieces) {
  std::mt19937_64 random(1);
  for (std::size_t size = 0; size < 200; ++size) {
    std::vector<std::byte> bytes(size);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random());
    ByteView const view = bytes;
    std::uint32_t const whole = crc32c(view);
    ASSERT_EQ(whole, crc32c_by_table(view)) << size;
    std::size_t const cut = size / 3;
    ASSERT_EQ(whole, crc32c(view.subspan(cut), crc32c(view.first(cut)))) << size;
  }
}

TEST(Frame, ComesBackAsItWasWrittenForEveryPayloadLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::string const payload(size, 'x');
    auto const bytes = frame_of(payload, size);
    ASSERT_EQ(bytes.size(), frame_bytes(size));
    ASSERT_EQ(bytes.size() % 8, 0U);
    auto const frame = parse_frame(bytes);
    ASSERT_TRUE(frame) << to_string(frame.error());
    EXPECT_EQ(frame->type, FrameType::entry);
    EXPECT_EQ(frame->seq, Seq{size});
    EXPECT_EQ(text_of(frame->payload), payload);
  }
}

TEST(Frame, IsOnDiskAsInTheExampleOfTheFormatPage) {
  EXPECT_EQ(to_hex(frame_of("abc", 1)), "1b0000006c76d02d010000000000000001000000000000006162630000000000");
}

TEST(Frame, NoticesEveryFlippedBit) {
  auto const good = frame_of("some payload of a command");
  for (std::size_t i = 0; i < good.size(); ++i)
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto bytes = good;
      bytes[i] ^= static_cast<std::byte>(1U << bit);
      ASSERT_FALSE(parse_frame(bytes)) << "byte " << i << " bit " << bit;
    }
}

TEST(Frame, NamesWhatIsWrong) {
  auto const good = frame_of("payload");
  EXPECT_EQ(parse_frame(std::vector<std::byte>(64)).error(), FrameFault::end_marker);
  EXPECT_EQ(parse_frame(ByteView(good).first(3)).error(), FrameFault::cut_short);
  for (std::size_t size = 4; size < good.size(); ++size)
    ASSERT_EQ(parse_frame(ByteView(good).first(size)).error(), FrameFault::cut_short);
  auto short_length = good;
  short_length[0] = std::byte{23};
  EXPECT_EQ(parse_frame(short_length).error(), FrameFault::bad_length);
  auto huge_length = good;
  huge_length[3] = std::byte{0xff};
  EXPECT_EQ(parse_frame(huge_length).error(), FrameFault::bad_length);
}

TEST(SegmentHeader, ComesBackAndNoticesEveryFlippedByte) {
  SegmentHeader header{StreamKind::records, 1 << 20, Seq{42}, 41, 12345, 999, {}};
  header.previous_hash[5] = std::byte{9};
  HeaderPage const page = encode_header(header);
  EXPECT_EQ(parse_header(page).value(), header);
  for (std::size_t i = 0; i < page.size(); ++i) {
    HeaderPage hurt = page;
    hurt[i] ^= std::byte{1};
    ASSERT_FALSE(parse_header(hurt)) << i;
  }
  EXPECT_FALSE(parse_header(ByteView(page).first(100)));
}

TEST(SegmentName, HasTwentyDigitsSoThatNamesSortAsNumbers) {
  EXPECT_EQ(segment_name(Seq{1}), "00000000000000000001");
  EXPECT_EQ(segment_name(Seq{~std::uint64_t{0}}), "18446744073709551615");
}

TEST(Hex, RoundTripsAndRefusesOtherText) {
  auto const bytes = bytes_of("\x01\xff");
  EXPECT_EQ(to_hex(bytes), "01ff");
  EXPECT_EQ(from_hex("01ff"), bytes);
  EXPECT_FALSE(from_hex("01f"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex("01FF"));
}

}  // namespace
}  // namespace spillway
