// gateway/server/src/attester.cpp - queue, worker, verdict.
#include "attester.hpp"

#include <sodium.h>

#include <algorithm>
#include <chrono>

#include "census.hpp"
#include "drainer.hpp"
#include "steady_clock.hpp"

namespace spillway {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t epoch_us = 600 * micros_per_second;

/// Units of a node that open within this time of the first are challenged together.
constexpr std::int64_t gather_us = 100'000;

/// No AttestOpen is longer: only short messages are looked into on the loop.
constexpr std::size_t longest_open_bytes = 256;

bool is_open(Bytes const& bytes) {
  if (bytes.size() > longest_open_bytes) return false;
  auto const message = attest::decode(bytes);
  return message && std::holds_alternative<attest::AttestOpen>(*message);
}

std::int64_t steady_us() { return steady_ns() / 1000; }

Bytes32 fresh32() {
  Bytes32 out;
  randombytes_buf(out.data(), out.size());
  return out;
}

attest::Outcome ended(attest::RejectReason reason) {
  attest::Outcome outcome;
  outcome.reason = reason;
  return outcome;
}

// Kept the exchange waiting for an answer that never came. Leaving in the middle is the same: else it would
// be the way to be silent at no cost.
bool fell_silent(attest::Outcome const& outcome) {
  if (outcome.admitted()) return false;
  switch (*outcome.reason) {
    case attest::RejectReason::late_open:
    case attest::RejectReason::late_echo:
    case attest::RejectReason::late_rounds:
    case attest::RejectReason::late_memory:
    case attest::RejectReason::late_openings:
    case attest::RejectReason::ended_by_caller:
      return true;
    default:
      return false;
  }
}

}  // namespace

Attester::Attester(Hub& hub) : hub_(hub), worker_([this] { work(); }) {}
Attester::~Attester() { stop(); }

