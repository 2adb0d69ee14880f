// gateway/wire/src/link.hpp - a byte stream with time limits, TLS or plain: what HTTP is spoken over.
// Room:   gateway, target wire, its own sources only.
// Thread: the loop's. One read and one write at a time.
// Errors: WireError; a passed time limit closes the stream.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/wire/http.hpp"
#include "gateway/wire/loop.hpp"
#include "gateway/wire/tls.hpp"
#include "gateway/wire/url.hpp"

namespace spillway::wire {

class AnyStream;

class Link {
 public:
  explicit Link(executor where);
  explicit Link(AnyStream accepted);
  ~Link();
  Link(Link const&) = delete;
  Link& operator=(Link const&) = delete;

  /// Resolves, connects and, for https and wss, proves the server's name; all within `limit`.
  awaitable<result<void>> connect(Url url, std::optional<TlsClient> tls, duration limit);
  awaitable<result<void>> accept_tls(TlsServer tls, duration limit);

  /// `waiting_for` names the limit in the error. 0 bytes never come: the end is {gone}.
  awaitable<result<std::size_t>> read_some(std::span<char> into, std::optional<duration> limit,
                                           std::string_view waiting_for);
  awaitable<result<void>> write(std::string_view head, std::string_view body, duration limit);
  /// The read that waits now ends with {cancelled}; the stream stays whole.
  void cancel_read();

  /// Orderly: what was written arrives, then the stream ends. Takes a second or two at most.
  awaitable<void> end();
  /// As end(), for a peer that may still be sending: reads and drops for a moment, so that it sees our last
  /// words.
  awaitable<void> end_after_error();
  void abort();

  [[nodiscard]] Peer const& peer() const;
  [[nodiscard]] bool secure() const;
  /// Gives the stream away, to a WebSocket; this Link is empty then, and abort() does nothing.
  [[nodiscard]] AnyStream release();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spillway::wire
