// tests/exchange/core_crowd.hpp - people who send any commands, sensible ones and garbage, from a seed.
#pragma once

#include <random>

#include "core_world.hpp"

namespace spillway {

class Crowd {
 public:
  explicit Crowd(std::uint32_t seed) : random_(seed) {}

  Command next(World& w, ParticipantId& who) {
    who = any({ada, bert, carl, dora, eve, carl, dora});
    switch (roll(24)) {
      case 0:
      case 1:
        return who = provider(), registration();
      case 2:
      case 3:
        return who = system_itself, proof(w);
      case 4:
        return who = system_itself, lifeless(w);
      case 5:
      case 6:
        return who = provider(), offer(w);
      case 7:
        return who = provider(), AmendOffer{OfferId{roll(w.last_seq() + 2)}, price(), Lots{lots()}};
      case 8:
        return who = provider(), CancelOffer{OfferId{roll(w.last_seq() + 2)}};
      case 9:
      case 10:
      case 11:
      case 12:
        return tokens(w);
      case 13:
        return capacity(w);
      case 14:
        return AmendOrder{some_order(w, who), price(), Lots{lots()}};
      case 15:
        return CancelOrder{some_order(w, who), CancelReason::asked};
      case 16:
        return lease_step(w, who);
      case 23:
        return time(w, who);
      default:
        return who = system_itself, job_step(w);
    }
  }

  /// Bonds that are soon free again, and providers who may pay them.
  static void ask_for_bonds(World& w) {
    auto rules = w.core.rules();
    rules.bond_per_unit = Nano{nano_per_unit}, rules.bond_hold = seconds(60);
    w.must(SetRules{rules});
    for (auto const who : {ada, bert, eve}) w.must(Deposit{who, Nano{20 * nano_per_unit}});
  }
  /// Posted and taken, by their owners and by others; now and then frozen earnings are settled.
  Command bond_step(World const& w, ParticipantId& who) {
    auto const of = node(w);
    auto const known = w.core.node(of);
    auto const unit = static_cast<std::uint16_t>(roll(4));
    who = known && roll(8) != 0 ? known->provider : provider();
    switch (roll(6)) {
      case 0:
        return BondTake{of, unit};
      case 1: {
        auto const to = any({FrozenTo::earnings, FrozenTo::guarantee, FrozenTo::unset});
        auto const frozen = w.balance(who, AccountKind::frozen);
        FrozenSettle const settled{who, Nano{static_cast<std::int64_t>(roll(frozen.v + 2))}, to};
        return who = boss, settled;
      }
      default:
        return BondPost{of, unit};
    }
  }

  /// `next`, or one of five times something with bonds, which `ask_for_bonds` has switched on.
  Command next_with_bonds(World& w, ParticipantId& who) {
    return roll(5) == 0 ? bond_step(w, who) : next(w, who);
  }

  /// What keeps a market alive among those who send anything: proofs, offers and orders that fit, and jobs
  /// that go their way.
  Command trade(World& w, ParticipantId& who) {
    auto const nodes = w.core.nodes();
    who = system_itself;
    if (nodes.size() < 4 || roll(40) == 0) return who = provider(), registration();
    auto const& node = nodes[roll(nodes.size())];
    switch (roll(10)) {
      case 0:
        return World::proof(node.id, static_cast<std::uint16_t>(roll(3)), node.klass);
      case 1:
        return Deposit{carl, Nano{100 * nano_per_unit}};
      case 2:
        return node.drain == DrainReason::none ? Command(NodeBack{node.id})
                                               : Command(NodeDrain{node.id, DrainReason::none});
      case 3: {
        who = node.provider;
        auto c = roll(3) == 0 ? w.capacity_offer(node.id, units(1), 2) : w.token_offer(node.id, units(1), 20);
        if (c.product == ProductKind::tokens) c.tier = any({fast, standard});
        return c;
      }
      case 4:
      case 5:
      case 6: {
        who = carl;
        auto c = roll(8) == 0 ? w.capacity_order(units(2), 1, TimeInForce::ioc)
                              : w.token_order(units(2), TimeInForce::ioc);
        if (c.predicate.product == ProductKind::tokens) c.predicate.tier = any({fast, standard});
        c.term = c.predicate.product == ProductKind::capacity ? seconds(60) : Micros{};
        return c;
      }
      default:
        return job_step(w);
    }
  }

  std::uint64_t roll(std::uint64_t n) { return n == 0 ? 0 : random_() % n; }

