// tests/gateway/server_attest_test.cpp - only what was proven is on the book, and the feed shows what is.
// Covers: attester.cpp, challenge_queue.hpp, feed.cpp.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "attest/messages.hpp"
#include "attest/verifier.hpp"
#include "challenge_queue.hpp"
#include "gate_world.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

std::size_t asks(Line& line) {
  std::size_t found = 0;
  auto const book = json::parse(line.read(msg::ReadKind::instruments));
  for (auto const& row : book.at("instruments").as_array()) found += row.at("ask").is_null() ? 0 : 1;
  return found;
}

TEST(Attestation, AnHonestUnitIsAdmittedAndItsOfferReachesTheFeed) {
  GateWorld world;
  auto watcher = world.log_in(dora);
  EXPECT_EQ(watcher.refusal_of(msg::Subscribe{0, msg::topic_top, {}}), Refusal::none);
  auto provider = world.log_in(ada);
  auto const node = add_node(provider);
  auto const verdict = prove(provider, node);
  EXPECT_TRUE(verdict.admitted) << verdict.sentence;
  EXPECT_EQ(verdict.bytes, 4 * 64 * 64 * 2);
  EXPECT_GT(verdict.ops_per_s, 0);
  EXPECT_EQ(provider.refusal_of(token_offer(node, "1.25", 2)), Refusal::none);
  auto const top = watcher.next<msg::BookTop>([](msg::BookTop const& t) { return t.ask.has_value(); });
  EXPECT_EQ(top.ask->price, price("1.25"));
  EXPECT_EQ(top.ask->lots, Lots{2});
}

TEST(Attestation, AUnitThatLiesAboutItsClassIsRefusedAndNeverOnTheBook) {
  GateWorld world(memory_decides());
  auto liar = world.log_in(ada);
  auto honest = world.log_in(bert);
  auto const large = add_node(liar, 1, "MI300X");
  auto const verdict = prove(liar, large, "MI300X");
  EXPECT_FALSE(verdict.admitted);
  EXPECT_THAT(verdict.sentence, testing::ContainsRegex("measured [0-9]+, needed [0-9]+"));
  auto const answer = liar.ask(token_offer(large));
  EXPECT_EQ(answer.refusal, Refusal::unit_unattested) << answer.sentence;
  EXPECT_EQ(asks(liar), 0u);
  supply(honest);
  EXPECT_EQ(asks(honest), 1u) << "the same device as what it is";
}

TEST(Attestation, UnlistedHardwareIsSoldAsCapacityByWhatItHasShown) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto const node = add_node(provider, 1, "UNLISTED");
  auto const verdict = prove(provider, node, "UNLISTED");
  ASSERT_TRUE(verdict.admitted) << verdict.sentence;
  EXPECT_NE(provider.refusal_of(token_offer(node)), Refusal::none) << "it has no memory that a model fits";
  auto offer = token_offer(node, "1.25", 1'000);
  offer.product = ProductKind::capacity, offer.model.clear(), offer.tier = "warm";
  ASSERT_EQ(provider.refusal_of(offer), Refusal::none);

  msg::Read read;
  read.kind = msg::ReadKind::book;
  read.instrument = InstrumentId{1};
  auto const book = json::parse(provider.read(read).json);  // up to its own offer at least
  EXPECT_THAT(std::string(book.at("name").as_string()), HasSubstr("capacity/UNLISTED/"));
  auto const& measured = book.at("measured");
  EXPECT_EQ(measured.at("units").as_string(), "1");
  EXPECT_EQ(measured.at("ops_per_s_least").as_string(), std::to_string(verdict.ops_per_s));
  EXPECT_EQ(measured.at("bytes_least").as_string(), std::to_string(verdict.bytes));
}

