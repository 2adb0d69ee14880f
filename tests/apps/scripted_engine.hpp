// tests/apps/scripted_engine.hpp - a scripted engine: an OpenAI-compatible server whose faults a test
// chooses. The real engine (apps/engine) is used in tests/e2e; it can't be made to stall, to lie or to break
// on a word.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/wire/server.hpp"
#include "gateway/wire/sse.hpp"
#include "gateway/wire/url.hpp"

namespace spillway {

class ScriptedEngine {
 public:
  using Script = std::function<wire::awaitable<void>(ScriptedEngine&, wire::HttpResponder&)>;

  ScriptedEngine(wire::executor where, Script script) : script_(std::move(script)) {
    wire::ServerOptions options;
    options.plain_text = true;
    wire::ServerHandlers handlers;
    handlers.http = [this](wire::HttpRequest request, wire::HttpResponder& out) {
      requests.push_back(std::move(request));
      out.on_client_gone([this] { ++clients_gone; });
      return script_(*this, out);
    };
    server_ = wire::Server::listen(std::move(where), std::move(options), std::move(handlers)).value();
  }
  [[nodiscard]] wire::Url url() const { return {"http", "127.0.0.1", server_->port(), "/v1"}; }

  std::vector<wire::HttpRequest> requests;
  int clients_gone = 0;

  // ---- what scripts are made of ----

  /// A healthy stream of these pieces, then usage of so many tokens.
  static Script says(std::vector<std::string> pieces, std::string finish = "stop") {
    return [pieces, finish](ScriptedEngine&, wire::HttpResponder& out) { return say(out, pieces, finish); };
  }
  static Script status(int code) {
    return [code](ScriptedEngine&, wire::HttpResponder& out) { return refuse(out, code); };
  }
  /// These events as they are, then the end of the body.
  static Script events(std::vector<std::string> raw) {
    return [raw](ScriptedEngine&, wire::HttpResponder& out) { return send_raw(out, raw, Then::ends); };
  }
  /// These events as they are, then the connection breaks.
  static Script breaks_after(std::vector<std::string> raw) {
    return [raw](ScriptedEngine&, wire::HttpResponder& out) { return send_raw(out, raw, Then::breaks); };
  }
  /// These events as they are, then nothing until the client goes away.
  static Script falls_silent_after(std::vector<std::string> raw) {
    return [raw](ScriptedEngine&, wire::HttpResponder& out) { return send_raw(out, raw, Then::is_silent); };
  }
  /// Not even a head.
  static Script never_answers() {
    return [](ScriptedEngine&, wire::HttpResponder& out) { return wait_for_ever(out); };
  }

  static std::string piece(std::string const& text) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
  }
  static std::string end(std::string const& finish = "stop") {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + finish + "\"}]}\n\n";
  }
  static std::string usage(std::size_t prompt, std::size_t completion) {
    return "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":" + std::to_string(prompt) +
           ",\"completion_tokens\":" + std::to_string(completion) + "}}\n\n";
  }
  static constexpr char const* done = "data: [DONE]\n\n";

 private:
  enum class Then { ends, breaks, is_silent };

  static wire::awaitable<void> wait_for_ever(wire::HttpResponder& out) {
    while (!out.cancelled()) co_await wire::sleep_for(std::chrono::milliseconds(10));
  }
  static wire::awaitable<void> refuse(wire::HttpResponder& out, int code) {
    auto const body = wire::error_body("scripted", "scripted_error", "scripted");
    (void)co_await out.send(code, wire::json_headers(), body);
  }
  static wire::awaitable<void> send_raw(wire::HttpResponder& out, std::vector<std::string> raw, Then then) {
    wire::Headers headers;
    headers.push_back({"content-type", "text/event-stream"});
    (void)co_await out.start(200, headers);
    for (auto const& bytes : raw) (void)co_await out.write(bytes);
    if (then == Then::ends) (void)co_await out.finish();
    if (then == Then::is_silent) co_await wait_for_ever(out);
  }
  static wire::awaitable<void> say(wire::HttpResponder& out, std::vector<std::string> pieces,
                                   std::string finish) {
    std::vector<std::string> raw;
    for (auto const& text : pieces) raw.push_back(piece(text));
    raw.push_back(end(finish));
    raw.push_back(usage(7, pieces.size()));
    raw.emplace_back(done);
    return send_raw(out, std::move(raw), Then::ends);
  }

  Script script_;
  std::unique_ptr<wire::Server> server_;
};

}  // namespace spillway
