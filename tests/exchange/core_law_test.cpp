// tests/exchange/core_law_test.cpp - leased units + units under jobs <= attested units, at every fill,
// counted from outcome records alone: exchange/src/core_fills.cpp, core_nodes.cpp,
// matching/src/node_pool.cpp.
#include <map>
#include <set>

#include "core_crowd.hpp"

namespace spillway {
namespace {

/// What runs where, and which units were proven, in the order in which records say it.
struct CapacityLaw {
  ExchangeCore const& core;
  struct NodeSeen {
    std::set<std::uint16_t> proven, missed;
    NodePhase phase{};
    std::map<std::pair<ModelId, TierId>, std::int64_t> jobs;
    std::int64_t leased{};
  };
  struct DealSeen {
    std::uint32_t node{};
    InstrumentId instrument;
    std::int64_t lots{};
  };
  std::map<std::uint32_t, NodeSeen> nodes{};
  std::map<std::uint64_t, DealSeen> deals{};
  int fills{};

  void see(Record const& r) {
    if (r.head.kind == RecordKind::node_state) {
      auto const n = r.as<record::NodeState>();
      nodes[n.node].phase = NodePhase{n.phase};
    }
    if (r.head.kind == RecordKind::unit_state) unit(r.as<record::UnitState>());
    if (r.head.kind == RecordKind::fill) fill(r.as<record::Fill>());
    if (r.head.kind == RecordKind::job_state) {
      auto const s = r.as<record::JobState>();
      if (JobPhase{s.phase} >= JobPhase::completed) end(s.job);
    }
    if (r.head.kind == RecordKind::lease_state) {
      auto const s = r.as<record::LeaseState>();
      if (LeasePhase{s.phase} >= LeasePhase::ended) end(s.lease);
    }
  }
  void unit(record::UnitState const& s) {
    auto& node = nodes[s.node];
    auto const phase = UnitPhase{s.phase};
    bool const live = phase == UnitPhase::attested || phase == UnitPhase::missed;
    live ? void(node.proven.insert(s.unit)) : void(node.proven.erase(s.unit));
    phase == UnitPhase::missed ? void(node.missed.insert(s.unit)) : void(node.missed.erase(s.unit));
  }
  void fill(record::Fill const& f) {
    auto const& what = core.book().instrument(InstrumentId{f.instrument});
    auto& node = nodes[f.node];
    deals[f.fill] = {f.node, InstrumentId{f.instrument}, f.lots};
    (what.product == ProductKind::tokens ? node.jobs[{what.model, what.tier}] : node.leased) += f.lots;
    ++fills;
    ASSERT_EQ(node.phase, NodePhase::up) << "nobody buys of a node that is lost or drained";
    ASSERT_LE(in_use(node, what.klass), static_cast<std::int64_t>(node.proven.size() - node.missed.size()));
  }
  [[nodiscard]] std::int64_t in_use(NodeSeen const& node, ClassId klass) const {
    auto units = (node.leased + milli_per_accelerator - 1) / milli_per_accelerator;
    for (auto const& [of, running] : node.jobs) {
      auto const fit = *core.reference().fit(of.first, klass, of.second);
      units += (running + fit.slots - 1) / fit.slots * fit.cards;
    }
    return units;
  }
  void end(std::uint64_t id) {
    auto const deal = deals.at(id);
    auto const& what = core.book().instrument(deal.instrument);
    auto& node = nodes[deal.node];
    (what.product == ProductKind::tokens ? node.jobs[{what.model, what.tier}] : node.leased) -= deal.lots;
    deals.erase(id);
  }
};

class CoreLaw : public testing::TestWithParam<std::uint32_t> {};

/// Proofs expire, are rejected, are missed by censuses and probes, nodes are drained and lost, all under
/// running work, which goes on: so between fills more may run than is proven. At a fill it never does.
TEST_P(CoreLaw, NoFillSellsMoreUnitsThanAreProvenWhateverEndsUnderRunningWork) {
  World w;
  w.check_every = 50;
  Crowd crowd(GetParam());
  CapacityLaw law{w.core};
  std::size_t seen = 0;
  int over = 0;
  for (int i = 1; i <= 3'000; ++i) {
    ParticipantId who;
    auto command = crowd.roll(6) == 0 ? crowd.next(w, who) : crowd.trade(w, who);
    w.now = w.now + Micros{static_cast<std::int64_t>(crowd.roll(400'000))};
    NodeId const node{static_cast<std::uint32_t>(1 + crowd.roll(w.core.nodes().size() + 1))};
    auto const unit = static_cast<std::uint16_t>(crowd.roll(4));
    if (i % 40 == 1) {
      auto const epoch = w.core.census().epoch;
      if (epoch > 0) w.must(EpochClose{epoch, {}});
      w.must(EpochOpen{epoch + 1, {}, {}});
    }
    if (i % 31 == 0) who = system_itself, command = UnitRejected{node, unit, 19};
    if (i % 23 == 0) {
      bool const missed = crowd.roll(2) == 0;
      who = system_itself;
      command = UnitChecked{w.core.census().epoch,
                            node,
                            unit,
                            World::proof(node, unit).unit_key,
                            missed ? CensusVerdict::missed : CensusVerdict::passed,
                            static_cast<std::uint16_t>(missed ? 5 : 0),
                            1,
                            {},
                            crowd.roll(2) == 0 ? CheckKind::probe : CheckKind::census};
    }
    if (i % 37 == 0)
      who = system_itself,
      command = NodeDrain{node, crowd.roll(3) == 0 ? DrainReason::metered : DrainReason::none};
    w.send(who, command);
    for (; seen < w.records.size() && !HasFatalFailure(); ++seen) law.see(w.records[seen]);
    ASSERT_FALSE(HasFatalFailure());
    for (auto const& [id, of] : law.nodes)
      if (auto const view = w.core.node(NodeId{id}))
        over += law.in_use(of, view->klass) > view->units_attested ? 1 : 0;
  }
  EXPECT_GT(law.fills, 200);
  EXPECT_GT(over, 0) << "work outlived its proof";
}
INSTANTIATE_TEST_SUITE_P(Seeds, CoreLaw, testing::Values(1u, 2u, 3u));

}  // namespace
}  // namespace spillway
