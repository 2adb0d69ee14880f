// tests/exchange/pipeline/reads_test.cpp - the reads of reads.cpp and read_why.cpp over a market that trades.
#include "exchange/reads.hpp"

#include <gtest/gtest.h>

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
