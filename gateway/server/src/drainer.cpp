// gateway/server/src/drainer.cpp - see drainer.hpp.
#include "drainer.hpp"

#include <sodium.h>

#include <algorithm>
#include <string>

#include "attester.hpp"
#include "steady_clock.hpp"

namespace spillway {
namespace {

constexpr std::uint32_t with_drains = 4;  // rules
constexpr std::int64_t look_every_us = 200'000;
/// So much time for each node there is between two looks at whose turn it is.
constexpr std::int64_t look_at_node_us = 10;
/// So much of a market may be drained at one time; one node always.
constexpr std::size_t share_drained = 10;
/// The meter drains a node so often at most between two daily challenges.
constexpr std::int64_t share_metered = 4;

std::int64_t drain_clock_us() { return steady_ns() / 1000; }

std::int64_t drawn_below(std::int64_t end) {
  std::uint64_t drawn = 0;
  randombytes_buf(&drawn, sizeof drawn);
  return end <= 1 ? 0 : static_cast<std::int64_t>(drawn % static_cast<std::uint64_t>(end));
}

}  // namespace

Drainer::Drainer(Hub& hub) : hub_(hub), entries_(hub.patient_entries("drains")) {}

bool Drainer::on() const {
  auto const& census = hub_.config().census;
  return census.on && census.full_every.v > 0 && hub_.rules().version >= with_drains;
}

/// Of those of an earlier exchange also where this one drains nobody.
void Drainer::tick() {
  entries_.go_on();
  if (hub_.rules().version < with_drains) return;
  if (!std::exchange(known_, true)) return end_those_of_before();
  if (!on()) return;
  auto const now = drain_clock_us();
  begin_what_is_due(now);
  if (!drained_.empty() && now >= next_look_us_) look(now);
}

void Drainer::end_those_of_before() {
  hub_.pipeline().follower().query(Seq{}, [this](FollowerView const& view) {
    std::vector<NodeId> left;
    for (auto const& node : view.core.nodes())
      if (node.drain != DrainReason::none) left.push_back(node.id);
    wire::post(hub_.where(), [this, left] {
      for (auto const node : left)
        if (!drained_.contains(node)) entries_.put(NodeDrain{node, DrainReason::none}, [](Refusal) {});
    });
  });
}

void Drainer::ask(NodeId node, DrainReason reason) {
  if (!on() || drained_.contains(node)) return;
  if (reason == DrainReason::metered) {
    // Slow buyers may make a node look slow; they get no more of it than this.
    auto const now = drain_clock_us();
    auto const [last, first] = metered_us_.try_emplace(node, now);
    if (!first && now - last->second < hub_.config().census.full_every.v / share_metered) return;
    last->second = now;
  }
  asked_[node] = reason;
}

bool Drainer::holds(NodeId node) const {
  auto const found = drained_.find(node);
  return found != drained_.end() && found->second.idle;
}

void Drainer::begin_what_is_due(std::int64_t now) {
  if (now < next_due_us_) return;
  next_due_us_ = now + static_cast<std::int64_t>(hub_.nodes().size()) * look_at_node_us;
  auto const every = hub_.config().census.full_every.v;
  auto const most = std::max<std::size_t>(1, hub_.nodes().size() / share_drained);
  for (auto const& [id, node] : hub_.nodes()) {
    if (!node.peer) continue;
    // A start of the exchange is no reason to drain everybody, nor to drain nobody for a day.
    auto const due = due_us_.try_emplace(id, now + drawn_below(every)).first->second;
    if (drained_.size() >= most || drained_.contains(id)) continue;
    if (auto const asked = asked_.extract(id); !asked.empty())
      begin(id, asked.mapped());
    else if (now >= due)
      begin(id, DrainReason::daily);
  }
}

void Drainer::begin(NodeId node, DrainReason reason) {
  auto const now = drain_clock_us();
  auto const every = hub_.config().census.full_every.v;
  due_us_[node] = now + every / 2 + drawn_below(every);
  drained_[node] = {now, Step::enters};
  entries_.put(NodeDrain{node, reason}, [this, node](Refusal refusal) {
    auto const found = drained_.find(node);
    if (found == drained_.end()) return;
    if (refusal != Refusal::none) return void(drained_.erase(found));
    found->second.step = Step::drains;
  });
}

void Drainer::look(std::int64_t now) {
  next_look_us_ = now + look_every_us;
  // What was matched before a drain is in the view that is asked, if the drain is: those that are still being
  // entered wait for the next look.
  auto looked_at = drained_;
  std::erase_if(looked_at, [](auto const& of) { return of.second.step == Step::enters; });
  hub_.pipeline().follower().query(
      hub_.pipeline().counters().durable, [this, looked_at = std::move(looked_at)](FollowerView const& view) {
        wire::post(hub_.where(),
                   [this, looked_at, nodes = view.core.census_nodes()] { go_on(looked_at, nodes); });
      });
}

void Drainer::go_on(std::map<NodeId, Drained> const& looked_at, std::vector<CensusNode> const& nodes) {
  auto const now = drain_clock_us();
  for (auto const& [id, seen] : looked_at) {
    auto const still = drained_.find(id);
    if (still == drained_.end() || still->second.since_us != seen.since_us) continue;
    auto const drained = still->second;  // what ends leaves the map
    auto const* const entry = hub_.node(id);
    auto const found = std::ranges::find(nodes, id, &CensusNode::node);
    bool const given_up = drained.step == Step::drains ? found == nodes.end() : !hub_.attester().calls(id);
    if (!entry || !entry->peer || given_up) {
      end(id);
    } else if (drained.step == Step::drains &&
               found->free == static_cast<std::int64_t>(found->units.size())) {
      drained_[id].idle = true;
      std::vector<std::uint16_t> units;
      for (auto const& unit : found->units)
        if (hub_.bonded(id, unit.unit)) units.push_back(unit.unit);
      if (units.empty())
        end(id);
      else if (hub_.attester().challenge_all(*entry, units, [this, id = id] { end(id); }))
        drained_[id].step = Step::answers, drained_[id].idle = false;
    } else if (drained.step == Step::drains && now - drained.since_us > hub_.config().census.drain_within.v) {
      hub_.log("node " + std::to_string(id.v) + " is still at work: its full challenge is put off");
      end(id);
    }
  }
}

void Drainer::end(NodeId node) {
  if (drained_.erase(node) > 0) entries_.put(NodeDrain{node, DrainReason::none}, [](Refusal) {});
}

}  // namespace spillway
