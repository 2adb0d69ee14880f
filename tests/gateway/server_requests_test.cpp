// tests/gateway/server_requests_test.cpp - what each role may ask, what is refused and why, and reads that
// wait. Covers: session_requests.cpp, hub.cpp.
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <limits>

#include "gate_world.hpp"
#include "journal/keys.hpp"

namespace spillway {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

TEST(Roles, NobodyMayAskWhatItsRoleDoesNotAllow) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto buyer = world.log_in(carl);
  auto auditor = world.log_in(audrey);
  EXPECT_EQ(provider.refusal_of(token_order()), Refusal::role_missing);
  EXPECT_EQ(provider.refusal_of(msg::CancelOrder{}), Refusal::role_missing);
  EXPECT_EQ(buyer.refusal_of(msg::RegisterNode{0, ClientOrderId{1}, test_place, test_class, 1}),
            Refusal::role_missing);
  EXPECT_EQ(buyer.refusal_of(token_offer(NodeId{1})), Refusal::role_missing);
  EXPECT_EQ(buyer.refusal_of(msg::JobDone{}), Refusal::role_missing);
  EXPECT_EQ(auditor.refusal_of(token_order()), Refusal::role_missing);
  for (auto* const line : {&provider, &buyer, &auditor}) {
    EXPECT_EQ(line->refusal_of(msg::AdminDeposit{0, carl, Nano{1}}), Refusal::role_missing);
    EXPECT_EQ(line->refusal_of(msg::AdminHalt{0, true}), Refusal::role_missing);
    EXPECT_EQ(line->refusal_of(msg::AdminShutdown{}), Refusal::role_missing);
  }
}

TEST(Orders, AreRefusedWithTheReasonAndASentence) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  auto refusal = [&](auto change) {
    auto order = token_order();
    change(order);
    auto const answer = buyer.ask(order);
    EXPECT_EQ(answer.sentence.empty(), answer.refusal == Refusal::none);
    return answer.refusal;
  };
  EXPECT_EQ(refusal([](auto& o) { o.wanted.models = {"gpt-nothing"}; }), Refusal::unknown_model);
  EXPECT_EQ(refusal([](auto& o) { o.wanted.tier = "warp"; }), Refusal::unknown_tier);
  EXPECT_EQ(refusal([](auto& o) { o.wanted.within = {"mars"}; }), Refusal::unknown_place);
  EXPECT_EQ(refusal([](auto& o) { o.prompt.clear(); }), Refusal::prompt_missing);
  EXPECT_EQ(refusal([](auto& o) { o.input = Tokens{1'000'000}; }), Refusal::input_too_long);
  EXPECT_EQ(refusal([](auto& o) { o.limit = PriceIndex{price_steps}; }), Refusal::price_off_grid);
  EXPECT_EQ(refusal([](auto&) {}), Refusal::none);
  EXPECT_EQ(world.log_in(poor).refusal_of(token_order()), Refusal::funds_short);
}

TEST(Orders, RepeatedWithTheSameClientIdAreAnsweredAgainAndChangedOnesRefused) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  auto const order = token_order("2");
  auto const first = buyer.ask(order), again = buyer.ask(order);
  EXPECT_FALSE(first.repeat);
  EXPECT_TRUE(again.repeat);
  EXPECT_EQ(again.refusal, Refusal::none);
  EXPECT_EQ(again.id, first.id);
  auto dearer = order;
  dearer.limit = price("3");
  EXPECT_EQ(buyer.refusal_of(dearer), Refusal::exists_with_different_price);
}

