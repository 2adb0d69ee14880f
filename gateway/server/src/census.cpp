// gateway/server/src/census.cpp - opens an epoch, calls whoever is idle, enters the verdicts, closes it.
#include "census.hpp"

#include <algorithm>
#include <utility>

#include "attester.hpp"
#include "drainer.hpp"

namespace spillway {
namespace {

using light::drawn32;
using light::loop_time_us;
using light::on_its_way;
using light::uniform_below;

/// Epochs running in which a unit was at work at each call.
constexpr int unjudged_epochs_most = 3;

/// A seed that could not be kept is tried again.
constexpr std::int64_t seed_again_after_us = 1'000'000;

/// What a unit says before it is challenged: it opens, and echoes each probe.
constexpr std::uint32_t before_challenge = 1 + attest::rtt_probes;

/// A unit whose bond is smaller than what is asked now is not challenged. Which unit of a node is idle is not
/// known: the others are called only where more are idle than those.
std::vector<CensusNode> with_bonds_only(Hub const& hub, std::vector<CensusNode> nodes) {
  for (auto& node : nodes)
    node.free -= static_cast<std::int64_t>(
        std::erase_if(node.units, [&](auto const& unit) { return !hub.bonded(node.node, unit.unit); }));
  return nodes;
}

}  // namespace

Census::Census(Hub& hub)
    : hub_(hub),
      prober_(hub, {[this](std::function<void()> task) { on_worker(std::move(task)); },
                    [this](std::function<void()> task) { on_loop(std::move(task)); },
                    [this](attest::Transcript const& transcript) { keep(transcript); },
                    [this](UnitChecked const& verdict) { put(verdict); }}),
      entries_(hub.patient_entries("census")) {
  if (!hub_.config().census.on) switch_off({});
  for (std::uint32_t i = 0; step_ != Step::off && i < hub_.config().census.workers; ++i)
    workers_.emplace_back([this] { work(); });
}
Census::~Census() { stop(); }

void Census::stop() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& worker : workers_)
    if (worker.joinable()) worker.join();
  step_ = Step::off;
}

void Census::switch_off(std::string const& why) {
  step_ = Step::off;
  if (!why.empty()) hub_.log("no census: " + why);
}

// ---- the epoch ----

void Census::tick() {
  auto const now = loop_time_us();
  auto const& config = hub_.config().census;
  round_.tick(now);
  entries_.go_on();
  if (step_ != Step::off) prober_.tick(step_ == Step::waits || step_ == Step::settles);
  switch (step_) {
    case Step::off:
    case Step::busy:
      return;
    case Step::begin:
      return begin();
    case Step::retries:
      return now >= retry_us_ ? open_epoch() : void();
    case Step::waits:
      return now >= window_us_ && !prober_.asks() ? ask_who_is_idle() : void();
    case Step::asks:
      return watch_deadlines();
    case Step::settles:
      return now >= opened_us_ + config.epoch.v && !prober_.asks() ? close_epoch() : void();
  }
}

void Census::begin() {
  if (hub_.rules().version < 3) {
    if (!std::exchange(said_too_early_, true))
      hub_.log("no census: the rules of this journal (version " + std::to_string(hub_.rules().version) +
               ") know none; raise them");
    return;
  }
  step_ = Step::busy;
  hub_.pipeline().follower().query(Seq{}, [this](FollowerView const& view) {
    std::vector<NodeId> low;  // whose marks an earlier exchange has not answered
    for (auto const& node : view.core.nodes())
      if (node.low_at.v != 0) low.push_back(node.id);
    on_loop([this, last = view.core.census(), low] {
      for (auto const node : low) hub_.drainer().ask(node, DrainReason::metered);
      epoch_ = last.epoch;
      last.open ? close_left_open(last) : open_epoch();
    });
  });
}

/// An earlier exchange opened it: what it did not judge is judged by nobody, and its seed is revealed.
void Census::close_left_open(CensusView const& last) {
  on_worker([this, last] {
    Bytes32 seed{};
    auto const& directory = hub_.config().census_directory;
    if (!directory.empty()) {
      std::lock_guard const lock(evidence_mutex_);
      auto store = attest::EvidenceStore::open(directory);
      if (store) evidence_.emplace(std::move(*store));
      auto const kept = attest::EvidenceReader(directory).seed(last.beacon);
      if (kept && *kept) seed = **kept;
    }
    on_loop([this, last, seed] {
      entries_.put(EpochClose{last.epoch, seed}, [this](Refusal) { open_epoch(); });
    });
  });
}

