// gateway/wire/src/signal.cpp - a list of timers: a wake cancels them.
// Room:   gateway, target wire.
#include "gateway/wire/signal.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

namespace spillway::wire {

namespace asio = boost::asio;

struct Signal::State {
  struct Waiter {
    asio::steady_timer timer;
    bool woken = false;
  };
  explicit State(executor on) : where(std::move(on)) {}
  executor where;
  std::vector<Waiter*> waiters;

  void wake_all() {
    for (Waiter* waiter : waiters) waiter->woken = true, waiter->timer.cancel();
    waiters.clear();
  }
};

Signal::Signal(executor where) : state_(std::make_shared<State>(std::move(where))) {}
Signal::~Signal() { state_->wake_all(); }
void Signal::notify() { state_->wake_all(); }
awaitable<bool> Signal::wait(std::optional<duration> at_most) { return wait_on(state_, at_most); }

awaitable<bool> Signal::wait_on(std::shared_ptr<State> state, std::optional<duration> at_most) {
  State::Waiter waiter{asio::steady_timer(state->where)};
  // A coroutine may be destroyed while it waits (the loop ends): the list must not keep its waiter.
  struct Listed {
    State& state;
    State::Waiter* waiter;
    Listed(State& s, State::Waiter* w) : state(s), waiter(w) { state.waiters.push_back(w); }
    ~Listed() { std::erase(state.waiters, waiter); }
    Listed(Listed const&) = delete;
    Listed& operator=(Listed const&) = delete;
  } const listed(*state, &waiter);

  if (at_most) {
    waiter.timer.expires_after(*at_most);
  } else {
    waiter.timer.expires_at(asio::steady_timer::time_point::max());
  }
  auto const [error] = co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  (void)error;  // a timer that fired in the same instant as the wake still counts as woken
  co_return waiter.woken;
}

}  // namespace spillway::wire