TEST(Orders, AreAmendedAndCancelledByNumberOrByTheClientsOwnId) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  auto const order = token_order("2");
  auto const placed = buyer.ask(order);
  EXPECT_EQ(buyer.refusal_of(msg::AmendOrder{0, {}, order.client, price("3"), {}}), Refusal::none);
  EXPECT_EQ(buyer.refusal_of(msg::CancelOrder{0, {}, order.client}), Refusal::none);
  EXPECT_EQ(buyer.refusal_of(msg::CancelOrder{0, OrderId{placed.id}, {}}), Refusal::dead_id);
  EXPECT_EQ(buyer.refusal_of(msg::CancelOrder{0, {}, ClientOrderId{424242}}), Refusal::unknown_id);
  auto const other = buyer.ask(token_order());
  EXPECT_EQ(world.log_in(dora).refusal_of(msg::CancelOrder{0, OrderId{other.id}, {}}), Refusal::not_yours);
}

TEST(Offers, OfUnitsThatNobodyProvedAreRefused) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto const node = add_node(provider);
  EXPECT_EQ(provider.refusal_of(token_offer(node)), Refusal::unit_unattested);
  EXPECT_EQ(provider.refusal_of(token_offer(NodeId{77})), Refusal::node_unknown);
  auto unknown = token_offer(node);
  unknown.model = "no such model";
  EXPECT_EQ(provider.refusal_of(unknown), Refusal::unknown_model);
  auto const book = json::parse(provider.read(msg::ReadKind::instruments));
  for (auto const& row : book.at("instruments").as_array()) EXPECT_TRUE(row.at("ask").is_null());
}

TEST(Offers, AreAmendedAndCancelledByTheirProviderAlone) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto const node = supply(provider);
  auto const answer = provider.ask(token_offer(node, "3"));
  OfferId const offer{answer.id};
  EXPECT_EQ(provider.refusal_of(msg::AmendOffer{0, offer, price("4"), Lots{1}}), Refusal::none);
  auto rival = world.log_in(bert);
  EXPECT_EQ(rival.refusal_of(msg::CancelOffer{0, offer}), Refusal::not_yours);
  EXPECT_EQ(rival.refusal_of(token_offer(node)), Refusal::not_yours);
  EXPECT_EQ(provider.refusal_of(msg::CancelOffer{0, offer}), Refusal::none);
}

std::vector<std::string> phases_of_orders(Line& buyer, msg::Answer const& after) {
  std::vector<std::string> out;
  auto const page = json::parse(buyer.read(msg::ReadKind::orders, after.seq));
  for (auto const& row : page.at("orders").as_array()) out.emplace_back(row.at("phase").as_string());
  return out;
}

TEST(MassCancel, EndsAllThatItsSenderHasAtRestAndNothingOfOthers) {
  GateWorld world;
  auto buyer = world.log_in(carl), other = world.log_in(dora);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(buyer.refusal_of(token_order()), Refusal::none);
  ASSERT_EQ(other.refusal_of(token_order()), Refusal::none);
  auto const answer = buyer.ask(msg::CancelAll{});
  ASSERT_EQ(answer.refusal, Refusal::none);
  EXPECT_THAT(phases_of_orders(buyer, answer), testing::ElementsAre("cancelled", "cancelled", "cancelled"));
  EXPECT_THAT(phases_of_orders(other, answer), testing::ElementsAre("resting"));
}

TEST(MassCancel, OfANodeIsItsProvidersAndOfAParticipantTheOperators) {
  GateWorld world;
  auto provider = world.log_in(ada);
  auto const node = supply(provider);
  EXPECT_EQ(world.log_in(bert).refusal_of(msg::CancelAll{0, {}, node, {}}), Refusal::not_yours);
  EXPECT_EQ(world.log_in(carl).refusal_of(msg::CancelAll{0, ada, {}, {}}), Refusal::not_yours);
  EXPECT_EQ(provider.refusal_of(msg::CancelAll{0, ada, node, {}}), Refusal::malformed);
  EXPECT_EQ(world.log_in(audrey).refusal_of(msg::CancelAll{}), Refusal::role_missing);
  auto const best_ask = [&](msg::Answer const& after) {
    auto const page = json::parse(provider.read(msg::ReadKind::instruments, after.seq));
    return page.at("instruments").as_array().at(0).at("ask");
  };
  auto const posted = provider.ask(token_offer(node, "3"));
  EXPECT_FALSE(best_ask(posted).is_null());
  EXPECT_TRUE(best_ask(provider.ask(msg::CancelAll{0, {}, node, {}})).is_null());
  ASSERT_EQ(provider.refusal_of(token_offer(node, "3")), Refusal::none);
  EXPECT_TRUE(best_ask(world.log_in(the_boss).ask(msg::CancelAll{0, ada, {}, {}})).is_null());
}

