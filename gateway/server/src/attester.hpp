// gateway/server/src/attester.hpp - challenges of units, one node after another, verified on a worker thread
// outside the core.
// Room:   gateway, target server, private.
// Thread: the loop's for every member; the worker is inside.
// Rules:  a unit reaches the book only through a verdict made here; there is no other way to enter
//         UnitAttested. Units of one node that open together are challenged in step: all begin their rounds
//         at one moment, and all get their z_0 at one moment.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "attest/evidence_store.hpp"
#include "attest/session.hpp"
#include "challenge_queue.hpp"
#include "hub.hpp"

namespace spillway {

class Attester {
 public:
  explicit Attester(Hub& hub);
  ~Attester();
  /// A message of a unit's challenge. The first (AttestOpen) queues the unit; later ones go to its running
  /// challenge. Refusals: node_unknown, not_yours, unknown_id (no such unit), malformed,
  /// bond_missing, attestation_pending
  /// (as many units of the provider wait as may).
  [[nodiscard]] Refusal on_frame(Peer& peer, msg::AttestFrame frame, std::int64_t read_us);
  /// A full challenge of this unit runs now.
  [[nodiscard]] bool challenges(std::pair<NodeId, std::uint16_t> unit) const {
    return running_.contains(unit);
  }
  /// One runs, or waits for its turn.
  [[nodiscard]] bool has_open(ParticipantId provider, std::pair<NodeId, std::uint16_t> unit) const {
    return running_.contains(unit) || queue_.holds(provider, unit);
  }
  /// While it asked, none was begun.
  void census_is_over() { start_next(); }
  /// Calls these units of a node, whose devices are idle, and challenges all that open at one time; who does
  /// not open is rejected. `done` when each has its verdict. False: one of them is in a challenge now.
  [[nodiscard]] bool challenge_all(NodeEntry const& node, std::vector<std::uint16_t> const& units,
                                   std::function<void()> done);
  /// Units of the node that were called are not all judged yet. No more when their session is gone.
  [[nodiscard]] bool calls(NodeId node) const { return called_.contains(node); }
  /// Units that were called and do not open, and those that wait for others of their node; ten times a
  /// second.
  void tick();
  /// The session is gone: its queued and running challenges end.
  void forget(Peer& peer);
  void stop();

 private:
  using UnitId = WaitingUnit::Id;
  struct Running {
    WaitingUnit who;  // without its AttestOpen, which the challenge has
    std::int64_t began_us;
    std::uint64_t group;                                  // of units in step, perhaps of one
    bool answered{};                                      // it has said more than its AttestOpen
    std::unique_ptr<attest::ChallengeSession> challenge;  // used on the worker only
  };

  struct Called {  // units of one node
    SessionId session;
    std::set<std::uint16_t> silent, judged_later;
    std::vector<WaitingUnit> opened;
    std::int64_t until_us{};
    bool begun{};
    std::function<void()> done;
  };

  void start_next();
  void start_together(std::vector<WaitingUnit> units);
  void start(WaitingUnit next, std::uint64_t group);
  [[nodiscard]] std::optional<Micros> rtt_of(PlaceId place) const;
  void start_all(NodeId node);
  void judged(UnitId unit);
  void on_worker(std::function<void()> task);
  void work();
  void watch_deadlines();
  void take(std::shared_ptr<Running> running, attest::SessionStep step);
  void go_on_together(std::uint64_t group);
  void conclude(std::shared_ptr<Running> const& running, attest::Outcome const& outcome);
  std::shared_ptr<attest::EpochSecret const> secret(attest::Profile profile);
  void open_evidence();
  void keep_evidence(attest::ChallengeSession const& challenge, attest::Outcome const& outcome);
  void say_if_failed(attest::Kept const& kept);

  Hub& hub_;
  std::optional<attest::EvidenceStore> evidence_;  // on the worker
  ChallengeQueue queue_;
  std::map<UnitId, std::shared_ptr<Running>> running_;  // by unit; on the loop
  std::map<NodeId, Called> called_;
  std::set<NodeId> apart_;  // a unit was silent when all were called: proven later, it leads to the next call
  std::uint64_t groups_{};  // so far

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_{};
  std::set<std::shared_ptr<Running>> watched_;                        // on the worker
  std::shared_ptr<attest::EpochSecret const> secret_, other_secret_;  // on the worker
  std::int64_t secret_made_us_{};
  std::uint64_t epoch_{};
  std::thread worker_;
};

}  // namespace spillway
