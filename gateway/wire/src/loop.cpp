// gateway/wire/src/loop.cpp - spawn, post and sleep on Asio.
// Room:   gateway, target wire.
#include "gateway/wire/loop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace spillway::wire {

namespace asio = boost::asio;

char const* name_of(WireFault fault) {
  switch (fault) {
    case WireFault::closed:
      return "closed";
    case WireFault::gone:
      return "gone";
    case WireFault::unresolved:
      return "unresolved";
    case WireFault::timed_out:
      return "timed_out";
    case WireFault::cancelled:
      return "cancelled";
    case WireFault::tls:
      return "tls";
    case WireFault::protocol:
      return "protocol";
    case WireFault::too_large:
      return "too_large";
    case WireFault::refused:
      return "refused";
    case WireFault::local:
      return "local";
  }
  return "unknown";
}

void spawn(executor const& where, awaitable<void> work, std::function<void(std::exception_ptr)> on_end) {
  asio::co_spawn(where, std::move(work), [on_end = std::move(on_end)](std::exception_ptr failure) {
    if (on_end) {
      on_end(failure);
    } else if (failure) {
      std::rethrow_exception(failure);
    }
  });
}

void post(executor const& where, std::function<void()> work) { asio::post(where, std::move(work)); }

awaitable<void> sleep_for(duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<executor> current_executor() { co_return co_await asio::this_coro::executor; }

}  // namespace spillway::wire
