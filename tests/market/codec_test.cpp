// tests/market/codec_test.cpp - entries survive their bytes; no bytes from outside do harm.
// Covers: codec.cpp, codec_text.cpp, codec_titles.cpp.
#include "market/codec.hpp"

#include <gtest/gtest.h>

#include <string>

#include "any_value.hpp"
#include "codec_titles.hpp"
#include "command_fields.hpp"
#include "complaints.hpp"
#include "entry_generated.h"

namespace spillway {
namespace {

constexpr std::size_t kinds = std::variant_size_v<Command>;

Entry any_entry(wire::Dice& dice, std::size_t kind) {
  return {Seq{dice.next()},
          Stamp{static_cast<std::int64_t>(dice.next())},
          ParticipantId{static_cast<std::uint32_t>(dice.next())},
          wire::any_of<Command>(dice, kind),
          SessionId{dice.next()},
          dice.next()};
}

TEST(Codec, GivesBackEveryCommandAsItWasAndTheSameBytes) {
  wire::Dice dice{1};
  for (std::size_t i = 0; i < 200 * kinds; ++i) {
    auto const entry = any_entry(dice, i % kinds);
    auto const bytes = encode(entry);
    auto const back = decode_entry(bytes);
    ASSERT_TRUE(back) << wire::command_title(i % kinds + 1) << ": " << back.error().sentence;
    EXPECT_EQ(back->seq, entry.seq);
    EXPECT_EQ(back->stamp, entry.stamp);
    EXPECT_EQ(back->principal, entry.principal);
    EXPECT_EQ(back->session, entry.session);
    EXPECT_EQ(back->request, entry.request);
    EXPECT_TRUE(wire::same_message(back->command, entry.command)) << wire::command_title(i % kinds + 1);
    EXPECT_EQ(encode(*back), bytes);
  }
}

TEST(Codec, WritesWhatReadersOfTheSchemaRead) {
  PlaceOrder order;
  order.client = ClientOrderId{77};
  order.predicate.product = ProductKind::tokens;
  order.predicate.models = {ModelId{3}, ModelId{9}};
  order.tif = TimeInForce::timed;
  order.limit = PriceIndex{41'000};
  order.output_max = Tokens{512};
  auto const bytes = encode(Entry{Seq{5}, Stamp{6}, ParticipantId{7}, order});
  auto const* entry = fb::entry::GetEntry(bytes.data());
  EXPECT_EQ(entry->seq(), 5u);
  EXPECT_EQ(entry->stamp(), 6);
  EXPECT_EQ(entry->principal(), 7u);
  auto const* read = entry->command_as_PlaceOrder();
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->client(), 77u);
  EXPECT_EQ(read->predicate()->product(), fb::ProductKind::Tokens);
  EXPECT_EQ(read->predicate()->models()->Get(1), 9u);
  EXPECT_EQ(read->predicate()->pue_max_milli(), -1);
  EXPECT_EQ(read->tif(), fb::TimeInForce::Timed);
  EXPECT_EQ(read->limit(), 41'000u);
  EXPECT_EQ(read->output_max(), 512);
}

TEST(Codec, WritesFixedLayoutCommandsAsTheSchemasStructs) {
  PostOffer offer{ClientOrderId{1},
                  NodeId{2},
                  ProductKind::capacity,
                  ModelId{3},
                  TierId{4},
                  PriceIndex{5},
                  Lots{6},
                  Lots{7},
                  Lots{8},
                  true,
                  Stamp{9}};
  auto const bytes = encode(Entry{Seq{1}, Stamp{1}, ParticipantId{1}, offer});
  auto const* read = fb::entry::GetEntry(bytes.data())->command_as_PostOffer();
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->client(), 1u);
  EXPECT_EQ(read->node(), 2u);
  EXPECT_EQ(read->product(), fb::ProductKind::Capacity);
  EXPECT_EQ(read->model(), 3u);
  EXPECT_EQ(read->tier(), 4u);
  EXPECT_EQ(read->price(), 5u);
  EXPECT_EQ(read->quantity(), 6);
  EXPECT_EQ(read->fill_max(), 8);
  EXPECT_TRUE(read->replenish());
  EXPECT_EQ(read->end(), 9);
}

TEST(Codec, RefusesEveryPrefixOfAnEntryOrReadsItSafely) {
  wire::Dice dice{2};
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    auto const bytes = encode(any_entry(dice, kind));
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      auto const back = decode_entry(std::span{bytes}.first(n));
      if (n < 8) {
        EXPECT_FALSE(back);
      }
    }
  }
}

