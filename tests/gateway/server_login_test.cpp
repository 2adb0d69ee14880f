// tests/gateway/server_login_test.cpp - who comes in, and what those hear who do not.
// Covers: session.cpp, hub.cpp and exchange_server.cpp as far as logins go, descriptors.cpp.
#include <gmock/gmock.h>

#include "gate_world.hpp"

namespace spillway {
namespace {

using testing::HasSubstr;

msg::Login login_for(msg::ServerHello const& hello, Credentials const& who,
                     std::optional<Bytes32> const& exporter = std::nullopt) {
  msg::Login login;
  login.request = 7;
  login.participant = who.participant;
  login.key = who.key;
  login.role = who.role;
  login.server_name = hello.server_name;
  login.exporter_used = exporter.has_value();
  login.signature = who.sign(
      login_bytes(hello.nonce, login.server_name, login.participant, login.key, login.role, exporter));
  return login;
}

Bytes32 exporter_of(Line const& line) {
  auto const material = line.socket()->tls_exporter().value();
  Bytes32 out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::byte{material[i]};
  return out;
}

/// Sends a changed login on a fresh connection and returns the sentence with which it is refused.
std::string refused(GateWorld& world, std::function<void(msg::Login&)> const& change) {
  auto line = world.connect();
  auto login = login_for(line.next<msg::ServerHello>(), world.key_of(carl));
  change(login);
  line.send(login);
  EXPECT_EQ(line.next<msg::Answer>().refusal, Refusal::login_failed);
  auto const sentence = line.next<msg::Closing>().sentence;
  EXPECT_FALSE(line.receive()) << "the connection ends with a refused login";
  return sentence;
}

TEST(Login, WelcomesAKeyThatSignsTheNonce) {
  GateWorld world;
  auto line = world.connect();
  auto const hello = line.next<msg::ServerHello>();
  EXPECT_EQ(hello.server_name, "localhost");
  line.send(login_for(hello, world.key_of(carl)));
  auto const welcome = line.next<msg::Welcome>();
  EXPECT_EQ(welcome.request, 7u);
  EXPECT_EQ(welcome.participant, carl);
  EXPECT_EQ(welcome.role, Role::buyer);
  EXPECT_TRUE(welcome.session.some());
  EXPECT_EQ(welcome.rules.class_scale, 1'000'000'000);
}

TEST(Login, MayBindItselfToTheTlsConnection) {
  GateWorld world;
  auto line = world.connect();
  auto const hello = line.next<msg::ServerHello>();
  line.send(login_for(hello, world.key_of(carl), exporter_of(line)));
  EXPECT_EQ(line.next<msg::Welcome>().participant, carl);
}

TEST(Login, SignedForOneTlsConnectionIsWorthlessOnAnother) {
  GateWorld world;
  auto first = world.connect(), second = world.connect();
  auto const other = exporter_of(first);
  second.send(login_for(second.next<msg::ServerHello>(), world.key_of(carl), other));
  EXPECT_EQ(second.next<msg::Answer>().refusal, Refusal::login_failed);
  EXPECT_THAT(second.next<msg::Closing>().sentence, HasSubstr("signature"));
}

TEST(Login, SaysWhichPartOfItWasWrong) {
  GateWorld world;
  auto no = [&](auto change) { return refused(world, change); };
  EXPECT_THAT(no([](msg::Login& l) { l.server_name = "elsewhere.example"; }), HasSubstr("server"));
  EXPECT_THAT(no([](msg::Login& l) { l.participant = ParticipantId{999}; }),
              HasSubstr("no such participant"));
  EXPECT_THAT(no([](msg::Login& l) { l.key = KeyId{9}; }), HasSubstr("no such participant and key"));
  EXPECT_THAT(no([](msg::Login& l) { l.key = KeyId{2}; }), HasSubstr("Ed25519")) << "a bearer key";
  EXPECT_THAT(no([](msg::Login& l) { l.role = Role::operator_; }), HasSubstr("role"));
  EXPECT_THAT(no([](msg::Login& l) { l.signature[5] ^= std::byte{1}; }), HasSubstr("signature"));
  EXPECT_THAT(no([](msg::Login& l) { l.exporter_used = true; }), HasSubstr("signature"));
  EXPECT_THAT(no([](msg::Login& l) { l.participant = dora; }), HasSubstr("signature")) << "another's key";
}

TEST(Login, RefusesAnExporterWhereThereIsNoTls) {
  WorldOptions options;
  options.plain_text = true;
  GateWorld world(options);
  EXPECT_THAT(refused(world, [](msg::Login& l) { l.exporter_used = true; }), HasSubstr("no TLS"));
}

TEST(Login, ANonceIsGoodForOneTryOnOneConnection) {
  GateWorld world;
  auto first = world.connect();
  auto const stolen = login_for(first.next<msg::ServerHello>(), world.key_of(carl));
  first.send(stolen);
  (void)first.next<msg::Welcome>();
  first.send(stolen);
  EXPECT_EQ(first.next<msg::Answer>().refusal, Refusal::login_failed) << "already logged in";
  auto second = world.connect();
  (void)second.next<msg::ServerHello>();
  second.send(stolen);
  EXPECT_EQ(second.next<msg::Answer>().refusal, Refusal::login_failed);
  EXPECT_FALSE(second.passed_over<msg::Welcome>().size());
}

TEST(Login, BeforeItOnlyAPingIsAnswered) {
  GateWorld world;
  auto line = world.connect();
  (void)line.next<msg::ServerHello>();
  line.send(msg::Ping{3});
  EXPECT_EQ(line.next<msg::Pong>().request, 3u);
  EXPECT_EQ(line.refusal_of(token_order()), Refusal::login_required);
  EXPECT_EQ(line.refusal_of(msg::AdminShutdown{}), Refusal::login_required);
  EXPECT_EQ(line.refusal_of(msg::Subscribe{}), Refusal::login_required);
}

TEST(Login, ThatDoesNotComeInTimeEndsTheConnectionWithASentence) {
  WorldOptions options;
  options.login_within = Micros{100'000};
  GateWorld world(options);
  auto good = world.log_in(carl);
  auto line = world.connect();
  auto const closing = line.next<msg::Closing>();
  EXPECT_EQ(closing.code, Refusal::login_required);
  EXPECT_THAT(closing.sentence, HasSubstr("log in at once"));
  EXPECT_FALSE(line.receive());
  EXPECT_EQ(good.refusal_of(msg::Subscribe{}), Refusal::none) << "who is logged in may stay";
}

// The kernel's buffers take the first answers; then a stranger that reads none is not read either.
TEST(Login, AStrangerThatReadsNoAnswersIsReadNoFurther) {
  WorldOptions options;
  options.login_within = Micros{600'000'000};  // under sanitizers the pings take long
  GateWorld world(options);
  auto line = world.connect();
  (void)line.next<msg::ServerHello>();
  constexpr std::uint64_t pings = 20'000;
  std::uint64_t sent = 0;
  world.until([&] {
    while (sent < pings &&
           line.socket()->send(std::make_shared<Bytes const>(encode(ClientMessage(msg::Ping{sent + 1}))),
                               wire::FrameKind::binary))
      ++sent;
    return sent == pings;
  });
  for (std::uint64_t i = 1; i <= pings; ++i) ASSERT_EQ(line.next<msg::Pong>().request, i);
  line.send(login_for(line.world().connect().next<msg::ServerHello>(), world.key_of(carl)));
  EXPECT_EQ(line.next<msg::Answer>().refusal, Refusal::login_failed) << "still there to be refused";
}

TEST(Login, WorksInJsonToo) {
  GateWorld world;
  auto line = world.connect(subprotocol_json);
  auto const hello = line.next<msg::ServerHello>();
  line.send(login_for(hello, world.key_of(dora)));
  EXPECT_EQ(line.next<msg::Welcome>().participant, dora);
  auto const answer = line.ask(token_order("1"));
  EXPECT_EQ(answer.refusal, Refusal::none) << answer.sentence;
}

TEST(Frames, ThatAreNoMessageEndOneConnectionWithASentenceAndNoOther) {
  GateWorld world;
  auto good = world.log_in(carl);
  for (auto const* const rubbish : {"", "garbage", "\x10\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"}) {
    auto bad = world.connect();
    (void)bad.next<msg::ServerHello>();
    bad.send_bytes(rubbish);
    auto const closing = bad.next<msg::Closing>();
    EXPECT_EQ(closing.code, Refusal::malformed);
    EXPECT_FALSE(closing.sentence.empty());
    EXPECT_FALSE(bad.receive());
  }
  EXPECT_EQ(good.refusal_of(msg::Subscribe{}), Refusal::none);
}

TEST(Frames, InJsonAreRefusedWithTheNameOfWhatIsUnknown) {
  GateWorld world;
  for (auto const& [text, said] : {std::pair{R"({"type":"Dance"})", "\"type\""},
                                   {R"({"type":"Ping","colour":1})", "colour"},
                                   {"{", ""}}) {
    auto line = world.connect(subprotocol_json);
    (void)line.next<msg::ServerHello>();
    line.send_text(text);
    auto const closing = line.next<msg::Closing>();
    EXPECT_EQ(closing.code, Refusal::malformed);
    EXPECT_THAT(closing.sentence, HasSubstr(said));
  }
}

TEST(Frames, LargerThanALoginAreNotReadFromStrangers) {
  GateWorld world;
  auto line = world.connect();
  (void)line.next<msg::ServerHello>();
  line.send_bytes(std::string(largest_login_frame_bytes + 1, 'x'));
  EXPECT_FALSE(line.receive());
  auto known = world.log_in(carl);
  auto order = token_order();
  order.prompt = Bytes(largest_prompt_bytes, std::byte{'x'});
  EXPECT_EQ(known.refusal_of(order), Refusal::none) << "those who are known may send prompts";
}

}  // namespace
}  // namespace spillway
