// gateway/server/src/census.hpp - epochs by the server's clock, and in each one window in which every idle
// proven unit answers a light challenge at the same time; whoever was at work is called again later in it.
// Room:   gateway, target server, private.
// Thread: the loop's for every member. Whatever is timed runs there too; workers check openings and write
//         transcripts, in which no clock takes part.
// Rule:   the seed of an epoch leaves the server with `EpochClose`, which is entered after its last verdict.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "attest/evidence_store.hpp"
#include "attest/session.hpp"
#include "census_round.hpp"
#include "hub.hpp"
#include "patient_entries.hpp"
#include "prober.hpp"

namespace spillway {

class Census {
 public:
  explicit Census(Hub& hub);
  ~Census();
  /// Goes on with whatever is due; ten times a second.
  void tick();
  /// A message of a unit that was called. What comes late, or of nobody who was called, is dropped.
  void on_frame(Peer& peer, msg::AttestFrame const& frame, std::int64_t read_us);
  /// The session is gone: the units that it spoke for have not answered.
  void forget(Peer& peer);
  /// Units answer now, to a census or a probe: a full challenge on the same device would make both look slow.
  [[nodiscard]] bool asks() const { return !asked_.empty() || prober_.asks(); }
  void stop();

 private:
  using UnitId = CensusRound::UnitId;
  enum class Step { off, begin, busy, retries, waits, asks, settles };
  struct Asked : light::Called {
    std::uint32_t heard{};           // frames of the unit before its challenge
    std::optional<Bytes> last_echo;  // kept until all are challenged
  };

  void begin();
  void close_left_open(CensusView const& last);
  void open_epoch();
  void opened(Refusal refusal);
  void prune();
  void seed_not_kept(std::string const& why);
  void ask_who_is_idle();
  void call(std::vector<CensusNode> const& nodes);
  void call(CensusNode const& node, CensusNode::Unit const& unit, Peer& peer);
  void take(std::shared_ptr<Asked> const& asked, attest::SessionStep step);
  void watch_deadlines();
  void challenge_all();
  void conclude(std::shared_ptr<Asked> const& asked, attest::Outcome const& outcome);
  void enter(UnitChecked const& verdict);
  void put(UnitChecked const& verdict);
  void ask_who_was_busy();
  void judge(std::vector<CensusNode> const& nodes);
  void round_is_over();
  void count_epochs_unjudged();
  void close_epoch();
  void switch_off(std::string const& why);

  void on_worker(std::function<void()> task);
  void on_loop(std::function<void()> task);
  void work();
  void keep(attest::Transcript const& transcript);
  void say_if_failed(attest::Kept const& kept);

  Hub& hub_;
  Step step_{Step::begin};
  bool said_too_early_{};  // that the rules know no census
  std::uint64_t epoch_{};  // the last one
  light::Secrets secrets_;
  std::int64_t opened_us_{}, window_us_{};  // window_us_: when the next call is
  std::int64_t retry_us_{};
  std::string complaint_;        // what was said of a seed that could not be kept
  std::int64_t challenge_us_{};  // whoever has not echoed by then is not challenged
  std::size_t unready_{};        // units that may still echo
  bool challenged_{};
  std::map<UnitId, std::shared_ptr<Asked>> asked_;
  Prober prober_;
  CensusRound round_;
  bool round_is_judged_{}, was_void_{};  // was_void_: in this epoch the exchange stood still
  std::set<UnitId> known_, judged_;      // in this epoch: proven at a call; of these, with a verdict
  std::map<UnitId, int> unjudged_;       // epochs running
  std::size_t unjournalled_{};           // verdicts on their way
  PatientEntries entries_;
  std::optional<attest::EvidenceStore> evidence_;  // seeds; on the workers, one at a time
  std::optional<attest::EvidenceStore> light_;     // transcripts of the epoch; the same
  std::mutex evidence_mutex_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_{};
  std::vector<std::thread> workers_;
};

}  // namespace spillway
