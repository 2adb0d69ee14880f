// gateway/server/src/drainer.hpp - takes a node off the market for a full challenge on empty devices: each at
// a random time about daily, and at once where its units were at work in three censuses running.
// Room:   gateway, target server, private.
// Thread: the loop's.
// Rules:  the drain costs no priority and stops no work; all proven units of the node are challenged at one
//         time; whatever happens to node, session or exchange, the drain ends.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "hub.hpp"
#include "patient_entries.hpp"

namespace spillway {

class Drainer {
 public:
  explicit Drainer(Hub& hub);
  /// Goes on with whatever is due; ten times a second.
  void tick();
  /// As soon as there is room; nothing for a node that is drained already.
  void ask(NodeId node, DrainReason reason);
  /// Its units are to answer together as soon as none of them is in a challenge of its own: none begins.
  [[nodiscard]] bool holds(NodeId node) const;

 private:
  enum class Step { enters, drains, answers };  // enters: the entry is on its way
  struct Drained {
    std::int64_t since_us{};
    Step step = Step::enters;
    bool idle{};  // and waits for challenges that still run
  };

  [[nodiscard]] bool on() const;
  void end_those_of_before();
  void begin_what_is_due(std::int64_t now);
  void begin(NodeId node, DrainReason reason);
  void look(std::int64_t now);
  void go_on(std::map<NodeId, Drained> const& looked_at, std::vector<CensusNode> const& nodes);
  void end(NodeId node);

  Hub& hub_;
  bool known_{};  // which nodes an earlier exchange left drained
  std::map<NodeId, std::int64_t> due_us_;
  std::map<NodeId, std::int64_t> metered_us_;  // when the meter's last drain was asked for
  std::map<NodeId, DrainReason> asked_;
  std::map<NodeId, Drained> drained_;
  std::int64_t next_look_us_{}, next_due_us_{};
  PatientEntries entries_;
};

}  // namespace spillway
