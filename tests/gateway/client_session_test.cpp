// tests/gateway/client_session_test.cpp - a client signs for what it sent and got, the exchange compares, and
// whoever is behind with it may only cancel. Covers: session_diary.cpp, says_the_same.cpp,
// stated_session.cpp, session_register.cpp.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "gate_world.hpp"
#include "journal/digest.hpp"
#include "journal/log_reader.hpp"
#include "market/codec.hpp"
#include "session_diary.hpp"
#include "stated_session.hpp"

namespace spillway {
namespace {

using testing::HasSubstr;

// Signs when the test says so, or at its next request after so long.
Line log_in_and_state(GateWorld& world, ParticipantId who, std::string* trouble = nullptr,
                      wire::duration every = std::chrono::hours(1)) {
  auto options = world.client_options(world.key_of(who));
  options.states = true;
  options.state_every = every;
  if (trouble) options.on_trouble = [trouble](std::string const& what) { *trouble = what; };
  return {world, world.wait(MarketClient::connect(world.on(), std::move(options))).value()};
}

// The same by hand, for a client that says what it likes. It knows its nonce only from its own hello.
struct Hand {
  GateWorld& world;
  Line line;
  Credentials key;
  Bytes32 nonce{};
  SessionId session{};

  Hand(GateWorld& w, ParticipantId who, bool states = true)
      : world(w), line(w.connect()), key(w.key_of(who)) {
    auto const hello = line.next<msg::ServerHello>();
    nonce = hello.nonce;
    msg::Login login;
    login.request = 1, login.participant = who, login.key = key.key, login.role = key.role;
    login.server_name = hello.server_name, login.states = states;
    login.signature =
        key.sign(login_bytes(nonce, login.server_name, who, login.key, login.role, std::nullopt));
    line.send(login);
    auto const welcome = line.next<msg::Welcome>();
    session = welcome.session;
    states_ = welcome.states;
  }
  [[nodiscard]] msg::SessionStatement state(std::vector<Bytes> const& entries) const {
    RequestChain requests(blake2b_256, session, nonce);
    ReportChain reports(blake2b_256, session, nonce, 0);
    std::uint64_t number = 0;
    for (auto const& entry : entries) (void)requests.add(++number, stated_bytes(entry).value());
    for (auto const& r : line.passed_over<msg::Report>())
      (void)reports.add(r.report, r.seq, r.stamp_us, r.record);
    SessionStatement said;
    said.session = session;
    said.last_request = requests.last(), said.requests = requests.hash();
    said.last_report = reports.last(), said.reports = reports.hash();
    return {
        0, said.last_request, said.requests, said.last_report, said.reports, key.sign(statement_bytes(said))};
  }
  bool states_{};
};

Entry entry_of(msg::Answer const& answer) { return decode_entry(answer.entry).value(); }

TEST(Session, AnswersCarryTheNumberOfTheRequestAndTheEntryAsJournalled) {
  GateWorld world;
  auto buyer = log_in_and_state(world, carl);
  auto const first = buyer.ask(token_order());
  EXPECT_EQ(first.number, 1u);
  auto const entry = entry_of(first);
  EXPECT_EQ(entry.seq, first.seq);
  EXPECT_EQ(entry.principal, carl);
  EXPECT_EQ(entry.session, buyer.client().welcome().session);
  EXPECT_EQ(entry.request, 1u);
  auto unasked = token_order();
  unasked.prompt.clear();
  EXPECT_EQ(buyer.ask(unasked).number, 0u) << "what is refused at the door takes no number";
  auto const poor_order = buyer.ask(msg::CancelOrder{0, OrderId{424242}, {}});
  EXPECT_EQ(poor_order.refusal, Refusal::unknown_id);
  EXPECT_EQ(poor_order.number, 2u) << "what the journal has, refused or not, takes one";
}

TEST(Session, WithoutStatementsTheAnswersAreAsEver) {
  GateWorld world;
  auto buyer = world.log_in(carl);
  auto const answer = buyer.ask(token_order());
  EXPECT_EQ(answer.number, 0u);
  EXPECT_TRUE(answer.entry.empty());
}

TEST(Session, NumbersDifferAfterARestart) {
  GateWorld world;
  auto const before = log_in_and_state(world, carl).client().welcome().session.v;
  (void)world.stop_exchange();
  world.start_exchange();
  EXPECT_GT(log_in_and_state(world, carl).client().welcome().session.v, before);
}

TEST(Session, ThatIsBehindMayOnlyCancelUntilItStates) {
  WorldOptions options;
  options.statement_within = Micros{0};
  GateWorld world(options);
  std::string trouble;
  auto buyer = log_in_and_state(world, carl, &trouble);
  auto const order = buyer.ask(token_order());
  EXPECT_EQ(order.refusal, Refusal::none);
  EXPECT_EQ(buyer.refusal_of(token_order()), Refusal::statement_overdue);
  EXPECT_EQ(buyer.refusal_of(msg::AmendOrder{0, OrderId{order.id}, {}, price("3"), {}}),
            Refusal::statement_overdue);
  EXPECT_EQ(buyer.refusal_of(msg::CancelOrder{0, OrderId{order.id}, {}}), Refusal::none);
  EXPECT_TRUE(buyer.client().state());
  EXPECT_FALSE(buyer.client().state()) << "nothing is new";
  EXPECT_EQ(buyer.refusal_of(token_order()), Refusal::none);
  EXPECT_EQ(trouble, "");
}

TEST(Session, OfAProgramThatDidOtherThingsForLongIsStatedBeforeItsNextRequest) {
  WorldOptions options;
  options.statement_within = Micros{0};
  GateWorld world(options);
  auto buyer = log_in_and_state(world, carl, nullptr, std::chrono::milliseconds(1));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(buyer.refusal_of(token_order()), Refusal::none);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // longer than that: nothing is read meanwhile
  }
}

TEST(Session, AnOperatorMayRequireStatementsOfEverybody) {
  WorldOptions options;
  options.statement_within = Micros{0};
  options.statements_required = true;
  options.plain_text = true;
  GateWorld world(options);
  Hand silent(world, carl, false);
  EXPECT_TRUE(silent.states_);
  EXPECT_EQ(silent.line.ask(token_order()).number, 1u);
  EXPECT_EQ(silent.line.refusal_of(token_order()), Refusal::statement_overdue);
}

TEST(Session, AStatementThatLeavesOutChangesOrRepeatsARequestIsRefused) {
  WorldOptions options;
  options.plain_text = true;
  GateWorld world(options);
  Hand buyer(world, carl);
  std::vector<Bytes> sent;
  for (int i = 0; i < 3; ++i) sent.push_back(buyer.line.ask(token_order()).entry);
  auto const answer_to = [&](msg::SessionStatement said) { return buyer.line.refusal_of(said); };
  EXPECT_EQ(answer_to(buyer.state({sent[0], sent[2]})), Refusal::statement_differs) << "left out";
  EXPECT_EQ(answer_to(buyer.state({sent[0], sent[1], sent[1]})), Refusal::statement_differs) << "repeated";
  EXPECT_EQ(answer_to(buyer.state({sent[0], sent[1], sent[2], sent[2]})), Refusal::statement_differs)
      << "more";
  auto other = decode_entry(sent[1]).value();
  std::get<PlaceOrder>(other.command).limit.v += 1;
  EXPECT_EQ(answer_to(buyer.state({sent[0], encode(other), sent[2]})), Refusal::statement_differs)
      << "changed";
  auto unsigned_one = buyer.state(sent);
  unsigned_one.signature[0] ^= std::byte{1};
  EXPECT_EQ(answer_to(unsigned_one), Refusal::malformed);
  auto const right = buyer.state(sent);
  EXPECT_EQ(answer_to(right), Refusal::none);
  EXPECT_EQ(answer_to(right), Refusal::statement_differs) << "it adds nothing";
}

std::vector<SessionStatement> statements_in(GateWorld const& world) {
  auto entries =
      LogReader::open(world.directory() / "journal", StreamKind::entries, ReadMode::strict).value();
  std::vector<SessionStatement> found;
  while (auto const frame = entries.next().value()) {
    auto const entry = frame->type == FrameType::entry ? decode_entry(frame->payload) : Entry{};
    if (auto const* const said = std::get_if<SessionStatement>(&entry->command)) found.push_back(*said);
  }
  return found;
}

TEST(Session, IsSignedForWhenItsClientLeaves) {
  GateWorld world;
  auto buyer = log_in_and_state(world, carl);
  EXPECT_EQ(buyer.ask(token_order()).number, 1u);
  buyer.leave();
  (void)world.stop_exchange();
  auto const said = statements_in(world);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].last_request, 1u);
  EXPECT_EQ(said[0].session, buyer.client().welcome().session);
}

