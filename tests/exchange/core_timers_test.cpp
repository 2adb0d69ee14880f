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
  Timers timers;
  timers.add(Stamp{5}, TimerKind::job, 1);
  timers.add(Stamp{3}, TimerKind::job, 2);
  timers.add(Stamp{5}, TimerKind::job, 3);
  std::vector<std::uint64_t> fired;
  while (auto const due = timers.pop_due(Stamp{5})) fired.push_back(due->second.about);
  EXPECT_EQ(fired, (std::vector<std::uint64_t>{2, 1, 3}));
  EXPECT_FALSE(timers.next());
}

TEST(CoreTimers, AgreeWithASortedListUnderAnyMoves) {
  std::mt19937 random{3};
  Timers timers;
  std::vector<std::pair<Timer, Due>> plain;
  Stamp now{0};
  for (int i = 0; i < 5'000; ++i) {
    auto const what = random() % 4;
    if (what < 2) {
      auto const kind = random() % 2 == 0 ? TimerKind::job : TimerKind::order_expiry;
      Stamp const at{now.v + static_cast<std::int64_t>(random() % 50)};
      plain.emplace_back(timers.add(at, kind, static_cast<std::uint64_t>(i)),
                         Due{kind, static_cast<std::uint64_t>(i)});
    } else if (what == 2 && !plain.empty()) {
      auto const at = plain.begin() + static_cast<std::ptrdiff_t>(random() % plain.size());
      auto timer = at->first;
      timers.cancel(timer);
      EXPECT_FALSE(timer.some());
      plain.erase(at);
    } else if (random() % 10 == 0) {
      Micros const gap{static_cast<std::int64_t>(random() % 20)};
      timers.move_service(gap, [](Due const&, Timer const&) {});
      for (auto& [timer, due] : plain)
        if (is_service(due.kind)) timer.at = timer.at + gap;
    }
    now = now + Micros{static_cast<std::int64_t>(random() % 5)};
    while (auto const due = timers.pop_due(now)) {
      auto const first = std::min_element(plain.begin(), plain.end(),
                                          [](auto const& a, auto const& b) { return a.first < b.first; });
      ASSERT_NE(first, plain.end());
      ASSERT_EQ(due->first, first->first);
      ASSERT_EQ(due->second, first->second);
      plain.erase(first);
    }
    ASSERT_EQ(timers.size(), plain.size());
    for (auto const& [timer, due] : plain) ASSERT_GT(timer.at, now);
  }
}

}  // namespace
}  // namespace spillway::core
