// tests/apps/census_audit_test.cpp - four agents in the censuses of a real exchange: two are honest, one
// stops answering, one answers wrongly; the auditor checks every verdict again. Covers census_audit.cpp,
// gateway/server/src/census.cpp.
#include "apps/audit/census_audit.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "apps/audit/attest_audit.hpp"
#include "census_agent.hpp"
#include "forged_transcript.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr ParticipantId cleo{12}, dave{13};

WorldOptions four_providers() {
  WorldOptions options;
  options.more_providers = {cleo, dave};
  return options;
}

class CensusWorld : public ::testing::Test {
 protected:
  using Manner = CensusAgent::Manner;

  /// One proven node of each, with an offer of its capacity at one price, in this order.
  void prove_all() {
    for (auto const who : {cleo, ada, bert, dave}) {
      auto line = world_.log_in(who);
      auto const node = add_node(line);
      ASSERT_TRUE(prove(line, node).admitted);
      msg::PostOffer offer;
      offer.client = ClientOrderId{77};
      offer.node = node, offer.product = ProductKind::capacity, offer.tier = "warm";
      offer.price = price("1"), offer.quantity = Lots{milli_per_accelerator};
      auto const answer = line.ask(offer);
      ASSERT_EQ(answer.refusal, Refusal::none) << answer.sentence;
      offers_[who] = OrderId{answer.id};
      if (who == dave) earn(line, node);
      line.leave();
    }
  }
  /// A job of tokens from order to payment.
  void earn(Line& provider, NodeId node) {
    ASSERT_EQ(provider.ask(token_offer(node)).refusal, Refusal::none);
    auto buyer = world_.log_in(carl);
    ASSERT_EQ(buyer.ask(token_order()).refusal, Refusal::none);
    auto const job = provider.next<msg::Dispatch>().job;
    provider.send(msg::JobAck{0, job});
    deliver(provider, job, {"a", "b"});
    finish(provider, job, 10, 2, world_.key_of(dave));
    EXPECT_EQ(buyer.next<msg::JobEnd>().phase, JobPhase::completed);
    buyer.leave();
  }

  void begin_censuses() {
    (void)world_.stop_exchange();
    world_.options().census = short_epochs();
    world_.start_exchange();
  }
  std::shared_ptr<CensusAgent> agent(ParticipantId who, Manner manner) {
    return census_agent(world_, who, manner);
  }
  std::string why(CensusAgent& agent, OrderId number) {
    msg::Read read;
    read.kind = msg::ReadKind::why;
    read.order = number;
    auto const request = agent.client->ask(read);
    world_.until([&] { return agent.reads.contains(request); }, "why");
    return agent.reads[request];
  }
  std::string balances(CensusAgent& agent) {
    msg::Read read;
    read.kind = msg::ReadKind::balances;
    auto const request = agent.client->ask(read);
    world_.until([&] { return agent.reads.contains(request); }, "balances");
    return agent.reads[request];
  }

  [[nodiscard]] fs::path journal() const { return world_.directory() / "journal"; }
  [[nodiscard]] fs::path evidence() const { return journal() / attest::census_folder; }
  [[nodiscard]] fs::path file_of(UnitChecked const& said) const {
    return attest::EvidenceReader(attest::epoch_folder(evidence(), said.epoch)).file_of(said.transcript);
  }
  ProofReport audit() {
    ProofCheck check(journal() / attest::evidence_folder);
    AuditOptions options{journal(), {}, {}};
    options.each = [&](Entry const& entry, Outcome const& outcome) {
      check.gather(entry, outcome);
      auto const* const said = std::get_if<UnitChecked>(&entry.command);
      if (said && said->verdict == CensusVerdict::passed) passed_ = file_of(*said);
      if (auto const* const opened = std::get_if<EpochOpen>(&entry.command)) opened_ = *opened;
      if (auto const* const closed = std::get_if<EpochClose>(&entry.command)) {
        revealed_ = passed_;
        secret_ = std::make_shared<attest::EpochSecret>(closed->epoch, closed->seed, opened_.beacon, 64);
      }
    };
    auto const report = audit_journal(options);
    if (!report) throw std::runtime_error(report.error().sentence);
    EXPECT_TRUE(report->ok());
    auto proofs = check.finish();
    page_ = attest_page(*report, proofs, PageForm::text);
    return proofs;
  }

  GateWorld world_{four_providers()};
  std::map<ParticipantId, OrderId> offers_;
  std::string page_;
  EpochOpen opened_;
  std::shared_ptr<attest::EpochSecret const> secret_;  // of the last closed epoch, as everybody can make it
  fs::path passed_, revealed_;  // transcript of the last unit that passed, of a closed epoch
};

