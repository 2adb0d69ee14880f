// tests/exchange/core_test.cpp - one entry through exchange/src/core.cpp: answers, report numbers, replay.
// Also
// exchange/src/core_reads.cpp.
#include <map>

#include "core_world.hpp"

namespace spillway {
namespace {

TEST(Core, ATokenOrderBecomesAJobThatIsPaid) {
  World w;
  auto const job = w.streaming();
  EXPECT_EQ(w.send(system_itself, World::completed(job, 400, 400)), Refusal::none);
  auto const view = *w.core.job(job);
  EXPECT_EQ(view.phase, JobPhase::completed);
  // 400 output + 1000 x 0.25 input at one unit per million: 650,000 nano-units; the buyer took, the provider
  // made.
  EXPECT_EQ(view.charge, Nano{650'000});
  EXPECT_EQ(w.fees(), Nano{6'500 - 1'300});
  EXPECT_EQ(w.earnings(ada), Nano{650'000 + 1'300});
  EXPECT_EQ(w.funds(carl), Nano{100 * nano_per_unit - 656'500});
  EXPECT_EQ(w.escrow(carl), Nano{});
}

TEST(Core, PeopleAreAnsweredBeforeTheirEffects) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, units(1)));
  w.order(carl, w.token_order(units(1)));
  ASSERT_FALSE(w.last.records.empty());
  EXPECT_EQ(w.last.records[0].head.kind, RecordKind::accepted);
  EXPECT_EQ(w.last.records[0].as<record::Accepted>().made, w.last_seq());
  EXPECT_EQ(w.seen<record::Fill>().size(), 1u);
  EXPECT_EQ(w.seen<record::OrderState>().back().phase, static_cast<std::uint8_t>(OrderPhase::filled));
}

TEST(Core, ReportNumbersOfAParticipantHaveNoGaps) {
  World w;
  auto const job = w.streaming();
  w.send(system_itself, World::completed(job, 400, 400));
  w.send(carl, CancelOrder{OrderId{999}, CancelReason::asked});
  std::map<std::uint32_t, std::uint64_t> reports;
  for (auto const& record : w.records)
    for (auto const& to : {record.head.first, record.head.second}) {
      if (to.participant == 0)
        EXPECT_EQ(to.report, 0u);
      else
        EXPECT_EQ(to.report, ++reports[to.participant]);
    }
  for (auto const& [id, count] : reports) EXPECT_EQ(w.core.participant(ParticipantId{id})->reports, count);
  EXPECT_GT(reports[carl.v], 4u);
  EXPECT_GT(reports[ada.v], 4u);
}

TEST(Core, ASelfTradeIsReportedToItsOwnerOnce) {
  World w;
  auto const node = w.add_proven_node(eve);
  w.offer(eve, w.token_offer(node, units(1)));
  w.order(eve, w.token_order(units(1)));
  for (auto const& record : w.last.records) {
    if (record.head.kind != RecordKind::fill && record.head.kind != RecordKind::job_state) continue;
    EXPECT_EQ(record.head.first.participant, eve.v);
    EXPECT_EQ(record.head.second.participant, 0u);
  }
}

TEST(Core, TheSameEntriesGiveTheSameRecords) {
  World w;
  auto const job = w.streaming();
  w.send(system_itself, World::completed(job, 400, 400));
  w.pass(seconds(2'000));
  ExchangeCore again;
  Outcome outcome;
  for (auto const& entry : w.journal) again.apply(entry, outcome);
  ASSERT_EQ(outcome.records.size(), w.records.size());
  EXPECT_EQ(std::memcmp(outcome.records.data(), w.records.data(), w.records.size() * sizeof(Record)), 0);
}

TEST(Core, RefusalsNameTheSendersIdAndTheCommand) {
  World w;
  auto c = w.token_order(units(1));
  c.quantity = Lots{2};
  EXPECT_EQ(w.send(carl, c), Refusal::quantity_too_large);
  auto const refused = w.seen<record::Refused>().at(0);
  EXPECT_EQ(refused.client, c.client.v);
  EXPECT_EQ(refused.command, Command{c}.index());
  EXPECT_EQ(w.last.records[0].head.first.participant, carl.v);
  EXPECT_EQ(w.last.records.size(), 1u);
}

TEST(Core, AnUnknownPrincipalIsRefusedAndAddressedToNobody) {
  World w;
  EXPECT_EQ(w.send(ParticipantId{77}, w.token_order(units(1))), Refusal::unknown_participant);
  EXPECT_EQ(w.last.records[0].head.first.participant, 0u);
}

TEST(Core, NamesTheInstrumentsWhoseBookChanged) {
  World w;
  auto const node = w.add_proven_node(ada);
  w.offer(ada, w.token_offer(node, units(1)));
  auto second = w.token_offer(node, units(1));
  second.model = eight;
  w.offer(ada, second);
  EXPECT_EQ(w.last.touched, (std::vector{InstrumentId{2}}));
  w.order(carl, w.token_order(units(1)));  // a fill takes units from both
  EXPECT_EQ(w.last.touched, (std::vector{InstrumentId{1}, InstrumentId{2}}));
}

TEST(Core, ReadsShowWhatIsThereNewestFirst) {
  World w;
  auto const first = w.dispatched();
  auto const resting = w.order(carl, w.token_order(PriceIndex{1}));
  EXPECT_EQ(w.core.orders_of(carl, 10).size(), 2u);
  EXPECT_EQ(w.core.orders_of(carl, 1).at(0).id, resting);
  EXPECT_EQ(w.core.jobs_of(ada, 5).at(0).id, first);
  EXPECT_EQ(w.core.open_jobs().size(), 1u);
  EXPECT_EQ(w.core.offers().at(0).executable, Lots{3});
  EXPECT_EQ(w.core.nodes().at(0).units_attested, 1);
  EXPECT_FALSE(w.core.order(OrderId{12345}));
  EXPECT_FALSE(w.core.job(JobId{99}));
  EXPECT_FALSE(w.core.lease(LeaseId{99}));
  EXPECT_TRUE(w.core.orders_of(ParticipantId{99}, 1).empty());
  EXPECT_EQ(w.core.participants().size(), 6u);
  Nano sum;
  for (auto const& account : w.core.accounts()) sum += account.balance;
  EXPECT_EQ(sum, Nano{});
}

}  // namespace
}  // namespace spillway
