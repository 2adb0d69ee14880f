// gateway/wire/src/websocket_open.hpp - how a WebSocket comes to be, on either side.
// Room:   gateway, target wire, its own sources only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "any_stream.hpp"
#include "gateway/wire/websocket.hpp"

namespace spillway::wire {

struct Upgrade {
  Peer peer;
  WebSocketLimits limits;
  duration handshake{};
};

/// Answers the request `head`, naming `subprotocol` unless it is empty. `rest`: what was read behind the
/// head.
awaitable<result<std::shared_ptr<WebSocket>>> websocket_accept(AnyStream stream, Upgrade upgrade,
                                                               RequestHead head, std::string rest,
                                                               std::string subprotocol);
awaitable<result<std::shared_ptr<WebSocket>>> websocket_connect(AnyStream stream, Upgrade upgrade,
                                                                std::string host, std::string target,
                                                                Headers headers,
                                                                std::vector<std::string> subprotocols);
/// Returns when the socket is closed for good.
awaitable<void> websocket_ended(std::shared_ptr<WebSocket> socket);

}  // namespace spillway::wire
