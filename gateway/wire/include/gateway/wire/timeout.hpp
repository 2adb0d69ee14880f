// gateway/wire/timeout.hpp - gives any coroutine a time limit. A header of its own, since it costs compile
// time.
// Room:   gateway, target wire; includes more of Asio than the other headers.
// Errors: nullopt when the time passed; the coroutine was cancelled then, and has ended. What it throws is
//         thrown on.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "gateway/wire/loop.hpp"

namespace spillway::wire {

/// T is default constructible and not void. The time limit cancels; `work` must end when it is cancelled.
template <class T>
awaitable<std::optional<T>> with_timeout(duration limit, awaitable<T> work) {
  namespace asio = boost::asio;
  auto const where = co_await asio::this_coro::executor;
  asio::steady_timer timer(where, limit);
  auto [order, failure, value, timer_end] =
      co_await asio::experimental::make_parallel_group(asio::co_spawn(where, std::move(work), asio::deferred),
                                                       timer.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (order[0] == 1) co_return std::nullopt;
  if (failure) std::rethrow_exception(failure);
  co_return std::move(value);
}

}  // namespace spillway::wire
