// tests/exchange/pipeline/reads_test.cpp - the reads of reads.cpp and read_why.cpp over a market that trades.
#include "exchange/reads.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "pipeline_world.hpp"

namespace spillway {
namespace {

struct Market {
  Folder folder;
  Ear ear;
  std::unique_ptr<Pipeline> pipeline = opened(folder.path(), ear);
  std::uint64_t tickets{};

  Released send(ParticipantId who, Command command) {
    EXPECT_EQ(pipeline->submit({who, std::move(command), {0, ++tickets, 0}}), Refusal::none);
    return ear.wait(tickets);
  }
  std::string read(ReadRequest const& request, Seq at_least) {
    return ask(*pipeline, at_least, [&](FollowerView const& view) { return answer_read(view, request); });
  }
};

bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

TEST(Reads, NameTheSequenceThatTheyReflect) {
  Market market;
  auto const last = market.send(system_itself, Deposit{carl, Nano{1}}).entry.seq;
  ReadRequest status;
  status.kind = msg::ReadKind::status;
  auto const text = market.read(status, last);
  EXPECT_TRUE(has(text, "\"seq\":\"" + std::to_string(last.v) + "\"")) << text;
  EXPECT_TRUE(has(text, "\"books_balance\":true")) << text;
}

TEST(Reads, ShowAParticipantItsOwnOrdersAndBalancesOnly) {
  Market market;
  PlaceOrder order;
  order.client = ClientOrderId{77};
  order.predicate.product = ProductKind::capacity;
  order.predicate.tier = warm;
  order.tif = TimeInForce::gtc;
  order.limit = units(2);
  order.quantity = Lots{1000};
  auto const placed = market.send(carl, order);
  ASSERT_NE(placed.records.front().head.kind, RecordKind::refused);
  ReadRequest orders;
  orders.kind = msg::ReadKind::orders;
  orders.whose = carl;
  EXPECT_TRUE(has(market.read(orders, placed.entry.seq), "\"client\":\"77\""));
  orders.whose = dora;
  EXPECT_FALSE(has(market.read(orders, placed.entry.seq), "\"client\":\"77\""));

  ReadRequest why;
  why.kind = msg::ReadKind::why;
  why.order = OrderId{placed.entry.seq.v};
  why.whose = dora;
  EXPECT_TRUE(has(market.read(why, placed.entry.seq), "no such order of yours"));
  why.whose = carl;
  EXPECT_TRUE(has(market.read(why, placed.entry.seq), "\"offers\":0"));
}

boost::json::value postings_of(Market& market, ReadRequest const& read, Seq at_least) {
  return boost::json::parse(market.read(read, at_least));
}

std::string text_at(boost::json::value const& row, char const* name) {
  return std::string(row.at(name).as_string());
}

TEST(Reads, ShowWhatMovedOnAnAccountByTimeAndInPagesThatMissNothing) {
  Market market;
  std::vector<Released> deposits;
  for (int i = 1; i <= 9; ++i) deposits.push_back(market.send(system_itself, Deposit{carl, Nano{i}}));
  auto const last = market.send(system_itself, Deposit{dora, Nano{500}}).entry.seq;

  ReadRequest read;
  read.kind = msg::ReadKind::postings;
  read.whose = carl;
  read.account = AccountKind::funds;
  read.from = deposits.front().entry.stamp;
  read.most = 4;
  std::vector<std::string> amounts;
  for (bool more = true; more;) {
    auto const page = postings_of(market, read, last);
    auto const& rows = page.at("postings").as_array();
    ASSERT_FALSE(rows.empty()) << page;
    for (auto const& row : rows) {
      amounts.push_back(text_at(row, "amount_nano"));
      EXPECT_EQ(text_at(row, "code"), "deposit");
      EXPECT_EQ(text_at(row, "side"), "credit");
      EXPECT_EQ(text_at(row, "other_account"), "bank");
    }
    more = page.at("next_us").is_string();
    if (more) read.from = Stamp{std::stoll(text_at(page, "next_us"))};
  }
  EXPECT_EQ(amounts, (std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7", "8", "9"}));

  read.most = 100;
  read.from = deposits[2].entry.stamp, read.to = deposits[4].entry.stamp;
  auto const part = postings_of(market, read, last);
  EXPECT_GE(part.at("postings").as_array().size(), 1u);
  for (auto const& row : part.at("postings").as_array()) {
    EXPECT_GE(std::stoll(text_at(row, "stamp_us")), read.from.v);
    EXPECT_LT(std::stoll(text_at(row, "stamp_us")), read.to.v);
  }
}

TEST(Reads, ShowTheExchangesAccountsToThoseWhoSeeAllOnly) {
  Market market;
  auto const last = market.send(system_itself, Deposit{carl, Nano{7}}).entry.seq;
  ReadRequest read;
  read.kind = msg::ReadKind::postings;
  read.whose = carl;
  read.account = AccountKind::bank;
  EXPECT_TRUE(has(market.read(read, last), "\"error\""));
  read.sees_all = true;
  EXPECT_TRUE(has(market.read(read, last), "\"amount_nano\":\"7\""));
  read.account = AccountKind{77};
  EXPECT_TRUE(has(market.read(read, last), "\"error\""));
  read.account = AccountKind::funds, read.from = Stamp{2}, read.to = Stamp{1};
  EXPECT_TRUE(has(market.read(read, last), "\"error\""));
}

TEST(Reads, AnswerNonsenseWithAnErrorInTheDocument) {
  Market market;
  ReadRequest book;
  book.kind = msg::ReadKind::book;
  book.instrument = InstrumentId{999};
  EXPECT_TRUE(has(market.read(book, Seq{}), "\"error\""));
  EXPECT_TRUE(has(market.read(ReadRequest{}, Seq{}), "\"error\""));
}

}  // namespace
}  // namespace spillway
