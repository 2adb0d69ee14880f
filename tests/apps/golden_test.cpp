// tests/apps/golden_test.cpp - journals of released rules, kept byte for byte: replay gives their outcomes
// for ever, or the rules have a new version. Covers exchange/pipeline/src/replay.cpp from outside. Rule:
// tests/golden/rules-<n> is never written again. A change of outcomes needs rules version n + 1 and a new
//       folder: SPILLWAY_WRITE_GOLDEN=1 build/dev/bin/apps_audit_test writes it when it is missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "apps/audit/audit.hpp"
#include "apps/audit/audit_page.hpp"
#include "audit_world.hpp"
#include "exchange/replay.hpp"
#include "exchange/state_digest.hpp"
#include "journal/log_reader.hpp"

namespace spillway {
namespace {

using ::testing::HasSubstr;

fs::path const golden = fs::path(SPILLWAY_SOURCE_DIR) / "tests" / "golden";

fs::path folder_of(std::uint32_t rules) { return golden / ("rules-" + std::to_string(rules)); }

std::string said_digest(fs::path const& folder) {
  std::ifstream in(folder / "D");
  std::string hex;
  in >> hex;
  return hex;
}

/// What rules 3 brought: a census with every verdict, the digest of a state, another key of the log.
void use_rules_three(World& world, LogKey const& first, LogKey const& second) {
  auto const node = world.add_proven_node(eve, 3);
  world.must(EpochOpen{1, Bytes32{std::byte{1}}, Bytes32{std::byte{2}}});
  auto const check = [&](std::uint16_t unit, CensusVerdict verdict, std::uint16_t reason) {
    world.must(UnitChecked{1, node, unit, World::proof(node, unit).unit_key, verdict, reason, 1'000, {}});
  };
  check(0, CensusVerdict::passed, 0);
  check(1, CensusVerdict::missed, 5);
  check(2, CensusVerdict::failed, 16);
  world.must(EpochClose{1, Bytes32{std::byte{3}}});
  world.must(StateDigest{world.core.applied(), ExchangeCore::state_layout, state_digest(world.core)});
  world.must(LogKeyChange{first.verifier().public_key(), second.verifier().public_key(),
                          first.verifier().key_id(), second.verifier().key_id(), seconds(60)});
}

/// What rules 4 brought: misses of a place that another key takes over, and drains.
void use_rules_four(World& world) {
  auto const node = world.add_proven_node(eve, 2);
  world.offer(eve, world.capacity_offer(node, units(1), 2));
  world.must(EpochOpen{2, Bytes32{std::byte{4}}, Bytes32{std::byte{5}}});
  world.must(UnitChecked{2, node, 1, World::proof(node, 1).unit_key, CensusVerdict::missed, 5, 0, {}});
  auto other_key = World::proof(node, 1);
  other_key.unit_key[9] = std::byte{9};
  world.must(other_key);
  EXPECT_EQ(world.core.node(node)->units_missed, 1);
  world.must(EpochClose{2, Bytes32{std::byte{6}}});
  world.must(NodeDrain{node, DrainReason::daily});
  world.order(carl, world.capacity_order(units(1), 1));
  world.must(NodeDrain{node, DrainReason::none});
  world.must(NodeDrain{node, DrainReason::unjudged});
}

/// What rules 5 brought: bonds that are posted, lost and taken back, and the ways out of frozen earnings.
void use_rules_five_bonds(World& world) {
  auto rules = world.core.rules();
  rules.bond_per_unit = Nano{nano_per_unit}, rules.bond_hold = seconds(60);
  world.must(SetRules{rules});
  world.must(Deposit{ada, Nano{10 * nano_per_unit}});
  auto const node = world.add_node(ada);
  EXPECT_EQ(world.send(system_itself, World::proof(node, 0)), Refusal::bond_missing);
  for (std::uint16_t unit = 0; unit < 3; ++unit) {
    EXPECT_EQ(world.send(ada, BondPost{node, unit}), Refusal::none);
    world.must(World::proof(node, unit));
  }
  EXPECT_EQ(world.send(ada, BondTake{node, 0}), Refusal::bond_in_use);
  world.must(UnitRejected{node, 0, 7});
  world.must(UnitRejected{node, 1, 16});
  world.must(EpochOpen{3, Bytes32{std::byte{7}}, Bytes32{std::byte{8}}});
  world.must(UnitChecked{3, node, 2, World::proof(node, 2).unit_key, CensusVerdict::failed, 16, 1'000, {}});
  world.must(EpochClose{3, Bytes32{std::byte{9}}});
  world.pass(seconds(60));
  EXPECT_EQ(world.send(ada, BondTake{node, 0}), Refusal::none);
  auto const frozen = world.balance(ada, AccountKind::frozen);
  EXPECT_GT(frozen, Nano{1});
  EXPECT_EQ(world.send(boss, FrozenSettle{ada, Nano{1}, FrozenTo::guarantee}), Refusal::none);
  EXPECT_EQ(world.send(boss, FrozenSettle{ada, frozen - Nano{1}, FrozenTo::earnings}), Refusal::none);
}

/// What rules 5 brought of sold units: a probe, and a node whose jobs delivered too little.
void use_rules_five_meters(World& world) {
  auto rules = world.core.rules();
  rules.bond_per_unit = Nano{};
  world.must(SetRules{rules});
  auto const node = world.add_proven_node(ada, 2, here, small);
  auto offer = world.token_offer(node, units(1), 4);
  offer.tier = standard;  // two slots an accelerator
  world.offer(ada, offer);
  world.must(EpochOpen{4, Bytes32{std::byte{7}}, Bytes32{std::byte{8}}});
  auto probe = UnitChecked{4, node, 1, World::proof(node, 1).unit_key, CensusVerdict::passed, 0, 1'000, {}};
  probe.kind = CheckKind::probe;
  world.must(probe);
  probe.unit = 0, probe.unit_key = World::proof(node, 0).unit_key;
  probe.verdict = CensusVerdict::missed, probe.reason = 5;
  world.must(probe);
  world.must(EpochClose{4, Bytes32{std::byte{9}}});
  auto order = world.token_order(units(2), TimeInForce::ioc);
  order.predicate.tier = standard, order.predicate.classes = {small};
  world.order(carl, order);
  auto const job = world.last_job();
  world.must(JobAcknowledged{job});
  world.must(JobFirstToken{job, ms(100)});
  world.now = world.now + seconds(125);
  world.must(World::completed(job, 1, 1));
  EXPECT_NE(world.core.node(node)->low_at.v, 0);
  world.must(NodeDrain{node, DrainReason::metered});
  world.must(World::proof(node, 1, small));
  EXPECT_EQ(world.core.node(node)->low_at.v, 0);
}

void write(fs::path const& folder) {
  World world;
  live_a_little(world, 24);
  // What rules 2 are about: more than one entry does.
  for (int i = 0; i < 260; ++i) world.order(carl, world.capacity_order(PriceIndex{0}, 1));
  EXPECT_EQ(world.send(carl, CancelAll{}), Refusal::none);
  auto const first = fixed_key(), second = LogKey::from_seed(first.verifier().name(), {std::byte{2}});
  use_rules_three(world, first, second);  // the last head needs both keys
  use_rules_four(world);
  use_rules_five_bonds(world);
  use_rules_five_meters(world);
  auto const digest = write_journal(folder, world.journal, {.segment_bytes = 65'536});
  auto const note = parse_note(load_checkpoint(folder / "checkpoint").value()).value();
  auto const head = parse_checkpoint_text(note.text).value();
  EXPECT_TRUE(
      persist_checkpoint(folder / "checkpoint", sign_checkpoint(head.size, head.root, first, second)));
  std::ofstream(folder / "D") << to_hex(digest) << "\n";
  fs::remove(folder / "LOCK");
}

TEST(Golden, JournalsOfEveryRulesVersionGiveTheSameOutcomes) {
  if (auto const now = folder_of(Rules{}.version); std::getenv("SPILLWAY_WRITE_GOLDEN") && !fs::exists(now))
    write(now);
  for (std::uint32_t rules = 1; rules <= Rules{}.version; ++rules) {
    auto const folder = folder_of(rules);
    ASSERT_TRUE(fs::exists(folder)) << "rules version " << rules << " has no golden journal";
    AuditOptions options{folder, fixed_key().verifier().vkey(), {}, {}};
    options.states = true;
    auto const report = audit_journal(options);
    ASSERT_TRUE(report) << report.error().sentence;
    EXPECT_TRUE(report->ok())
        << report->finding->reason
        << "\nan outcome changed: that is a new rules version, with a golden journal of its own";
    EXPECT_TRUE(report->closed);
    EXPECT_EQ(to_hex(report->digest), said_digest(folder));
    EXPECT_GT(report->records_compared, 150u);
    EXPECT_GT(report->tiles_compared, 0u);
  }
}

TEST(Golden, TheJournalOfRulesTwoHasWorkThatOneEntryDidNotFinish) {
  auto log = LogReader::open(folder_of(2), StreamKind::entries, ReadMode::strict);
  ASSERT_TRUE(log);
  int continued = 0;
  for (auto frame = log->next(); frame && *frame; frame = log->next())
    if ((*frame)->type != FrameType::seal)
      continued += std::holds_alternative<Continue>(decode_entry((*frame)->payload)->command) ? 1 : 0;
  EXPECT_EQ(continued, 1);
}

/// What rules 4 brought: a place that owes misses, and a drain with work that goes on.
TEST(Golden, TheJournalOfRulesFourHasDrainsAndAKeyThatTakesOverMisses) {
  auto log = LogReader::open(folder_of(4), StreamKind::entries, ReadMode::strict);
  ASSERT_TRUE(log);
  std::vector<DrainReason> drains;
  for (auto frame = log->next(); frame && *frame; frame = log->next())
    if ((*frame)->type != FrameType::seal && command_index((*frame)->payload) == Command(NodeDrain{}).index())
      drains.push_back(std::get<NodeDrain>(decode_entry((*frame)->payload)->command).reason);
  EXPECT_THAT(drains, ::testing::ElementsAre(DrainReason::daily, DrainReason::none, DrainReason::unjudged));
}

std::set<std::size_t> kinds_in_journal_of(std::uint32_t rules) {
  std::set<std::size_t> found;
  auto log = LogReader::open(folder_of(rules), StreamKind::entries, ReadMode::strict);
  EXPECT_TRUE(log);
  for (auto frame = log->next(); frame && *frame; frame = log->next())
    if ((*frame)->type != FrameType::seal) found.insert(*command_index((*frame)->payload));
  return found;
}

TEST(Golden, TheJournalsOfRulesThreeAndFiveHaveEveryCommandThatCameWithThem) {
  auto const three = kinds_in_journal_of(3), five = kinds_in_journal_of(5);
  for (auto kind = Command(LogKeyChange{}).index(); kind <= Command(StateDigest{}).index(); ++kind)
    EXPECT_TRUE(three.contains(kind)) << kind;
  for (auto const& command : {Command(BondPost{}), Command(BondTake{}), Command(FrozenSettle{})})
    EXPECT_TRUE(five.contains(command.index())) << command.index();
}

// What would happen if somebody changed what an order costs: every seal from there on speaks against it.
TEST(Golden, AChargeThatDiffersByOneNanoUnitIsFoundAtItsSeal) {
  ExchangeCore core;
  OutcomeChain chain;
  auto log = LogReader::open(folder_of(Rules{}.version), StreamKind::entries, ReadMode::strict);
  ASSERT_TRUE(log);
  Outcome outcome;
  bool changed = false;
  std::string said;
  while (said.empty()) {
    auto const frame = log->next();
    ASSERT_TRUE(frame && *frame) << "the change was found before the end";
    if ((*frame)->type == FrameType::seal) {
      if (auto const same = chain.check(*parse_seal((*frame)->payload)); !same) said = same.error();
      continue;
    }
    outcome.clear();
    core.apply(*decode_entry((*frame)->payload), outcome);
    for (auto& record : outcome.records)
      if (!changed && record.head.kind == RecordKind::posting &&
          record.head.code == static_cast<std::uint16_t>(TransferCode::charge)) {
        auto posting = record.as<record::Posting>();
        ++posting.amount_nano;
        std::memcpy(record.body.data(), &posting, sizeof posting);
        changed = true;
      }
    chain.add((*frame)->seq, outcome.records);
  }
  EXPECT_TRUE(changed);
  EXPECT_THAT(said, HasSubstr("D: the journal says"));
}

}  // namespace
}  // namespace spillway