void Census::open_epoch() {
  step_ = Step::busy;
  auto const n = hub_.config().census.light.n;
  on_worker([this, epoch = epoch_ + 1, n] {
    light::Secrets made{drawn32(), attest::make_beacon(drawn32(), {}), nullptr, nullptr};
    made.int8 = std::make_shared<attest::EpochSecret>(epoch, made.seed, made.beacon, n);
    made.f16x = std::make_shared<attest::EpochSecret>(made.int8->in(attest::Profile::f16x));
    auto const& directory = hub_.config().census_directory;
    if (!directory.empty()) {
      std::lock_guard const lock(evidence_mutex_);
      attest::Kept kept;
      if (!evidence_) {
        auto store = attest::EvidenceStore::open(directory);
        if (store) evidence_.emplace(std::move(*store));
        if (!store) kept = std::unexpected(store.error());
      }
      // The last seed is in the journal. The new one is kept before the journal names it: what a lost one
      // checked nobody can check again, and auditors call it wrong.
      if (evidence_) kept = evidence_->close_epochs();
      if (evidence_ && kept) {
        auto light = attest::EvidenceStore::open(attest::epoch_folder(directory, epoch));
        if (light) light_.emplace(std::move(*light));
        if (!light) kept = std::unexpected(light.error());
      }
      if (evidence_ && kept) kept = evidence_->open_epoch(made.beacon, made.seed);
      if (!kept) return on_loop([this, why = kept.error()] { seed_not_kept(why); });
    }
    on_loop([this, epoch, made] {
      if (!std::exchange(complaint_, {}).empty()) hub_.log("census: the seed can be kept again");
      epoch_ = epoch, secrets_ = made;
      entries_.put(EpochOpen{epoch, made.int8->commitment(), made.beacon},
                   [this](Refusal refusal) { opened(refusal); });
    });
  });
}

/// The disk is full, or the folder not ours: the census comes back when it is.
void Census::seed_not_kept(std::string const& why) {
  if (std::exchange(complaint_, why) != why) hub_.log("census: no epoch, its seed was not kept: " + why);
  retry_us_ = loop_time_us() + seed_again_after_us;
  step_ = Step::retries;
}

void Census::opened(Refusal refusal) {
  if (refusal != Refusal::none)
    return switch_off(std::string("no epoch can be opened: ") + sentence(refusal));
  auto const& config = hub_.config().census;
  opened_us_ = loop_time_us();
  window_us_ = opened_us_ + config.window_from.v + uniform_below(config.window_to.v - config.window_from.v);
  known_.clear(), judged_.clear();
  was_void_ = false;
  prober_.begin(epoch_, secrets_, opened_us_ + config.window_to.v);
  step_ = Step::waits;
  prune();
}

/// Only what is of closed epochs, whose seeds the journal has. What fails is tried again in the next epoch.
void Census::prune() {
  auto const& directory = hub_.config().census_directory;
  std::uint64_t const keep = hub_.config().census.keep_epochs;
  if (directory.empty() || keep == 0) return;
  auto const before = epoch_ > keep ? epoch_ - keep : 0;
  on_worker([this, directory, before] { say_if_failed(attest::prune_epochs(directory, before)); });
}

/// Whoever was called and every verdict of it is in the journal: only now may anybody know the seed.
void Census::close_epoch() {
  step_ = Step::busy;
  prober_.end();
  count_epochs_unjudged();
  entries_.put(EpochClose{epoch_, secrets_.seed}, [this](Refusal) { open_epoch(); });
}

/// Who is at work whenever a census comes would never be in one: its node is emptied and challenged.
void Census::count_epochs_unjudged() {
  if (was_void_) return;
  std::erase_if(unjudged_, [&](auto const& unit) { return !known_.contains(unit.first); });
  for (auto const& unit : known_)
    judged_.contains(unit) ? void(unjudged_.erase(unit)) : void(++unjudged_[unit]);
  for (auto& [unit, epochs] : unjudged_)
    if (epochs >= unjudged_epochs_most) hub_.drainer().ask(unit.first, DrainReason::unjudged), epochs = 0;
}

