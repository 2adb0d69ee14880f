// apps/spillway/provider.cpp - spillway provider: the agent of one provider, until it is told to stop.
// Room:   apps.
// Exit:   2 when the exchange refuses the login, since trying again can't help.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>

#include "apps/agent/agent.hpp"
#include "command.hpp"

namespace spillway {
namespace {

int provide(std::filesystem::path const& file) {
  auto config = load_agent_config(file);
  if (!config) return failed(config.error());
  boost::asio::io_context loop(1);
  Agent agent(loop.get_executor(), std::move(*config), [](std::string const& line) {
    std::fprintf(stderr, "%s\n", line.c_str());
    std::fflush(stderr);
  });
  boost::asio::signal_set signals(loop, SIGINT, SIGTERM);
  // The first asks it to leave in good order, which may take as long as a lease's end hook; the next one is
  // meant.
  std::function<void(boost::system::error_code, int)> const on_signal = [&](boost::system::error_code error,
                                                                            int) {
    if (error) return;
    agent.stop();
    signals.async_wait(on_signal);
  };
  signals.async_wait(on_signal);
  std::string denied;
  std::exception_ptr broke;
  auto work = [](Agent& a, std::string& out) -> wire::awaitable<void> { out = co_await a.run(); };
  wire::spawn(loop.get_executor(), work(agent, denied), [&](std::exception_ptr error) {
    broke = error;
    signals.cancel();
    loop.stop();
  });
  loop.run();
  if (broke) std::rethrow_exception(broke);
  return denied.empty() ? exit_done : failed(denied, exit_misused);
}

}  // namespace

void add_provider(CLI::App& app, int& status) {
  auto const file = std::make_shared<std::filesystem::path>();
  auto* const sub = app.add_subcommand("provider", "run a provider's agent");
  sub->add_option("--config", *file, "TOML file: exchange, key, engine, nodes and offers");
  add_selftest(*sub, status);
  sub->callback([sub, file, &status] {
    if (!sub->get_subcommands().empty()) return;  // it has done its work
    if (file->empty()) throw CLI::RequiredError("--config");
    status = provide(*file);
  });
}

}  // namespace spillway
