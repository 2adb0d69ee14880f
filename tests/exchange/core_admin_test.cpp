// tests/exchange/core_admin_test.cpp - the operator's commands: exchange/src/core_admin.cpp and
// exchange/src/core_reference.cpp.
#include "core_world.hpp"
#include "settlement/ledger.hpp"

namespace spillway {
namespace {

AddKey key(ParticipantId who, std::uint32_t id, int value) {
  AddKey c;
  c.participant = who, c.key = KeyId{id}, c.kind = KeyKind::ed25519, c.value[0] = std::byte(value);
  return c;
}

TEST(CoreAdmin, OnlyTheOperatorOrTheExchangeMayRule) {
  World w;
  for (auto const& command :
       {Command{SetRules{World::rules()}}, Command{SetHalt{true}}, Command{Deposit{carl, Nano{1}}},
        Command{FundGuarantee{Nano{1}}}, Command{AddParticipant{ParticipantId{50}, FirmId{50}, 1}},
        Command{key(carl, 1, 1)}, Command{DefineRelay{here}}}) {
    EXPECT_EQ(w.send(carl, command), Refusal::role_missing);
    EXPECT_EQ(w.send(ParticipantId{99}, command), Refusal::unknown_participant);
    EXPECT_EQ(w.send(boss, command), Refusal::none);
  }
}

TEST(CoreAdmin, RefusesRulesThatItDoesNotKnowOrThatMakeNoSense) {
  World w;
  auto const with = [](auto change) {
    SetRules c{World::rules()};
    change(c.rules);
    return c;
  };
  for (auto const& c :
       {with([](Rules& r) { r.version = 1; }), with([](Rules& r) { r.version = 2; }),
        with([](Rules& r) { r.version = rules_newest + 1; }),
        with([](Rules& r) { r.maker_rebate_bps = 101; }), with([](Rules& r) { r.taker_fee_bps = -1; }),
        with([](Rules& r) { r.sla_rebate_milli = 1001; }),
        with([](Rules& r) { r.lease_slice = Micros{1'500'000}; }),
        with([](Rules& r) { r.acknowledgement = Micros{}; }), with([](Rules& r) { r.class_scale = 0; })})
    EXPECT_EQ(w.send(boss, c), Refusal::rules_unknown);
  EXPECT_EQ(w.core.rules(), World::rules());
  EXPECT_EQ(w.send(boss, with([](Rules& r) { r.taker_fee_bps = 50; })), Refusal::none);
  EXPECT_EQ(w.core.rules().taker_fee_bps, 50);
}

TEST(CoreAdmin, AHaltStopsNewOrdersAndOffersAndNothingElse) {
  World w;
  auto const job = w.streaming();
  auto const resting = w.order(carl, w.token_order(PriceIndex{1}));
  EXPECT_EQ(w.send(boss, SetHalt{true}), Refusal::none);
  EXPECT_TRUE(w.core.halted());
  EXPECT_EQ(w.send(carl, w.token_order(units(1))), Refusal::halted);
  EXPECT_EQ(w.send(ada, w.token_offer(NodeId{1}, units(3))), Refusal::halted);
  EXPECT_EQ(w.send(carl, CancelOrder{resting, CancelReason::asked}), Refusal::none);
  EXPECT_EQ(w.send(system_itself, World::completed(job, 10, 10)), Refusal::none);
  EXPECT_EQ(w.send(boss, SetHalt{false}), Refusal::none);
  EXPECT_EQ(w.send(carl, w.token_order(units(1))), Refusal::none);
}

TEST(CoreAdmin, ParticipantsAndKeysAreAddedOnce) {
  World w;
  EXPECT_EQ(w.send(boss, AddParticipant{carl, FirmId{1}, 2}), Refusal::participant_exists);
  EXPECT_EQ(w.send(boss, AddParticipant{ParticipantId{50}, FirmId{1}, 0}), Refusal::malformed);
  EXPECT_EQ(w.send(boss, AddParticipant{ParticipantId{50}, FirmId{1}, 64}), Refusal::malformed);
  EXPECT_EQ(w.send(boss, key(carl, 1, 5)), Refusal::none);
  EXPECT_EQ(w.send(boss, key(carl, 1, 6)), Refusal::key_exists);
  EXPECT_EQ(w.send(boss, key(dora, 1, 5)), Refusal::key_exists) << "a bearer key names one participant";
  EXPECT_EQ(w.send(boss, key(ParticipantId{99}, 1, 9)), Refusal::unknown_participant);
  EXPECT_EQ(w.send(boss, key(dora, 1, 7)), Refusal::none);
  EXPECT_EQ(w.core.keys().size(), 2u);
}

TEST(CoreAdmin, MoneyComesInAsPositiveBoundedAmounts) {
  World w;
  EXPECT_EQ(w.send(boss, Deposit{carl, Nano{0}}), Refusal::amount_invalid);
  EXPECT_EQ(w.send(boss, Deposit{carl, Nano{-5}}), Refusal::amount_invalid);
  EXPECT_EQ(w.send(boss, Deposit{carl, bank_max}), Refusal::amount_invalid);
  EXPECT_EQ(w.send(boss, Deposit{ParticipantId{99}, Nano{5}}), Refusal::unknown_participant);
  EXPECT_EQ(w.send(boss, FundGuarantee{Nano{0}}), Refusal::amount_invalid);
  EXPECT_EQ(w.send(boss, Deposit{carl, Nano{5}}), Refusal::none);
  EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit + 5});
}

