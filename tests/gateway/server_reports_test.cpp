// tests/gateway/server_reports_test.cpp - execution reports: numbered without a gap, over losses of the link
// and restarts. Covers: hub.cpp (delivery), session.cpp (resume), exchange_server.cpp (stop and start).
#include <gmock/gmock.h>

#include "exchange/replay.hpp"
#include "gate_world.hpp"
#include "journal/log_reader.hpp"

namespace spillway {
namespace {

/// Takes reports until number `last`, and expects each number after `after` once and in order.
void expect_reports(Line& line, std::uint64_t after, std::uint64_t last) {
  for (auto number = after + 1; number <= last; ++number) {
    auto const report = line.next<msg::Report>();
    ASSERT_EQ(report.report, number);
    ASSERT_TRUE(report.record.head.first.report == number || report.record.head.second.report == number);
  }
}

std::uint64_t last_report(Line& line) { return line.client().welcome().reports_have; }

TEST(Reports, AreNumberedFromOneWithoutAGap) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  auto const had = last_report(buyer);
  for (int i = 0; i < 10; ++i) (void)buyer.ask(token_order());
  auto const have = last_report(*std::make_unique<Line>(world.log_in(carl)));
  EXPECT_GE(have, had + 10);
  expect_reports(buyer, had, have);
}

TEST(Reports, AreSentAgainFromWhereTheClientStopped) {
  GateWorld world;
  std::uint64_t seen = 0;
  {
    auto buyer = world.log_in(carl);
    seen = last_report(buyer);
    for (int i = 0; i < 5; ++i) (void)buyer.ask(token_order());
    for (auto const& report : buyer.passed_over<msg::Report>()) seen = report.report;
    (void)buyer.ask(token_order());
    (void)buyer.ask(token_order());
    buyer.leave();
  }
  auto again = world.log_in(carl, seen);
  EXPECT_GT(last_report(again), seen);
  expect_reports(again, seen, last_report(again));
}

TEST(Reports, ComeWithoutAGapWhileTheMarketGoesOn) {
  GateWorld world;
  auto busy = world.log_in(carl);
  for (int i = 0; i < 20; ++i) (void)busy.ask(token_order());
  for (int i = 0; i < 30; ++i) busy.send(token_order());
  auto resumed = world.log_in(carl, 0);
  for (int i = 0; i < 30; ++i) busy.send(token_order());
  (void)busy.ask(token_order());
  auto const have = last_report(*std::make_unique<Line>(world.log_in(carl)));
  expect_reports(resumed, 0, have);
}

// More than a page, to a client that reads late, and the market goes on meanwhile.
TEST(Reports, HoweverManyWereMissedComeByPagesWithoutAGap) {
  GateWorld world;
  auto busy = world.log_in(carl);
  for (int i = 0; i < 3'000; ++i) {
    busy.send(token_order("0.001"));
    if (i % 100 == 99) (void)busy.ask(token_order("0.001"));
  }
  auto resumed = world.log_in(carl, 0);
  for (int i = 0; i < 200; ++i) busy.send(token_order("0.001"));
  (void)busy.ask(token_order("0.001"));
  auto const have = last_report(*std::make_unique<Line>(world.log_in(carl)));
  EXPECT_GT(have, 3'000u);
  expect_reports(resumed, 0, have);
}

TEST(Reports, SurviveARestartOfTheExchange) {
  GateWorld world;
  std::uint64_t placed = 0;
  {
    auto buyer = world.log_in(carl);
    placed = buyer.ask(token_order()).id;
  }
  auto const stopped = world.stop_exchange();
  world.start_exchange();
  EXPECT_FALSE(world.exchange().start_report().fresh);
  EXPECT_EQ(world.exchange().start_report().entries, stopped.last.v);
  auto buyer = world.log_in(carl, 0);
  expect_reports(buyer, 0, last_report(buyer));
  EXPECT_THAT(buyer.read(msg::ReadKind::orders), testing::HasSubstr(std::to_string(placed)));
}

TEST(Stop, PrintsTheDigestThatAReplayOfTheJournalGives) {
  GateWorld world;
  {
    auto provider = world.log_in(ada);
    supply(provider);
    auto buyer = world.log_in(carl);
    (void)buyer.ask(token_order());
    auto const dispatch = provider.next<msg::Dispatch>();
    provider.send(msg::JobAck{0, dispatch.job});
    deliver(provider, dispatch.job, {"done"});
    finish(provider, dispatch.job, 10, 1, world.key_of(ada));
    (void)buyer.next<msg::JobEnd>();
  }
  auto const stopped = world.stop_exchange();
  ExchangeCore core{CoreLimits{}};
  Replayer replay(core);
  auto reader = LogReader::open(world.directory() / "journal", StreamKind::entries, ReadMode::strict);
  ASSERT_TRUE(reader);
  for (;;) {
    auto const frame = reader->next();
    ASSERT_TRUE(frame);
    if (!*frame) break;
    auto const fed = replay.feed(**frame);
    ASSERT_TRUE(fed) << fed.error().reason;
  }
  EXPECT_EQ(replay.entries(), stopped.last.v);
  EXPECT_EQ(replay.chain().digest(), stopped.digest);
}

}  // namespace
}  // namespace spillway
