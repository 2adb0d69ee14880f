// apps/demo/src/replay.hpp - the trace as it happened: each row at its time, by turns through the two doors.
// Room:   apps, library demo; sees sim import.
// Thread: the loop's.
#pragma once

#include <functional>
#include <string>

#include "door_buyer.hpp"
#include "market_input.hpp"
#include "request.hpp"
#include "sim/random.hpp"
#include "socket_buyer.hpp"

namespace spillway::demo {

class Replay {
 public:
  Replay(MarketInput const& input, DemoOptions const& options, DoorBuyer& door, SocketBuyer& socket,
         std::function<void(std::string)> notice);
  /// Sends rows until stop(); begins again when the trace ends, and says so.
  wire::awaitable<void> run();
  void stop() { stopping_ = true; }

 private:
  void send(sim::TraceRequest const& row);

  MarketInput const& input_;  // all of these outlive the replay
  DemoOptions const& options_;
  DoorBuyer& door_;
  SocketBuyer& socket_;
  std::function<void(std::string)> notice_;
  sim::Random random_;
  std::uint64_t next_client_;
  std::uint64_t sent_{};
  bool stopping_{};
};

}  // namespace spillway::demo
