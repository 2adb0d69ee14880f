// apps/agent/src/engine_call.hpp - one job on an OpenAI-compatible engine: request out, content in, totals at
// the end.
// Room:   apps, library agent, private.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/wire/client.hpp"
#include "market/command.hpp"

namespace spillway {

struct EngineJob {
  wire::Url engine;          // its base, .../v1
  std::string engine_model;  // replaces the catalogue's name in the request
  std::string prompt;        // the buyer's chat-completions body
  std::int64_t output_max{};
  wire::duration silence{};
};

struct EngineResult {
  FailCode failed{};  // unset: completed
  FinishReason finish{};
  std::int64_t prompt_tokens{}, completion_tokens{};  // as the engine says, or as counted from chunks
};

class EngineCall {
 public:
  EngineCall(wire::executor where, EngineJob job, std::function<void(std::string_view)> on_content);
  /// Ends by itself or by cancel(); the engine's slot is free afterwards.
  wire::awaitable<EngineResult> run();
  void cancel();

 private:
  [[nodiscard]] bool make_body(std::string& body) const;
  void on_event(std::string const& data);
  wire::awaitable<void> read_stream();

  EngineJob job_;
  std::function<void(std::string_view)> on_content_;
  std::shared_ptr<wire::HttpStream> stream_;
  EngineResult result_;
  std::int64_t chunks_{};
  bool finished_{}, cancelled_{}, error_event_{};
  bool done_{};  // nothing more is read
};

}  // namespace spillway
