// gateway/server/src/openai_door.hpp - /v1/models and /v1/chat/completions for anyone with an OpenAI client.
// Room:   gateway, target server, private.
// Thread: the loop's.
// Rule:   each request is one token order; content is relayed as it comes; nothing delivered is nothing
//         charged.
#pragma once

#include "gateway/wire/http.hpp"
#include "hub.hpp"

namespace spillway {

class OpenAiDoor {
 public:
  explicit OpenAiDoor(Hub& hub) : hub_(hub) {}
  /// True when the path is one of the door's.
  [[nodiscard]] static bool serves(std::string_view path);
  wire::awaitable<void> handle(wire::HttpRequest request, wire::HttpResponder& out);

 private:
  wire::awaitable<void> models(ParticipantId who, wire::HttpResponder& out);
  wire::awaitable<void> complete(ParticipantId who, wire::HttpRequest const& request,
                                 wire::HttpResponder& out);
  Hub& hub_;
};

}  // namespace spillway
