// gateway/server/src/census_round.hpp - who is judged by one call of a census, once all have answered or not.
// Room:   gateway, target server, private. No I/O, threads or clock: times come in.
// Units:  times in microseconds of the loop's clock.
// Rules:  of a node as many units may be silent as were at work at the call or are when it is over; when the
//         exchange itself stood still, nobody has missed; a node that was called before is asked whole, and
//         answers of it count only where no more than the busy ones were silent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "exchange/core.hpp"

namespace spillway {

class CensusRound {
 public:
  using UnitId = std::pair<NodeId, std::uint16_t>;

  /// Of these nodes units are called now. `judged`: by earlier calls of this epoch. `late_after`: the loop is
  /// `late` when it comes by so much later than `tick_every` after it was there last.
  void begin(std::vector<CensusNode> const& nodes, std::set<UnitId> const& judged, std::int64_t now,
             std::int64_t late_after);

  /// The loop comes by, at least every `tick_every`.
  void tick(std::int64_t now);
  /// Before whatever is timed: the loop may have stood still since the last tick.
  void look(std::int64_t now);
  static constexpr std::int64_t tick_every = 100'000;

  /// An answer, right or too late: whether its verdict stands at once. If not, it is held until `judge`.
  [[nodiscard]] bool stands(UnitChecked const& verdict);

  struct Judged {
    std::vector<UnitChecked> verdicts;  // by unit
    std::vector<UnitId> passed_over;    // nobody knows of them
  };
  /// All have answered or not; `nodes` as they are now.
  [[nodiscard]] Judged judge(std::vector<CensusNode> const& nodes) const;

  /// How long the exchange stood still beyond what is fair; 0: it did not.
  [[nodiscard]] std::int64_t late() const { return late_; }

 private:
  struct Node {
    std::int64_t busy{};   // at the call
    bool called_before{};  // in this epoch
    std::map<std::uint16_t, UnitChecked> silent, right;
  };
  std::map<NodeId, Node> nodes_;
  std::set<UnitId> judged_;
  std::int64_t last_tick_{}, late_after_{}, late_{};
};

}  // namespace spillway
