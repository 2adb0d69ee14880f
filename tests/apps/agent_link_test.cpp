// tests/apps/agent_link_test.cpp - an agent at an exchange that refuses, forgets and hangs up. Covers:
// agent.cpp, lease_desk.cpp.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/agent/agent.hpp"
#include "attest/verifier.hpp"
#include "gateway/client/credentials.hpp"
#include "scripted_exchange.hpp"

namespace spillway {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using attest::RejectReason;

class AgentLink : public testing::Test {
 protected:
  AgentLink() {
    auto name = (fs::temp_directory_path() / "spillway-link-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    config_.exchange_url = exchange_.url().text();
    config_.credentials = directory_ / "key";
    config_.proof_retry_ms = 20;
    EXPECT_TRUE(
        save_credentials(config_.credentials, make_credentials(ParticipantId{1}, KeyId{1}, Role::provider)));
    AgentOffer offer;
    offer.product = ProductKind::capacity;
    offer.tier = "warm";
    offer.price = PriceIndex{100};
    offer.units_milli = 1'000;
    config_.nodes.push_back({1, "azure:westeurope", "L4", 1, {offer}});
  }
  ~AgentLink() override {
    if (agent_) agent_->stop();
    if (agent_) until([&] { return ended_; });
    fs::remove_all(directory_);
  }
  void start() {
    agent_ = std::make_unique<Agent>(loop_.get_executor(), config_,
                                     [this](std::string const& line) { log_ += line + "\n"; });
    auto work = [](Agent& agent, bool& ended) -> wire::awaitable<void> {
      (void)co_await agent.run();
      ended = true;
    };
    wire::spawn(loop_.get_executor(), work(*agent_, ended_));
  }
  void until(std::function<bool()> const& done) {
    auto const give_up = std::chrono::steady_clock::now() + 60s;
    while (!done() && std::chrono::steady_clock::now() < give_up) loop_.run_one_for(100ms);
    EXPECT_TRUE(done()) << log_;
  }
  void run_for(std::chrono::milliseconds time) {
    auto const end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) loop_.run_one_for(5ms);
  }
  std::string say(std::string const& word) {
    return "echo " + word + " >> '" + (directory_ / "said").string() + "'";
  }
  std::string said() {
    std::stringstream text;
    text << std::ifstream(directory_ / "said").rdbuf();
    return text.str();
  }
  void touch(char const* name) { std::ofstream(directory_ / name) << "go"; }
  std::string awaits(char const* name) {
    auto const at = "'" + directory_.string() + "'";  // nobody waits on when the test is over
    return "while [ -d " + at + " ] && [ ! -e " + at + "/" + name + " ]; do sleep 0.01; done; ";
  }
  void start_lease() { exchange_.send(msg::LeaseStart{LeaseId{5}, NodeId{1}, Lots{1'000}, {}, {}}); }

  boost::asio::io_context loop_{1};
  ScriptedExchange exchange_{loop_.get_executor()};
  fs::path directory_;
  AgentConfig config_;
  std::string log_;
  std::unique_ptr<Agent> agent_;
  bool ended_ = false;
};

std::uint16_t number(RejectReason reason) { return static_cast<std::uint16_t>(reason); }

TEST_F(AgentLink, AFirstProofThatWasLateIsTriedAgain) {
  exchange_.rejections = {number(RejectReason::late_echo), number(RejectReason::floor_ops)};
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  EXPECT_EQ(exchange_.count<msg::AttestFrame>(), 3u);
  EXPECT_THAT(log_, testing::HasSubstr("tries again"));
}

TEST_F(AgentLink, ARenewalThatFailedIsTriedAgainAndAgain) {
  exchange_.rules.attestation_validity = Micros{100'000};
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  for (int i = 0; i < 3; ++i) exchange_.rejections.push_back(number(RejectReason::late_echo));
  until([&] { return exchange_.rejections.empty(); });
  auto const tries = exchange_.count<msg::AttestFrame>();
  until([&] { return exchange_.count<msg::AttestFrame>() >= tries + 2; });
  EXPECT_EQ(exchange_.count<msg::PostOffer>(), 1u) << "its offers never left";
}

TEST_F(AgentLink, AFirstProofThatLacksMemoryIsNot) {
  exchange_.rejections = {number(RejectReason::floor_bytes)};
  start();
  until([&] { return log_.find("not admitted") != std::string::npos; });
  run_for(100ms);
  EXPECT_EQ(exchange_.count<msg::AttestFrame>(), 1u);
  EXPECT_EQ(exchange_.count<msg::PostOffer>(), 0u);
}

TEST_F(AgentLink, AUnitThatFailsLeavesTheOthersOnTheBook) {
  exchange_.rejections = {number(RejectReason::floor_bytes)};
  config_.nodes[0].units = 2;
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
}

TEST_F(AgentLink, AVerdictOnAStepAfterTheEndOpensNoSecondChallenge) {
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  exchange_.send(msg::AttestVerdict{NodeId{1}, 0, false, 0, "malformed", 0, 0, 0, {}});
  run_for(100ms);
  EXPECT_EQ(exchange_.count<msg::AttestFrame>(), 1u);
}

TEST_F(AgentLink, PostsTheBondOfAUnitBeforeItOpens) {
  exchange_.rules.bond_per_unit = Nano{5 * nano_per_unit};
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  auto const at = [&]<class M>(std::type_identity<M>) {
    return std::ranges::find_if(exchange_.received,
                                [](auto const& m) { return std::holds_alternative<M>(m); });
  };
  EXPECT_EQ(exchange_.count<msg::BondPost>(), 1u);
  EXPECT_LT(at(std::type_identity<msg::BondPost>{}), at(std::type_identity<msg::AttestFrame>{}));
}

TEST_F(AgentLink, SaysThatItLacksTheMoneyForABondAndTriesAgain) {
  exchange_.rules.bond_per_unit = Nano{5 * nano_per_unit};
  exchange_.bond_refusals = {Refusal::funds_short, Refusal::funds_short};
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  EXPECT_THAT(log_, testing::HasSubstr("its bond of 5.00 is not posted: funds are short"));
  EXPECT_EQ(exchange_.count<msg::BondPost>(), 3u);
  EXPECT_EQ(exchange_.count<msg::AttestFrame>(), 1u);
}

TEST_F(AgentLink, WhereItMayPostNoBondsItOpensWithoutOne) {
  exchange_.rules.bond_per_unit = Nano{5 * nano_per_unit};
  config_.post_bonds = false;
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  EXPECT_EQ(exchange_.count<msg::BondPost>(), 0u);
}

TEST_F(AgentLink, AfterAWrongAnswerItPostsNoSecondBond) {
  exchange_.rules.bond_per_unit = Nano{5 * nano_per_unit};
  exchange_.rejections = {number(RejectReason::row_wrong)};
  start();
  until([&] { return log_.find("not admitted") != std::string::npos; });
  EXPECT_THAT(log_, testing::HasSubstr("its bond is lost and no other is posted"));
  exchange_.send(msg::AttestFrame{NodeId{1}, 0, {}, 0});  // called to a full challenge
  run_for(100ms);
  EXPECT_EQ(exchange_.count<msg::BondPost>(), 1u);
  EXPECT_EQ(exchange_.count<msg::AttestFrame>(), 1u);
}

TEST_F(AgentLink, AReleaseDuringTheStartHookWaitsForItsEnd) {
  config_.lease_start_hook = awaits("go") + say("start");
  config_.lease_end_hook = say("end");
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  start_lease();
  exchange_.send(msg::LeaseStop{LeaseId{5}, {}});
  run_for(100ms);
  EXPECT_EQ(said(), "");
  touch("go");
  until([&] { return said() == "start\nend\n"; });
  EXPECT_EQ(exchange_.count<msg::LeaseReadyMsg>(), 0u) << "nobody waits for it";
}

TEST_F(AgentLink, ALeaseThatIsReadyWhileTheLinkIsAwayIsSaidAfterwards) {
  config_.lease_start_hook = awaits("go");
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  start_lease();
  run_for(50ms);
  exchange_.session->close(wire::CloseCode::normal);
  until([&] { return log_.find("the connection ended") != std::string::npos; });
  touch("go");
  until([&] { return exchange_.logins == 2 && exchange_.count<msg::LeaseReadyMsg>() == 1; });
}

TEST_F(AgentLink, ALeaseWhoseReadinessWasNotConfirmedIsSaidAgainOnceAndNoMore) {
  exchange_.confirms_leases = false;
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  start_lease();
  until([&] { return exchange_.count<msg::LeaseReadyMsg>() == 1; });
  exchange_.confirms_leases = true;
  for (int login = 2; login <= 3; ++login) {
    exchange_.session->close(wire::CloseCode::normal);
    until(
        [&] { return exchange_.logins == login && exchange_.count<msg::PostOffer>() == std::size_t(login); });
  }
  EXPECT_EQ(exchange_.count<msg::LeaseReadyMsg>(), 2u);
}

TEST_F(AgentLink, LeavingGivesItsLeasesBackAndRunsTheirEndHooks) {
  config_.lease_end_hook = say("end");
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  start_lease();
  until([&] { return exchange_.count<msg::LeaseReadyMsg>() == 1; });
  agent_->stop();
  until([&] { return ended_; });
  EXPECT_EQ(said(), "end\n");
  EXPECT_EQ(exchange_.count<msg::LeaseEndedMsg>(), 1u);
}

TEST_F(AgentLink, LeavingRunsEndHooksWithoutALinkToo) {
  config_.lease_end_hook = say("end");
  start();
  until([&] { return exchange_.count<msg::PostOffer>() == 1; });
  start_lease();
  until([&] { return exchange_.count<msg::LeaseReadyMsg>() == 1; });
  exchange_.session->close(wire::CloseCode::normal);
  until([&] { return log_.find("the connection ended") != std::string::npos; });
  agent_->stop();
  until([&] { return ended_; });
  EXPECT_EQ(said(), "end\n");
}

}  // namespace
}  // namespace spillway