TEST(CoreAdmin, WithoutTablesNothingTrades) {
  ExchangeCore core;
  Outcome out;
  EXPECT_FALSE(core.genesis_done());
  core.apply({Seq{1}, Stamp{1}, {}, AddParticipant{carl, FirmId{1}, 2}}, out);
  PlaceOrder order;
  order.client = ClientOrderId{1}, order.tif = TimeInForce::ioc;
  order.predicate.product = ProductKind::tokens, order.predicate.models = {seven};
  core.apply({Seq{2}, Stamp{1}, carl, order}, out);
  EXPECT_EQ(out.records.back().head.code, static_cast<std::uint16_t>(Refusal::genesis_missing));
  EXPECT_TRUE(World{}.core.genesis_done());
}

TEST(CoreAdmin, TablesStandStillOnceSomethingIsListed) {
  World w;
  EXPECT_EQ(w.send(boss, DefineRelay{there}), Refusal::none);
  EXPECT_EQ(w.send(boss, DefineRelay{PlaceId{1}}), Refusal::reference_invalid) << "not a leaf";
  EXPECT_EQ(w.send(boss, DefineModels{}), Refusal::reference_invalid);
  w.order(carl, w.token_order(units(1)));
  EXPECT_EQ(w.send(boss, DefineRelay{here}), Refusal::reference_invalid);
}

TEST(CoreAdmin, AClassOfUnlistedHardwareIsUnknownToOlderRules) {
  for (std::uint32_t const rules : {4u, 5u}) {
    ExchangeCore core;
    Outcome out;
    Rules set;
    set.version = rules;
    core.apply({Seq{1}, Stamp{1}, {}, SetRules{set}}, out);
    AcceleratorClass row;
    row.id = ClassId{1}, row.name = "UNLISTED", row.maker = "unknown", row.origin = Origin::other;
    out.clear();
    core.apply({Seq{2}, Stamp{1}, {}, DefineClasses{{row}}}, out);
    ASSERT_EQ(out.records.size(), 1u);
    EXPECT_EQ(out.records[0].head.kind == RecordKind::refused, rules < 5) << rules;
  }
}

TEST(CoreAdmin, TheRegistersRowsAreTheOperatorsAndOfParticipants) {
  World w;
  SetRegister const row{carl, Bytes32{std::byte{7}}};
  EXPECT_EQ(w.send(carl, row), Refusal::role_missing);
  EXPECT_EQ(w.send(boss, SetRegister{ParticipantId{99}, row.row}), Refusal::unknown_participant);
  EXPECT_EQ(w.send(boss, row), Refusal::none);
  EXPECT_EQ(w.seen<record::Accepted>().at(0).made, carl.v);
  EXPECT_EQ(w.send(boss, SetRegister{carl, {}}), Refusal::none) << "erased";
}

TEST(CoreAdmin, AStatementOfASessionIsEvidenceWithoutARecord) {
  World w;
  SessionStatement said;
  said.session = SessionId{5}, said.last_request = 3;
  EXPECT_EQ(w.send(carl, said), Refusal::none);
  EXPECT_TRUE(w.last.records.empty()) << "a report of it would have to be stated in its turn";
  EXPECT_EQ(w.send(ParticipantId{99}, said), Refusal::unknown_participant);
  EXPECT_EQ(w.send(carl, SessionStatement{}), Refusal::malformed);
}