// ---- the window ----

void Census::ask_who_is_idle() {
  step_ = Step::busy;
  hub_.pipeline().follower().query(Seq{}, [this](FollowerView const& view) {
    on_loop([this, nodes = view.core.census_nodes()] { call(with_bonds_only(hub_, nodes)); });
  });
}

/// All in one go, and all are challenged at one time: what they compute, they compute side by side, and
/// nobody chooses when by the time it takes to echo. Units are not told apart by what runs on them: all of a
/// node are called, and as many as are busy may be silent. Later calls of an epoch are for nodes with units
/// that no earlier one judged.
void Census::call(std::vector<CensusNode> const& nodes) {
  round_.begin(nodes, judged_, loop_time_us(), hub_.config().census.late_after.v);
  round_is_judged_ = false;
  for (auto const& node : nodes) {
    for (auto const& unit : node.units) known_.insert({node.node, unit.unit});
    auto const* const entry = hub_.node(node.node);
    bool const due = std::ranges::any_of(node.units, [&](auto const& unit) {
      return !judged_.contains({node.node, unit.unit});
    });
    if (!entry || !entry->peer || node.free <= 0 || !due) continue;
    for (auto const& unit : node.units)
      if (!hub_.attester().challenges({node.node, unit.unit})) call(node, unit, *entry->peer);
  }
  unready_ = asked_.size();
  challenged_ = false;
  challenge_us_ = loop_time_us() + hub_.config().census.answer_within.v / 2;
  step_ = Step::asks;
}

void Census::challenge_all() {
  challenged_ = true;
  auto const all = asked_;  // what is concluded leaves the map
  for (auto const& [unit, asked] : all)
    if (auto const echo = std::exchange(asked->last_echo, std::nullopt); echo && !asked->handed_over)
      take(asked, asked->challenge->on_message(*echo, Micros{loop_time_us()}));
}

void Census::call(CensusNode const& node, CensusNode::Unit const& unit, Peer& peer) {
  auto config = light::session_config(hub_, node.klass);
  auto const* const klass = hub_.reference().find(node.klass);
  if (auto const floors = klass ? attest::floors_of(*klass) : std::nullopt)
    config.floors.ops_per_s = floors->ops_per_s;  // compute only
  auto asked =
      std::make_shared<Asked>(Asked{{{node.node, unit.unit}, unit.key, peer.id(), nullptr, false}, 0, {}});
  asked->challenge = light::begin(secrets_, config, {unit.key, node.node, node.klass});
  asked_[asked->unit] = asked;
  peer.send(msg::AttestFrame{node.node, unit.unit, {}, epoch_});
}

void Census::on_frame(Peer& peer, msg::AttestFrame const& frame, std::int64_t read_us) {
  if (prober_.on_frame(peer, frame, read_us)) return;
  auto const found = asked_.find({frame.node, frame.unit});
  if (frame.epoch != epoch_ || found == asked_.end()) return;
  round_.look(loop_time_us());
  auto const asked = found->second;
  if (asked->session != peer.id() || asked->handed_over || asked->last_echo) return;
  if (asked->heard < before_challenge) {
    if (challenged_) return;  // the deadline of what it did not say in time tells
    if (++asked->heard == before_challenge) {
      asked->last_echo = frame.bytes;
      --unready_;
      return;
    }
  }
  if (!light::are_openings(frame.bytes))
    return take(asked, asked->challenge->on_message(frame.bytes, Micros{read_us}));
  // A worker checks it, row by row up to the first bad one.
  asked->handed_over = true;
  on_worker([this, asked, bytes = frame.bytes, read_us] {
    auto step = asked->challenge->on_message(bytes, Micros{read_us});
    on_loop([this, asked, step = std::move(step)] { take(asked, step); });
  });
}