TEST(Codec, ReadsDamagedBytesWithoutHarmAndKeepsEveryBound) {
  wire::Dice dice{3};
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 400 * kinds; ++i) {
    auto bytes = encode(any_entry(dice, i % kinds));
    for (std::size_t hits = 1 + dice.below(4); hits > 0; --hits) {
      bytes[dice.below(bytes.size())] = static_cast<std::byte>(dice.next());
    }
    auto const back = decode_entry(bytes);
    refused += back ? 0 : 1;
    if (back) {
      EXPECT_TRUE(decode_entry(encode(*back))) << "what is accepted can be written again";
    }
  }
  EXPECT_GT(refused, 0u);
}

TEST(Codec, ReadsBytesThatLieAtAnyAddress) {
  wire::Dice dice{4};
  auto const bytes = encode(any_entry(dice, 20));
  std::vector<std::byte> shifted(bytes.size() + 8);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::copy(bytes.begin(), bytes.end(), shifted.begin() + static_cast<std::ptrdiff_t>(shift));
    EXPECT_TRUE(decode_entry(std::span{shifted}.subspan(shift, bytes.size()))) << shift;
  }
}

TEST(Codec, NamesTheFieldWhoseEnumIsNotKnown) {
  auto const bytes =
      encode(Entry{Seq{1}, Stamp{1}, ParticipantId{1}, CancelOrder{OrderId{1}, CancelReason{9}}});
  auto const back = decode_entry(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, DecodeCode::out_of_range);
  EXPECT_EQ(back.error().sentence, "CancelOrder.reason: this value is not known");
}

TEST(Codec, BoundsLists) {
  PlaceOrder order;
  order.predicate.models.assign(65, ModelId{1});
  auto const back = decode_entry(encode(Entry{Seq{1}, Stamp{1}, ParticipantId{1}, order}));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, DecodeCode::too_large);
  EXPECT_EQ(back.error().sentence, "PlaceOrder.predicate.models: at most 64 entries");
}

TEST(Codec, RefusesBytesBeyondTheLargestEntry) {
  std::vector<std::byte> const bytes(largest_entry_bytes + 1);
  auto const back = decode_entry(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, DecodeCode::too_large);
}

TEST(CodecDeathTest, StopsWhenATableIsTooLongForOneEntry) {
  DefinePlaces places;
  places.rows.resize(1'000);
  for (auto& row : places.rows) row.title.assign(100, 'x');
  EXPECT_DEATH(static_cast<void>(encode(Entry{Seq{1}, Stamp{1}, ParticipantId{}, places})),
               "long tables come in parts");
}

TEST(Texts, AreUtf8WithoutNulSurrogatesOrOverlongForms) {
  for (std::string const good : {"", "a", "é", "深圳", "\U0001F600", "\x7F", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(wire::is_text(good)) << good;
  }
  for (std::string const& bad :
       {std::string(1, '\0'), std::string{"\x80"}, std::string{"\xC0\xAF"}, std::string{"\xE0\x80\x80"},
        std::string{"\xED\xA0\x80"}, std::string{"\xF4\x90\x80\x80"}, std::string{"\xE6\xB7"},
        std::string{"\xFF"}}) {
    EXPECT_FALSE(wire::is_text(bad));
  }
}

}  // namespace
}  // namespace spillway