TEST(Reads, WaitForTheirOwnSequence) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  for (int i = 0; i < 25; ++i) {
    auto const placed = buyer.ask(token_order());
    msg::Read read;
    read.kind = msg::ReadKind::orders;
    read.most = 1'000;
    read.wait_for_seq = placed.seq;
    auto const seen = buyer.read(read);
    EXPECT_GE(seen.seq, placed.seq);
    EXPECT_THAT(seen.json, HasSubstr("\"order\":\"" + std::to_string(placed.id) + "\""));
  }
}

TEST(Reads, ThatWaitForTheFutureAreAnsweredFromThePresent) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  EXPECT_THAT(buyer.read(msg::ReadKind::balances, Seq{1'000'000'000}), HasSubstr("\"owner\":20"));
}

TEST(Reads, ShowOthersOnlyToOperatorsAndAuditors) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  auto const placed = buyer.ask(token_order());
  auto orders_of_carl = [&](Line line) {
    msg::Read read;
    read.kind = msg::ReadKind::orders;
    read.participant = carl;
    read.wait_for_seq = placed.seq;
    return json::parse(line.read(read).json).at("orders").as_array().size();
  };
  EXPECT_EQ(orders_of_carl(world.log_in(audrey)), 1u);
  EXPECT_EQ(orders_of_carl(world.log_in(the_boss)), 1u);
  EXPECT_EQ(orders_of_carl(world.log_in(dora)), 0u) << "dora's own, whomever she asks for";
}

TEST(Reads, AreAllAnswered) {
  GateWorld world;
  auto provider = world.log_in(ada);
  supply(provider);
  auto buyer = world.log_in(carl);
  auto const placed = buyer.ask(token_order("0.5"));
  for (auto const kind : {msg::ReadKind::instruments, msg::ReadKind::orders, msg::ReadKind::jobs,
                          msg::ReadKind::leases, msg::ReadKind::balances, msg::ReadKind::status}) {
    EXPECT_FALSE(json::parse(buyer.read(kind)).as_object().contains("error")) << static_cast<int>(kind);
  }
  msg::Read why;
  why.kind = msg::ReadKind::why;
  why.order = OrderId{placed.id};
  why.wait_for_seq = placed.seq;
  EXPECT_FALSE(json::parse(buyer.read(why).json).as_object().contains("error"));
  msg::Read preview;
  preview.kind = msg::ReadKind::preview;
  preview.place_order = token_order();
  EXPECT_FALSE(json::parse(buyer.read(preview).json).as_object().contains("error"));
  preview.place_order->wanted.models = {"unknown"};
  preview.request = 5;
  buyer.send(preview);
  EXPECT_EQ(buyer.next<msg::Answer>().refusal, Refusal::unknown_model);
  auto const status = json::parse(buyer.read(msg::ReadKind::status));
  EXPECT_EQ(status.at("server").at("orders").to_number<int>(), 1);
  EXPECT_TRUE(status.at("market").is_object());
}

TEST(Reads, APreviewOfWhatNobodyCanOrderIsARefusalLikeTheOrders) {
  GateWorld world;
  auto provider = world.log_in(ada);
  supply(provider);
  auto buyer = world.log_in(carl);
  auto error_of = [&](auto change) {
    msg::Read preview;
    preview.kind = msg::ReadKind::preview;
    preview.place_order = token_order();
    change(*preview.place_order);
    auto const answer = json::parse(buyer.read(preview).json).as_object();
    return answer.contains("error") ? std::string(answer.at("error").as_string()) : std::string();
  };
  constexpr auto most = std::numeric_limits<std::int64_t>::max(),
                 least = std::numeric_limits<std::int64_t>::min();
  for (auto const extreme : {most, least, std::int64_t{-1}}) {
    EXPECT_NE(error_of([=](auto& o) { o.input = Tokens{extreme}; }), "") << extreme;
    EXPECT_NE(error_of([=](auto& o) { o.output_max = Tokens{extreme}; }), "") << extreme;
    auto const capacity = [=](auto& o) {
      o.wanted.product = ProductKind::capacity, o.wanted.models.clear(), o.wanted.tier.clear();
      o.input = {}, o.output_max = {}, o.tif = TimeInForce::ioc, o.quantity = Lots{extreme};
    };
    EXPECT_NE(error_of(capacity), "") << extreme;
  }
  EXPECT_EQ(error_of([](auto& o) { o.limit = PriceIndex{0xFFFFFFFF}; }), sentence(Refusal::price_off_grid));
  EXPECT_EQ(error_of([](auto&) {}), "");
}

TEST(Reads, MoreThanAFewAtOnceAreAnsweredOneAfterAnother) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  for (msg::Request i = 1; i <= 50; ++i) {
    msg::Read read;
    read.request = i;
    read.kind = msg::ReadKind::balances;
    buyer.send(read);
  }
  for (msg::Request i = 1; i <= 50; ++i) EXPECT_EQ(buyer.next<msg::ReadResult>().request, i);
}

