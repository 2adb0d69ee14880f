// tests/apps/pages_test.cpp - documents and messages as people read them.
// Covers pages.cpp, told.cpp and table.cpp.
#include "apps/trade/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/text/table.hpp"
#include "apps/trade/told.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TextTable, NumbersStandToTheRightAndColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({{"who", TextTable::Align::left}, {"how much", TextTable::Align::right}});
  table.add({"ada", "1"});
  table.add(
      {"b\tr\xc3\xbc"
       "ckner",
       "1,000"});
  EXPECT_EQ(table.text(),
            "who        how much\n"
            "ada               1\n"
            "b r\xc3\xbc"
            "ckner     1,000\n");
}

TEST(TextTable, ThousandsAreSetApartInFrontOfThePointOnly) {
  EXPECT_EQ(with_thousands("1234567.123456"), "1,234,567.123456");
  EXPECT_EQ(with_thousands("-1234.50"), "-1,234.50");
  EXPECT_EQ(with_thousands("-123"), "-123");
  EXPECT_EQ(with_thousands("12"), "12");
  EXPECT_EQ(with_thousands(""), "");
}

TEST(Pages, OrdersAreATable) {
  auto const page =
      page_of(msg::ReadKind::orders,
              R"({"orders":[{"order":"12","client":"7","phase":"resting","tif":"gtc","limit":"2.79",
                  "open":"1000","filled":"0","held":"0.01","product":"capacity"}],"seq":"44"})");
  ASSERT_TRUE(page);
  EXPECT_THAT(*page, HasSubstr("order  client  product   phase"));
  EXPECT_THAT(*page, HasSubstr("12  7       capacity  resting  gtc   2.79  1,000       0  0.01"));
}

TEST(Pages, AnEmptyListIsASentence) {
  EXPECT_EQ(*page_of(msg::ReadKind::jobs, R"({"jobs":[]})"), "no jobs\n");
  EXPECT_EQ(*page_of(msg::ReadKind::leases, "{}"), "no leases\n");
}

TEST(Pages, BestPricesComeFromInsideTheRowAndMayBeMissing) {
  std::string const document = R"({"instruments":[{"instrument":3,"name":"capacity/H100-SXM/here/warm",
      "ask":{"price":"2.79","lots":"4000"},"bid":null}]})";
  auto const page = page_of(msg::ReadKind::instruments, document);
  ASSERT_TRUE(page);
  EXPECT_THAT(*page, HasSubstr("2.79  4,000"));
  EXPECT_EQ(instrument_names(document).at(InstrumentId{3}), "capacity/H100-SXM/here/warm");
}

TEST(Pages, WhyNamesWhatBindsAndWhatToRelax) {
  auto const page =
      page_of(msg::ReadKind::why, R"({"offers":9,"would_fill_now":0,"failing":{"price":7,"tier":2},
      "binds":"price","relax":{"condition":"price","to":"3.10"},"order":"5","phase":"resting"})");
  ASSERT_TRUE(page);
  EXPECT_THAT(*page, HasSubstr("0 of 9 live offers"));
  EXPECT_THAT(*page, HasSubstr("7 fail on price"));
  EXPECT_THAT(*page, HasSubstr("relax price to 3.10"));
}

TEST(Pages, StatusIsFlattenedLineByLine) {
  auto const page = page_of(msg::ReadKind::status,
                            R"({"market":{"offers_live":3,"books_balance":true},"server":{"fills":1}})");
  EXPECT_EQ(*page, "market.offers_live  3\nmarket.books_balance  yes\nserver.fills  1\n");
}

TEST(Pages, TheExchangesErrorAndBrokenDocumentsAreErrors) {
  EXPECT_EQ(page_of(msg::ReadKind::why, R"({"error":"no such order"})").error(), "no such order");
  for (auto const* text : {"", "[]", "{", "3"}) EXPECT_FALSE(page_of(msg::ReadKind::orders, text)) << text;
  EXPECT_TRUE(page_of(msg::ReadKind::orders, R"({"orders":[1,{"order":{}}]})"))
      << "odd rows are shown, not fatal";
  EXPECT_TRUE(instrument_names("{\"instruments\":7}").empty());
}

ServerMessage order_report(OrderPhase phase, ProductKind product, std::int64_t filled) {
  record::OrderState state;
  state.order = 5, state.filled_lots = filled;
  state.phase = static_cast<std::uint8_t>(phase), state.product = static_cast<std::uint8_t>(product);
  return msg::Report{1, Seq{9}, {}, Record::of(state)};
}

TEST(Told, ATokenOrderEndsWithItsJobAndACapacityOrderWithItsLastFill) {
  OrderId const order{5};
  EXPECT_FALSE(order_end(order_report(OrderPhase::resting, ProductKind::tokens, 0), order));
  EXPECT_FALSE(order_end(order_report(OrderPhase::filled, ProductKind::tokens, 1), order));
  EXPECT_FALSE(order_end(order_report(OrderPhase::filled, ProductKind::capacity, 1), OrderId{6}));
  EXPECT_TRUE(order_end(order_report(OrderPhase::filled, ProductKind::capacity, 1000), order)->well);
  EXPECT_FALSE(order_end(order_report(OrderPhase::expired, ProductKind::tokens, 0), order)->well);
  msg::JobEnd end;
  end.order = order, end.job = JobId{8}, end.phase = JobPhase::completed, end.output = Tokens{120};
  EXPECT_TRUE(order_end(end, order)->well);
  EXPECT_THAT(job_line(end), HasSubstr("job 8 completed: 120 tokens out"));
  end.phase = JobPhase::failed, end.fault = Fault::provider;
  EXPECT_FALSE(order_end(end, order)->well);
  EXPECT_THAT(job_line(end), HasSubstr("the provider's fault"));
}

TEST(Told, FeedLinesNameTheInstrument) {
  InstrumentNames const names{{InstrumentId{1}, "capacity/A/b/warm"}};
  msg::BookTop const top{InstrumentId{1}, Seq{4}, msg::Level{*exact_step(Nano{nano_per_unit}), Lots{3}}, {}};
  EXPECT_EQ(*feed_line(top, names), "top    capacity/A/b/warm  bid -  ask 1.00 x 3");
  msg::Trade const trade{InstrumentId{2}, Seq{4}, *exact_step(Nano{nano_per_unit}), Lots{3}, {}};
  EXPECT_EQ(*feed_line(trade, names), "trade  instrument 2  1.00 x 3");
  EXPECT_FALSE(feed_line(msg::Pong{}, names));
}

}  // namespace
}  // namespace spillway
