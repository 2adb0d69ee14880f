// apps/demo/src/replay.cpp - see replay.hpp.
#include "replay.hpp"

#include <algorithm>
#include <cmath>

namespace spillway::demo {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
constexpr auto longest_sleep = 200ms;  // so that stop() is soon heard
constexpr std::uint64_t door_calls_most =
    128;  // each is a connection; the rest of a burst takes the WebSocket
constexpr std::uint64_t whole_answer_every = 5;  // of the door's calls one in five does not stream

std::uint64_t wall_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

Replay::Replay(MarketInput const& input, DemoOptions const& options, DoorBuyer& door, SocketBuyer& socket,
               std::function<void(std::string)> notice)
    : input_(input),
      options_(options),
      door_(door),
      socket_(socket),
      notice_(std::move(notice)),
      random_(input.seed),
      next_client_(wall_us()) {}

wire::awaitable<void> Replay::run() {
  while (!stopping_) {
    auto const first = input_.trace.front().arrival;
    auto const began = clock::now();
    for (auto const& row : input_.trace) {
      auto const after = static_cast<double>((row.arrival - first).v) / options_.speed;
      auto const due = began + std::chrono::microseconds(std::llround(after));
      while (!stopping_ && clock::now() < due)
        co_await wire::sleep_for(std::min<clock::duration>(due - clock::now(), longest_sleep));
      if (stopping_) co_return;
      send(row);
    }
    notice_("the trace has ended and starts again from its beginning");
    co_await wire::sleep_for(1s);
  }
}

void Replay::send(sim::TraceRequest const& row) {
  auto const wish = sim::draw_token_wish(input_.overlay, random_);
  auto const request = make_request(row, wish, input_.typical_price.at(wish.model), options_.token_scale);
  auto const turn = sent_++;
  bool const by_socket = turn % 2 == 1 || door_.in_flight() >= door_calls_most;
  if (by_socket && socket_.up())
    return socket_.send(socket_order(input_.tables, request, ClientOrderId{next_client_++}));
  door_.send(door_body(input_.tables, request, turn / 2 % whole_answer_every != 0));
}

}  // namespace spillway::demo
