// tests/exchange/core_timers_test.cpp - the queue of deadlines against a plain list:
// exchange/src/core_timers.cpp.
#include "core_timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace spillway::core {
namespace {

TEST(CoreTimers, FireByDeadlineThenByAge) {
  Timers timers(100);
  timers.add(Stamp{5}, TimerKind::job, 1);
  timers.add(Stamp{3}, TimerKind::job, 2);
  timers.add(Stamp{5}, TimerKind::job, 3);
  std::vector<std::uint64_t> fired;
  while (auto const due = timers.pop_due(Stamp{5})) fired.push_back(due->due.about);
  EXPECT_EQ(fired, (std::vector<std::uint64_t>{2, 1, 3}));
  EXPECT_FALSE(timers.next());
}

TEST(CoreTimers, AgreeWithASortedListUnderAnyMoves) {
  std::mt19937 random{3};
  Timers timers(5'000);
  struct Plain {
    Timer timer;
    Stamp at;
    Due due;
    [[nodiscard]] std::pair<Stamp, std::uint64_t> place() const { return {at, timer.created}; }
  };
  std::vector<Plain> plain;
  Stamp now{0};
  for (int i = 0; i < 5'000; ++i) {
    auto const what = random() % 5;
    if (what < 2) {
      auto const kind = random() % 2 == 0 ? TimerKind::job : TimerKind::order_expiry;
      Stamp const at{now.v + static_cast<std::int64_t>(random() % 50)};
      auto const about = static_cast<std::uint64_t>(i);
      plain.push_back({timers.add(at, kind, about), at, Due{kind, about}});
    } else if (what == 2 && !plain.empty()) {
      auto const at = plain.begin() + static_cast<std::ptrdiff_t>(random() % plain.size());
      auto timer = at->timer;
      timers.cancel(timer);
      EXPECT_FALSE(timer.some());
      plain.erase(at);
    } else if (what == 3 && !plain.empty()) {
      auto& waits = plain[random() % plain.size()];
      waits.at = Stamp{now.v + static_cast<std::int64_t>(random() % 50)};
      timers.move(waits.timer, waits.at);
      ASSERT_EQ(timers.at(waits.timer), waits.at);
    } else if (random() % 10 == 0) {
      Micros const gap{static_cast<std::int64_t>(random() % 20)};
      timers.move_service(gap);
      for (auto& waits : plain)
        if (is_service(waits.due.kind)) waits.at = waits.at + gap;
    }
    now = now + Micros{static_cast<std::int64_t>(random() % 5)};
    auto const any = std::ranges::any_of(plain, [&](auto const& waits) { return waits.at <= now; });
    ASSERT_EQ(timers.any_due(now), any);
    while (auto const due = timers.pop_due(now)) {
      auto const first = std::min_element(plain.begin(), plain.end(),
                                          [](auto const& a, auto const& b) { return a.place() < b.place(); });
      ASSERT_NE(first, plain.end());
      ASSERT_EQ(due->at, first->at);
      ASSERT_EQ(due->created, first->timer.created);
      ASSERT_EQ(due->due, first->due);
      ASSERT_EQ(timers.find(first->timer), nullptr);
      plain.erase(first);
    }
    ASSERT_EQ(timers.size(), plain.size());
    for (auto const& waits : plain) {
      ASSERT_GT(waits.at, now);
      ASSERT_EQ(timers.at(waits.timer), waits.at);
    }
  }
}

}  // namespace
}  // namespace spillway::core
