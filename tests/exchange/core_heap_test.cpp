// tests/exchange/core_heap_test.cpp - after its start the core asks the heap for nothing, whatever the
// command: a counter stands in place of the library's operator new. Covers exchange/src/core_memory.cpp,
// core_terms.cpp and core_table.hpp from outside. Start = construction and the tables of the market, which
// stand still from the first listing on.
#include <sys/resource.h>

#include <array>
#include <map>

#include "../../bench/matching/allocations.hpp"
#include "core_crowd.hpp"

namespace spillway {
namespace {

struct Asked {
  std::uint64_t commands{}, calls{};
};
using AskedByKind = std::array<Asked, std::variant_size_v<Command>>;

bool is_table(Command const& c) {
  return std::holds_alternative<DefinePlaces>(c) || std::holds_alternative<DefineRoundTrips>(c) ||
         std::holds_alternative<DefineClasses>(c) || std::holds_alternative<DefineTiers>(c) ||
         std::holds_alternative<DefineModels>(c) || std::holds_alternative<DefineRelay>(c);
}

/// What each kind of command asks the heap for, in a core that knows nothing but its limits.
AskedByKind replay(std::vector<Entry> const& journal) {
  ExchangeCore core;
  Outcome outcome;
  outcome.records.reserve(100'000);
  outcome.touched.reserve(10'000);
  AskedByKind asked;
  for (auto const& entry : journal) {
    outcome.clear();
    auto const before = bench::allocations();
    core.apply(entry, outcome);
    auto& kind = asked[entry.command.index()];
    kind.calls += bench::allocations() - before;
    ++kind.commands;
  }
  core.check_invariants();
  return asked;
}

/// What censuses send among all else: now and then an epoch, of every tenth unit a verdict.
void hold_census(World& w, int i) {
  if (i % 10 != 0) return;
  auto const census = w.core.census();
  if (i % 500 == 0 && census.open) w.must(EpochClose{census.epoch, {}});
  if (i % 500 == 0) w.must(EpochOpen{census.epoch + 1, {}, {}});
  UnitChecked c;
  c.epoch = w.core.census().epoch;
  c.node = NodeId{static_cast<std::uint32_t>(1 + i / 10 % 6)},
  c.unit = static_cast<std::uint16_t>(i / 70 % 4);
  c.unit_key = World::proof(c.node, c.unit).unit_key;
  c.reason = i % 30 == 0 ? 5 : i % 110 == 0 ? 16 : 0;
  c.verdict = c.reason == 0   ? CensusVerdict::passed
              : c.reason == 5 ? CensusVerdict::missed
                              : CensusVerdict::failed;
  w.send(system_itself, c);
}

/// A node at a time is taken off the market for a while.
void drain_now_and_then(World& w, int i) {
  if (i % 50 != 0) return;
  NodeId const node{static_cast<std::uint32_t>(1 + i / 100 % 6)};
  w.send(system_itself, NodeDrain{node, i % 100 == 0 ? DrainReason::daily : DrainReason::none});
}

TEST(CoreHeap, NoCommandAsksTheHeapForAnything) {
  World w;
  w.check_every = 1'000'000;
  Crowd::ask_for_bonds(w);
  Crowd crowd(7);
  for (int i = 0; i < 20'000; ++i) {
    ParticipantId who;
    auto const command = crowd.next(w, who);
    w.now = w.now + Micros{static_cast<std::int64_t>(crowd.roll(50'000))};
    w.send(who, command);
    hold_census(w, i);
    drain_now_and_then(w, i);
    if (i % 9 == 0) {
      auto const about_bonds = crowd.bond_step(w, who);
      w.send(who, about_bonds);
    }
  }
  auto const census = w.core.census();
  EXPECT_GT(census.epoch, 30u);
  EXPECT_FALSE(w.balance(ada, AccountKind::frozen) + w.balance(bert, AccountKind::frozen) +
                   w.balance(eve, AccountKind::frozen) ==
               Nano{})
      << "a failure froze something";
  auto long_list = w.token_order(units(1));
  for (std::uint16_t id = 0; id < 300; ++id) long_list.predicate.within.push_back(id % 2 == 0 ? here : there);
  w.send(carl, long_list);
  w.must(AddKey{carl, KeyId{1}, KeyKind::ed25519, Bytes32{std::byte{1}}});
  w.must(SetRegister{carl, Bytes32{std::byte{1}}});
  w.send(carl, SessionStatement{.session = SessionId{1}, .key = KeyId{1}, .last_request = 1});
  w.must(LogKeyChange{Bytes32{std::byte{1}}, Bytes32{std::byte{2}}, 1, 2, {}});
  w.must(StateDigest{Seq{1}, 1, {}});
  w.must(SetHalt{true});
  w.must(SetHalt{false});

  auto const asked = replay(w.journal);
  for (std::size_t kind = 0; kind < asked.size(); ++kind) {
    EXPECT_GT(asked[kind].commands, 0u) << "no command of kind " << kind;
    auto const sample = std::find_if(w.journal.begin(), w.journal.end(),
                                     [&](Entry const& e) { return e.command.index() == kind; });
    if (sample != w.journal.end() && !is_table(sample->command)) {
      EXPECT_EQ(asked[kind].calls, 0u) << "commands of kind " << kind;
    }
  }
}

/// Whoever sends may name anything: the id of the other side, of nobody, of what is to come.
TEST(CoreExpect, AnAnnouncementMayNameAnythingAndChangesNothing) {
  World w;
  auto const node = w.add_proven_node(ada, 4);
  w.offer(ada, w.capacity_offer(node, units(40), 4));
  for (int i = 0; i < 50; ++i) w.order(carl, w.capacity_order(units(1 + i), 1));
  auto const before = exported(w.core);
  for (auto const id : {std::uint64_t{0}, w.last_seq() + 1, std::uint64_t{1} << 31, ~std::uint64_t{0}})
    for (std::uint64_t n = 0; n < w.last_seq() + 2; ++n) {
      auto const any = n == 0 ? id : n;
      for (auto const who : {carl, ada, ParticipantId{}, ParticipantId{4'000'000'000}})
        for (Command const& command :
             {Command{CancelOffer{OfferId{any}}}, Command{AmendOffer{OfferId{any}, units(1), Lots{1}}},
              Command{CancelOrder{OrderId{any}, {}}}, Command{AmendOrder{OrderId{any}, units(1), Lots{1}}},
              Command{JobAcknowledged{JobId{any}}},
              Command{w.capacity_offer(NodeId{static_cast<std::uint32_t>(any)}, units(1), 1)}})
          w.core.expect({Seq{w.last_seq() + 1}, w.now, who, command});
    }
  EXPECT_EQ(exported(w.core), before);
}

/// Page faults of this thread that no disk had to answer.
std::int64_t page_faults() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  return used.ru_minflt;
}

TEST(CoreHeap, OrdersFindTheirMemoryThereWhereItIsResidentFromTheStart) {
  World w;
  for (int i = 0; i < 3'000; ++i) w.order(carl, w.token_order(units(1), TimeInForce::ioc));
  auto const faults = [&](std::uint32_t resident) {
    CoreLimits limits;
    limits.resident = resident;
    ExchangeCore core(limits);
    Outcome outcome;
    outcome.records.reserve(100);
    auto const before = page_faults();
    for (auto const& entry : w.journal) outcome.clear(), core.apply(entry, outcome);
    return page_faults() - before;
  };
  EXPECT_LT(4 * faults(10'000), faults(0));
}

/// Small tables: what does not fit is refused, and room comes back with time.
TEST(CoreHeap, AFullTableRefusesAndTheNextDayHasRoom) {
  World w;  // genesis and people
  CoreLimits small;
  small.orders_kept = 20, small.offers_kept = 2, small.keys = 1, small.units = 1, small.nodes = 2;
  small.orders = 20, small.participants = 100, small.leases_kept = 1, small.list_bytes = 4'096;
  ExchangeCore core(small);
  std::uint64_t seq = 0, client = 0;
  auto now = w.now;
  auto const send = [&](ParticipantId who, Command command) {
    Outcome outcome;
    core.apply({Seq{++seq}, now, who, std::move(command)}, outcome);
    core.check_invariants();
    for (auto const& r : outcome.records)
      if (r.head.kind == RecordKind::refused) return static_cast<Refusal>(r.head.code);
    return Refusal::none;
  };
  for (auto const& entry : w.journal) EXPECT_EQ(send(entry.principal, entry.command), Refusal::none);
  auto const order = [&](std::size_t places = 0) {
    auto c = w.token_order(units(1), TimeInForce::ioc);
    c.client = ClientOrderId{++client};
    c.predicate.within.assign(places, here);
    return c;
  };
  EXPECT_EQ(send(carl, order(1'500)), Refusal::none) << "its list takes 50 of 64 blocks";
  EXPECT_EQ(send(carl, order(1'500)), Refusal::capacity);
  for (int i = 0; i < 19; ++i) EXPECT_EQ(send(carl, order()), Refusal::none);
  EXPECT_EQ(send(carl, order()), Refusal::capacity);
  EXPECT_EQ(send(dora, order()), Refusal::capacity) << "one table for all";
  now = now + Micros{25 * micros_per_hour};
  auto const in_its_turn = [&](auto&& again) {
    for (int tries = 1; tries <= 10; ++tries)
      if (again() == Refusal::none) return true;
    return false;
  };
  EXPECT_TRUE(in_its_turn([&] { return send(dora, order()); }))
      << "though all rows are carl's, who is silent";
  EXPECT_TRUE(in_its_turn([&] { return send(carl, order(1'500)); }));

  EXPECT_EQ(send({}, AddKey{carl, KeyId{1}, KeyKind::ed25519, Bytes32{std::byte{1}}}), Refusal::none);
  EXPECT_EQ(send({}, AddKey{carl, KeyId{2}, KeyKind::ed25519, Bytes32{std::byte{2}}}), Refusal::capacity);
  EXPECT_EQ(send(ada, RegisterNode{ClientOrderId{1}, here, big, 4}), Refusal::none);
  EXPECT_EQ(send({}, World::proof(NodeId{1}, 0)), Refusal::none);
  EXPECT_EQ(send({}, World::proof(NodeId{1}, 1)), Refusal::capacity);
  EXPECT_EQ(send({}, World::proof(NodeId{1}, 0)), Refusal::none) << "a renewal takes no room";
  for (auto const refusal : {Refusal::none, Refusal::none, Refusal::capacity})
    EXPECT_EQ(send(ada, w.token_offer(NodeId{1}, units(++client % 7 + 1))), refusal);
}

TEST(CoreRoom, AnAmendedOrderThatMayBecomeMoreLeasesIsRefusedWhenTheirTableIsFull) {
  World w;
  auto const node = w.add_proven_node(ada, 4);
  w.offer(ada, w.capacity_offer(node, units(36), 4));
  auto const order = w.order(carl, w.capacity_order(units(36), 5));  // four are leased, one waits
  CoreLimits small;
  small.leases_kept = 1, small.lease_claims = 100;
  ExchangeCore core(small);
  Outcome outcome;
  for (auto const& entry : w.journal) core.apply(entry, outcome);
  auto seq = w.journal.back().seq.v;
  auto const amend = [&](std::int64_t accelerators) {
    outcome.clear();
    core.apply({Seq{++seq}, w.now, carl, AmendOrder{order, units(36), Lots{accelerators * 1'000}}}, outcome);
    for (auto const& r : outcome.records)
      if (r.head.kind == RecordKind::refused) return static_cast<Refusal>(r.head.code);
    return Refusal::none;
  };
  EXPECT_EQ(amend(2), Refusal::capacity);
  EXPECT_EQ(amend(1), Refusal::none);
  core.check_invariants();
}

}  // namespace
}  // namespace spillway