TEST(Session, ThatIsCutOffLeavesNoStatementOfWhatItDidNotSign) {
  GateWorld world;
  auto buyer = log_in_and_state(world, carl);
  EXPECT_EQ(buyer.ask(token_order()).number, 1u);
  (void)world.stop_exchange();
  EXPECT_TRUE(statements_in(world).empty());
}

// ---- the register ----

msg::Read who_is(ParticipantId who) {
  msg::Read read;
  read.kind = msg::ReadKind::registered;
  read.participant = who;
  return read;
}

/// Files below the journal's folder that hold this text.
std::vector<std::string> files_with(GateWorld const& world, std::string const& text) {
  std::vector<std::string> found;
  for (auto const& file : std::filesystem::recursive_directory_iterator(world.directory() / "journal")) {
    if (!file.is_regular_file()) continue;
    std::string bytes(file.file_size(), '\0');
    std::ifstream(file.path(), std::ios::binary)
        .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (bytes.contains(text)) found.push_back(file.path().filename());
  }
  return found;
}

TEST(Register, NamesAreBesideTheJournalAndForgottenWithoutATrace) {
  GateWorld world;
  auto operator_ = world.log_in(the_boss);
  EXPECT_EQ(operator_.refusal_of(msg::AdminRegister{0, carl, "Carl Cargo", "carl@cargo.example", ""}),
            Refusal::none);
  EXPECT_THAT(operator_.read(who_is(carl)).json, HasSubstr("Carl Cargo"));
  EXPECT_THAT(files_with(world, "Carl Cargo"), testing::ElementsAre("20"));
  EXPECT_EQ(operator_.refusal_of(msg::AdminForget{0, carl}), Refusal::none);
  EXPECT_EQ(operator_.refusal_of(who_is(carl)), Refusal::unknown_id);
  EXPECT_THAT(files_with(world, "Carl Cargo"), testing::IsEmpty());
  EXPECT_EQ(world.log_in(carl).refusal_of(token_order()), Refusal::none) << "number 20 trades on";
  auto const stopped = world.stop_exchange();
  world.start_exchange();
  EXPECT_EQ(world.exchange().start_report().entries, stopped.last.v);
}

