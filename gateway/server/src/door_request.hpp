// gateway/server/src/door_request.hpp - the body of a chat-completions request as a token order.
// Room:   gateway, target server, private.
// Errors: DoorError: the HTTP status and the words that an OpenAI client shows.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "hub.hpp"

namespace spillway {

struct DoorError {
  int status{};
  std::string message;  // says what to do
  std::string type;
  std::string code;
};

struct DoorRequest {
  PlaceOrder order;
  std::string model;  // catalogue name
  bool stream{};
  bool include_usage{};
};

/// `provider.max_price.completion` (units per million tokens) is the price cap; the optional object
/// `spillway` holds place, within, outside, classes, tier, network_ms, ready_ms, good_for_ms. Everything else
/// passes through to the engine.
[[nodiscard]] std::expected<DoorRequest, DoorError> parse_door_request(Hub const& hub, std::string_view body);
/// A refused order in the words of the door.
[[nodiscard]] DoorError door_error(Refusal refusal);

}  // namespace spillway
