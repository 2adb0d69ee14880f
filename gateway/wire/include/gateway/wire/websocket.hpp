// gateway/wire/websocket.hpp - one WebSocket, of either side: frames in, a bounded outbox out.
// Room:   gateway, target wire; the one face of Beast's WebSocket.
// Thread: the loop's, for every call. Another thread posts.
// Units:  bytes; times are steady-clock durations.
// Errors: WireError; a broken peer is closed with the code of RFC 6455 (1002 protocol, 1007 text, 1009 size).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/wire/http.hpp"
#include "gateway/wire/loop.hpp"
#include "gateway/wire/tls.hpp"

namespace spillway::wire {

struct WebSocketLimits {
  std::size_t frame_bytes = std::size_t{1} << 20;   // largest message read, fragments together
  std::size_t outbox_bytes = std::size_t{4} << 20;  // queued and unwritten, each with its overhead
  duration idle = std::chrono::seconds(30);  // nothing read for so long: gone. A ping asks at half of it
  duration write_stall = std::chrono::seconds(30);  // one message not taken by the peer for so long: gone
  duration close_wait = std::chrono::seconds(2);    // for the outbox to empty and the peer to answer a close
};

enum class FrameKind : std::uint8_t { binary, text };

struct Frame {
  std::span<std::uint8_t const> bytes;  // valid until the next read
  FrameKind kind{};
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
  }
};

/// Close codes of RFC 6455 section 7.4.1 that we send by our own choice.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol = 1002,
  unsupported = 1003,
  bad_payload = 1007,
  policy = 1008,
  too_big = 1009,
  internal = 1011,
  try_again_later = 1013,
};

/// Whoever holds the last pointer and lets go of it closes the socket (1000).
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  /// The next message. {closed} after a close handshake (see close_code), {gone}, {timed_out}, {protocol},
  /// {too_large}. One read at a time. Pings are answered only while a read waits.
  virtual awaitable<result<Frame>> read_frame() = 0;

  /// Queues a message; never waits. False when the outbox is over its bound (nothing was queued: the caller
  /// conflates or closes) or the socket is closing. `written` runs once the socket has taken the message.
  template <class Bytes>
  [[nodiscard]] bool send(std::shared_ptr<Bytes const> bytes, FrameKind kind,
                          std::function<void()> written = {}) {
    auto const* first = reinterpret_cast<std::uint8_t const*>(bytes->data());
    std::span<std::uint8_t const> const view{first, bytes->size()};
    return queue({std::move(bytes), view, kind, std::move(written)});
  }
  [[nodiscard]] bool send_text(std::string text);
  [[nodiscard]] bool send_binary(std::span<std::uint8_t const> bytes);  // copies

  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  /// Returns when at most `bytes` are queued, or the socket ended (false).
  virtual awaitable<bool> wait_until_queued_at_most(std::size_t bytes) = 0;

  /// Writes what is queued, then closes; returns at once. Later calls change nothing. Reason: at most 123
  /// bytes.
  virtual void close(CloseCode code, std::string reason = {}) = 0;
  /// Drops the connection now; queued messages are lost.
  virtual void abort() = 0;

  [[nodiscard]] virtual bool open() const = 0;  // neither side has begun to close
  /// Of the peer's close frame, or 0.
  [[nodiscard]] virtual std::uint16_t close_code() const = 0;
  [[nodiscard]] virtual std::string const& close_reason() const = 0;
  [[nodiscard]] virtual std::string const& subprotocol() const = 0;
  [[nodiscard]] virtual Peer const& peer() const = 0;
  /// Keying material of this connection, equal on both sides; nullopt on plain text.
  [[nodiscard]] virtual std::optional<TlsExporter> tls_exporter(
      std::string_view label = login_exporter_label) const = 0;
  /// From now on; a session that proved who it is may send larger messages.
  virtual void set_frame_bytes(std::size_t largest) = 0;
  virtual void set_outbox_bytes(std::size_t most) = 0;

 protected:
  struct Outgoing {
    std::shared_ptr<void const> owner;
    std::span<std::uint8_t const> bytes;
    FrameKind kind{};
    std::function<void()> written;
  };
  virtual bool queue(Outgoing message) = 0;
};

}  // namespace spillway::wire
