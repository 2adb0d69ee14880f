// apps/agent/agent.hpp - a provider's agent: proves its units, streams its offers, runs the jobs that it is
// sent.
// Room:   apps, library agent; sees market, attest (prover), gateway client.
// Thread: the loop's; the prover computes on a thread of its own.
#pragma once

#include <functional>
#include <memory>

#include "apps/agent/agent_config.hpp"
#include "gateway/wire/loop.hpp"

namespace spillway {

class Agent {
 public:
  Agent(wire::executor where, AgentConfig config, std::function<void(std::string const&)> log);
  ~Agent();

  /// Connects, works, reconnects by itself; returns when stop() was called or the exchange denies the login
  /// (the sentence).
  wire::awaitable<std::string> run();
  /// Takes its offers off the book and gives its leases back (their end hooks run), then run() returns. Asked
  /// a second time it leaves at once.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace spillway
