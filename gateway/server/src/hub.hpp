// gateway/server/src/hub.hpp - what every door shares: the way into the pipeline, what came out of it, who is
// connected.
// Room:   gateway, target server, private.
// Thread: the loop's, unless a member says otherwise.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "exchange/follower.hpp"
#include "exchange/pipeline.hpp"
#include "gateway/server/exchange_server.hpp"
#include "gateway/wire/loop.hpp"
#include "market/message.hpp"
#include "meters.hpp"
#include "patient_entries.hpp"

namespace spillway {

class Attester;
class Census;
class Drainer;
class Feed;
class JobRelay;

/// A connected and logged-in client, as the rest of the server sees it.
class Peer {
 public:
  virtual ~Peer() = default;
  [[nodiscard]] virtual SessionId id() const = 0;
  [[nodiscard]] virtual ParticipantId participant() const = 0;
  /// Queues a message. A peer that reads its own reports too slowly is closed, not waited for.
  virtual void send(ServerMessage const& message) = 0;
};

struct NodeEntry {
  NodeId id;
  ParticipantId provider;
  PlaceId place;
  ClassId klass;
  std::uint16_t units_max{};
  Peer* peer{};  // the session that speaks for it; null while lost
  std::optional<std::chrono::steady_clock::time_point> unspoken{};  // up, and nobody speaks for it since
};

/// What the doors know of people: from the durable log alone.
struct Member {
  FirmId firm;
  std::uint32_t roles{};
  std::uint64_t reports{};  // last report number seen here
  std::map<KeyId, KeyView> keys;
};

/// What the core said of an entry; none: it was taken.
[[nodiscard]] Refusal refusal_of(Released const& released);

class Hub {
 public:
  using Done = std::function<void(Released const&)>;

  Hub(wire::executor where, ServerConfig config);
  ~Hub();
  /// Opens the pipeline and learns the present state from the follower. Blocks; before the loop runs.
  [[nodiscard]] std::expected<void, std::string> open(PipelineOptions options);

  /// `none` when queued; then `done` runs on the loop once the command is durable. Otherwise nothing
  /// happened.
  [[nodiscard]] Refusal submit(ParticipantId principal, Command command, std::int64_t read_ns = 0,
                               Done done = {}, Asked asked = {});
  /// The exchange's own commands: never refused, nobody waits.
  void enter(Command command);
  /// The same for a part of the server that goes on when the disk takes entries again.
  [[nodiscard]] PatientEntries patient_entries(std::string part);

  /// Runs `ask` on the follower once `at_least` is applied, and `answer` with its text on the loop.
  void query(Seq at_least, std::function<std::string(FollowerView const&)> ask,
             std::function<void(std::string, Seq)> answer);

  void connect(Peer& peer);
  void disconnect(Peer& peer);  // its nodes are lost, its orders' prompts are gone
  [[nodiscard]] std::vector<Peer*> const& peers_of(ParticipantId) const;
  [[nodiscard]] Peer* peer(SessionId) const;
  void speaks_for(NodeId node, Peer& peer);
  /// A node came up by a session that was gone before the journal answered. Another may speak for it soon; if
  /// none does, `sweep` loses it.
  void registered_and_left(NodeId node);
  void sweep();  // a few times a second

  [[nodiscard]] Reference const& reference() const { return reference_; }
  [[nodiscard]] Rules const& rules() const { return rules_; }
  [[nodiscard]] Member const* member(ParticipantId) const;
  [[nodiscard]] KeyView const* bearer(Bytes32 const& hash) const;
  [[nodiscard]] NodeEntry* node(NodeId);
  /// The unit may be challenged: its bond is there, or none is asked for.
  [[nodiscard]] bool bonded(NodeId node, std::uint16_t unit) const;
  [[nodiscard]] std::map<NodeId, NodeEntry> const& nodes() const { return nodes_; }
  [[nodiscard]] Instrument const* instrument(InstrumentId) const;
  [[nodiscard]] std::map<InstrumentId, Instrument> const& instruments() const { return instruments_; }
  [[nodiscard]] std::string name_of(InstrumentId) const;  // "tokens:<model>/<class>/<place>/<tier>"
  [[nodiscard]] ServerConfig const& config() const { return config_; }
  [[nodiscard]] wire::executor const& where() const { return where_; }
  [[nodiscard]] Pipeline& pipeline() { return *pipeline_; }
  [[nodiscard]] JobRelay& relay() { return *relay_; }
  [[nodiscard]] Attester& attester() { return *attester_; }
  [[nodiscard]] Census& census() { return *census_; }
  [[nodiscard]] Drainer& drainer() { return *drainer_; }
  [[nodiscard]] Feed& feed() { return *feed_; }
  [[nodiscard]] Meters& meters() { return meters_; }
  /// Client order ids of the OpenAI door: its clients have none. The present wall clock in microseconds, so
  /// that they grow past the ids that the exchange forgets with time, and over restarts.
  [[nodiscard]] std::uint64_t next_door_order() {
    return door_order_ = std::max(door_order_ + 1, static_cast<std::uint64_t>(now().v));
  }
  [[nodiscard]] Stamp now() const;  // wall clock, for deadlines that are told to people
  void log(std::string const& line) const;

  std::function<void()> on_shutdown_asked;

  Pipeline::Stopped stop();

 private:
  void on_released(ReleasedBatch const&);
  void learn(Released const&);
  void learn_node(Released const&);
  void learn_bond(Record const& posting);
  void deliver_reports(Released const&);
  void deliver_leases(Released const&);
  /// The tables are megabytes and definitions come by hundreds: one copy under way, and one more for what
  /// came since.
  void reload_reference(Seq defined);
  void learn_state(FollowerView const&);

  wire::executor where_;
  ServerConfig config_;
  Reference reference_;
  Seq newest_definition_{};
  bool reloading_reference_ = false;
  Rules rules_;
  std::map<ParticipantId, Member> members_;
  std::map<Bytes32, KeyView> bearers_;
  std::map<NodeId, NodeEntry> nodes_;
  std::map<std::uint64_t, Nano> bonds_;  // by node << 16 | unit
  /// A BondTake is on its way: what opens behind it would be challenged without a bond.
  std::set<std::uint64_t> bonds_asked_back_;
  std::map<InstrumentId, Instrument> instruments_;
  std::map<ParticipantId, std::vector<Peer*>> peers_;
  std::unordered_map<std::uint64_t, Peer*> peers_by_id_;
  std::unordered_map<std::uint64_t, Done> waiting_;  // by ticket
  std::uint64_t next_ticket_{1};
  std::uint64_t door_order_;
  Meters meters_;
  std::unique_ptr<JobRelay> relay_;
  std::unique_ptr<Attester> attester_;
  std::unique_ptr<Census> census_;
  std::unique_ptr<Drainer> drainer_;
  std::unique_ptr<Feed> feed_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace spillway