void Attester::stop() {
  {
    std::lock_guard const lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  changed_.notify_all();
  worker_.join();
  if (evidence_) say_if_failed(evidence_->close_epochs());
}

// ---- on the loop ----

Refusal Attester::on_frame(Peer& peer, msg::AttestFrame frame, std::int64_t read_us) {
  auto const* const node = hub_.node(frame.node);
  if (!node) return Refusal::node_unknown;
  if (node->provider != peer.participant() || node->peer != &peer) return Refusal::not_yours;
  if (frame.unit >= node->units_max) return Refusal::unknown_id;
  UnitId const unit{frame.node, frame.unit};
  if (auto const found = running_.find(unit); found != running_.end()) {
    auto& running = *found->second;
    if (running.who.session != peer.id()) return Refusal::not_yours;
    // An agent that renews just when its node is called opens twice: nothing was asked of the first opening
    // yet.
    if (!running.answered && is_open(frame.bytes)) return Refusal::none;
    running.answered = true;
    on_worker([this, running = found->second, bytes = std::move(frame.bytes), read_us] {
      if (running->challenge) take(running, running->challenge->on_message(bytes, Micros{read_us}));
    });
    return Refusal::none;
  }
  auto const message = attest::decode(frame.bytes);
  auto const* const open = message ? std::get_if<attest::AttestOpen>(&*message) : nullptr;
  if (!open) return Refusal::malformed;
  if (!hub_.bonded(frame.node, frame.unit)) return Refusal::bond_missing;
  WaitingUnit who{node->provider,         peer.id(),  unit, node->klass, open->unit,
                  std::move(frame.bytes), steady_us()};
  if (auto const called = called_.find(frame.node); called != called_.end() && !called->second.begun) {
    auto& of = called->second;
    if (of.silent.erase(frame.unit) > 0) {
      of.opened.push_back(std::move(who));
      if (of.silent.empty()) start_all(frame.node);
      return Refusal::none;
    }
    if (of.judged_later.contains(frame.unit)) return Refusal::none;  // it has opened
  }
  if (queue_.holds(node->provider, unit)) return Refusal::none;
  if (!queue_.add(std::move(who))) return Refusal::attestation_pending;
  start_next();
  return Refusal::none;
}

void Attester::start_next() {
  auto const now = steady_us();
  auto const ready = [&](WaitingUnit const& who) {
    auto const* const node = hub_.node(who.unit.first);
    if (node && hub_.drainer().holds(node->id)) return false;
    return !node || now - who.opened_us >= gather_us ||
           queue_.waiting_of(who.provider, node->id) >= node->units_max;
  };
  while (running_.size() < hub_.config().challenges_at_once && !hub_.census().asks()) {
    auto next = queue_.next(ready);
    if (!next) return;
    auto units = queue_.take_node(next->provider, next->unit.first);
    units.insert(units.begin(), std::move(*next));
    start_together(std::move(units));
  }
}

void Attester::start_together(std::vector<WaitingUnit> units) {
  auto const group = ++groups_;
  for (auto& who : units) start(std::move(who), group);
}

void Attester::start(WaitingUnit next, std::uint64_t group) {
  auto open = std::exchange(next.open, {});
  auto running = std::make_shared<Running>(Running{std::move(next), steady_us(), group, false, nullptr});
  auto const& who = running->who;
  running_[who.unit] = running;
  auto const* const klass = hub_.reference().find(who.klass);
  auto const floors = klass ? attest::floors_of(*klass) : std::nullopt;
  if (!floors) return conclude(running, ended(attest::RejectReason::floor_ops));
  attest::SessionConfig config;
  config.params = hub_.config().challenge;
  config.params.profile = attest::profile_of(*klass);
  config.floors = *floors;
  config.class_scale = hub_.rules().class_scale;
  // Also alone: a phase begins when its question is sent, and not before the worker has come to it.
  config.in_step = true;
  config.keep_transcript = !hub_.config().evidence_directory.empty();
  if (hub_.config().check_place) config.rtt_of_place = rtt_of(hub_.node(who.unit.first)->place);
  attest::Claimant const claimant{who.key, who.unit.first, who.klass};
  on_worker([this, running, config, claimant, open = std::move(open)] {
    running->challenge = std::make_unique<attest::ChallengeSession>(secret(config.params.profile), config,
                                                                    claimant, fresh32(), Micros{steady_us()});
    watched_.insert(running);
    take(running, running->challenge->on_message(open, Micros{steady_us()}));
  });
}

/// Between the relay, which this server is, and the claimed place; nothing when the table does not know.
std::optional<Micros> Attester::rtt_of(PlaceId place) const {
  auto const trip = hub_.reference().round_trip(hub_.reference().relay(), place);
  if (!trip || trip->rtt_us < 0) return std::nullopt;
  return Micros{trip->rtt_us};
}

// ---- all units of a node at one time ----

bool Attester::challenge_all(NodeEntry const& node, std::vector<std::uint16_t> const& units,
                             std::function<void()> done) {
  for (auto const unit : units)
    if (running_.contains({node.id, unit})) return false;
  Called called;
  called.session = node.peer->id();
  called.until_us = steady_us() + 5 * hub_.config().census.answer_within.v;
  called.done = std::move(done);
  called.silent = called.judged_later = {units.begin(), units.end()};
  for (auto const unit : units)
    if (auto waiting = queue_.take(node.provider, {node.id, unit})) {
      called.silent.erase(unit);
      called.opened.push_back(std::move(*waiting));
    }
  called_[node.id] = std::move(called);
  for (auto const unit : called_[node.id].silent) node.peer->send(msg::AttestFrame{node.id, unit, {}, 0});
  if (called_[node.id].silent.empty()) start_all(node.id);
  return true;
}

/// A census has the devices for itself: whoever opened while it asks is challenged after it.
void Attester::start_all(NodeId node) {
  auto const found = called_.find(node);
  if (hub_.census().asks() || found->second.begun) return;
  found->second.begun = true;
  auto const silent = std::exchange(found->second.silent, {});
  silent.empty() ? void(apart_.erase(node)) : void(apart_.insert(node));
  start_together(std::exchange(found->second.opened, {}));
  auto const late = ended(attest::RejectReason::late_open);
  for (auto const unit : silent) {
    hub_.enter(UnitRejected{node, unit, static_cast<std::uint16_t>(*late.reason)});
    hub_.log("attestation refused: node " + std::to_string(node.v) + " unit " + std::to_string(unit) + ": " +
             late.explain());
    judged({node, unit});
  }
}

void Attester::judged(UnitId unit) {
  auto const found = called_.find(unit.first);
  if (found == called_.end() || !found->second.begun) return;
  found->second.judged_later.erase(unit.second);
  if (!found->second.judged_later.empty()) return;
  auto const done = std::move(found->second.done);
  called_.erase(found);
  done();
}

void Attester::tick() {
  auto const now = steady_us();
  std::vector<NodeId> due;
  for (auto const& [node, called] : called_)
    if (!called.begun && (called.silent.empty() || now >= called.until_us)) due.push_back(node);
  for (auto const node : due) start_all(node);
  start_next();
}

void Attester::forget(Peer& peer) {
  queue_.leave(peer.participant(), peer.id());
  std::erase_if(called_, [&](auto const& called) { return called.second.session == peer.id(); });
  for (auto const& [unit, running] : running_)
    if (running->who.session == peer.id())
      on_worker([this, running = running] {
        if (running->challenge && !running->challenge->ended())
          take(running, running->challenge->abandon(Micros{steady_us()}));
      });
}

// The verdict only: who calls starts the next.
void Attester::conclude(std::shared_ptr<Running> const& running, attest::Outcome const& outcome) {
  auto const& who = running->who;
  auto const [node, unit] = who.unit;
  if (auto const mine = running_.find(who.unit); mine != running_.end() && mine->second == running)
    running_.erase(mine);
  queue_.ended(who.provider, fell_silent(outcome), Micros{steady_us() - running->began_us});
  if (outcome.admitted()) {
    if (apart_.contains(node) && !called_.contains(node))
      hub_.drainer().ask(node, DrainReason::unjudged);  // what was silent there answers with the others
    std::uint8_t const level = hub_.rules().class_scale > 1 ? 2 : 1;
    hub_.enter(UnitAttested{node, unit, who.key, who.klass, outcome.measured.ops_per_s,
                            outcome.measured.bytes, outcome.measured.bytes_per_s, level, outcome.transcript});
  } else {
    hub_.enter(UnitRejected{node, unit, static_cast<std::uint16_t>(*outcome.reason)});
    hub_.log("attestation refused: node " + std::to_string(node.v) + " unit " + std::to_string(unit) + ": " +
             outcome.explain());
  }
  if (auto* const peer = hub_.peer(who.session))
    peer->send(
        msg::AttestVerdict{node, unit, outcome.admitted(),
                           outcome.reason ? static_cast<std::uint16_t>(*outcome.reason) : std::uint16_t{0},
                           outcome.explain(), outcome.measured.ops_per_s, outcome.measured.bytes,
                           outcome.measured.bytes_per_s, hub_.now() + hub_.rules().attestation_validity});
  judged(who.unit);
}

// ---- on the worker ----

void Attester::on_worker(std::function<void()> task) {
  {
    std::lock_guard const lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void Attester::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, 200ms, [&] { return stopping_ || !tasks_.empty(); });
    while (!tasks_.empty() && !stopping_) {
      auto const task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
    lock.unlock();
    watch_deadlines();
    lock.lock();
  }
}

void Attester::watch_deadlines() {
  auto const now = Micros{steady_us()};
  for (auto const& running : std::set(watched_))
    if (auto const due = running->challenge->deadline(); due && *due <= now)
      take(running, running->challenge->on_time(now));
}

void Attester::take(std::shared_ptr<Running> running, attest::SessionStep step) {
  bool const step_ends = step.outcome.has_value();
  if (step_ends) {
    watched_.erase(running);
    keep_evidence(*running->challenge, *step.outcome);
  }
  wire::post(hub_.where(), [this, running, step = std::move(step)] {
    auto const& who = running->who;
    if (auto* const peer = hub_.peer(who.session))
      for (auto const& bytes : step.send)
        peer->send(msg::AttestFrame{who.unit.first, who.unit.second, bytes});
    if (!step.outcome) return;
    conclude(running, *step.outcome);
    start_next();
  });
  if (step_ends || running->challenge->held()) go_on_together(running->group);
}

/// Whoever is late is out by then, and its end comes by here.
void Attester::go_on_together(std::uint64_t group) {
  std::vector<std::shared_ptr<Running>> units;
  for (auto const& running : watched_)
    if (running->group == group) units.push_back(running);
  if (!std::ranges::all_of(units, [](auto const& unit) { return unit->challenge->held(); })) return;
  auto const now = Micros{steady_us()};
  for (auto const& unit : units) take(unit, unit->challenge->release(now));
}

// One secret per epoch, and of its seed one more for the other profile when a unit needs it; making one costs
// n^2, using it n per row.
std::shared_ptr<attest::EpochSecret const> Attester::secret(attest::Profile profile) {
  if (!secret_ || steady_us() - secret_made_us_ > epoch_us) {
    secret_made_us_ = steady_us();
    auto const seed = fresh32();
    auto const beacon = attest::make_beacon(fresh32(), {});
    open_evidence();
    // A seed under which a challenge still runs is no secret to give away: it goes with the next one.
    if (evidence_) {
      if (watched_.empty()) say_if_failed(evidence_->close_epochs());
      say_if_failed(evidence_->open_epoch(beacon, seed));
    }
    secret_ = std::make_shared<attest::EpochSecret>(++epoch_, seed, beacon, hub_.config().challenge.n);
    other_secret_.reset();
  }
  if (profile == secret_->profile()) return secret_;
  if (!other_secret_) other_secret_ = std::make_shared<attest::EpochSecret>(secret_->in(profile));
  return other_secret_;
}

// Not before the first challenge: by then the journal has made its directory.
void Attester::open_evidence() {
  auto const& directory = hub_.config().evidence_directory;
  if (evidence_ || directory.empty()) return;
  auto store = attest::EvidenceStore::open(directory);
  if (store) evidence_.emplace(std::move(*store));
  if (!store) say_if_failed(std::unexpected(store.error()));
}

// Before the journal hears of the verdict. Without the file the verdict stands, and the auditor misses it.
void Attester::keep_evidence(attest::ChallengeSession const& challenge, attest::Outcome const& outcome) {
  if (evidence_ && outcome.admitted()) say_if_failed(evidence_->keep(challenge.transcript()));
}

void Attester::say_if_failed(attest::Kept const& kept) {
  if (kept) return;
  wire::post(hub_.where(),
             [this, why = kept.error()] { hub_.log("evidence of a proof was not kept: " + why); });
}

}  // namespace spillway