LogKeyChange key_change(int before, int after, Micros overlap) {
  return {Bytes32{std::byte(before)}, Bytes32{std::byte(after)}, static_cast<std::uint32_t>(before),
          static_cast<std::uint32_t>(after), overlap};
}

TEST(CoreAdmin, TheLogsKeyIsFollowedByOneAtATimeAndByTheOperatorAlone) {
  World w;
  auto const first = key_change(1, 2, seconds(60));
  EXPECT_EQ(w.send(carl, first), Refusal::role_missing);
  EXPECT_FALSE(w.core.log_keys().changed.some());
  for (auto const& senseless :
       {key_change(1, 1, {}), key_change(0, 2, {}), key_change(1, 0, {}), key_change(1, 2, Micros{-1}),
        key_change(1, 2, Micros{367 * 24 * micros_per_hour})})
    EXPECT_EQ(w.send(boss, senseless), Refusal::malformed);
  EXPECT_EQ(w.send(boss, first), Refusal::none);
  auto const said = World::of<record::LogKeyState>(w.last.records);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].before_id, 1u);
  EXPECT_EQ(said[0].after_id, 2u);
  EXPECT_EQ(said[0].until_us, (w.now + seconds(60)).v);
  EXPECT_FALSE(w.core.log_keys().over);
  EXPECT_EQ(w.send(boss, key_change(1, 3, {})), Refusal::key_unknown) << "1 signs no more";
  EXPECT_EQ(w.send(boss, key_change(2, 3, {})), Refusal::busy) << "two keys sign already";
  w.pass(seconds(60));
  EXPECT_TRUE(w.core.log_keys().over);
  EXPECT_EQ(w.send(boss, key_change(2, 3, {})), Refusal::none);
  EXPECT_EQ(w.core.log_keys().changed, Seq{w.last_seq()});
  EXPECT_FALSE(w.core.log_keys().over) << "over is what an entry behind it says";
  w.pass(Micros{});
  EXPECT_TRUE(w.core.log_keys().over);
}

TEST(CoreAdmin, AChangeOfTheLogsKeyStandsInASnapshotAndIsUnknownToOlderRules) {
  World w;
  w.order(carl, w.token_order(PriceIndex{1}));  // from here on the tables stand still
  ASSERT_EQ(w.send(boss, key_change(1, 2, seconds(60))), Refusal::none);
  ExchangeCore again;
  ASSERT_TRUE(again.import_state(exported(w.core)));
  EXPECT_EQ(again.log_keys().changed, w.core.log_keys().changed);
  EXPECT_EQ(again.log_keys().said.after, w.core.log_keys().said.after);
  EXPECT_EQ(again.log_keys().until, w.core.log_keys().until);

  ExchangeCore old;
  Rules rules;
  rules.version = 2;
  Outcome outcome;
  old.apply({Seq{1}, Stamp{1}, system_itself, SetRules{rules}}, outcome);
  outcome.clear();
  old.apply({Seq{2}, Stamp{1}, system_itself, key_change(1, 2, {})}, outcome);
  ASSERT_EQ(outcome.records.size(), 1u);
  EXPECT_EQ(outcome.records[0].head.code, static_cast<std::uint16_t>(Refusal::rules_unknown));
}

TEST(CoreAdmin, ADigestOfItsStateIsOfAnEntryBeforeAndOnlyTheExchangeSaysIt) {
  World w;
  EXPECT_EQ(w.send(system_itself, StateDigest{w.core.applied(), 1, {}}), Refusal::none);
  EXPECT_TRUE(w.last.records.empty()) << "nothing follows from it";
  Seq const itself{w.core.applied().v + 1};
  EXPECT_EQ(w.send(system_itself, StateDigest{itself, 1, {}}), Refusal::unknown_id);
  EXPECT_EQ(w.send(system_itself, StateDigest{{}, 1, {}}), Refusal::unknown_id);
  EXPECT_EQ(w.send(boss, StateDigest{Seq{1}, 1, {}}), Refusal::role_missing);
}

}  // namespace
}  // namespace spillway
