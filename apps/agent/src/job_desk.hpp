// apps/agent/src/job_desk.hpp - the jobs that run here: each is acknowledged, relayed from the engine, and
// ended by a signed claim.
// Room:   apps, library agent, private.
// Thread: the loop's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "apps/agent/agent_config.hpp"
#include "engine_call.hpp"
#include "gateway/client/market_client.hpp"

namespace spillway {

class JobDesk : public std::enable_shared_from_this<JobDesk> {
 public:
  struct Engine {
    std::string url;  // its base, .../v1
    wire::duration silence{};
  };
  JobDesk(wire::executor where, Engine engine, std::function<void(std::string const&)> log);

  /// On the session that sent it. Without a node to run it the job is refused.
  void start(std::shared_ptr<MarketClient> session, msg::Dispatch dispatch, AgentNode const* node);
  /// Nobody waits for its answer any more; unknown jobs are ignored.
  void cancel(JobId job);
  /// The session ended, and with it its jobs.
  void cancel_all();

 private:
  wire::awaitable<void> run(std::shared_ptr<MarketClient> session, JobId id, EngineJob job);

  wire::executor where_;
  Engine engine_;
  std::function<void(std::string const&)> log_;
  std::map<JobId, std::shared_ptr<EngineCall>> calls_;
};

}  // namespace spillway