 private:
  template <class T>
  T any(std::initializer_list<T> of) {
    return *(of.begin() + static_cast<std::ptrdiff_t>(roll(of.size())));
  }
  ParticipantId provider() { return any({ada, bert, eve}); }
  NodeId node(World const& w) { return NodeId{static_cast<std::uint32_t>(roll(w.core.nodes().size() + 2))}; }
  PriceIndex price() {
    return any(
        {PriceIndex{0}, PriceIndex{1}, units(1), units(2), units(3), units(50), PriceIndex{price_steps}});
  }
  std::int64_t lots() { return any({0L, 1L, 2L, 250L, 1'000L, 2'000L, 5'000L}); }

  /// A label mostly comes with the same terms; sometimes somebody is confused.
  Command registration() {
    auto const label = 1'000 + roll(6);
    auto const told = roll(10) == 0 ? roll(4) : label;
    return RegisterNode{ClientOrderId{label}, told % 2 == 0 ? here : there, told % 4 < 2 ? big : small, 3};
  }
  Command proof(World const& w) {
    auto const id = node(w);
    auto const known = w.core.node(id);
    auto const klass = known && roll(10) != 0 ? known->klass : any({big, small});
    return World::proof(id, static_cast<std::uint16_t>(roll(4)), klass);
  }
  ClientOrderId client(World& w) { return roll(10) == 0 ? ClientOrderId{roll(w.clients + 1)} : w.client(); }

  Command lifeless(World const& w) {
    switch (roll(6)) {
      case 0:
        return UnitRejected{node(w), static_cast<std::uint16_t>(roll(4)),
                            static_cast<std::uint16_t>(w.clients % 2 == 0 ? 16 : 7)};
      case 1:
        return NodeLost{node(w)};
      default:
        return NodeBack{node(w)};
    }
  }
  Command offer(World& w) {
    auto c = roll(2) == 0 ? w.token_offer(node(w), price()) : w.capacity_offer(node(w), price(), 1);
    c.client = client(w);
    c.quantity = Lots{lots()};
    c.replenish = roll(3) != 0;
    if (roll(4) == 0) c.end = w.now + seconds(static_cast<std::int64_t>(roll(60)));
    if (roll(6) == 0) c.fill_min = Lots{lots()};
    if (roll(6) == 0) c.fill_max = Lots{lots()};
    if (c.product == ProductKind::tokens) c.tier = any({fast, standard}), c.model = any({seven, eight});
    return c;
  }
  Command tokens(World& w) {
    auto c = w.token_order(price(),
                           any({TimeInForce::timed, TimeInForce::ioc, TimeInForce::fok, TimeInForce::timed}));
    c.client = client(w);
    c.predicate.models = roll(2) == 0 ? std::vector{seven} : std::vector{seven, eight};
    if (roll(3) == 0) c.predicate.within = {any({here, there, PlaceId{9}})};
    if (roll(3) == 0) c.predicate.tier = any({fast, standard, warm});
    c.input = Tokens{static_cast<std::int64_t>(roll(9'000))};
    c.output_max = Tokens{static_cast<std::int64_t>(roll(3'000))};
    c.policy = any({FaultPolicy::error_frame, FaultPolicy::re_run});
    return c;
  }
  Command capacity(World& w) {
    auto c = w.capacity_order(
        price(), 1, any({TimeInForce::gtc, TimeInForce::ioc, TimeInForce::fok, TimeInForce::timed}));
    c.client = client(w);
    c.quantity = Lots{lots()};
    if (roll(2) == 0) c.predicate.classes = {any({big, small})};
    if (roll(2) == 0) c.term = seconds(static_cast<std::int64_t>(roll(90)));
    return c;
  }
  OrderId some_order(World const& w, ParticipantId who) {
    auto const mine = w.core.orders_of(who, 5);
    return mine.empty() || roll(8) == 0 ? OrderId{roll(w.last_seq() + 2)} : mine[roll(mine.size())].id;
  }
  Command job_step(World const& w) {
    auto const open = w.core.open_jobs();
    auto const id = open.empty() || roll(10) == 0 ? JobId{roll(2'000)} : open[roll(open.size())].id;
    Tokens const counted{static_cast<std::int64_t>(roll(2'200)) - 10},
        claimed{static_cast<std::int64_t>(roll(2'200)) - 10};
    switch (roll(8)) {
      case 0:
      case 1:
        return JobAcknowledged{id};
      case 2:
      case 3:
        return JobFirstToken{id, Micros{static_cast<std::int64_t>(roll(1'000'000))}};
      case 4:
        return JobMarked{id, counted};
      case 5:
        return JobFailed{id, static_cast<Fault>(roll(6)), FailCode::engine_died, counted, claimed, Tokens{},
                         {}};
      default:
        return JobCompleted{
            id, FinishReason::stop, counted, claimed, Tokens{static_cast<std::int64_t>(roll(900))}, {}};
    }
  }
  Command lease_step(World const& w, ParticipantId& who) {
    auto const open = w.core.open_leases();
    if (open.empty()) return ReleaseLease{LeaseId{roll(2'000)}};
    auto const& lease = open[roll(open.size())];
    switch (roll(5)) {
      case 0:
        return who = lease.buyer, ReleaseLease{lease.id};
      case 1:
        return who = lease.provider, LeaseFailed{lease.id, Fault::provider, FailCode::engine_died};
      case 2:
        return who = system_itself, LeaseFailed{lease.id, static_cast<Fault>(roll(6)), FailCode::engine_died};
      default:
        return who = lease.provider, LeaseReady{lease.id};
    }
  }
  Command time(World& w, ParticipantId& who) {
    who = system_itself;
    Micros const passed{static_cast<std::int64_t>(roll(20'000'000))};
    w.now = w.now + passed;
    switch (roll(8)) {
      case 6:
        return Continue{};
      case 7:
        return cancel_all(w, who);
      case 0:
        return Resumed{passed, roll(4) == 0};
      case 1:
        return SetHalt{false};
      case 2:
        return Deposit{carl, Nano{static_cast<std::int64_t>(roll(1'000'000))}};
      default:
        return Tick{};
    }
  }

  Command cancel_all(World const& w, ParticipantId& who) {
    who = any({ada, bert, carl, dora, eve, system_itself});
    switch (roll(4)) {
      case 0:
        return CancelAll{{}, node(w), {}};
      case 1:
        return CancelAll{{}, {}, InstrumentId{static_cast<std::uint32_t>(1 + roll(8))}};
      case 2:
        return CancelAll{any({ada, carl, dora}), {}, {}};
      default:
        return CancelAll{};
    }
  }

  std::mt19937 random_;
};

}  // namespace spillway