TEST(Register, IsTheOperatorsAndKnowsParticipantsOnly) {
  GateWorld world;
  auto operator_ = world.log_in(the_boss);
  auto buyer = world.log_in(carl);
  EXPECT_EQ(buyer.refusal_of(msg::AdminRegister{0, carl, "Carl", "", ""}), Refusal::role_missing);
  EXPECT_EQ(buyer.refusal_of(msg::AdminForget{0, carl}), Refusal::role_missing);
  EXPECT_EQ(buyer.refusal_of(who_is(carl)), Refusal::role_missing);
  EXPECT_EQ(operator_.refusal_of(msg::AdminRegister{0, ParticipantId{777}, "Nobody", "", ""}),
            Refusal::unknown_participant);
  EXPECT_EQ(operator_.refusal_of(msg::AdminRegister{0, carl, "", "", ""}), Refusal::malformed);
  EXPECT_EQ(operator_.refusal_of(who_is(carl)), Refusal::unknown_id);
}

// ---- what the exchange keeps ----

TEST(StatedSession, OfAClientThatIsFarBehindWithItsReportsAsksForANewerStatement) {
  auto const key = make_credentials(carl, KeyId{1}, Role::buyer);
  StatedSession kept(SessionId{5}, Bytes32{}, 0);
  SessionDiary diary{key, SessionId{5}, Bytes32{}, 0};
  msg::Report report;
  auto const say = [&] { return kept.check(diary.state(1), key.key, key.public_key()); };
  kept.reported(report = {1, Seq{1}, Stamp{1}, {}});
  diary.reported(report);
  for (std::uint64_t n = 2; n <= 70'000; ++n) kept.reported({n, Seq{n}, Stamp{1}, {}});
  EXPECT_EQ(say().error(), Refusal::id_too_old);
  for (std::uint64_t n = 2; n <= 69'000; ++n) diary.reported({n, Seq{n}, Stamp{1}, {}});
  EXPECT_TRUE(say());
}

TEST(StatedSession, ThatHasVeryManyRequestsUnstatedIsFarBehindUntilItStates) {
  StatedSession kept(SessionId{5}, Bytes32{}, 0);
  auto const answered = [&](std::uint64_t n) {
    kept.answered(
        n, encode({Seq{n}, Stamp{1}, carl, CancelOrder{OrderId{1}, CancelReason::asked}, SessionId{5}, n}),
        0);
  };
  std::uint64_t n = 0;
  while (n < 60'000) answered(++n);
  EXPECT_FALSE(kept.far_behind());
  while (n < 70'000) answered(++n);
  EXPECT_TRUE(kept.far_behind());
  SessionStatement said;
  said.last_request = n;
  kept.stated(said);
  EXPECT_FALSE(kept.far_behind());
}

// ---- the client's own book ----

struct Diary : ::testing::Test {
  Credentials key = make_credentials(carl, KeyId{1}, Role::buyer);
  SessionDiary diary{key, SessionId{5}, Bytes32{}, 0};
  std::uint64_t number = 0;

  static msg::PlaceOrder asked(msg::Request request) {
    auto order = token_order();
    order.request = request, order.client = ClientOrderId{request};
    return order;
  }
  // What an honest exchange answers.
  msg::Answer journalled(msg::PlaceOrder const& m) {
    PlaceOrder c;
    c.client = m.client, c.tif = m.tif, c.limit = m.limit, c.input = m.input, c.output_max = m.output_max;
    c.market = m.market, c.prefer_near = m.prefer_near, c.good_for = m.good_for_us, c.policy = m.policy;
    c.quantity = m.quantity, c.term = m.term_us;
    c.predicate.product = m.wanted.product, c.predicate.origin = m.wanted.origin;
    c.predicate.models.resize(m.wanted.models.size()), c.predicate.classes.resize(m.wanted.classes.size());
    c.predicate.within.resize(m.wanted.within.size()), c.predicate.outside.resize(m.wanted.outside.size());
    c.predicate.tier = m.wanted.tier.empty() ? TierId{} : TierId{1};
    c.predicate.buyer_place = m.wanted.buyer_place.empty() ? PlaceId{} : PlaceId{1};
    ++number;
    return with(m.request, {Seq{10 + number}, Stamp{20}, carl, c, SessionId{5}, number});
  }
  static msg::Answer with(msg::Request request, Entry const& entry) {
    msg::Answer answer;
    answer.request = request, answer.seq = entry.seq, answer.number = entry.request;
    answer.entry = encode(entry);
    return answer;
  }
  // What the exchange journalled in place of what was asked.
  template <class Change>
  std::string after(Change change) {
    auto const order = asked(++request_);
    diary.sent(order);
    auto entry = entry_of(journalled(order));
    change(entry);
    return diary.answered(with(order.request, entry));
  }
  msg::Request request_{};
};

TEST_F(Diary, SignsForWhatWasAskedAndAnswered) {
  EXPECT_FALSE(diary.has_news());
  EXPECT_EQ(after([](Entry&) {}), "");
  EXPECT_TRUE(diary.has_news());
  auto const said = diary.state(1);
  EXPECT_EQ(said.last_request, 1u);
  EXPECT_FALSE(diary.has_news());
}

TEST_F(Diary, AnOrderThatWasJournalledOtherwiseIsNoticedAndNothingMoreIsSigned) {
  EXPECT_THAT(after([](Entry& e) { std::get<PlaceOrder>(e.command).limit.v += 1; }),
              HasSubstr("something else"));
  EXPECT_FALSE(diary.has_news());
  EXPECT_EQ(after([](Entry&) {}), "");
  EXPECT_FALSE(diary.has_news());
}

TEST_F(Diary, AnEntryOfAnotherSessionOrCommandIsNoticed) {
  EXPECT_NE(after([](Entry& e) { e.session = SessionId{6}; }), "");
  SessionDiary other{key, SessionId{5}, Bytes32{}, 0};
  other.sent(asked(1));
  EXPECT_NE(other.answered(with(1, {Seq{1}, Stamp{1}, carl, ReleaseLease{LeaseId{1}}, SessionId{5}, 1})), "");
}

TEST_F(Diary, ARequestThatWasNeverSentOrComesTwiceIsNoticed) {
  auto const order = asked(1);
  diary.sent(order);
  auto const answer = journalled(order);
  EXPECT_EQ(diary.answered(answer), "");
  EXPECT_THAT(diary.answered(answer), HasSubstr("did not send"));
}

TEST_F(Diary, ARequestThatWasJournalledOutsideOfTheSessionIsNoticed) {
  diary.sent(asked(1));
  msg::Answer answer;
  answer.request = 1, answer.seq = Seq{4};
  EXPECT_THAT(diary.answered(answer), HasSubstr("outside of this session"));
}

}  // namespace
}  // namespace spillway