void alter(fs::path const& file) {
  std::fstream f(file, std::ios::binary | std::ios::in | std::ios::out);
  f.seekg(-1, std::ios::end);
  auto const byte = static_cast<char>(f.get() ^ 1);
  f.seekp(-1, std::ios::end);
  f.put(byte);
}

}  // namespace

TEST(CensusCheck, CallsAVerdictWrongWhoseSeedWasWithheldAndAnEmptyEpochNot) {
  CensusCheck check(fs::path(::testing::TempDir()) / "no_such_evidence");
  std::uint64_t seq = 0;
  auto const enter = [&](Command command) {
    check.gather({Seq{++seq}, Stamp{1}, {}, std::move(command)}, {});
  };
  enter(EpochOpen{1, Bytes32{std::byte{1}}, {}});
  enter(EpochClose{1, {}});
  enter(EpochOpen{2, Bytes32{std::byte{1}}, {}});
  enter(UnitChecked{2, NodeId{7}, 3, {}, CensusVerdict::missed, 5, 0, {}});
  enter(UnitChecked{2, NodeId{8}, 0, {}, CensusVerdict::passed, 0, 1, {}});
  enter(EpochClose{2, {}});
  auto const report = check.finish();
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.seed_lost, 2u);
  ASSERT_EQ(report.wrong.size(), 2u) << "and none of the first epoch, which judged nobody";
  EXPECT_EQ(report.wrong[0].node, NodeId{7});
  EXPECT_EQ(report.wrong[0].seq, Seq{4});
  EXPECT_THAT(report.wrong[1].what, HasSubstr("withheld"));
}

/// Of a unit at work: its rate counts for nothing, its rows count as everybody's.
TEST(CensusCheck, PlaysAProbesTranscriptAgainAndFindsOneThatWasAltered) {
  auto const folder = fs::path(::testing::TempDir()) / "probe_evidence";
  fs::remove_all(folder);
  Bytes32 const seed{std::byte{7}};
  auto const beacon = attest::make_beacon({}, {});
  auto const secret = std::make_shared<attest::EpochSecret const>(1, seed, beacon, 64);
  auto const transcript = forge(secret, short_epochs().light);
  auto const kept = attest::epoch_folder(folder, 1);
  ASSERT_TRUE(attest::EvidenceStore::open(kept)->keep(transcript));
  auto const claim = attest::claim_of(transcript).value();
  auto const again = attest::recheck(transcript, secret).value();
  auto const check = [&](CheckKind kind) {
    CensusCheck check(folder);
    std::uint64_t seq = 0;
    for (auto const& command :
         {Command(EpochOpen{1, secret->commitment(), beacon}),
          Command(UnitChecked{1, claim.open.node, 0, claim.open.unit, CensusVerdict::passed, 0,
                              again.measured.ops_per_s, attest::hash_of(transcript), kind}),
          Command(EpochClose{1, seed})})
      check.gather({Seq{++seq}, Stamp{1}, {}, command}, {});
    return check.finish();
  };
  auto const probe = check(CheckKind::probe);
  EXPECT_TRUE(probe.ok());
  EXPECT_EQ(probe.probes, 1u);
  EXPECT_EQ(probe.rechecked, 1u);
  auto const census = check(CheckKind::census);
  ASSERT_EQ(census.wrong.size(), 1u) << "there the rate counts, and no class table says how much it must be";
  alter(attest::EvidenceReader(kept).file_of(attest::hash_of(transcript)));
  auto const altered = check(CheckKind::probe);
  ASSERT_EQ(altered.wrong.size(), 1u);
  EXPECT_EQ(altered.wrong[0].seq, Seq{2});
}