TEST(Attestation, WhoIsFartherAwayThanThePlaceThatItClaimsIsRefusedWherePlacesAreChecked) {
  constexpr Micros away{40'000};
  for (bool const checked : {false, true}) {
    WorldOptions options;
    options.check_place = checked;
    GateWorld world(options);
    auto provider = world.log_in(ada);
    auto const beside_the_relay = add_node(provider);
    auto const verdict = prove(provider, beside_the_relay, test_class, away);
    EXPECT_EQ(verdict.admitted, !checked) << verdict.sentence;
    auto const why = checked ? attest::RejectReason::place_unproven : attest::RejectReason{};
    EXPECT_EQ(attest::RejectReason{verdict.reason}, why);
    auto const far = provider.ask(msg::RegisterNode{0, ClientOrderId{2}, "azure:eastus", test_class, 1});
    ASSERT_EQ(far.refusal, Refusal::none) << far.sentence;
    auto const there = prove(provider, NodeId{static_cast<std::uint32_t>(far.id)}, test_class, away);
    EXPECT_TRUE(there.admitted) << "so far is fair, and nearer would be: " << there.sentence;
  }
}

TEST(Attestation, AUnitIsProvenForTheClassOfItsNodeOnly) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto const node = add_node(provider);
  EXPECT_FALSE(prove(provider, node, "T4").admitted);
  EXPECT_EQ(provider.refusal_of(token_offer(node)), Refusal::unit_unattested);
}

Bytes opening(NodeId node) {
  attest::AttestOpen open;
  open.unit[0] = std::byte{9};
  open.node = node;
  open.wanted = class_id(test_class);
  return attest::encode(attest::AttestMessage(open));
}

TEST(Attestation, FramesThatMakeNoSenseAreRefusedWithASentence) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto rival = world.log_in(bert);
  auto const node = add_node(provider);
  auto verdict = [&](Line& line, NodeId of, std::uint16_t unit, Bytes bytes) {
    line.send(msg::AttestFrame{of, unit, std::move(bytes)});
    auto const got = line.next<msg::AttestVerdict>();
    EXPECT_FALSE(got.admitted);
    return got.sentence;
  };
  EXPECT_EQ(verdict(provider, node, 0, bytes_of("not a proof")), sentence(Refusal::malformed));
  EXPECT_EQ(verdict(provider, node, 0, attest::encode(attest::AttestMessage(attest::RttEcho{}))),
            sentence(Refusal::malformed));
  EXPECT_EQ(verdict(provider, node, 5, opening(node)), sentence(Refusal::unknown_id));
  EXPECT_EQ(verdict(provider, NodeId{99}, 0, opening(NodeId{99})), sentence(Refusal::node_unknown));
  EXPECT_EQ(verdict(rival, node, 0, opening(node)), sentence(Refusal::not_yours));
}

TEST(Attestation, AWrongAnswerEndsTheChallengeAndANewOneMayBegin) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto const node = add_node(provider);
  provider.send(msg::AttestFrame{node, 0, opening(node)});
  (void)provider.next<msg::AttestFrame>();
  attest::RttEcho wrong;
  wrong.nonce[0] = std::byte{1};
  provider.send(msg::AttestFrame{node, 0, attest::encode(attest::AttestMessage(wrong))});
  auto const verdict = provider.next<msg::AttestVerdict>();
  EXPECT_FALSE(verdict.admitted);
  EXPECT_GT(verdict.reason, 0);
  EXPECT_EQ(provider.refusal_of(token_offer(node)), Refusal::unit_unattested);
  EXPECT_TRUE(prove(provider, node).admitted);
}

TEST(Attestation, AProviderThatLeavesInTheMiddleDoesNotHoldUpTheNext) {
  GateWorld world;
  {
    auto leaver = world.log_in(ada);
    auto const node = add_node(leaver);
    leaver.send(msg::AttestFrame{node, 0, opening(node)});
    (void)leaver.next<msg::AttestFrame>();
    leaver.leave();
  }
  auto next = world.log_in(bert);
  supply(next);
  EXPECT_EQ(asks(next), 1u);
}

TEST(Attestation, FramesSentAheadWithoutWaitingEndTheChallengeAndNothingElse) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto const node = add_node(provider);
  auto const echo = attest::encode(attest::AttestMessage(attest::RttEcho{}));
  for (int round = 0; round < 8; ++round) {
    provider.send(msg::AttestFrame{node, 0, opening(node)});
    provider.send(msg::AttestFrame{node, 0, round % 2 == 0 ? opening(node) : echo});
    provider.send(msg::AttestFrame{node, 0, bytes_of("and more")});
    // The third is of the ended challenge, or no opening of a new one.
    EXPECT_FALSE(provider.next<msg::AttestVerdict>([](auto const& v) { return v.reason > 0; }).admitted);
  }
  auto next = world.log_in(bert);
  supply(next);
  EXPECT_EQ(asks(next), 1u);
}

