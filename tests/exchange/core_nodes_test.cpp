// tests/exchange/core_nodes_test.cpp - nodes, proofs and what they make executable:
// exchange/src/core_nodes.cpp.
#include "core_world.hpp"

namespace spillway {
namespace {

Lots executable(World const& w, OfferId id) { return w.core.offer(id)->executable; }

TEST(CoreNodes, ALabelIsANodeForever) {
  World w;
  RegisterNode const c{ClientOrderId{7}, here, big, 4};
  EXPECT_EQ(w.send(ada, c), Refusal::none);
  auto const made = w.seen<record::Accepted>().at(0).made;
  EXPECT_EQ(w.send(ada, c), Refusal::none);
  EXPECT_EQ(w.seen<record::Accepted>().at(0).made, made);
  EXPECT_EQ(w.last.records[0].head.code, static_cast<std::uint16_t>(Refusal::exists));
  EXPECT_EQ(w.core.node_labelled(ada, ClientOrderId{7}), NodeId{1});
  auto other = c;
  other.klass = small;
  EXPECT_EQ(w.send(ada, other), Refusal::exists_with_different_terms);
  EXPECT_EQ(w.send(bert, c), Refusal::none) << "labels are each provider's own";
  EXPECT_EQ(w.core.nodes().size(), 2u);
}

TEST(CoreNodes, RegistrationNamesKnownLeavesAndClasses) {
  World w;
  EXPECT_EQ(w.send(carl, RegisterNode{w.client(), here, big, 4}), Refusal::role_missing);
  EXPECT_EQ(w.send(ada, RegisterNode{ClientOrderId{}, here, big, 4}), Refusal::malformed);
  EXPECT_EQ(w.send(ada, RegisterNode{w.client(), here, big, 0}), Refusal::malformed);
  EXPECT_EQ(w.send(ada, RegisterNode{w.client(), PlaceId{99}, big, 4}), Refusal::unknown_place);
  EXPECT_EQ(w.send(ada, RegisterNode{w.client(), PlaceId{1}, big, 4}), Refusal::place_not_a_leaf);
  EXPECT_EQ(w.send(ada, RegisterNode{w.client(), here, ClassId{9}, 4}), Refusal::unknown_class);
}

TEST(CoreNodes, ProofsMakeOffersExecutableUpToTheNodesUnits) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const offer = w.offer(ada, w.capacity_offer(node, units(1), 8));
  EXPECT_EQ(executable(w, offer), Lots{1'000});
  for (std::uint16_t unit = 1; unit < 4; ++unit) w.must(World::proof(node, unit));
  EXPECT_EQ(executable(w, offer), Lots{4'000});
  EXPECT_EQ(w.send(system_itself, World::proof(node, 4)), Refusal::node_limit);
}

TEST(CoreNodes, AProofMustBeOfTheNodesClassAndOfOneDevice) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const other = w.add_node(ada);
  EXPECT_EQ(w.send(ada, World::proof(node, 1)), Refusal::role_missing);
  EXPECT_EQ(w.send(system_itself, World::proof(NodeId{99}, 0)), Refusal::node_unknown);
  EXPECT_EQ(w.send(system_itself, World::proof(other, 0, small)), Refusal::attestation_failed);
  auto twin = World::proof(other, 0);
  twin.unit_key = World::proof(node, 0).unit_key;
  EXPECT_EQ(w.send(system_itself, twin), Refusal::unit_duplicate);
  auto weak = World::proof(other, 0);
  weak.evidence_level = 0;
  EXPECT_EQ(w.send(system_itself, weak), Refusal::malformed);
  EXPECT_EQ(w.core.node(other)->units_attested, 0);
}

TEST(CoreNodes, ANewKeyOfAUnitReplacesTheOldOne) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto changed = World::proof(node, 0);
  changed.unit_key[5] = std::byte{9};
  EXPECT_EQ(w.send(system_itself, changed), Refusal::none);
  EXPECT_EQ(w.core.node(node)->units_attested, 1);
}

TEST(CoreNodes, ExpiryTakesCapacityOffInTheSameStep) {
  World w;
  auto const node = w.add_proven_node(ada, 2);
  auto const offer = w.offer(ada, w.capacity_offer(node, units(1), 2));
  w.pass(seconds(600));
  w.must(World::proof(node, 0));  // renewed
  w.pass(seconds(599));
  EXPECT_EQ(executable(w, offer), Lots{2'000});
  w.now = w.now + seconds(1);
  EXPECT_EQ(w.send(carl, w.capacity_order(units(1), 2, TimeInForce::fok)), Refusal::fok_unfillable)
      << "the order that finds the proof expired is not filled by it";
  EXPECT_EQ(w.seen<record::UnitState>().at(0).phase, static_cast<std::uint8_t>(UnitPhase::expired));
  EXPECT_EQ(executable(w, offer), Lots{1'000});
  w.pass(seconds(600));
  EXPECT_EQ(executable(w, offer), Lots{});
  EXPECT_EQ(w.core.offer(offer)->phase, OfferPhase::live) << "firm again with the next proof";
  w.must(World::proof(node, 0));
  EXPECT_EQ(executable(w, offer), Lots{1'000});
}

TEST(CoreNodes, ExpiryLeavesWorkInProgressAlone) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.capacity_offer(node, units(1), 1));
  w.order(carl, w.capacity_order(units(1), 1));
  auto const lease = w.last_lease();
  w.send(ada, LeaseReady{lease});
  w.pass(seconds(1'300));
  EXPECT_EQ(w.core.node(node)->units_attested, 0);
  EXPECT_EQ(w.core.lease(lease)->phase, LeasePhase::running);
}

TEST(CoreNodes, ARejectedUnitLeavesTheBookAtOnce) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const offer = w.offer(ada, w.capacity_offer(node, units(1), 1));
  EXPECT_EQ(w.send(system_itself, UnitRejected{node, 0, 3}), Refusal::none);
  EXPECT_EQ(executable(w, offer), Lots{});
  EXPECT_EQ(w.last.records[0].head.code, 3);
  EXPECT_EQ(w.send(system_itself, UnitRejected{NodeId{9}, 0, 3}), Refusal::node_unknown);
}

TEST(CoreNodes, AProofServesWhoWaits) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.capacity_offer(node, units(1), 2));
  w.order(carl, w.capacity_order(units(1), 2));
  EXPECT_EQ(w.core.open_leases().size(), 1u);
  w.must(World::proof(node, 1));
  EXPECT_EQ(w.core.open_leases().size(), 2u);
}

TEST(CoreNodes, BackWithinItsGraceANodeKeepsItsPlace) {
  World w;
  auto const first = w.add_proven_node(ada);
  auto const second = w.add_proven_node(bert);
  auto const early = w.offer(ada, w.token_offer(first, units(1)));
  w.offer(bert, w.token_offer(second, units(1)));
  w.must(NodeLost{first});
  EXPECT_EQ(executable(w, early), Lots{});
  w.pass(seconds(14));
  w.must(NodeBack{first});
  w.order(carl, w.token_order(units(1)));
  EXPECT_EQ(w.core.open_jobs().at(0).provider, ada) << "earlier at the same price";
}

TEST(CoreNodes, ANodeThatStaysAwayIsGoneWithEverythingOnIt) {
  World w;
  auto const job = w.streaming();
  auto const node = w.core.job(job)->node;
  auto const offer = w.core.job(job)->offer;
  w.must(NodeLost{node});
  EXPECT_EQ(w.send(system_itself, NodeLost{node}), Refusal::dead_id);
  w.pass(seconds(15));
  EXPECT_EQ(w.core.node(node)->phase, NodePhase::gone);
  EXPECT_EQ(w.core.offer(offer)->phase, OfferPhase::cancelled);
  EXPECT_EQ(w.core.job(job)->code, FailCode::node_lost);
  EXPECT_EQ(w.send(system_itself, NodeBack{node}), Refusal::dead_id);
  EXPECT_EQ(w.send(ada, w.token_offer(node, units(1))), Refusal::node_unknown);
  auto const label = w.core.node(node)->label;
  EXPECT_EQ(w.send(ada, RegisterNode{label, here, big, 4}), Refusal::none)
      << "registered again, it is the same node";
  EXPECT_EQ(w.core.node(node)->phase, NodePhase::up);
  EXPECT_EQ(w.send(ada, w.token_offer(node, units(1))), Refusal::none);
}

}  // namespace
}  // namespace spillway