TEST_F(CensusWorld, WhoIsSilentIsNotOfferedWhoIsWrongIsFrozenAndTheAuditorSeesIt) {
  ASSERT_NO_FATAL_FAILURE(prove_all());
  begin_censuses();
  auto const honest = agent(ada, Manner::honest), also_honest = agent(bert, Manner::honest);
  auto const silent = agent(cleo, Manner::silent), wrong = agent(dave, Manner::wrong);

  world_.until([&] { return wrong->was(UnitPhase::rejected); }, "the wrong answer to be found");
  EXPECT_THAT(balances(*wrong), HasSubstr(R"("account":"frozen","balance":"0.0)"));
  EXPECT_THAT(why(*wrong, offers_[dave]), HasSubstr("earnings are frozen"));

  world_.until([&] { return silent->was(UnitPhase::missed); }, "the silent one to be missed");
  auto const shrunk = why(*silent, offers_[cleo]);
  EXPECT_THAT(shrunk, HasSubstr(R"("rest":"1000","executable":"0")"));
  EXPECT_THAT(shrunk, HasSubstr("it did not answer in time"));
  EXPECT_THAT(shrunk, AnyOf(HasSubstr("not offered until it answers the next one"),
                            HasSubstr("its proof has ended: prove it again")));

  silent->manner = Manner::honest;
  silent->prove_again();
  world_.until([&] { return silent->phase() == UnitPhase::attested; }, "it to answer again");
  auto buyer = world_.log_in(carl);
  auto order = token_order("2");
  order.wanted = {};
  order.wanted.product = ProductKind::capacity, order.wanted.buyer_place = test_place;
  order.prompt.clear(), order.input = {}, order.output_max = {}, order.policy = FaultPolicy::unset;
  order.tif = TimeInForce::ioc, order.good_for_us = {}, order.quantity = Lots{milli_per_accelerator};
  order.term_us = Micros{60'000'000};
  auto const placed = buyer.ask(order);
  ASSERT_EQ(placed.refusal, Refusal::none) << placed.sentence;
  auto const filled = buyer.next<msg::Report>([&](msg::Report const& report) {
    return report.record.head.kind == RecordKind::fill && report.record.as<record::Fill>().order == placed.id;
  });
  EXPECT_EQ(filled.record.as<record::Fill>().offer, offers_[cleo].v) << "the oldest at its price, as before";

  // A verdict more for the honest ones: an epoch later, so that all of the above are of closed ones.
  auto const so_far = std::pair(honest->units.size(), also_honest->units.size());
  world_.until([&] { return honest->units.size() > so_far.first + 1; }, "another census");
  world_.until([&] { return also_honest->units.size() > so_far.second + 1; }, "another census");
  (void)world_.stop_exchange();

  auto const report = audit();
  EXPECT_TRUE(report.ok()) << page_;
  auto const& census = report.census;
  EXPECT_EQ(census.pruned, 0u) << page_;
  EXPECT_GE(census.unanswered, 1u) << page_;
  EXPECT_GE(census.rechecked, 5u) << page_;
  EXPECT_EQ(census.verdicts, census.rechecked + census.unanswered + census.epoch_open) << page_;

  auto const forged = forge(secret_, short_epochs().light);
  EXPECT_TRUE(attest::recheck(forged, secret_)) << "perfect by itself";
  ASSERT_TRUE(attest::EvidenceStore::open(evidence())->keep(forged));
  auto const with_forged = audit();
  EXPECT_EQ(with_forged.census.strangers.size(), census.strangers.size() + 1);
  EXPECT_EQ(with_forged.census.rechecked, census.rechecked) << "no entry names it: it counts for nothing";

  auto const file = revealed_;
  alter(file);
  auto const altered = audit();
  EXPECT_FALSE(altered.ok());
  ASSERT_EQ(altered.census.wrong.size(), 1u);
  EXPECT_THAT(altered.census.wrong[0].what, HasSubstr(file.filename().string()));
  EXPECT_THAT(page_, HasSubstr("WRONG    sequence"));

  fs::remove(file);
  auto const taken_away = audit();
  EXPECT_FALSE(taken_away.ok()) << "others of its epoch are there, so it was not pruned";
  ASSERT_EQ(taken_away.census.missing.size(), 1u);
  EXPECT_THAT(page_, HasSubstr("missing  sequence"));
}

TEST_F(CensusWorld, OldEpochsArePrunedAndTheAuditorTellsThemFromWhatIsMissing) {
  ASSERT_NO_FATAL_FAILURE(prove_all());
  begin_censuses();
  (void)world_.stop_exchange();
  world_.options().census.keep_epochs = 2;
  world_.start_exchange();
  auto const honest = agent(ada, Manner::honest);
  auto const kept = [&] { return attest::epochs_kept(evidence()).value(); };
  world_.until([&] { return honest->times(UnitPhase::attested) >= 4; }, "censuses");
  auto const so_far = kept().back();
  world_.until([&] { return kept().front() > so_far; }, "the server to prune them");
  (void)world_.stop_exchange();
  EXPECT_LE(kept().size(), 3u + 1) << "of the open epoch, of two before it, and one that is just going";
  auto const report = audit();
  EXPECT_TRUE(report.ok()) << page_;
  EXPECT_GE(report.census.pruned, 1u) << page_;
  EXPECT_EQ(report.census.kept_from, kept().front());
  EXPECT_THAT(page_, HasSubstr("pruned with their epochs"));
}

}  // namespace spillway
