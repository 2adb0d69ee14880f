// gateway/wire/mailbox.hpp - a bounded queue that coroutines of one executor wait on.
// Room:   gateway, target wire.
// Thread: push, pop and close on the loop's thread only; other threads `post` a push.
// Errors: a full or closed mailbox refuses a push; a pop ends with `closed` only when nothing is left.
#pragma once

#include <cstddef>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/wire/signal.hpp"

namespace spillway::wire {

enum class PopEnd : std::uint8_t { closed, timed_out };

template <class T>
class Mailbox {
 public:
  Mailbox(executor where, std::size_t capacity)
      : state_(std::make_shared<State>(std::move(where), capacity)) {}
  ~Mailbox() { close(); }
  Mailbox(Mailbox const&) = delete;
  Mailbox& operator=(Mailbox const&) = delete;

  /// False, and the item is dropped, when the mailbox is full or closed.
  [[nodiscard]] bool push(T item) {
    if (state_->closed || state_->items.size() >= state_->capacity) return false;
    state_->items.push_back(std::move(item));
    state_->changed.notify();
    return true;
  }

  [[nodiscard]] std::optional<T> try_pop() { return take(*state_); }

  /// The oldest item, waiting for one at most `at_most` (for ever when not given).
  awaitable<std::expected<T, PopEnd>> pop(std::optional<duration> at_most = std::nullopt) {
    return pop_from(state_, at_most);
  }

  /// No more items come; those inside can still be popped.
  void close() {
    state_->closed = true;
    state_->changed.notify();
  }

  [[nodiscard]] std::size_t size() const { return state_->items.size(); }
  [[nodiscard]] bool closed() const { return state_->closed; }

 private:
  struct State {
    State(executor where, std::size_t bound) : changed(std::move(where)), capacity(bound) {}
    Signal changed;
    std::size_t capacity;
    std::deque<T> items;
    bool closed = false;
  };

  static std::optional<T> take(State& state) {
    if (state.items.empty()) return std::nullopt;
    std::optional<T> item(std::move(state.items.front()));
    state.items.pop_front();
    return item;
  }

  // The state is shared with whoever waits, so that a session may end while another coroutine waits for its
  // mail.
  static awaitable<std::expected<T, PopEnd>> pop_from(std::shared_ptr<State> state,
                                                      std::optional<duration> at_most) {
    auto const deadline = std::chrono::steady_clock::now() + at_most.value_or(duration::zero());
    for (;;) {
      if (auto item = take(*state)) co_return std::move(*item);
      if (state->closed) co_return std::unexpected(PopEnd::closed);
      std::optional<duration> left;
      if (at_most) left = deadline - std::chrono::steady_clock::now();
      if (left && *left <= duration::zero()) co_return std::unexpected(PopEnd::timed_out);
      co_await state->changed.wait(left);
    }
  }

  std::shared_ptr<State> state_;
};

}  // namespace spillway::wire
