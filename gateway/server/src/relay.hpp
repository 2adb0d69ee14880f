// gateway/server/src/relay.hpp - token jobs on their way: prompt to provider, content to buyer, watchdogs
// between.
// Room:   gateway, target server, private.
// Thread: the loop's.
// Rule:   prompts and content live here, in memory, and die with the connection; the core decides, the relay
//         delivers. Only the dispatch waits for the journal, relayed bytes never do.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "hub.hpp"

namespace spillway {

/// The most UTF-8 bytes of one job's output that are relayed; a provider that sends more fails the job.
inline constexpr std::size_t relay_output_max = 256 * 1024;

/// One buyer's side of one token order.
class JobSink {
 public:
  virtual ~JobSink() = default;
  virtual void on_dispatched(JobId job, ParticipantId provider, PriceIndex price) = 0;
  virtual void on_content(OrderId, JobId, std::string_view utf8) = 0;
  /// The job's one terminal event; nothing follows.
  virtual void on_end(msg::JobEnd const& end) = 0;
  /// The order ended without a job; nothing follows. `phase` is cancelled or expired.
  virtual void on_unfilled(OrderId, OrderPhase phase, std::uint16_t code) = 0;
};

class JobRelay {
 public:
  explicit JobRelay(Hub& hub) : hub_(hub) {}

  /// Submits a token order with its prompt. `answered` runs once: with a refusal at the door and no release,
  /// or with the durable release (which may hold a Refused record). The sink is used only after an accepted
  /// release.
  using Answered = std::function<void(Refusal, Released const*)>;
  void place(ParticipantId buyer, PlaceOrder order, Bytes prompt, std::shared_ptr<JobSink> sink,
             std::int64_t read_ns, Answered answered, Asked asked = {});
  /// The buyer is gone: its resting orders are cancelled, its jobs end with fault `buyer`, the engine's slot
  /// is freed.
  void abandon(JobSink const* sink);

  // -- from providers; false: no such job of this provider, or out of turn --
  [[nodiscard]] bool on_ack(Peer& provider, JobId);
  [[nodiscard]] bool on_refuse(Peer& provider, JobId, FailCode);
  [[nodiscard]] bool on_chunk(Peer& provider, msg::JobChunk const&);
  [[nodiscard]] bool on_done(Peer& provider, msg::JobDone const&);
  [[nodiscard]] bool on_fail(Peer& provider, msg::JobFail const&);
  void provider_gone(Peer& provider);

  void on_released(Released const&);
  /// Ends jobs that fell silent. Called a few times a second.
  void sweep();

  [[nodiscard]] std::size_t orders_waiting() const { return orders_.size(); }
  [[nodiscard]] std::size_t jobs_running() const { return jobs_.size(); }

 private:
  using clock = std::chrono::steady_clock;
  struct WaitingOrder {
    ParticipantId buyer;
    Bytes prompt;
    std::shared_ptr<JobSink> sink;
    Tokens input, output_max;
    FaultPolicy policy{};
  };
  struct RunningJob {
    OrderId order;
    ParticipantId buyer, provider;
    NodeId node;
    InstrumentId instrument;
    PriceIndex price;
    SessionId session;  // of the provider; none when the node was lost before the dispatch
    std::shared_ptr<JobSink> sink;
    Tokens input, output_max;
    bool acknowledged{}, streaming{}, ending{};
    std::uint64_t content_bytes{};
    Tokens marked{};
    clock::time_point dispatched_at, last_heard;
  };

  void on_placed(WaitingOrder placed, Released const&);
  void on_fill(Released const&, Record const&);
  void on_order_state(Record const&);
  void on_job_state(Record const&);
  void dispatch(JobId, RunningJob&, WaitingOrder const&);
  void fail(JobId, RunningJob&, Fault, FailCode, Tokens claimed_output = {}, Tokens claimed_input = {},
            Bytes64 const& signature = {});
  void first_token(JobId, RunningJob&);
  void mark_if_due(JobId, RunningJob&);
  [[nodiscard]] RunningJob* job_of(Peer& provider, JobId);
  [[nodiscard]] Tokens counted(RunningJob const&) const;
  [[nodiscard]] Tokens output_bound(PlaceOrder const&) const;

  Hub& hub_;
  std::set<std::shared_ptr<WaitingOrder>> placing_;  // submitted, not yet durable
  std::map<OrderId, WaitingOrder> orders_;
  std::map<JobId, RunningJob> jobs_;
};

/// The counter of a model: ceil(bytes x 1000 / bytes_per_token_milli).
[[nodiscard]] Tokens count_tokens(Model const& model, std::uint64_t utf8_bytes);

}  // namespace spillway
