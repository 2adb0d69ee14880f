// apps/demo/src/providers.hpp - the provider agents of a demonstration, each a process with a configuration
// file.
// Room:   apps, library demo.
// Errors: a sentence.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "engines.hpp"
#include "exchange_process.hpp"
#include "plan.hpp"

namespace spillway::demo {

class Providers {
 public:
  Providers(RunDirectory run, ExchangeProcess const& exchange) : run_(std::move(run)), exchange_(exchange) {}

  [[nodiscard]] std::expected<void, std::string> start(Plan const& plan, Tables const& tables,
                                                       std::vector<Credentials> const& who,
                                                       std::vector<Engine> const& engines);
  /// Starts again what has ended; a line for each.
  std::vector<std::string> restart_ended();
  wire::awaitable<void> stop();

 private:
  std::expected<ChildProcess, std::string> process(std::size_t index);
  RunDirectory run_;
  ExchangeProcess const& exchange_;
  std::vector<ChildProcess> agents_;
  int restarts_left_{20};  // an agent that can't live is not started for ever
};

/// Where the key of provider `index` is kept.
[[nodiscard]] std::filesystem::path provider_key(RunDirectory const& run, std::size_t index);

}  // namespace spillway::demo
