// gateway/wire/signal.hpp - wakes coroutines that wait for a fact to change.
// Room:   gateway, target wire.
// Thread: one executor; notify and wait on the loop's thread only.
// Errors: none. A waiter looks at its own fact again after every wake.
#pragma once

#include <memory>
#include <optional>

#include "gateway/wire/loop.hpp"

namespace spillway::wire {

class Signal {
 public:
  explicit Signal(executor where);
  ~Signal();  // wakes all who wait
  Signal(Signal const&) = delete;
  Signal& operator=(Signal const&) = delete;

  /// Wakes everyone who waits at this moment; nobody later.
  void notify();
  /// True when notified, false when `at_most` passed first. Safe when the Signal dies while it waits.
  awaitable<bool> wait(std::optional<duration> at_most = std::nullopt);

 private:
  struct State;
  static awaitable<bool> wait_on(std::shared_ptr<State> state, std::optional<duration> at_most);
  std::shared_ptr<State> state_;
};

}  // namespace spillway::wire
