// gateway/server/src/prober.cpp - see prober.hpp.
#include "prober.hpp"

#include <string>

#include "attester.hpp"

namespace spillway {
namespace {

constexpr std::uint32_t with_probes = 5;  // rules
/// So much of the nodes that are at work is probed in an epoch; one always.
constexpr std::size_t share_probed = 10;
/// A row of every n is opened: few, since the unit has something else to do.
constexpr std::uint32_t openings_of_probe = 16;

bool at_work(CensusNode const& node) { return node.free < static_cast<std::int64_t>(node.units.size()); }

}  // namespace

void Prober::begin(std::uint64_t epoch, light::Secrets const& secrets, std::int64_t until) {
  epoch_ = epoch, secrets_ = secrets;
  bool const on = hub_.config().census.probes && hub_.rules().version >= with_probes;
  auto const now = light::loop_time_us();
  due_us_ = on ? now + light::uniform_below(until - now) : never;
}

void Prober::tick(bool free) {
  auto const now = light::loop_time_us();
  if (!asked_.empty()) {
    stalls_.tick(now);
    watch_deadlines();
  }
  if (!free || asks() || due_us_ == never || now < due_us_) return;
  due_us_ = never;
  choosing_ = true;
  hub_.pipeline().follower().query(Seq{}, [this](FollowerView const& view) {
    ways_.on_loop([this, nodes = view.core.census_nodes()] { call(nodes); });
  });
}

void Prober::call(std::vector<CensusNode> nodes) {
  choosing_ = false;
  std::erase_if(nodes, [this](CensusNode const& node) {
    auto const* const entry = hub_.node(node.node);
    return !at_work(node) || !entry || !entry->peer;
  });
  stalls_.begin({}, {}, light::loop_time_us(), hub_.config().census.late_after.v);
  for (auto left = nodes.empty() ? 0 : std::max<std::size_t>(1, nodes.size() / share_probed); left > 0;
       --left) {
    auto const drawn = light::uniform_below(static_cast<std::int64_t>(nodes.size()));
    std::swap(nodes[static_cast<std::size_t>(drawn)], nodes.back());
    call(nodes.back(), *hub_.node(nodes.back().node)->peer);
    nodes.pop_back();
  }
}

void Prober::call(CensusNode const& node, Peer& peer) {
  auto const drawn = light::uniform_below(static_cast<std::int64_t>(node.units.size()));
  auto const& unit = node.units[static_cast<std::size_t>(drawn)];
  if (hub_.attester().challenges({node.node, unit.unit})) return;
  auto config = light::session_config(hub_, node.klass);
  config.params.openings = std::min(config.params.openings, openings_of_probe);
  auto asked = std::make_shared<Asked>(Asked{{node.node, unit.unit}, unit.key, peer.id(), nullptr, false});
  asked->challenge = light::begin(secrets_, config, {unit.key, node.node, node.klass});
  asked_[asked->unit] = asked;
  peer.send(msg::AttestFrame{node.node, unit.unit, {}, epoch_});
}

bool Prober::on_frame(Peer& peer, msg::AttestFrame const& frame, std::int64_t read_us) {
  auto const found = asked_.find({frame.node, frame.unit});
  if (found == asked_.end() || frame.epoch != epoch_) return false;
  stalls_.look(light::loop_time_us());
  auto const asked = found->second;
  if (asked->session != peer.id() || asked->handed_over) return true;
  if (!light::are_openings(frame.bytes)) {
    take(asked, asked->challenge->on_message(frame.bytes, Micros{read_us}));
    return true;
  }
  asked->handed_over = true;
  ways_.on_worker([this, asked, bytes = frame.bytes, read_us] {
    auto step = asked->challenge->on_message(bytes, Micros{read_us});
    ways_.on_loop([this, asked, step = std::move(step)] { take(asked, step); });
  });
  return true;
}

void Prober::take(std::shared_ptr<Asked> const& asked, attest::SessionStep step) {
  if (auto* const peer = hub_.peer(asked->session))
    for (auto const& bytes : step.send)
      peer->send(msg::AttestFrame{asked->unit.first, asked->unit.second, bytes, epoch_});
  if (!step.outcome) return;
  asked->handed_over = true;
  ways_.on_worker([this, asked, outcome = *step.outcome] {
    auto const& transcript = asked->challenge->transcript();
    if (!transcript.said.empty()) ways_.keep(transcript);
    ways_.on_loop([this, asked, outcome] { conclude(asked, outcome); });
  });
}

void Prober::watch_deadlines() {
  auto const now = Micros{light::loop_time_us()};
  auto const all = asked_;  // what is concluded leaves the map
  for (auto const& [unit, asked] : all) {
    if (asked->handed_over) continue;
    auto const due = asked->challenge->deadline();
    if (due && *due + light::on_its_way < now) take(asked, asked->challenge->on_time(now));
  }
}

void Prober::forget(Peer& peer) {
  auto const all = asked_;
  for (auto const& [unit, asked] : all)
    if (asked->session == peer.id() && !asked->handed_over)
      take(asked, asked->challenge->abandon(Micros{light::loop_time_us()}));
}

void Prober::conclude(std::shared_ptr<Asked> const& asked, attest::Outcome const& outcome) {
  asked_.erase(asked->unit);
  auto found = light::verdict(epoch_, asked->unit, asked->key, outcome);
  found.kind = CheckKind::probe;
  auto const about = "probe in epoch " + std::to_string(epoch_) + ": node " + std::to_string(found.node.v) +
                     " unit " + std::to_string(found.unit) + ": ";
  bool const stood_still = found.verdict == CensusVerdict::missed && stalls_.late() > 0;
  if (stood_still) hub_.log(about + "void, the exchange stood still");
  if (!stood_still) ways_.enter(found);
  if (!stood_still && !outcome.admitted()) hub_.log(about + outcome.explain());
  if (asked_.empty()) hub_.attester().census_is_over();
}

}  // namespace spillway