TEST(Attestation, AProviderOfManySilentUnitsHasAFullListAndOthersComeBetween) {
  GateWorld world;
  auto greedy = world.log_in(ada);
  auto honest = world.log_in(bert);
  auto const one = add_node(honest);
  std::vector<NodeId> many;
  auto const fit = ChallengeQueue::most_waiting + 1;  // and one is challenged
  for (std::uint64_t label = 1; label <= fit + 1; ++label) many.push_back(add_node(greedy, label));
  for (auto const node : many) greedy.send(msg::AttestFrame{node, 0, opening(node)});
  auto const full = greedy.next<msg::AttestVerdict>();
  EXPECT_EQ(full.node, many.back());
  EXPECT_FALSE(full.admitted);
  EXPECT_EQ(full.sentence, sentence(Refusal::attestation_pending));

  honest.send(msg::AttestFrame{one, 0, opening(one)});
  (void)honest.read(msg::ReadKind::instruments);                   // by now it waits, after 64 others
  greedy.send(msg::AttestFrame{many[0], 0, bytes_of("no echo")});  // the first one's challenge ends
  EXPECT_EQ(greedy.next<msg::AttestVerdict>().node, many[0]);
  EXPECT_EQ(honest.next<msg::AttestFrame>().node, one);
}

// Who is challenged: "a0" is unit 0 of provider a.
struct Turns {
  ChallengeQueue queue;
  static ParticipantId id(char who) { return ParticipantId{static_cast<std::uint32_t>(who)}; }
  bool wait(char who, std::uint16_t unit, std::uint64_t session = 1) {
    return queue.add({id(who), SessionId{session}, {NodeId{1}, unit}, ClassId{1}, {}, {}});
  }
  std::string next(bool fell_silent = false, Micros took = Micros{1'000}) {
    auto const got = queue.next([](auto const&) { return true; });
    if (!got) return "nobody";
    queue.ended(got->provider, fell_silent, took);
    return static_cast<char>(got->provider.v) + std::to_string(got->unit.second);
  }
  std::string order(int most = 100) {
    std::string out;
    while (most-- > 0) {
      auto const who = next();
      if (who == "nobody") break;
      out += who + " ";
    }
    return out;
  }
};

TEST(ChallengeQueue, ServesProvidersInTurnAndTheUnitsOfEachInOrder) {
  Turns turns;
  for (std::uint16_t unit = 0; unit < 4; ++unit) EXPECT_TRUE(turns.wait('a', unit));
  EXPECT_TRUE(turns.wait('b', 0) && turns.wait('b', 1) && turns.wait('c', 0));
  EXPECT_EQ(turns.order(), "a0 b0 c0 a1 b1 a2 a3 ");
  EXPECT_TRUE(turns.wait('d', 0) && turns.wait('a', 4) && turns.wait('d', 1));
  EXPECT_EQ(turns.order(), "d0 a4 d1 ") << "a newcomer is owed nothing";
}

TEST(ChallengeQueue, HoldsSixtyFourUnitsOfAProviderAndEachOnce) {
  Turns turns;
  for (std::uint16_t unit = 0; unit < 64; ++unit) EXPECT_TRUE(turns.wait('a', unit));
  EXPECT_FALSE(turns.wait('a', 64));
  EXPECT_TRUE(turns.wait('b', 0));
  EXPECT_TRUE(turns.queue.holds(Turns::id('a'), {NodeId{1}, 63}));
  EXPECT_FALSE(turns.queue.holds(Turns::id('a'), {NodeId{1}, 64}));
  EXPECT_FALSE(turns.queue.holds(Turns::id('b'), {NodeId{1}, 63}));
  EXPECT_EQ(turns.next(), "a0");
  EXPECT_TRUE(turns.wait('a', 64));
}

TEST(ChallengeQueue, PutsWhoFellSilentBehindWhoAnswersUntilItAnswers) {
  Turns turns;
  for (std::uint16_t unit = 0; unit < 5; ++unit) EXPECT_TRUE(turns.wait('a', unit));
  EXPECT_EQ(turns.next(true), "a0");
  EXPECT_TRUE(turns.wait('b', 0) && turns.wait('b', 1) && turns.wait('c', 0) && turns.wait('b', 2));
  EXPECT_EQ(turns.order(5), "b0 c0 b1 b2 a1 ");
  EXPECT_TRUE(turns.wait('b', 3));
  EXPECT_EQ(turns.next(true), "a2") << "it has answered and its turn is before b's";
  turns.queue.leave(Turns::id('a'), SessionId{1});
  EXPECT_TRUE(turns.wait('a', 7, 2) && turns.wait('b', 4) && turns.wait('b', 5));
  EXPECT_EQ(turns.order(), "b3 b4 b5 a7 ") << "coming back with a new session makes up for nothing";
}

TEST(ChallengeQueue, ChargesTheTimeThatAnswersTake) {
  Turns turns;
  EXPECT_TRUE(turns.wait('a', 0) && turns.wait('a', 1));
  EXPECT_EQ(turns.next(false, Micros{3'000'000}), "a0");
  for (std::uint16_t unit = 0; unit < 6; ++unit) EXPECT_TRUE(turns.wait('b', unit));
  EXPECT_EQ(turns.order(), "b0 b1 b2 b3 a1 b4 b5 ");
}

TEST(ChallengeQueue, WhoWaitsForTheOthersOfItsNodeKeepsNobodyWaitingAndTakesThemForATurnEach) {
  Turns turns;
  EXPECT_TRUE(turns.wait('a', 0) && turns.wait('b', 0) && turns.wait('a', 1));
  auto const only_b = [](WaitingUnit const& who) { return who.provider == Turns::id('b'); };
  EXPECT_EQ(turns.queue.next(only_b).value().provider, Turns::id('b'));
  EXPECT_FALSE(turns.queue.next(only_b));
  EXPECT_EQ(turns.queue.waiting_of(Turns::id('a'), NodeId{1}), 2u);
  EXPECT_EQ(turns.queue.take_node(Turns::id('a'), NodeId{1}).size(), 2u);
  EXPECT_TRUE(turns.wait('a', 2) && turns.wait('b', 1));
  EXPECT_EQ(turns.order(), "b1 a2 ");
}

TEST(ChallengeQueue, ForgetsTheUnitsOfASessionThatIsGone) {
  Turns turns;
  EXPECT_TRUE(turns.wait('a', 0, 1) && turns.wait('a', 1, 2) && turns.wait('b', 0, 3));
  turns.queue.leave(Turns::id('a'), SessionId{1});
  turns.queue.leave(Turns::id('z'), SessionId{3});
  EXPECT_EQ(turns.order(), "a1 b0 ");
}

TEST(Feed, TellsTradesToWhomAskedForThemAndTopsToWhomAskedForThose) {
  GateWorld world;
  auto provider = world.log_in(ada);
  supply(provider);
  auto trades = world.log_in(dora);
  auto tops = world.log_in(audrey);
  EXPECT_EQ(trades.refusal_of(msg::Subscribe{0, msg::topic_trades, {}}), Refusal::none);
  EXPECT_EQ(tops.refusal_of(msg::Subscribe{0, msg::topic_top, {}}), Refusal::none);
  EXPECT_EQ(tops.next<msg::BookTop>().ask->lots, Lots{2}) << "the present state comes first";
  auto buyer = world.log_in(carl);
  EXPECT_EQ(buyer.refusal_of(token_order()), Refusal::none);
  auto const trade = trades.next<msg::Trade>();
  EXPECT_EQ(trade.price, price("1"));
  EXPECT_EQ(trade.lots, Lots{1});
  auto const top = tops.next<msg::BookTop>([](auto const& t) { return t.ask && t.ask->lots == Lots{1}; });
  EXPECT_GE(top.seq, trade.seq);
  EXPECT_TRUE(tops.passed_over<msg::Trade>().empty());
  EXPECT_TRUE(trades.passed_over<msg::BookTop>().empty());
}

TEST(Feed, ShowsTheOffersOfALostNodeNoMore) {
  WorldOptions options;
  options.rules.node_grace = Micros{100'000};
  GateWorld world(options);
  auto watcher = world.log_in(dora);
  EXPECT_EQ(watcher.refusal_of(msg::Subscribe{0, msg::topic_top, {}}), Refusal::none);
  auto provider = world.log_in(ada);
  supply(provider);
  auto const top = watcher.next<msg::BookTop>([](auto const& t) { return t.ask.has_value(); });
  provider.leave();
  auto const after = watcher.next<msg::BookTop>([](auto const& t) { return !t.ask.has_value(); });
  EXPECT_EQ(after.instrument, top.instrument);
  EXPECT_GT(after.seq, top.seq);
}

}  // namespace
}  // namespace spillway
