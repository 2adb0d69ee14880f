// tests/gateway/wire_loop_test.cpp - spawn, signals, mailboxes and time limits (gateway/wire/src/loop.cpp,
// signal.cpp, and by linking at all separate.cpp; mailbox.hpp, timeout.hpp).
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gateway/wire/mailbox.hpp"
#include "gateway/wire/signal.hpp"
#include "gateway/wire/timeout.hpp"
#include "wire_world.hpp"

namespace spillway::wire {
namespace {

using namespace std::chrono_literals;

awaitable<void> fails() {
  co_await sleep_for(0s);
  throw std::runtime_error("broken");
}

TEST(WireLoop, SpawnHandsTheExceptionToItsOwner) {
  World world;
  std::string seen;
  world.run([&]() -> awaitable<void> {
    Signal ended(world.on());
    auto const note = [&](std::exception_ptr failure) {
      try {
        std::rethrow_exception(failure);
      } catch (std::exception const& error) {
        seen = error.what();
      }
      ended.notify();
    };
    spawn(world.on(), fails(), note);
    while (seen.empty()) co_await ended.wait();
  }());
  EXPECT_EQ(seen, "broken");
}

TEST(WireLoop, PostRunsOnTheLoopFromAnotherThread) {
  World world;
  auto const loop_thread = std::this_thread::get_id();
  std::thread::id ran_on;
  world.run([&]() -> awaitable<void> {
    Signal posted(world.on());
    std::thread other([&, where = world.on()] {
      post(where, [&] { ran_on = std::this_thread::get_id(), posted.notify(); });
    });
    while (ran_on == std::thread::id{}) co_await posted.wait();
    other.join();
  }());
  EXPECT_EQ(ran_on, loop_thread);
}

TEST(WireSignal, WakesEveryoneWhoWaitsAndNobodyLater) {
  World world;
  int woken = 0;
  world.run([&]() -> awaitable<void> {
    Signal signal(world.on());
    auto const waiter = [&]() -> awaitable<void> { woken += co_await signal.wait() ? 1 : 0; };
    for (int at = 0; at < 3; ++at) spawn(world.on(), waiter());
    co_await sleep_for(1ms);
    signal.notify();
    while (woken < 3) co_await sleep_for(1ms);
    EXPECT_FALSE(co_await signal.wait(1ms));
  }());
  EXPECT_EQ(woken, 3);
}

TEST(WireSignal, LetsItsWaitersGoWhenItDies) {
  World world;
  bool woken = false;
  world.run([&]() -> awaitable<void> {
    auto signal = std::make_unique<Signal>(world.on());
    spawn(world.on(),
          [](Signal& on, bool& flag) -> awaitable<void> { flag = co_await on.wait(); }(*signal, woken));
    co_await sleep_for(1ms);
    signal.reset();
    while (!woken) co_await sleep_for(1ms);
  }());
}

TEST(WireMailbox, GivesItemsInOrderAndWaitsForThem) {
  World world;
  std::vector<int> got;
  world.run([&]() -> awaitable<void> {
    Mailbox<int> box(world.on(), 100);
    spawn(world.on(), [](Mailbox<int>& to) -> awaitable<void> {
      for (int at = 0; at < 10; ++at) {
        EXPECT_TRUE(to.push(at));
        if (at % 3 == 0) co_await sleep_for(1ms);
      }
      to.close();
    }(box));
    for (;;) {
      auto const item = co_await box.pop();
      if (!item) {
        EXPECT_EQ(item.error(), PopEnd::closed);
        break;
      }
      got.push_back(*item);
    }
  }());
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(WireMailbox, RefusesWhenFullOrClosedAndKeepsWhatItHas) {
  World world;
  world.run([&]() -> awaitable<void> {
    Mailbox<std::unique_ptr<int>> box(world.on(), 2);
    EXPECT_TRUE(box.push(std::make_unique<int>(1)));
    EXPECT_TRUE(box.push(std::make_unique<int>(2)));
    EXPECT_FALSE(box.push(std::make_unique<int>(3)));
    box.close();
    EXPECT_EQ(**co_await box.pop(), 1);
    EXPECT_FALSE(box.push(std::make_unique<int>(4)));
    EXPECT_EQ(**box.try_pop(), 2);
    auto const end = co_await box.pop(1h);
    EXPECT_EQ(end.error(), PopEnd::closed);
  }());
}

TEST(WireMailbox, TellsATimeLimitFromItsEnd) {
  World world;
  world.run([&]() -> awaitable<void> {
    Mailbox<int> box(world.on(), 2);
    auto const late = co_await box.pop(2ms);
    EXPECT_EQ(late.error(), PopEnd::timed_out);
    EXPECT_TRUE(box.push(5));
    auto const there = co_await box.pop(0ms);
    EXPECT_EQ(there.value(), 5);
  }());
}

TEST(WireMailbox, MayDieWhileSomebodyWaits) {
  World world;
  bool ended = false;
  world.run([&]() -> awaitable<void> {
    auto box = std::make_unique<Mailbox<int>>(world.on(), 2);
    spawn(world.on(), [](Mailbox<int>& from, bool& flag) -> awaitable<void> {
      auto const item = co_await from.pop();
      flag = !item;
    }(*box, ended));
    co_await sleep_for(1ms);
    box.reset();
    while (!ended) co_await sleep_for(1ms);
  }());
}

TEST(WireTimeout, GivesTheValueOrNothing) {
  World world;
  world.run([&]() -> awaitable<void> {
    auto const work = [](duration time) -> awaitable<int> {
      co_await sleep_for(time);
      co_return 7;
    };
    auto const in_time = co_await with_timeout(1h, work(1ms));
    EXPECT_EQ(in_time, 7);
    auto const late = co_await with_timeout(1ms, work(1h));
    EXPECT_EQ(late, std::nullopt);
  }());
}

TEST(WireTimeout, PassesAnExceptionOnAtOnce) {
  World world;
  world.run([&]() -> awaitable<void> {
    bool thrown = false;
    try {
      (void)co_await with_timeout(1h, []() -> awaitable<int> {
        co_await sleep_for(1ms);
        throw std::runtime_error("broken");
      }());
    } catch (std::runtime_error const&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  }());
}

}  // namespace
}  // namespace spillway::wire
