// tests/exchange/pipeline/inbox_test.cpp - the two lanes of inbox.cpp, and the batch of open_batch.hpp by way
// of the pipeline.
#include "exchange/inbox.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace spillway {
namespace {

using clock = std::chrono::steady_clock;

Submission from(std::uint32_t who, std::uint64_t request) {
  return {ParticipantId{who}, PlaceOrder{}, {0, request, 0}};
}

TEST(Inbox, RefusesOrdersAtThreeQuartersAndNeverTheRest) {
  Inbox inbox(8);
  for (std::uint64_t i = 0; i < 6; ++i) EXPECT_TRUE(inbox.offer_order(from(1, i)));
  EXPECT_FALSE(inbox.offer_order(from(1, 6)));
  EXPECT_FALSE(inbox.offer_order(from(2, 7))) << "the lane is everybody's";
  for (std::uint64_t i = 0; i < 100; ++i) inbox.put({ParticipantId{1}, CancelOrder{}, {0, i, 0}});
  EXPECT_EQ(inbox.waiting(), 106u);
}

TEST(Inbox, TakesWaitingOrdersRoundRobinByParticipant) {
  Inbox inbox(100);
  for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(inbox.offer_order(from(1, i)));
  ASSERT_TRUE(inbox.offer_order(from(2, 10)));
  ASSERT_TRUE(inbox.offer_order(from(3, 20)));
  std::vector<std::uint32_t> who;
  for (auto const& s : inbox.take(clock::now(), 100)) who.push_back(s.principal.v);
  EXPECT_EQ(who, (std::vector<std::uint32_t>{1, 2, 3, 1, 1, 1, 1}));
}

TEST(Inbox, TakesControlBeforeOrdersAndKeepsTheOrderOfEachSender) {
  Inbox inbox(100);
  ASSERT_TRUE(inbox.offer_order(from(1, 1)));
  ASSERT_TRUE(inbox.offer_order(from(1, 2)));
  inbox.put({ParticipantId{1}, CancelOrder{}, {0, 3, 0}});
  std::vector<std::uint64_t> requests;
  for (auto const& s : inbox.take(clock::now(), 2)) requests.push_back(s.cookie.request);
  for (auto const& s : inbox.take(clock::now(), 2)) requests.push_back(s.cookie.request);
  EXPECT_EQ(requests, (std::vector<std::uint64_t>{3, 1, 2}));
}

TEST(Inbox, TakesNoOrdersOnceClosedButGivesOutWhatItHas) {
  Inbox inbox(100);
  ASSERT_TRUE(inbox.offer_order(from(1, 1)));
  inbox.close();
  EXPECT_FALSE(inbox.offer_order(from(1, 2)));
  EXPECT_EQ(inbox.take(clock::now() + std::chrono::hours(1), 10).size(), 1u);
  EXPECT_TRUE(inbox.take(clock::now() + std::chrono::hours(1), 10).empty()) << "a closed inbox does not wait";
}

// After a short wait it looks again instead of sleeping: what ends a wait ends that one too.
TEST(Inbox, AfterAShortWaitItStillWaitsForACommandTheTimeAndTheEnd) {
  Inbox inbox(100);
  auto const short_wait = [&] {
    inbox.put({ParticipantId{1}, CancelOrder{}, {0, 1, 0}});
    EXPECT_EQ(inbox.take(clock::now(), 2).size(), 1u);
  };
  short_wait();
  auto const until = clock::now() + std::chrono::milliseconds(3);
  EXPECT_TRUE(inbox.take(until, 2).empty());
  EXPECT_GE(clock::now(), until);
  auto const far = clock::now() + std::chrono::hours(1);
  short_wait();
  std::thread sender([&] { inbox.put({ParticipantId{1}, CancelOrder{}, {0, 2, 0}}); });
  EXPECT_EQ(inbox.take(far, 2).size(), 1u);
  sender.join();
  std::thread closer([&] { inbox.close(); });
  EXPECT_TRUE(inbox.take(far, 2).empty());
  closer.join();
}

}  // namespace
}  // namespace spillway
