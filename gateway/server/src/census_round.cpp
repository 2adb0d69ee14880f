// gateway/server/src/census_round.cpp - see census_round.hpp.
#include "census_round.hpp"

namespace spillway {
namespace {

std::int64_t busy_units(CensusNode const& node) {
  return static_cast<std::int64_t>(node.units.size()) - node.free;
}

}  // namespace

void CensusRound::begin(std::vector<CensusNode> const& nodes, std::set<UnitId> const& judged,
                        std::int64_t now, std::int64_t late_after) {
  nodes_.clear();
  judged_ = judged;
  last_tick_ = now, late_after_ = late_after, late_ = 0;
  for (auto const& node : nodes) {
    auto& asked = nodes_[node.node];
    asked.busy = busy_units(node);
    asked.called_before = std::ranges::any_of(node.units, [&](auto const& unit) {
      return judged.contains({node.node, unit.unit});
    });
  }
}

void CensusRound::look(std::int64_t now) {
  auto const beyond = now - last_tick_ - tick_every;
  if (beyond > late_after_) late_ = std::max(late_, beyond);
}

void CensusRound::tick(std::int64_t now) {
  look(now);
  last_tick_ = now;
}

bool CensusRound::stands(UnitChecked const& verdict) {
  auto& node = nodes_[verdict.node];
  if (verdict.verdict == CensusVerdict::failed) return !judged_.contains({verdict.node, verdict.unit});
  if (verdict.verdict == CensusVerdict::missed) {
    node.silent.emplace(verdict.unit, verdict);
    return false;
  }
  if (!node.called_before) return true;
  node.right.emplace(verdict.unit, verdict);
  return false;
}

CensusRound::Judged CensusRound::judge(std::vector<CensusNode> const& nodes) const {
  Judged out;
  std::map<NodeId, std::int64_t> busy_now;
  for (auto const& node : nodes) busy_now[node.node] = busy_units(node);
  for (auto const& [id, node] : nodes_) {
    auto may_be_silent = std::max(node.busy, busy_now.contains(id) ? busy_now[id] : 0);
    auto const judged = [&, id = id](auto const& unit) { return judged_.contains({id, unit.first}); };
    // They have their verdict and can't have another; their silence is one of those that are allowed.
    may_be_silent -= std::ranges::count_if(node.silent, judged);
    for (auto const& asked : node.right) {
      if (judged(asked)) continue;
      bool const counts = late_ == 0 && may_be_silent >= 0;
      if (counts) out.verdicts.push_back(asked.second);
      if (!counts) out.passed_over.push_back({id, asked.first});
    }
    for (auto const& asked : node.silent) {
      if (judged(asked)) continue;
      bool const missed = late_ == 0 && --may_be_silent < 0;
      if (missed) out.verdicts.push_back(asked.second);
      if (!missed) out.passed_over.push_back({id, asked.first});
    }
  }
  return out;
}

}  // namespace spillway
