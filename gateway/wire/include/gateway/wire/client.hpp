// gateway/wire/client.hpp - the side that connects: WebSocket, one HTTP request, or a streamed HTTP answer.
// Room:   gateway, target wire.
// Thread: the loop's.
// Errors: WireError; every call has time limits of its own, and the text names the one that passed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/wire/http.hpp"
#include "gateway/wire/tls.hpp"
#include "gateway/wire/url.hpp"
#include "gateway/wire/websocket.hpp"

namespace spillway::wire {

struct ConnectOptions {
  std::optional<TlsClient> tls;  // for wss; absent: what this machine trusts
  std::vector<std::string> subprotocols;
  Headers headers;
  duration connect = std::chrono::seconds(5);  // names, TCP, TLS and the upgrade together
  WebSocketLimits limits;
};

/// {refused} with the status when the server does not upgrade or picks no subprotocol of ours.
awaitable<result<std::shared_ptr<WebSocket>>> connect_websocket(executor where, Url url,
                                                                ConnectOptions options);

struct CallLimits {
  duration connect = std::chrono::seconds(5);      // names, TCP and TLS
  duration first_byte = std::chrono::seconds(30);  // from the request sent to the end of the answer's headers
  duration between_bytes = std::chrono::seconds(30);  // each later wait for more
  std::size_t body_bytes = std::size_t{8} << 20;      // of http_request's answer; a stream has no bound
};

struct HttpCall {
  std::string method = "GET";
  Url url;
  Headers headers;  // Host, Content-Length, User-Agent and Connection are added
  std::string body;
  CallLimits limits;
  std::optional<TlsClient> tls;  // for https; absent: what this machine trusts
};

struct HttpReply {
  int status = 0;
  Headers headers;
  std::string body;
};

/// One request on a connection of its own, the whole answer in memory. Any status is a reply, not an error.
awaitable<result<HttpReply>> http_request(executor where, HttpCall call);

/// A request whose answer is read as it comes. Share it with whoever may cancel it.
class HttpStream {
 public:
  static std::shared_ptr<HttpStream> make(executor where);
  virtual ~HttpStream() = default;

  /// Connects, sends, and returns when status and headers are there. Once per stream.
  virtual awaitable<result<void>> open(HttpCall call) = 0;
  [[nodiscard]] virtual int status() const = 0;
  [[nodiscard]] virtual Headers const& headers() const = 0;
  /// The next bytes of the body as they came (chunk framing removed), valid until the next call; empty at the
  /// end. An answer cut short is {gone}.
  virtual awaitable<result<std::string_view>> read_some() = 0;
  /// Closes the connection now, from any coroutine; whoever waits on this stream gets {cancelled}.
  virtual void cancel() = 0;
};

}  // namespace spillway::wire
