// apps/demo/src/engines.hpp - real llama.cpp engines on synthetic models of different size, so of different
// speed.
// Room:   apps, library demo. The engines are apps/engine.
// Errors: a sentence: node missing, packages missing, or what the engine said.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "run_directory.hpp"

namespace spillway::demo {

struct Engine {
  ChildProcess process;
  std::string title;  // "fast"
  std::string model;  // what it calls its model
  std::string url;    // http://127.0.0.1:PORT/v1
  std::int64_t slots{};
};

/// `context_tokens`: of the longest request, prompt and answer together.
[[nodiscard]] wire::awaitable<std::expected<std::vector<Engine>, std::string>> start_engines(
    RunDirectory const& run, std::int64_t context_tokens);

}  // namespace spillway::demo