void Census::take(std::shared_ptr<Asked> const& asked, attest::SessionStep step) {
  if (auto* const peer = hub_.peer(asked->session))
    for (auto const& bytes : step.send)
      peer->send(msg::AttestFrame{asked->unit.first, asked->unit.second, bytes, epoch_});
  if (!step.outcome) return;
  if (!challenged_ && !asked->last_echo) --unready_;
  asked->handed_over = true;
  on_worker([this, asked, outcome = *step.outcome] {
    auto const& transcript = asked->challenge->transcript();
    if (!transcript.said.empty()) keep(transcript);
    on_loop([this, asked, outcome] { conclude(asked, outcome); });
  });
}

void Census::watch_deadlines() {
  if (!challenged_ && (unready_ == 0 || loop_time_us() >= challenge_us_)) challenge_all();
  auto const now = Micros{loop_time_us()};
  auto const all = asked_;  // what is concluded leaves the map
  for (auto const& [unit, asked] : all) {
    if (asked->handed_over) continue;
    auto const due = asked->challenge->deadline();
    if (due && *due + on_its_way < now) take(asked, asked->challenge->on_time(now));
  }
  if (!asked_.empty()) return;
  if (!round_is_judged_) return ask_who_was_busy();
  if (unjournalled_ == 0) round_is_over();
}

/// Silence is a miss only of units that had nothing else to do, and that is looked at twice.
void Census::ask_who_was_busy() {
  step_ = Step::busy;
  hub_.pipeline().follower().query(Seq{}, [this](FollowerView const& view) {
    on_loop([this, nodes = view.core.census_nodes()] { judge(with_bonds_only(hub_, nodes)); });
  });
}

void Census::judge(std::vector<CensusNode> const& nodes) {
  for (auto const& verdict : round_.judge(nodes).verdicts) enter(verdict);
  auto& meters = hub_.meters();
  ++meters.censuses;
  if (round_.late() > 0) {
    was_void_ = true;
    ++meters.censuses_void;
    hub_.log("census of epoch " + std::to_string(epoch_) +
             ": void, nobody has missed it: the exchange stood still for " +
             std::to_string(round_.late() / 1000) + " ms");
  }
  round_is_judged_ = true;
  step_ = Step::asks;
}

void Census::round_is_over() {
  auto const& config = hub_.config().census;
  auto const next = loop_time_us() + config.again_after.v;
  bool const all = std::ranges::includes(judged_, known_);
  step_ = Step::settles;
  if (all || was_void_ || next > opened_us_ + config.window_to.v) return;
  window_us_ = next;
  step_ = Step::waits;
}

void Census::forget(Peer& peer) {
  prober_.forget(peer);
  auto const all = asked_;
  for (auto const& [unit, asked] : all)
    if (asked->session == peer.id() && !asked->handed_over)
      take(asked, asked->challenge->abandon(Micros{loop_time_us()}));
}

void Census::conclude(std::shared_ptr<Asked> const& asked, attest::Outcome const& outcome) {
  auto const [node, unit] = asked->unit;
  asked_.erase(asked->unit);
  if (asked_.empty()) hub_.attester().census_is_over();
  auto const found = light::verdict(epoch_, asked->unit, asked->key, outcome);
  if (round_.stands(found)) enter(found);
  if (!outcome.admitted())
    hub_.log("census of epoch " + std::to_string(epoch_) + ": node " + std::to_string(node.v) + " unit " +
             std::to_string(unit) + ": " + outcome.explain());
}

void Census::enter(UnitChecked const& found) {
  judged_.insert({found.node, found.unit});
  put(found);
}

void Census::put(UnitChecked const& found) {
  ++unjournalled_;
  entries_.put(found, [this](Refusal) { --unjournalled_; });
}

// ---- threads ----

void Census::on_worker(std::function<void()> task) {
  {
    std::lock_guard const lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void Census::on_loop(std::function<void()> task) { wire::post(hub_.where(), std::move(task)); }

void Census::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    auto const task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

void Census::keep(attest::Transcript const& transcript) {
  std::lock_guard const lock(evidence_mutex_);
  if (light_) say_if_failed(light_->keep(transcript));
}

void Census::say_if_failed(attest::Kept const& kept) {
  if (!kept)
    on_loop(
        [this, why = kept.error()] { hub_.log("evidence of a census was not kept, or not pruned: " + why); });
}

}  // namespace spillway
