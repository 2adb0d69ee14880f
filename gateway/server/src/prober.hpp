// gateway/server/src/prober.hpp - once an epoch, at a moment of its own, one unit of some nodes that are at
// work answers a short light challenge: what is sold has to be there too.
// Room:   gateway, target server, private.
// Thread: the loop's for every member; openings are checked on the workers of the census.
// Rules:  the rate of a unit at work counts for nothing, so a right answer in time passes; which unit of
//         its node works nobody knows, so any must answer, and silence is a miss, but for that of the
//         exchange itself.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "census_round.hpp"
#include "light_challenge.hpp"

namespace spillway {

class Prober {
 public:
  /// What the census, whose epoch it is, does for it.
  struct Ways {
    std::function<void(std::function<void()>)> on_worker, on_loop;
    std::function<void(attest::Transcript const&)> keep;  // on a worker
    std::function<void(UnitChecked const&)> enter;
  };
  Prober(Hub& hub, Ways ways) : hub_(hub), ways_(std::move(ways)) {}

  /// An epoch was opened: a moment before `until` is drawn.
  void begin(std::uint64_t epoch, light::Secrets const& secrets, std::int64_t until);
  /// Goes on with whatever is due; ten times a second. `free`: no census asks now.
  void tick(bool free);
  /// The epoch closes: who was not called in it is not called any more.
  void end() { due_us_ = never; }
  /// Whether the frame is of a unit that is probed.
  [[nodiscard]] bool on_frame(Peer& peer, msg::AttestFrame const& frame, std::int64_t read_us);
  /// The session is gone: the units that it spoke for have not answered.
  void forget(Peer& peer);
  /// Units are called now, or about to be.
  [[nodiscard]] bool asks() const { return choosing_ || !asked_.empty(); }

 private:
  using UnitId = CensusRound::UnitId;
  static constexpr std::int64_t never = -1;
  using Asked = light::Called;

  void call(std::vector<CensusNode> nodes);
  void call(CensusNode const& node, Peer& peer);
  void take(std::shared_ptr<Asked> const& asked, attest::SessionStep step);
  void watch_deadlines();
  void conclude(std::shared_ptr<Asked> const& asked, attest::Outcome const& outcome);

  Hub& hub_;
  Ways ways_;
  std::uint64_t epoch_{};
  light::Secrets secrets_;
  std::int64_t due_us_ = never;
  bool choosing_{};
  CensusRound stalls_;  // of no nodes: whether the exchange stood still
  std::map<UnitId, std::shared_ptr<Asked>> asked_;
};

}  // namespace spillway