TEST(Orders, CanBeCancelledByTheirNumberInTheSameBreath) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  auto order = token_order("0.5");
  order.request = 1, order.client = ClientOrderId{1'777};
  buyer.send(order);
  buyer.send(msg::CancelOrder{2, {}, ClientOrderId{1'777}});
  buyer.send(msg::CancelOrder{3, {}, ClientOrderId{1'777}});
  for (msg::Request i = 1; i <= 3; ++i) {
    auto const answer = buyer.next<msg::Answer>();
    EXPECT_EQ(answer.request, i);
    EXPECT_EQ(answer.refusal, i == 3 ? Refusal::dead_id : Refusal::none) << i;
  }
}

TEST(Nodes, OneWhoseSessionLeftBeforeTheJournalAnsweredIsLost) {
  GateWorld world;
  auto auditor = world.log_in(audrey);
  auto nodes_up = [&] {
    auto const status = json::parse(auditor.read(msg::ReadKind::status));
    return status.at("market").at("nodes_up").to_number<int>();
  };
  auto wait_for = [&](int wanted) {
    while (nodes_up() != wanted) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  {
    auto provider = world.log_in(ada);
    add_node(provider);
    wait_for(1);
    provider.leave();
  }
  wait_for(0);
  auto again = world.log_in(ada);
  again.send(msg::RegisterNode{9, ClientOrderId{1}, test_place, test_class, 1});
  again.leave();
  auto const registered = world.log_in(ada);  // whatever the first session sent has been read by now
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  wait_for(0);  // a node that stays up would wait for ever: the test's time limit says so
}

TEST(Operator, RaisesTheRulesOfAnOldJournalAndNeverLowersThem) {
  WorldOptions old;
  old.rules.version = 1;
  GateWorld world(old);
  {
    auto boss = world.log_in(the_boss);
    auto buyer = world.log_in(carl);
    ASSERT_EQ(buyer.refusal_of(token_order()), Refusal::none);
    EXPECT_EQ(buyer.refusal_of(msg::CancelAll{}), Refusal::rules_unknown);
    EXPECT_EQ(buyer.refusal_of(msg::AdminRules{0, rules_newest}), Refusal::role_missing);
    EXPECT_EQ(boss.refusal_of(msg::AdminRules{0, rules_newest + 1}), Refusal::rules_unknown);
    EXPECT_EQ(boss.refusal_of(msg::AdminRules{0, rules_newest}), Refusal::none);
    EXPECT_EQ(boss.refusal_of(msg::AdminRules{0, 1}), Refusal::rules_unknown);
    EXPECT_EQ(buyer.refusal_of(msg::CancelAll{}), Refusal::none);
  }
  world.stop_exchange();
  world.start_exchange();
  auto boss = world.log_in(the_boss);
  auto const status = json::parse(boss.read(msg::ReadKind::status));
  EXPECT_EQ(status.at("market").at("rules_version").to_number<std::uint32_t>(), rules_newest);
}

TEST(Operator, AddsPeopleWhoCanLogInAndTradeAtOnce) {
  GateWorld world;
  auto boss = world.log_in(the_boss);
  auto const newcomer = make_credentials(ParticipantId{55}, KeyId{3}, Role::buyer);
  EXPECT_EQ(boss.refusal_of(msg::AdminParticipant{0, newcomer.participant, FirmId{55},
                                                  static_cast<std::uint32_t>(Role::buyer)}),
            Refusal::none);
  EXPECT_EQ(boss.refusal_of(msg::AdminKey{0, newcomer.participant, newcomer.key, KeyKind::ed25519,
                                          newcomer.public_key()}),
            Refusal::none);
  auto client = world.wait(MarketClient::connect(world.on(), world.client_options(newcomer)));
  ASSERT_TRUE(client) << client.error().sentence;
  Line line(world, *client);
  EXPECT_EQ(line.refusal_of(token_order()), Refusal::funds_short);
  auto const paid = boss.ask(msg::AdminDeposit{0, newcomer.participant, Nano{5 * nano_per_unit}});
  EXPECT_EQ(paid.refusal, Refusal::none);
  EXPECT_THAT(line.read(msg::ReadKind::balances, paid.seq), HasSubstr("\"balance_nano\":\"5000000000\""));
  EXPECT_EQ(line.refusal_of(token_order()), Refusal::none);
}

TEST(Operator, HaltsNewBusinessAndLetsItGoOn) {
  GateWorld world;
  auto boss = world.log_in(the_boss);
  auto buyer = world.log_in(carl);
  auto const resting = buyer.ask(token_order());
  EXPECT_EQ(boss.refusal_of(msg::AdminHalt{0, true}), Refusal::none);
  EXPECT_EQ(buyer.refusal_of(token_order()), Refusal::halted);
  EXPECT_EQ(buyer.refusal_of(msg::CancelOrder{0, OrderId{resting.id}, {}}), Refusal::none);
  EXPECT_EQ(boss.refusal_of(msg::AdminHalt{0, false}), Refusal::none);
  EXPECT_EQ(buyer.refusal_of(token_order()), Refusal::none);
}

TEST(Operator, LetsAnotherKeySignTheLogWhenItsPrivateHalfLiesBesideTheJournal) {
  GateWorld world;
  auto boss = world.log_in(the_boss);
  auto const keys = world.directory() / "journal" / "keys";
  EXPECT_EQ(boss.refusal_of(msg::AdminLogKey{0, Bytes32{std::byte{1}}, Micros{}}), Refusal::key_unknown);
  auto const next = LogKey::load_or_make_next(keys, LogKey::load(keys)->verifier().name()).value().verifier();
  EXPECT_EQ(world.log_in(carl).refusal_of(msg::AdminLogKey{0, next.public_key(), Micros{}}),
            Refusal::role_missing);
  EXPECT_EQ(boss.refusal_of(msg::AdminLogKey{0, next.public_key(), Micros{60'000'000}}), Refusal::none);
}

TEST(Operator, StopsTheExchangeAndIsAnsweredFirst) {
  GateWorld world;
  auto boss = world.log_in(the_boss);
  EXPECT_EQ(boss.refusal_of(msg::AdminShutdown{}), Refusal::none);
  EXPECT_GT(world.join_exchange().last.v, 0u);
}

TEST(Logout, ClosesInGoodOrder) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  EXPECT_EQ(buyer.refusal_of(msg::Logout{}), Refusal::none);
  EXPECT_FALSE(buyer.receive());
}

}  // namespace
}  // namespace spillway
