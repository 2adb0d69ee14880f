// tests/gateway/server_relay_test.cpp - token jobs between a buyer and a provider that the test plays by
// hand. Covers: relay.cpp, and the sinks of session_requests.cpp.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "gate_world.hpp"

namespace spillway {
namespace {

namespace json = boost::json;

struct Trading : GateWorld {
  explicit Trading(WorldOptions options = {}) : GateWorld(std::move(options)) { (void)supply(provider); }
  msg::Dispatch dispatched(msg::PlaceOrder const& order = token_order()) {
    auto const answer = buyer.ask(order);
    EXPECT_EQ(answer.refusal, Refusal::none) << answer.sentence;
    return provider.next<msg::Dispatch>([&](auto const& d) { return d.order.v == answer.id; });
  }
  msg::Dispatch acknowledged(msg::PlaceOrder const& order = token_order()) {
    auto dispatch = dispatched(order);
    provider.send(msg::JobAck{0, dispatch.job});
    return dispatch;
  }
  /// The job as its buyer reads it, once it has ended.
  json::object ended(JobId job) {
    for (;;) {
      auto const read = json::parse(buyer.read(msg::ReadKind::jobs));
      for (auto const& row : read.at("jobs").as_array())
        if (row.at("job").as_string() == std::to_string(job.v) &&
            (row.at("phase").as_string() == "failed" || row.at("phase").as_string() == "completed"))
          return row.as_object();
    }
  }
  Line provider = log_in(ada);
  Line buyer = log_in(carl);
};

TEST(Relay, CarriesThePromptThereAndTheTokensBackInTheirOrder) {
  Trading world;
  auto const order = token_order();
  auto const dispatch = world.acknowledged(order);
  EXPECT_EQ(dispatch.prompt, order.prompt);
  EXPECT_EQ(dispatch.model, test_model);
  EXPECT_EQ(dispatch.price, price("1")) << "the offer's price, not the buyer's limit";
  EXPECT_EQ(dispatch.output_max, Tokens{50});
  std::string sent, got;
  for (int i = 0; i < 40; ++i) {
    auto const piece = "piece " + std::to_string(i) + ", ";
    world.provider.send(msg::JobChunk{0, dispatch.job, bytes_of(piece), {}});
    sent += piece;
  }
  while (got.size() < sent.size()) {
    auto const chunk = world.buyer.next<msg::ChunkToBuyer>();
    EXPECT_EQ(chunk.job, dispatch.job);
    got += text_of(chunk.content);
  }
  EXPECT_EQ(got, sent) << "content comes before the job has ended";
  finish(world.provider, dispatch.job, 10, 40, world.key_of(ada));
  auto const end = world.buyer.next<msg::JobEnd>();
  EXPECT_EQ(end.phase, JobPhase::completed);
  EXPECT_EQ(end.finish, FinishReason::stop);
  EXPECT_EQ(end.output, Tokens{40});
  EXPECT_GT(end.charge_nano, Nano{0});
  EXPECT_TRUE(world.buyer.passed_over<msg::ChunkToBuyer>().empty());
}

TEST(Relay, GivesTheWholeAtOnceToABuyerThatDoesNotStream) {
  Trading world;
  auto const dispatch = world.acknowledged(token_order("2", false));
  deliver(world.provider, dispatch.job, {"one ", "two ", "three"});
  finish(world.provider, dispatch.job, 10, 3, world.key_of(ada));
  EXPECT_EQ(world.buyer.next<msg::JobEnd>().phase, JobPhase::completed);
  auto const chunks = world.buyer.passed_over<msg::ChunkToBuyer>();
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(text_of(chunks.front().content), "one two three");
}

TEST(Relay, ABuyerThatLeavesInTheMiddleFreesTheProvidersSlot) {
  Trading world;
  auto const dispatch = world.acknowledged();
  deliver(world.provider, dispatch.job, {"a", "b"});
  (void)world.buyer.next<msg::ChunkToBuyer>();
  world.buyer.leave();
  auto const cancel = world.provider.next<msg::CancelJob>();
  EXPECT_EQ(cancel.job, dispatch.job);
  EXPECT_EQ(cancel.code, FailCode::buyer_left);
  world.buyer = world.log_in(carl);
  auto const job = world.ended(dispatch.job);
  EXPECT_EQ(job.at("phase"), "failed");
  EXPECT_EQ(job.at("fault"), "buyer");
}

TEST(Relay, ABuyerThatLeavesBeforeItsOrderIsDurableGetsNoJobThatRunsForNobody) {
  Trading world;
  for (int i = 0; i < 8; ++i) {
    auto hasty = world.log_in(dora);
    hasty.send(token_order());
    hasty.leave();
  }
  // Whatever was dispatched is cancelled again; then the slots are free for those who stay.
  auto const dispatch = world.acknowledged();
  deliver(world.provider, dispatch.job, {"mine"});
  finish(world.provider, dispatch.job, 10, 1, world.key_of(ada));
  EXPECT_EQ(world.buyer.next<msg::JobEnd>().phase, JobPhase::completed);
  for (auto const& other : world.provider.passed_over<msg::Dispatch>()) {
    deliver(world.provider, other.job, {"nobody", "reads", "this"});
    (void)world.provider.next<msg::CancelJob>([&](auto const& c) { return c.job == other.job; });
  }
  world.until(
      [&] {
        auto const status = json::parse(world.buyer.read(msg::ReadKind::status));
        return status.at("server").at("jobs_running").to_number<int>() == 0 &&
               status.at("server").at("orders_waiting").to_number<int>() == 0;
      },
      "nothing running and nothing waiting");
}

TEST(Relay, AProviderThatLeavesInTheMiddleFailsItsJobs) {
  Trading world;
  auto const dispatch = world.acknowledged();
  deliver(world.provider, dispatch.job, {"half an ans"});
  (void)world.buyer.next<msg::ChunkToBuyer>();
  world.provider.leave();
  auto const end = world.buyer.next<msg::JobEnd>();
  EXPECT_EQ(end.phase, JobPhase::failed);
  EXPECT_EQ(end.fault, Fault::provider);
  EXPECT_EQ(end.code, FailCode::node_lost);
}

TEST(Relay, AProviderThatFallsSilentFailsAndIsToldToStop) {
  WorldOptions options;
  options.rules.silence = Micros{150'000};
  Trading world(options);
  auto const dispatch = world.acknowledged();
  deliver(world.provider, dispatch.job, {"and then"});
  auto const end = world.buyer.next<msg::JobEnd>();
  EXPECT_EQ(end.fault, Fault::provider);
  EXPECT_EQ(end.code, FailCode::stalled);
  EXPECT_EQ(world.provider.next<msg::CancelJob>().job, dispatch.job);
}

TEST(Relay, AProviderThatSendsMoreThanAJobMayHaveFailsAndIsToldToStop) {
  Trading world;
  auto const dispatch = world.acknowledged();
  std::string const eighth(32 * 1024, 'x');
  for (int sent = 0; sent < 9; ++sent) deliver(world.provider, dispatch.job, {eighth.c_str()});
  EXPECT_EQ(world.provider.next<msg::CancelJob>().job, dispatch.job);
  std::size_t got = 0;
  for (int i = 0; i < 8; ++i) got += world.buyer.next<msg::ChunkToBuyer>().content.size();
  EXPECT_EQ(got, 8 * eighth.size());
  auto const end = world.buyer.next<msg::JobEnd>();
  EXPECT_EQ(end.fault, Fault::provider);
  EXPECT_EQ(end.code, FailCode::engine_error);
}

TEST(Relay, AClaimThatMakesNoSenseIsRefusedAndTheNextOneCounts) {
  Trading world;
  auto const dispatch = world.acknowledged();
  deliver(world.provider, dispatch.job, {"one"});
  auto const& key = world.key_of(ada);
  for (auto const& [input, output, reason] :
       {std::tuple{std::int64_t{4}, std::int64_t{-7}, FinishReason::stop},
        {-1, 1, FinishReason::stop},
        {4, 1, FinishReason::unset}}) {
    auto const signature = key.sign(usage_claim_bytes(dispatch.job, Tokens{input}, Tokens{output}));
    EXPECT_EQ(world.provider.refusal_of(
                  msg::JobDone{0, dispatch.job, reason, Tokens{output}, Tokens{input}, signature}),
              Refusal::malformed);
  }
  finish(world.provider, dispatch.job, 4, 1, key);
  EXPECT_EQ(world.buyer.next<msg::JobEnd>().phase, JobPhase::completed);
}

TEST(Relay, AnEngineCantRefuseWhatItHasBegun) {
  Trading world;
  auto const dispatch = world.acknowledged();
  deliver(world.provider, dispatch.job, {"one"});
  world.provider.send(msg::JobFail{0, dispatch.job, FailCode::engine_refused_request, {}, {}, {}});
  auto const end = world.buyer.next<msg::JobEnd>();
  EXPECT_EQ(end.fault, Fault::provider);
  EXPECT_EQ(end.code, FailCode::engine_error);
}

TEST(Relay, AProviderThatNeverAcknowledgesFails) {
  WorldOptions options;
  options.rules.acknowledgement = Micros{100'000};
  Trading world(options);
  auto const dispatch = world.dispatched();
  auto const end = world.buyer.next<msg::JobEnd>();
  EXPECT_EQ(end.code, FailCode::not_acknowledged);
  EXPECT_EQ(end.charge_nano, Nano{0});
  EXPECT_EQ(world.provider.next<msg::CancelJob>().job, dispatch.job);
}

TEST(Relay, ARefusedJobIsPaidBack) {
  Trading world;
  auto const dispatch = world.dispatched();
  world.provider.send(msg::JobRefuse{0, dispatch.job, FailCode::refused});
  auto const end = world.buyer.next<msg::JobEnd>();
  EXPECT_EQ(end.phase, JobPhase::failed);
  EXPECT_EQ(end.code, FailCode::refused);
  EXPECT_EQ(end.charge_nano, Nano{0});
}

TEST(Relay, ARequestThatTheEngineRefusesIsNobodysFault) {
  Trading world;
  auto const dispatch = world.acknowledged();
  world.provider.send(msg::JobFail{0, dispatch.job, FailCode::engine_refused_request, {}, {}, {}});
  EXPECT_EQ(world.buyer.next<msg::JobEnd>().fault, Fault::none);
}

TEST(Relay, AClaimThatIsNotSignedByItsProviderEndsNothing) {
  Trading world;
  auto const dispatch = world.acknowledged();
  deliver(world.provider, dispatch.job, {"text"});
  finish(world.provider, dispatch.job, 10, 1, world.key_of(bert));
  EXPECT_EQ(world.provider.next<msg::Answer>().refusal, Refusal::malformed);
  finish(world.provider, dispatch.job, 10, 1, world.key_of(ada));
  EXPECT_EQ(world.buyer.next<msg::JobEnd>().phase, JobPhase::completed);
}

TEST(Relay, AClaimOfMoreThanWasDeliveredIsNotPaid) {
  Trading world;
  auto const dispatch = world.acknowledged();
  deliver(world.provider, dispatch.job, {"four"});
  finish(world.provider, dispatch.job, 10, 50, world.key_of(ada));
  EXPECT_LT(world.buyer.next<msg::JobEnd>().output, Tokens{10});
}

TEST(Relay, WordsOutOfTurnAndOfStrangersAreRefused) {
  Trading world;
  auto stranger = world.log_in(bert);
  auto const dispatch = world.dispatched();
  EXPECT_EQ(world.provider.refusal_of(msg::JobChunk{0, dispatch.job, bytes_of("too soon"), {}}),
            Refusal::job_wrong_state);
  EXPECT_EQ(stranger.refusal_of(msg::JobAck{0, dispatch.job}), Refusal::job_wrong_state);
  EXPECT_EQ(world.provider.refusal_of(msg::JobAck{0, JobId{999}}), Refusal::job_wrong_state);
  world.provider.send(msg::JobAck{0, dispatch.job});
  EXPECT_EQ(world.provider.refusal_of(msg::JobAck{0, dispatch.job}), Refusal::job_wrong_state)
      << "once is enough";
  EXPECT_EQ(stranger.refusal_of(msg::JobChunk{0, dispatch.job, bytes_of("mine"), {}}),
            Refusal::job_wrong_state);
  finish(world.provider, dispatch.job, 10, 0, world.key_of(ada));
  EXPECT_EQ(world.buyer.next<msg::JobEnd>().phase, JobPhase::completed);
  EXPECT_EQ(world.provider.refusal_of(msg::JobChunk{0, dispatch.job, bytes_of("late"), {}}),
            Refusal::job_wrong_state);
  EXPECT_TRUE(world.buyer.passed_over<msg::ChunkToBuyer>().empty());
}

TEST(Relay, AnOrderWithoutAMaximumIsBoundedByItsTier) {
  Trading world;
  auto order = token_order();
  order.output_max = {};
  EXPECT_GT(world.dispatched(order).output_max, Tokens{0});
}

}  // namespace
}  // namespace spillway
