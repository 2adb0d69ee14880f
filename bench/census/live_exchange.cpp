// bench/census/live_exchange.cpp - see bench/census/live_exchange.hpp.
#include "live_exchange.hpp"

#include <stdlib.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "attest/prover.hpp"
#include "gateway/client/market_client.hpp"
#include "journal/log_reader.hpp"
#include "market/codec.hpp"
#include "market/decimal.hpp"
#include "reference/genesis.hpp"

namespace spillway::census {

using attest::AttestMessage;

namespace {

using namespace std::chrono_literals;

constexpr char const* class_name = "L4";
constexpr std::int64_t with_floors = 1'000, without_floors = 1'000'000'000;  // class_scale
constexpr std::uint32_t first_provider = 10;

Tables const& tables() {
  static auto const shipped = shipped_tables();
  return shipped;
}

ClassId klass() { return tables().class_of(class_name)->id; }

constexpr auto patience = 120s;  // of whoever waits for the exchange; only ends a bench that hangs

[[noreturn]] void give_up(std::string const& why) { throw std::runtime_error(why); }

// Figures of which the floors are 70 and 92 in a hundred; rounded down, so that honest work reaches them.
void demand(AcceleratorClass& row, attest::Floors const& floors) {
  auto const of = [](std::int64_t floor, std::int64_t share, std::int64_t unit) {
    return std::max<std::int64_t>(
        1, static_cast<std::int64_t>(__int128{floor} * with_floors * 100 / share / unit));
  };
  row.fp16_gflops = row.int8_gops = of(floors.ops_per_s, 70, 1'000'000'000);
  row.memory_mib = static_cast<std::int32_t>(of(floors.bytes, 92, 1 << 20));
  row.bandwidth_mb_s = static_cast<std::int32_t>(of(floors.bytes_per_s, 70, 1'000'000));
}

std::vector<Command> genesis(LiveOptions const& options, std::vector<Credentials> const& providers) {
  Rules rules;
  rules.bond_per_unit = {};  // what cheats cost is another matter
  rules.class_scale = options.floors ? with_floors : without_floors;
  std::vector<Command> first{SetRules{rules}};
  auto rows = tables();
  for (auto& row : rows.classes)
    if (options.floors && row.id == klass()) demand(row, *options.floors);
  auto made = genesis_commands(rows);
  if (!made) give_up(made.error());
  for (auto& command : *made) first.push_back(std::move(command));
  for (auto const& key : providers) {
    first.emplace_back(
        AddParticipant{key.participant, FirmId{key.participant.v}, static_cast<std::uint32_t>(key.role)});
    first.emplace_back(AddKey{key.participant, key.key, KeyKind::ed25519, key.public_key()});
  }
  first.emplace_back(FundGuarantee{Nano{100 * nano_per_unit}});
  return first;
}

// The place check is an option of servers that have it.
template <class Config>
bool check_place(Config& config, [[maybe_unused]] bool on) {
  if constexpr (requires { config.check_place; }) {
    config.check_place = on;
    return true;
  } else {
    return false;
  }
}

}  // namespace

bool server_checks_place() {
  ServerConfig config;
  return check_place(config, true);
}

std::string place_at(Micros round_trip) {
  auto const leaf = tables().leaves();
  auto const* const relay = tables().place_named(default_relay);
  Place const* best = nullptr;
  std::int32_t best_us = 0;
  for (auto const& place : tables().places) {
    auto const trip = tables().round_trips[relay->id.v - 1u][place.id.v - 1u];
    if (!leaf[place.id.v - 1u] || trip.rtt_us < round_trip.v) continue;
    if (!best || trip.rtt_us < best_us) best = &place, best_us = trip.rtt_us;
  }
  if (!best) give_up("no place of the table is so far away");
  return best->name;
}

LiveExchange::LiveExchange(LiveOptions const& options) {
  auto name = (std::filesystem::temp_directory_path() / "spillway-live-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("no temporary directory");
  directory_ = name;
  for (std::uint32_t i = 0; i < options.providers; ++i)
    providers_.push_back(make_credentials(ParticipantId{first_provider + i}, KeyId{1}, Role::provider));
  start(options);
}

void LiveExchange::start(LiveOptions const& options) {
  ServerConfig config;
  config.tls_directory = directory_ / "tls";
  config.challenge = options.params;
  config.challenges_at_once = options.providers;
  config.evidence_directory = directory_ / "journal" / "attest";
  (void)check_place(config, options.check_place);
  config.log = [](std::string const&) {};
  PipelineOptions pipeline;
  pipeline.directory = directory_ / "journal";
  pipeline.segment_bytes = std::uint64_t{4} << 20;
  pipeline.projection_map_bytes = std::uint64_t{1} << 28;
  pipeline.genesis = genesis(options, providers_);
  auto started = ExchangeServer::start(std::move(config), std::move(pipeline));
  if (!started) give_up("the exchange does not start: " + started.error());
  server_ = std::move(*started);
  thread_ = std::thread([this] { (void)server_->run(); });
}

std::map<std::uint32_t, Journalled> LiveExchange::stop() {
  server_->request_stop();
  thread_.join();
  server_.reset();
  std::map<std::uint32_t, Journalled> out;
  auto log = LogReader::open(directory_ / "journal", StreamKind::entries, ReadMode::strict);
  if (!log) give_up(log.error().message);
  for (;;) {
    auto const frame = log->next();
    if (!frame) give_up(frame.error().reason);
    if (!*frame) return out;
    if ((*frame)->type != FrameType::entry) continue;
    auto const entry = decode_entry((*frame)->payload);
    if (!entry) give_up("an entry of the journal can't be read");
    if (auto const* const c = std::get_if<UnitAttested>(&entry->command)) out[c->node.v] = {0};
    if (auto const* const c = std::get_if<UnitRejected>(&entry->command)) out[c->node.v] = {c->reason};
  }
}

LiveExchange::~LiveExchange() {
  if (thread_.joinable()) server_->request_stop(), thread_.join();
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

// ---- the provider's program ----

namespace {

class Provider {
 public:
  Provider(LiveExchange const& exchange, std::uint16_t port, std::uint32_t number) {
    ClientOptions options;
    options.url = {"wss", "127.0.0.1", port, "/v1/stream"};
    options.trust = wire::TlsClient::trusting(exchange.certificate()).value();
    options.credentials = exchange.provider(number);
    options.states = false;
    auto client = wait(MarketClient::connect(loop_.get_executor(), std::move(options)));
    if (!client) give_up(client.error().sentence);
    client_ = std::move(*client);
  }
  ~Provider() {
    client_->close();
    loop_.restart();
    loop_.run_for(20ms);  // tells the other side
  }

  void send(ClientMessage const& message) { (void)client_->send(message); }
  ServerMessage receive() {
    auto message = wait(client_->receive());
    if (!message) give_up("the line ended: " + message.error().sentence);
    return std::move(*message);
  }
  template <class M>
  msg::Answer ask(M message) {
    auto const request = client_->ask(std::move(message));
    for (;;) {
      auto const got = receive();
      if (auto const* const answer = std::get_if<msg::Answer>(&got); answer && answer->request == request)
        return *answer;
    }
  }

 private:
  template <class T>
  static wire::awaitable<void> keep(wire::awaitable<T> work, std::optional<T>& out) {
    T got = co_await std::move(work);
    out.emplace(std::move(got));
  }
  template <class T>
  T wait(wire::awaitable<T> work) {
    std::optional<T> out;
    wire::spawn(loop_.get_executor(), keep(std::move(work), out));
    for (auto const until = std::chrono::steady_clock::now() + patience; !out;) {
      if (std::chrono::steady_clock::now() > until) give_up("the exchange does not answer");
      loop_.restart();
      loop_.run_one_for(100ms);
    }
    return std::move(*out);
  }

  boost::asio::io_context loop_{1};
  std::shared_ptr<MarketClient> client_;
};

msg::AttestVerdict answer_all(Provider& provider, NodeId node, attest::Prover& prover,
                              Program const& program) {
  using Clock = std::chrono::steady_clock;
  for (;;) {
    auto const message = provider.receive();
    if (auto const* const verdict = std::get_if<msg::AttestVerdict>(&message)) return *verdict;
    auto const* const frame = std::get_if<msg::AttestFrame>(&message);
    if (!frame) continue;
    auto asked = attest::decode(frame->bytes);
    if (!asked) give_up("the exchange does not speak CAP-1");
    if (program.hear) program.hear(*asked);
    auto const began = Clock::now();
    auto answer = prover.answer(*asked);
    if (!answer) give_up("an honest prover can't answer what this exchange asks");
    if (!*answer) continue;
    auto const took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
    if (program.manners) program.manners(*asked, **answer, took);
    provider.send(msg::AttestFrame{node, 0, attest::encode(**answer)});
  }
}

}  // namespace

LiveVerdict prove_live(LiveExchange const& exchange, std::uint16_t port, std::uint32_t number,
                       std::string const& place, attest::Backend const& backend, Program const& program) {
  Provider provider(exchange, port, number);
  auto const there = place.empty() ? std::string(default_relay) : place;
  auto const added = provider.ask(msg::RegisterNode{0, ClientOrderId{1}, there, class_name, 1});
  if (added.refusal != Refusal::none) give_up("no node: " + added.sentence);
  NodeId const node{static_cast<std::uint32_t>(added.id)};
  attest::AttestOpen const open{key_of(number), node, klass(), attest::Profile::int8, "adversary"};
  attest::Prover prover(program.worker.value_or(open.unit), backend);
  provider.send(msg::AttestFrame{node, 0, attest::encode(AttestMessage(open))});
  auto const verdict = answer_all(provider, node, prover, program);

  msg::PostOffer offer;
  offer.client = ClientOrderId{2};
  offer.node = node;
  offer.product = ProductKind::capacity;  // of any class, however small the bench makes it
  offer.tier = "warm";
  offer.price = exact_step(parse_money("1").value()).value();
  offer.quantity = Lots{1'000};  // one unit
  auto const answer = provider.ask(std::move(offer));
  auto const posted = answer.refusal;
  if (posted != Refusal::none && posted != Refusal::unit_unattested)
    give_up("an offer is refused for another reason: " + answer.sentence);
  return {node.v,
          verdict.reason,
          {verdict.ops_per_s, verdict.bytes, verdict.bytes_per_s},
          posted == Refusal::none};
}

}  // namespace spillway::census
