// tests/gateway/gate_world.cpp - see gate_world.hpp.
#include "gate_world.hpp"

#include <stdlib.h>

#include <chrono>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "attest/evidence_store.hpp"
#include "attest/floors.hpp"
#include "attest/prover.hpp"
#include "market/decimal.hpp"
#include "market/json.hpp"
#include "reference/genesis.hpp"

namespace spillway {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 60s;

using MaybeMessage = std::expected<ServerMessage, ClientError>;

wire::awaitable<MaybeMessage> read_message(std::shared_ptr<wire::WebSocket> ws, bool json) {
  auto const frame = co_await ws->read_frame();
  if (!frame) co_return std::unexpected(ClientError{frame.error().text, false});
  auto message =
      json ? server_message_from_json(frame->text()) : decode_server_message(std::as_bytes(frame->bytes));
  if (!message) co_return std::unexpected(ClientError{message.error().sentence, false});
  co_return std::move(*message);
}

std::uint64_t next_client_id() {
  static std::uint64_t last = 0;
  return ++last;
}

}  // namespace

WorldOptions memory_decides() {
  WorldOptions options;
  options.rules.class_scale = 1'500'000;
  options.challenge = {64, 512, 1, 32, 8};
  return options;
}

// ---- the exchange ----

GateWorld::GateWorld(WorldOptions options) : options_(std::move(options)) {
  auto name = (std::filesystem::temp_directory_path() / "spillway-gate-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = name;
  for (auto const& [who, role] : {std::pair{the_boss, Role::operator_},
                                  {ada, Role::provider},
                                  {bert, Role::provider},
                                  {carl, Role::buyer},
                                  {dora, Role::buyer},
                                  {poor, Role::buyer},
                                  {audrey, Role::auditor}})
    keys_.push_back(make_credentials(who, KeyId{1}, role));
  for (auto const who : options_.more_providers)
    keys_.push_back(make_credentials(who, KeyId{1}, Role::provider));
  bearer_ = make_bearer_key();
  start_exchange();
}

GateWorld::~GateWorld() {
  if (thread_.joinable()) (void)stop_exchange();
  loop_.restart();
  loop_.run_for(50ms);  // connections notice that they ended
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::vector<Command> GateWorld::genesis() const {
  std::vector<Command> first{SetRules{options_.rules}};
  auto rows = shipped_tables();
  if (options_.rules.version < 5) std::erase_if(rows.classes, &AcceleratorClass::unlisted);
  auto tables = genesis_commands(rows);
  if (!tables) throw std::runtime_error(tables.error());
  for (auto& command : *tables) first.push_back(std::move(command));
  for (auto const& key : keys_) {
    first.emplace_back(
        AddParticipant{key.participant, FirmId{key.participant.v}, static_cast<std::uint32_t>(key.role)});
    first.emplace_back(AddKey{key.participant, key.key, KeyKind::ed25519, key.public_key()});
    if (key.role == Role::buyer && key.participant != poor)
      first.emplace_back(Deposit{key.participant, Nano{100 * nano_per_unit}});
  }
  first.emplace_back(AddKey{carl, KeyId{2}, KeyKind::bearer_blake2b, bearer_hash(bearer_)});
  first.emplace_back(FundGuarantee{Nano{100 * nano_per_unit}});
  return first;
}

void GateWorld::start_exchange() {
  // A port that was ours can for a moment be the near end of somebody's connection.
  auto started = open_exchange();
  for (int tries = 0; !started && started.error().contains("in use") && tries < 50; ++tries) {
    std::this_thread::sleep_for(100ms);
    started = open_exchange();
  }
  if (!started) throw std::runtime_error("the exchange does not start: " + started.error());
  server_ = std::move(*started);
  port_ = server_->port();
  stopped_.reset();
  thread_ = std::thread([this] { stopped_ = server_->run(); });
}

std::expected<std::unique_ptr<ExchangeServer>, std::string> GateWorld::open_exchange() const {
  ServerConfig config;
  config.port = port_;
  config.plain_text = options_.plain_text;
  config.tls_directory = directory_ / "tls";
  config.engine_note = options_.engine_note;
  config.challenge = options_.challenge;
  config.evidence_directory = directory_ / "journal" / attest::evidence_folder;
  config.census = options_.census;
  config.check_place = options_.check_place;
  config.census_directory = directory_ / "journal" / attest::census_folder;
  config.door_buyer_place = test_place;
  config.door_price_cap =
      price("10");  // without a cap an order holds money for the dearest offer there could be
  config.door_good_for = options_.door_good_for;
  config.login_within = options_.login_within;
  config.statement_within = options_.statement_within;
  config.statements_required = options_.statements_required;
  config.log = [file = directory_ / "log"](std::string const& line) {
    static std::mutex one_at_a_time;
    std::lock_guard const lock(one_at_a_time);
    std::ofstream(file, std::ios::app) << line << "\n";
  };
  PipelineOptions pipeline;
  pipeline.directory = directory_ / "journal";
  pipeline.segment_bytes = std::uint64_t{4} << 20;
  pipeline.projection_map_bytes = std::uint64_t{1} << 28;
  pipeline.genesis = genesis();
  return ExchangeServer::start(std::move(config), std::move(pipeline));
}

Pipeline::Stopped GateWorld::join_exchange() {
  thread_.join();
  server_.reset();
  return *stopped_;
}

Pipeline::Stopped GateWorld::stop_exchange() {
  server_->request_stop();
  return join_exchange();
}

void GateWorld::until(std::function<bool()> const& done, char const* what) {
  auto const give_up = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error(std::string("in vain: ") + what);
    loop_.restart();
    loop_.run_one_for(100ms);
  }
}

// ---- ways in ----

Credentials const& GateWorld::key_of(ParticipantId who) const {
  for (auto const& key : keys_)
    if (key.participant == who) return key;
  throw std::runtime_error("nobody of that number");
}

wire::Url GateWorld::url(char const* scheme, std::string target) const {
  return {std::string(scheme) + (options_.plain_text ? "" : "s"), "127.0.0.1", port_, std::move(target)};
}

ClientOptions GateWorld::client_options(Credentials const& who, std::uint64_t last_report) const {
  ClientOptions options;
  options.url = url("ws", "/v1/stream");
  if (!options_.plain_text) options.trust = wire::TlsClient::trusting(certificate()).value();
  options.credentials = who;
  options.last_report = last_report;
  options.states = false;  // by the clock: entries of its own would come between those of a test
  return options;
}

Line GateWorld::log_in(ParticipantId who, std::uint64_t last_report) {
  auto client = wait(MarketClient::connect(on(), client_options(key_of(who), last_report)));
  if (!client) throw std::runtime_error(client.error().sentence);
  return {*this, std::move(*client)};
}

Line GateWorld::connect(char const* subprotocol) {
  wire::ConnectOptions options;
  if (!options_.plain_text) options.tls = wire::TlsClient::trusting(certificate()).value();
  options.subprotocols.emplace_back(subprotocol);
  auto ws = wait(wire::connect_websocket(on(), url("ws", "/v1/stream"), std::move(options)));
  if (!ws) throw std::runtime_error(ws.error().text);
  return {*this, std::move(*ws), std::string_view(subprotocol) == subprotocol_json};
}

wire::HttpCall GateWorld::call(std::string method, std::string target, std::string body) const {
  wire::HttpCall call;
  call.method = std::move(method);
  call.url = url("http", std::move(target));
  call.body = std::move(body);
  if (!options_.plain_text) call.tls = wire::TlsClient::trusting(certificate()).value();
  return call;
}

wire::HttpCall GateWorld::chat(std::string body) const {
  auto made = call("POST", "/v1/chat/completions", std::move(body));
  made.headers.push_back({"authorization", "Bearer " + bearer_});
  made.headers.push_back({"content-type", "application/json"});
  return made;
}

wire::HttpReply GateWorld::http(wire::HttpCall call) {
  auto reply = wait(wire::http_request(on(), std::move(call)));
  if (!reply) throw std::runtime_error(reply.error().text);
  return std::move(*reply);
}

// ---- a line ----

Line::Line(GateWorld& world, std::shared_ptr<MarketClient> client)
    : world_(&world), client_(std::move(client)) {}
Line::Line(GateWorld& world, std::shared_ptr<wire::WebSocket> ws, bool json)
    : world_(&world), ws_(std::move(ws)), json_(json) {}

void Line::send(ClientMessage const& message) {
  if (client_)
    (void)client_->send(message);
  else if (json_)
    (void)ws_->send_text(json_text(message));
  else
    (void)ws_->send(std::make_shared<Bytes const>(encode(message)), wire::FrameKind::binary);
}

void Line::send_bytes(std::string const& bytes) {
  (void)ws_->send(std::make_shared<Bytes const>(bytes_of(bytes)), wire::FrameKind::binary);
}

std::optional<ServerMessage> Line::receive() {
  auto message = client_ ? world_->wait(client_->receive()) : world_->wait(read_message(ws_, json_));
  if (message) return std::move(*message);
  end_ = message.error().sentence;
  return std::nullopt;
}

msg::ReadResult Line::read(msg::Read read) {
  auto const request = read.request = ++requests_;
  send(ClientMessage(std::move(read)));
  return next<msg::ReadResult>([=](msg::ReadResult const& r) { return r.request == request; });
}

std::string Line::read(msg::ReadKind kind, Seq at_least) {
  msg::Read read;
  read.kind = kind;
  read.most = 1'000;
  read.wait_for_seq = at_least;
  return this->read(std::move(read)).json;
}

void Line::leave() {
  if (client_)
    client_->close();
  else
    ws_->close(wire::CloseCode::normal);
  while (receive()) continue;
}

// ---- what providers and buyers say ----

PriceIndex price(char const* units) { return exact_step(parse_money(units).value()).value(); }

Bytes bytes_of(std::string_view text) {
  auto const* const first = reinterpret_cast<std::byte const*>(text.data());
  return {first, first + text.size()};
}

std::string text_of(Bytes const& bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

namespace {
AcceleratorClass const& class_row(char const* name) {
  static auto const tables = shipped_tables();
  return *tables.class_of(name);
}
}  // namespace

ClassId class_id(char const* name) { return class_row(name).id; }

NodeId add_node(Line& provider, std::uint64_t label, char const* klass) {
  auto const answer = provider.ask(msg::RegisterNode{0, ClientOrderId{label}, test_place, klass, 1});
  EXPECT_EQ(answer.refusal, Refusal::none) << answer.sentence;
  return NodeId{static_cast<std::uint32_t>(answer.id)};
}

msg::AttestVerdict prove(Line& provider, NodeId node, char const* klass, Micros away) {
  attest::AttestOpen open;
  open.unit[0] = std::byte(node.v), open.unit[31] = std::byte{1};
  open.node = node;
  open.wanted = class_id(klass);
  open.profile = attest::profile_of(class_row(klass));
  open.backend = "test";
  attest::Prover prover(open.unit);
  provider.send(msg::AttestFrame{node, 0, attest::encode(attest::AttestMessage(open))});
  for (;;) {
    auto message = provider.receive();
    if (!message) throw std::runtime_error("no verdict: " + provider.end());
    if (auto const* const verdict = std::get_if<msg::AttestVerdict>(&*message)) return *verdict;
    auto const* const frame = std::get_if<msg::AttestFrame>(&*message);
    if (!frame) {
      provider.keep(std::move(*message));
      continue;
    }
    auto const asked = attest::decode(frame->bytes);
    auto const answer = prover.answer(asked.value()).value();
    if (answer && std::holds_alternative<attest::RttEcho>(*answer))
      std::this_thread::sleep_for(std::chrono::microseconds(away.v));
    if (answer) provider.send(msg::AttestFrame{node, 0, attest::encode(*answer)});
  }
}

msg::PostOffer token_offer(NodeId node, char const* units, std::int64_t slots) {
  msg::PostOffer offer;
  offer.client = ClientOrderId{next_client_id()};
  offer.node = node;
  offer.product = ProductKind::tokens;
  offer.model = test_model;
  offer.tier = test_tier;
  offer.price = price(units);
  offer.quantity = Lots{slots};
  offer.replenish = true;
  return offer;
}

msg::PlaceOrder token_order(char const* units, bool stream) {
  msg::PlaceOrder order;
  order.client = ClientOrderId{next_client_id()};
  order.wanted.product = ProductKind::tokens;
  order.wanted.models = {test_model};
  order.wanted.buyer_place = test_place;
  order.tif = TimeInForce::timed;
  order.limit = price(units);
  order.good_for_us = Micros{30'000'000};
  order.input = Tokens{10};
  order.output_max = Tokens{50};
  order.policy = FaultPolicy::error_frame;
  order.stream = stream;
  order.prompt = bytes_of(R"({"messages":[{"role":"user","content":"say something"}]})");
  return order;
}

NodeId supply(Line& provider, char const* units, std::int64_t slots) {
  auto const node = add_node(provider);
  auto const verdict = prove(provider, node);
  EXPECT_TRUE(verdict.admitted) << verdict.sentence;
  auto const answer = provider.ask(token_offer(node, units, slots));
  EXPECT_EQ(answer.refusal, Refusal::none) << answer.sentence;
  return node;
}

void deliver(Line& provider, JobId job, std::initializer_list<char const*> pieces) {
  for (auto const* const piece : pieces) provider.send(msg::JobChunk{0, job, bytes_of(piece), {}});
}

void finish(Line& provider, JobId job, std::int64_t input, std::int64_t output, Credentials const& signer) {
  Tokens const in{input}, out{output};
  provider.send(
      msg::JobDone{0, job, FinishReason::stop, out, in, signer.sign(usage_claim_bytes(job, in, out))});
}

}  // namespace spillway
