// gateway/wire/loop.hpp - what a session needs of the event loop, without the heavy headers of Asio.
// Room:   gateway, target wire; sees awaitable and executor of Asio only.
// Thread: everything of this target lives on the one thread that runs the io_context; only `post` may be
// called
//         from another thread.
// Errors: WireError; a coroutine given to `spawn` without `on_end` must not throw: if it does, run() throws.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <utility>

namespace spillway::wire {

template <class T>
using awaitable = boost::asio::awaitable<T>;
using executor = boost::asio::any_io_executor;
using duration = std::chrono::steady_clock::duration;

enum class WireFault : std::uint8_t {
  closed,      // the peer ended the conversation in good order
  gone,        // the connection broke, or was never there (refused, unreachable)
  unresolved,  // the host name has no address
  timed_out,   // a time limit of the call passed; the text names which
  cancelled,   // our own side gave up
  tls,         // handshake or certificate
  protocol,    // the peer broke the rules of HTTP or WebSocket
  too_large,   // more bytes than the limit; the text names the limit
  refused,     // the peer answered, and its answer is no (handshake status, subprotocol)
  local,       // our own machine: file, port in use, no descriptors
};

struct WireError {
  WireFault fault{};
  std::string text;     // one sentence for a person; holds no secrets and no bytes of the peer
  int http_status = 0;  // of a refused handshake, else 0
};

template <class T>
using result = std::expected<T, WireError>;

[[nodiscard]] inline std::unexpected<WireError> wire_error(WireFault fault, std::string text,
                                                           int http_status = 0) {
  return std::unexpected(WireError{fault, std::move(text), http_status});
}
[[nodiscard]] char const* name_of(WireFault fault);

/// Starts `work` on the loop. `on_end` gets its exception, or null when it ended by itself.
void spawn(executor const& where, awaitable<void> work, std::function<void(std::exception_ptr)> on_end = {});
/// Runs `work` on the loop soon, never inside this call. Safe from any thread.
void post(executor const& where, std::function<void()> work);
awaitable<void> sleep_for(duration time);
awaitable<executor> current_executor();

}  // namespace spillway::wire
