// tests/exchange/core_work_test.cpp - bounded work: what 100,000 orders or jobs leave behind is done 256
// steps an entry, with the result of doing it at once: exchange/src/core_work.cpp.
#include "core_world.hpp"

namespace spillway {
namespace {

constexpr int many = 100'000, units_of_node = 2'000;

/// Entries one by one, with a hash of their records in place of the records.
struct Line {
  ExchangeCore core;
  std::vector<Entry> journal;
  Outcome last;
  std::uint64_t seen{1};
  std::uint32_t most_steps{};

  explicit Line(CoreLimits const& limits = {}) : core(limits) {}
  Refusal enter(Entry const& entry) {
    last.clear();
    core.apply(entry, last);
    most_steps = std::max(most_steps, last.steps);
    auto refusal = Refusal::none;
    for (auto const& record : last.records) {
      std::uint64_t words[sizeof(Record) / 8];
      std::memcpy(words, &record, sizeof record);
      for (auto const word : words) seen = (seen ^ word) * 0x9E3779B97F4A7C15u, seen ^= seen >> 29;
      if (record.head.kind == RecordKind::refused) refusal = static_cast<Refusal>(record.head.code);
    }
    return refusal;
  }
  Refusal send(Stamp now, ParticipantId who, Command command) {
    journal.push_back({Seq{journal.size() + 1}, now, who, std::move(command)});
    return enter(journal.back());
  }
  /// As the sequencer does it. How many entries it took.
  int finish() {
    int entries = 0;
    for (; core.unfinished(); ++entries) EXPECT_EQ(send(core.now(), {}, Continue{}), Refusal::none);
    return entries;
  }
  [[nodiscard]] Nano balance(ParticipantId who, AccountKind kind) const {
    for (auto const& account : core.accounts_of(who))
      if (account.key.kind == kind) return account.balance;
    return {};
  }
};

TEST(CoreWork, AMassCancelAndTheLossOfANodeAreDoneInPieces) {
  World w;  // tables and people
  Line line;
  for (auto const& entry : w.journal) line.send(entry.stamp, entry.principal, entry.command);
  auto now = w.now;

  // A node that runs 100,000 jobs, and as many orders at rest.
  auto patient = World::rules();
  patient.acknowledgement = seconds(60);
  ASSERT_EQ(line.send(now, {}, SetRules{patient}), Refusal::none);
  ASSERT_EQ(line.send(now, ada, RegisterNode{ClientOrderId{1}, here, big, units_of_node}), Refusal::none);
  NodeId const node{1};
  for (int unit = 0; unit < units_of_node; ++unit) {
    auto proof = World::proof(node, static_cast<std::uint16_t>(unit));
    proof.unit_key[2] = std::byte(unit >> 8);
    ASSERT_EQ(line.send(now, {}, proof), Refusal::none);
  }
  auto const offer = w.token_offer(node, PriceIndex{10}, many);
  ASSERT_EQ(line.send(now, ada, offer), Refusal::none);
  auto order = w.token_order(PriceIndex{10}, TimeInForce::ioc);
  std::uint64_t client = 0;
  auto const place = [&] {
    order.client = ClientOrderId{++client};
    ASSERT_EQ(line.send(now, carl, order), Refusal::none);
  };
  for (int i = 0; i < many; ++i) place();
  ASSERT_EQ(line.core.open_jobs().size(), std::size_t{many});
  auto const running = line.balance(carl, AccountKind::escrow);
  order.limit = PriceIndex{5}, order.tif = TimeInForce::timed;
  for (int i = 0; i < many; ++i) place();
  OrderId const newest{line.journal.size()};

  // The mass cancel: while it is not over nothing else happens, to nobody.
  ASSERT_EQ(line.send(now, carl, CancelAll{}), Refusal::none);
  ASSERT_TRUE(line.core.unfinished());
  EXPECT_EQ(line.core.order(newest)->phase, OrderPhase::resting) << "not yet";
  EXPECT_EQ(line.send(now, carl, AmendOrder{newest, PriceIndex{10}, Lots{1}}), Refusal::busy);
  EXPECT_EQ(line.send(now, bert, offer), Refusal::busy);
  EXPECT_GT(line.finish(), many / 256 - 4);
  EXPECT_EQ(line.core.order(newest)->phase, OrderPhase::cancelled);
  EXPECT_EQ(line.core.book().resting_orders_of(carl), 0u);
  EXPECT_EQ(line.balance(carl, AccountKind::escrow), running) << "what they held is free again";

  // The loss of the node: unexecutable at once, its jobs fail after the grace.
  ASSERT_EQ(line.send(now, {}, NodeLost{node}), Refusal::none);
  now = now + seconds(15);
  ASSERT_EQ(line.send(now, {}, Tick{}), Refusal::none);
  EXPECT_EQ(line.core.node(node)->phase, NodePhase::gone);
  EXPECT_GT(line.finish(), many / 256 - 4);
  EXPECT_TRUE(line.core.open_jobs().empty());
  EXPECT_EQ(line.balance(carl, AccountKind::escrow), Nano{});
  EXPECT_EQ(line.most_steps, 256u);
  line.core.check_invariants();
}

TEST(CoreWork, DoingItAtOnceGivesTheSameRecords) {
  Line line;
  CoreLimits boundless;
  boundless.steps = UINT32_MAX;
  Line at_once(boundless);
  World w;
  for (auto const& entry : w.journal) line.send(entry.stamp, entry.principal, entry.command);
  // 1,000 orders of three people expire at one moment, 900 more when the relay is lost.
  auto now = w.now;
  std::uint64_t client = 0;
  for (int i = 0; i < 1'900; ++i) {
    auto order = w.token_order(PriceIndex{5});
    order.client = ClientOrderId{++client};
    order.good_for = seconds(i < 1'000 ? 10 : 60);
    ASSERT_EQ(line.send(now, i % 3 == 0 ? carl : i % 3 == 1 ? dora : eve, order), Refusal::none);
  }
  now = now + seconds(10);
  line.send(now, {}, Tick{});
  EXPECT_EQ(line.finish(), 3);
  line.send(now, {}, Resumed{Micros{}, true});
  EXPECT_EQ(line.finish(), 3);
  EXPECT_EQ(line.core.next_deadline(), std::nullopt);
  EXPECT_EQ(line.most_steps, 256u);
  for (auto const& entry : line.journal) at_once.enter(entry);
  EXPECT_EQ(at_once.seen, line.seen);
  EXPECT_GT(at_once.most_steps, 900u);
}

TEST(CoreWork, AMassCancelTakesWhatIsNamedAndYours) {
  World w;
  auto const first = w.add_proven_node(ada), second = w.add_proven_node(ada), other = w.add_proven_node(bert);
  auto const token = [&](ParticipantId who, NodeId node) {
    return w.offer(who, w.token_offer(node, units(3)));
  };
  auto const lease = [&](ParticipantId who, NodeId node) {
    return w.offer(who, w.capacity_offer(node, units(3), 1));
  };
  auto const a = token(ada, first), b = lease(ada, first), c = token(ada, second), d = token(bert, other);
  auto const mine = w.order(carl, w.token_order(units(1))), hers = w.order(dora, w.token_order(units(1)));
  auto const live = [&](OfferId id) { return w.core.offer(id)->phase == OfferPhase::live; };
  auto const tokens = w.core.offer(a)->instrument;

  EXPECT_EQ(w.send(carl, CancelAll{dora, {}, {}}), Refusal::not_yours);
  EXPECT_EQ(w.send(ada, CancelAll{{}, other, {}}), Refusal::not_yours);
  EXPECT_EQ(w.send(ada, CancelAll{{}, NodeId{9}, {}}), Refusal::node_unknown);
  EXPECT_EQ(w.send(ada, CancelAll{{}, {}, InstrumentId{9}}), Refusal::unknown_id);
  EXPECT_EQ(w.send(ada, CancelAll{{}, first, tokens}), Refusal::malformed);
  EXPECT_EQ(w.send({}, CancelAll{}), Refusal::malformed);
  EXPECT_TRUE(live(a) && live(b) && live(c) && live(d));

  EXPECT_EQ(w.send(ada, CancelAll{{}, {}, tokens}), Refusal::none);
  EXPECT_TRUE(!live(a) && live(b) && !live(c) && live(d)) << "her offers of one instrument";
  EXPECT_EQ(w.send(ada, CancelAll{{}, first, {}}), Refusal::none);
  EXPECT_FALSE(live(b));
  EXPECT_EQ(w.send(carl, CancelAll{}), Refusal::none);
  EXPECT_EQ(w.core.order(mine)->phase, OrderPhase::cancelled);
  EXPECT_EQ(w.core.order(hers)->phase, OrderPhase::resting);
  EXPECT_EQ(w.send(boss, CancelAll{{}, {}, tokens}), Refusal::none);
  EXPECT_FALSE(live(d)) << "the operator's is everybody's";
  EXPECT_EQ(w.send({}, CancelAll{dora, {}, {}}), Refusal::none);
  EXPECT_EQ(w.core.order(hers)->phase, OrderPhase::cancelled);
}

TEST(CoreWork, ContinueIsTheExchangesAloneAndDoesNothingWhenNothingIsLeft) {
  World w;
  EXPECT_EQ(w.send(carl, Continue{}), Refusal::role_missing);
  EXPECT_EQ(w.send({}, Continue{}), Refusal::none);
  EXPECT_TRUE(w.last.records.empty());
}

/// What ended and is older than a day leaves with the next ids; what lives stays.
TEST(CoreWork, TheOldIsForgottenAFewAtATime) {
  World w;
  auto const node = w.add_proven_node(ada);
  auto const ended = w.offer(ada, w.token_offer(node, units(3)));
  auto const live = w.offer(ada, w.token_offer(node, units(4)));
  EXPECT_EQ(w.send(ada, CancelOffer{ended}), Refusal::none);
  auto const resting = w.order(carl, w.capacity_order(PriceIndex{1}, 1));
  std::vector<OrderId> old;
  for (int i = 0; i < 40; ++i) old.push_back(w.order(carl, w.token_order(PriceIndex{1}, TimeInForce::ioc)));
  w.pass(Micros{25 * micros_per_hour});
  EXPECT_TRUE(w.core.order(old[0]));
  w.order(carl, w.token_order(PriceIndex{1}, TimeInForce::ioc));
  EXPECT_FALSE(w.core.order(old[0]));
  EXPECT_TRUE(w.core.order(old[20])) << "a few at a time";
  for (int i = 0; i < 3; ++i) w.order(carl, w.token_order(PriceIndex{1}, TimeInForce::ioc));
  EXPECT_FALSE(w.core.order(old[39]));
  EXPECT_EQ(w.core.order(resting)->phase, OrderPhase::resting);
  w.send(system_itself, World::proof(node, 0));
  w.offer(ada, w.token_offer(node, units(5)));
  EXPECT_FALSE(w.core.offer(ended));
  EXPECT_EQ(w.core.offer(live)->phase, OfferPhase::live);
}

}  // namespace
}  // namespace spillway
