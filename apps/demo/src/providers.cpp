// apps/demo/src/providers.cpp - agents share the engines by turns, and each engine's slots among its agents.
#include "providers.hpp"

#include <signal.h>

#include <algorithm>

#include "config_text.hpp"

namespace spillway::demo {

using namespace std::chrono_literals;

std::filesystem::path provider_key(RunDirectory const& run, std::size_t index) {
  return run.keys() / ("provider-" + std::to_string(index + 1) + ".key");
}

std::expected<ChildProcess, std::string> Providers::process(std::size_t index) {
  auto const name = "provider-" + std::to_string(index + 1);
  auto const log = (run_.logs() / name).string();
  ChildProcess::Start what{name, {}, log + ".out", log + ".log"};
  what.arguments = {own_executable().string(), "provider", "--config",
                    (run_.files / (name + ".toml")).string()};
  return ChildProcess::start(std::move(what));
}

std::expected<void, std::string> Providers::start(Plan const& plan, Tables const& tables,
                                                  std::vector<Credentials> const& who,
                                                  std::vector<Engine> const& engines) {
  for (std::size_t i = 0; i < plan.providers.size() && i < who.size(); ++i) {
    auto const& engine = engines[i % engines.size()];
    auto const sharers = (plan.providers.size() - i % engines.size() + engines.size() - 1) / engines.size();
    AgentTexts const texts{exchange_.url("wss", "/v1/stream").text(),
                           exchange_.certificate(),
                           provider_key(run_, i).string(),
                           engine.url,
                           engine.model,
                           std::max<std::int64_t>(1, engine.slots / static_cast<std::int64_t>(sharers))};
    auto const file = run_.files / ("provider-" + std::to_string(i + 1) + ".toml");
    if (auto written = write_text(file, agent_config_text(tables, plan.providers[i], texts)); !written)
      return written;
    auto child = process(i);
    if (!child) return std::unexpected(child.error());
    agents_.push_back(std::move(*child));
  }
  return {};
}

std::vector<std::string> Providers::restart_ended() {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < agents_.size(); ++i) {
    if (agents_[i].running() || restarts_left_ == 0) continue;
    --restarts_left_;
    auto child = process(i);
    lines.push_back("provider " + std::to_string(i + 1) + " ended with status " +
                    std::to_string(agents_[i].status().value_or(-1)) +
                    (child ? " and was started again" : " and can't be started: " + child.error()));
    if (child) agents_[i] = std::move(*child);
  }
  return lines;
}

wire::awaitable<void> Providers::stop() {
  for (auto& agent : agents_) agent.signal(SIGTERM);
  for (auto& agent : agents_) (void)co_await agent.stop(5s);
  agents_.clear();
}

}  // namespace spillway::demo
