// gateway/server/src/hub.cpp - commands in, durable batches out, to whom they concern.
#include "hub.hpp"

#include <algorithm>
#include <chrono>
#include <future>

#include "attester.hpp"
#include "census.hpp"
#include "drainer.hpp"
#include "exchange/stamp_clock.hpp"
#include "feed.hpp"
#include "relay.hpp"

namespace spillway {
namespace {

constexpr std::chrono::seconds speaker_grace{1};

bool is_definition(Command const& command) {
  return std::holds_alternative<DefinePlaces>(command) || std::holds_alternative<DefineRoundTrips>(command) ||
         std::holds_alternative<DefineClasses>(command) || std::holds_alternative<DefineTiers>(command) ||
         std::holds_alternative<DefineModels>(command) || std::holds_alternative<DefineRelay>(command);
}

}  // namespace

namespace {

std::uint64_t unit_number(NodeId node, std::uint16_t unit) { return std::uint64_t{node.v} << 16 | unit; }

}  // namespace

Refusal refusal_of(Released const& released) {
  for (auto const& record : released.records)
    if (record.head.kind == RecordKind::refused) return Refusal{record.head.code};
  return Refusal::none;
}

Hub::Hub(wire::executor where, ServerConfig config)
    : where_(std::move(where)),
      config_(std::move(config)),
      door_order_(static_cast<std::uint64_t>(StampClock::wall().v)),
      relay_(std::make_unique<JobRelay>(*this)),
      attester_(std::make_unique<Attester>(*this)),
      census_(std::make_unique<Census>(*this)),
      drainer_(std::make_unique<Drainer>(*this)),
      feed_(std::make_unique<Feed>(*this)) {}

Hub::~Hub() = default;

std::expected<void, std::string> Hub::open(PipelineOptions options) {
  options.released = [this](std::shared_ptr<ReleasedBatch const> batch) {
    wire::post(where_, [this, batch] { on_released(*batch); });
  };
  options.touched = [this](std::vector<InstrumentId> const& touched) {
    wire::post(where_, [this, touched] { feed_->touched(touched); });
  };
  options.log = config_.log;
  auto const genesis = options.genesis.size();
  auto pipeline = Pipeline::open(std::move(options));
  if (!pipeline) return std::unexpected(pipeline.error().message);
  pipeline_ = std::move(*pipeline);
  // The loop does not run yet, so nothing released is lost between this look and the first batch: batches
  // wait as posts.
  auto const& start = pipeline_->start();
  Seq const known{start.fresh ? std::max<std::uint64_t>(genesis, 1) : start.entries + 1};
  std::promise<void> learnt;
  pipeline_->follower().query(known, [&](FollowerView const& view) {
    learn_state(view);
    learnt.set_value();
  });
  learnt.get_future().wait();
  return {};
}

void Hub::learn_state(FollowerView const& view) {
  reference_ = view.core.reference();
  rules_ = view.core.rules();
  for (auto const& p : view.core.participants()) members_[p.id] = {p.firm, p.roles, p.reports, {}};
  for (auto const& key : view.core.keys()) {
    members_[key.participant].keys[key.key] = key;
    if (key.kind == KeyKind::bearer_blake2b) bearers_[key.value] = key;
  }
  for (auto const& n : view.core.nodes())
    nodes_[n.id] = {n.id, n.provider, n.place, n.klass, n.units_max, nullptr};
  for (auto const& bond : view.core.bonds()) bonds_[unit_number(bond.node, bond.unit)] = bond.amount;
  for (std::size_t i = 1; i <= view.core.book().instrument_count(); ++i) {
    InstrumentId const id{static_cast<std::uint32_t>(i)};
    instruments_[id] = view.core.book().instrument(id);
  }
  for (auto const& offer : view.core.offers())
    if (offer.phase == OfferPhase::live) meters_.offers_live.insert(offer.id.v);
}

// ---- into the pipeline ----

Refusal Hub::submit(ParticipantId principal, Command command, std::int64_t read_ns, Done done, Asked asked) {
  auto const ticket = next_ticket_++;
  if (done) waiting_.emplace(ticket, std::move(done));
  std::optional<std::uint64_t> asked_back;
  if (auto const* const take = std::get_if<BondTake>(&command))
    if (auto const* const of = node(take->node); of && of->provider == principal)
      asked_back = unit_number(take->node, take->unit);
  auto const refusal = pipeline_->submit({principal, std::move(command), {0, ticket, read_ns}, asked});
  if (refusal != Refusal::none) waiting_.erase(ticket);
  if (refusal == Refusal::none && asked_back) bonds_asked_back_.insert(*asked_back);
  return refusal;
}

void Hub::enter(Command command) { (void)submit(the_exchange, std::move(command)); }

PatientEntries Hub::patient_entries(std::string part) {
  return PatientEntries(
      [this](Command const& command, PatientEntries::Done const& done) {
        return submit(the_exchange, command, 0,
                      [done](Released const& released) { done(refusal_of(released)); });
      },
      [this, part = std::move(part)](char const* what) { log(part + ": " + what); });
}

void Hub::query(Seq at_least, std::function<std::string(FollowerView const&)> ask,
                std::function<void(std::string, Seq)> answer) {
  pipeline_->follower().query(
      at_least, [this, ask = std::move(ask), answer = std::move(answer)](FollowerView const& view) {
        wire::post(where_, [answer, text = ask(view), seq = view.seq] { answer(text, seq); });
      });
}

// ---- out of the pipeline ----

void Hub::on_released(ReleasedBatch const& batch) {
  for (auto const& released : batch) {
    meters_.learn(released);
    learn(released);
    if (auto const waiting = waiting_.extract(released.cookie.request); !waiting.empty())
      waiting.mapped()(released);
    relay_->on_released(released);
    deliver_reports(released);
    deliver_leases(released);
    feed_->on_released(released);
  }
}

void Hub::learn(Released const& released) {
  if (auto const* const take = std::get_if<BondTake>(&released.entry.command))
    bonds_asked_back_.erase(unit_number(take->node, take->unit));
  learn_node(released);  // of a refused entry too: what had become due may stand in it
  if (refusal_of(released) != Refusal::none) return;
  if (auto const* const p = std::get_if<AddParticipant>(&released.entry.command))
    members_[p->participant].firm = p->firm, members_[p->participant].roles = p->roles;
  if (auto const* const k = std::get_if<AddKey>(&released.entry.command)) {
    KeyView const key{k->participant, k->key, k->kind, k->value};
    members_[k->participant].keys[k->key] = key;
    if (k->kind == KeyKind::bearer_blake2b) bearers_[k->value] = key;
  }
  if (auto const* const r = std::get_if<SetRules>(&released.entry.command)) rules_ = r->rules;
  if (is_definition(released.entry.command)) reload_reference(released.entry.seq);
}

void Hub::learn_node(Released const& released) {
  for (auto const& record : released.records) {
    if (record.head.kind == RecordKind::instrument_listed) {
      auto const i = record.as<record::InstrumentListed>();
      instruments_[InstrumentId{i.instrument}] = {ProductKind{i.product}, ModelId{i.model}, ClassId{i.klass},
                                                  PlaceId{i.place}, TierId{i.tier}};
    }
    if (record.head.kind == RecordKind::posting) learn_bond(record);
    if (record.head.kind != RecordKind::node_state) continue;
    auto const n = record.as<record::NodeState>();
    if (DrainReason{static_cast<std::uint8_t>(record.head.code)} == DrainReason::metered)
      drainer_->ask(NodeId{n.node}, DrainReason::metered);
    auto& entry = nodes_[NodeId{n.node}];
    entry.id = NodeId{n.node};
    entry.place = PlaceId{n.place};
    entry.klass = ClassId{n.klass};
    auto const* const made = std::get_if<RegisterNode>(&released.entry.command);
    if (made && refusal_of(released) == Refusal::none)
      entry.provider = released.entry.principal, entry.units_max = made->units_max;
  }
}

/// What a posting is about names the unit.
void Hub::learn_bond(Record const& posting) {
  auto const moved = posting.as<record::Posting>();
  switch (TransferCode{posting.head.code}) {
    case TransferCode::bond_post:
      bonds_[moved.about] += Nano{moved.amount_nano};
      break;
    case TransferCode::bond_return:
    case TransferCode::bond_loss:
      bonds_.erase(moved.about);
      break;
    default:
      break;
  }
}

bool Hub::bonded(NodeId node, std::uint16_t unit) const {
  if (rules_.version < 5 || rules_.bond_per_unit == Nano{}) return true;
  auto const number = unit_number(node, unit);
  auto const found = bonds_.find(number);
  return found != bonds_.end() && found->second >= rules_.bond_per_unit &&
         !bonds_asked_back_.contains(number);
}

void Hub::reload_reference(Seq defined) {
  newest_definition_ = defined;
  if (std::exchange(reloading_reference_, true)) return;
  pipeline_->follower().query(defined, [this, defined](FollowerView const& view) {
    wire::post(where_, [this, defined, reference = view.core.reference()]() mutable {
      reference_ = std::move(reference);
      reloading_reference_ = false;
      if (newest_definition_ != defined) reload_reference(newest_definition_);
    });
  });
}

void Hub::deliver_reports(Released const& released) {
  for (auto const& record : released.records)
    for (auto const& to : {record.head.first, record.head.second}) {
      if (to.report == 0) continue;
      auto const who = ParticipantId{to.participant};
      members_[who].reports = std::max(members_[who].reports, to.report);
      for (auto* const peer : peers_of(who))
        peer->send(msg::Report{to.report, released.entry.seq, released.entry.stamp, record});
    }
}

void Hub::deliver_leases(Released const& released) {
  for (auto const& record : released.records) {
    if (record.head.kind != RecordKind::lease_state) continue;
    auto const lease = record.as<record::LeaseState>();
    auto const phase = LeasePhase{lease.phase};
    // The node of a lease is in its fill, which stands in the same outcome.
    for (auto const& other : released.records) {
      if (other.head.kind != RecordKind::fill || phase != LeasePhase::starting) continue;
      auto const fill = other.as<record::Fill>();
      if (fill.fill != lease.lease) continue;
      if (auto* const node = this->node(NodeId{fill.node}); node && node->peer)
        node->peer->send(msg::LeaseStart{LeaseId{lease.lease},
                                         node->id,
                                         Lots{lease.lots},
                                         ParticipantId{record.head.first.participant},
                                         {}});
    }
    if (phase == LeasePhase::ended || phase == LeasePhase::failed)
      for (auto* const peer : peers_of(ParticipantId{record.head.second.participant}))
        peer->send(msg::LeaseStop{LeaseId{lease.lease}, FailCode{record.head.code}});
  }
}

// ---- who is connected ----

void Hub::connect(Peer& peer) {
  peers_[peer.participant()].push_back(&peer);
  peers_by_id_[peer.id().v] = &peer;
}

void Hub::disconnect(Peer& peer) {
  std::erase(peers_[peer.participant()], &peer);
  peers_by_id_.erase(peer.id().v);
  feed_->forget(peer);
  attester_->forget(peer);
  census_->forget(peer);
  relay_->provider_gone(peer);
  for (auto& [id, node] : nodes_)
    if (node.peer == &peer) {
      node.peer = nullptr;
      enter(NodeLost{id});
    }
}

void Hub::speaks_for(NodeId node, Peer& peer) {
  auto& entry = nodes_[node];
  entry.peer = &peer;
  entry.unspoken.reset();
}

void Hub::registered_and_left(NodeId node) {
  auto& entry = nodes_[node];
  if (!entry.peer) entry.unspoken = std::chrono::steady_clock::now();
}

void Hub::sweep() {
  census_->tick();
  drainer_->tick();
  attester_->tick();
  auto const now = std::chrono::steady_clock::now();
  for (auto& [id, node] : nodes_)
    if (node.unspoken && now - *node.unspoken >= speaker_grace) {
      node.unspoken.reset();
      enter(NodeLost{id});
    }
}

std::vector<Peer*> const& Hub::peers_of(ParticipantId who) const {
  static std::vector<Peer*> const nobody;
  auto const found = peers_.find(who);
  return found == peers_.end() ? nobody : found->second;
}

Peer* Hub::peer(SessionId id) const {
  auto const found = peers_by_id_.find(id.v);
  return found == peers_by_id_.end() ? nullptr : found->second;
}

Member const* Hub::member(ParticipantId who) const {
  auto const found = members_.find(who);
  return found == members_.end() ? nullptr : &found->second;
}

KeyView const* Hub::bearer(Bytes32 const& hash) const {
  auto const found = bearers_.find(hash);
  return found == bearers_.end() ? nullptr : &found->second;
}

NodeEntry* Hub::node(NodeId id) {
  auto const found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

Instrument const* Hub::instrument(InstrumentId id) const {
  auto const found = instruments_.find(id);
  return found == instruments_.end() ? nullptr : &found->second;
}

std::string Hub::name_of(InstrumentId id) const {
  auto const* const i = instrument(id);
  if (!i) return "unknown";
  auto const* const model = reference_.find(i->model);
  auto const product =
      i->product == ProductKind::tokens ? "tokens:" + (model ? model->name : "?") : std::string("capacity");
  return product + "/" + reference_.find(i->klass)->name + "/" + reference_.find(i->place)->name + "/" +
         reference_.find(i->tier)->name;
}

Stamp Hub::now() const { return StampClock::wall(); }

void Hub::log(std::string const& line) const {
  if (config_.log) config_.log(line);
}

Pipeline::Stopped Hub::stop() {
  attester_->stop();
  census_->stop();
  return pipeline_->stop();
}

}  // namespace spillway
