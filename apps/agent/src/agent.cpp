// apps/agent/src/agent.cpp - one connection after another; within one: nodes, proofs, offers, jobs, leases.
#include "apps/agent/agent.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "attest/floors.hpp"
#include "gateway/client/market_client.hpp"
#include "gateway/wire/signal.hpp"
#include "job_desk.hpp"
#include "lease_desk.hpp"
#include "offer_slots.hpp"
#include "proof_words.hpp"
#include "reference/tables.hpp"
#include "unit_prover.hpp"

namespace spillway {
namespace {

using namespace std::chrono_literals;

std::uint64_t wall_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

constexpr auto longest_proof_pause = std::chrono::milliseconds(60'000);

}  // namespace

struct Agent::Impl : std::enable_shared_from_this<Agent::Impl> {
  Impl(wire::executor w, AgentConfig c, std::function<void(std::string const&)> l)
      : where(std::move(w)),
        config(std::move(c)),
        log(std::move(l)),
        wake(where),
        tables(shipped_tables()),
        jobs(std::make_shared<JobDesk>(
            where, JobDesk::Engine{config.engine_url, std::chrono::milliseconds(config.engine_silence_ms)},
            log)),
        leases(std::make_shared<LeaseDesk>(
            where, LeaseDesk::Hooks{config.lease_start_hook, config.lease_end_hook}, log)) {}

  struct Unit {
    bool asked{};                       // a challenge is queued or runs
    std::uint32_t judged{};             // so many times in this session; the last one leads to the next proof
    bool proven{};                      // the same, and it was admitted
    std::chrono::milliseconds pause{};  // before the next try
  };
  struct Node {
    AgentNode const* config{};
    NodeId id;
    std::map<std::uint16_t, Unit> units;
    bool offered{};
  };

  wire::executor where;
  AgentConfig config;
  std::function<void(std::string const&)> log;
  wire::Signal wake;
  Tables tables;
  bool stopping{}, left{};

  std::shared_ptr<MarketClient> client;
  std::unique_ptr<UnitProver> prover;
  std::map<msg::Request, AgentNode const*> registering;
  std::map<msg::Request, std::string> offering;
  std::map<msg::Request, UnitProver::UnitId> bonding;
  std::set<UnitProver::UnitId> bonds_lost;  // by wrong answers; until the agent is started again
  std::map<NodeId, Node> nodes;
  std::shared_ptr<JobDesk> jobs;
  std::shared_ptr<LeaseDesk> leases;
  std::uint64_t const first_client_id = wall_us();
  std::uint64_t next_client_id = first_client_id;
  // What is known from reports: kept over connections, since only missed ones are sent again.
  std::uint64_t last_report{};
  std::map<OfferId, record::OfferState> live_offers;
  bool caught_up{};  // on this session: live_offers is what the exchange has
  std::set<msg::Request> cancelling;

  wire::awaitable<std::string> run();
  wire::awaitable<std::optional<std::string>> one_connection(Credentials credentials, wire::Url url);
  void start_work(Credentials const& credentials);
  void end_work();
  void handle(ServerMessage const&);
  void on(msg::Answer const&);
  void on(msg::AttestFrame const&);
  void on(msg::AttestVerdict const&);
  void on(record::UnitState const&, std::uint16_t reason);
  void on(msg::Dispatch const&);
  void on(msg::LeaseStart const&);
  void on(msg::Report const&);
  [[nodiscard]] bool bonds_asked() const { return asks_for_bonds(client->welcome().rules); }
  void prove(NodeId id, std::uint16_t unit);
  void open(Node& node, std::uint16_t unit);
  void not_admitted(Node& node, std::uint16_t unit, std::string words, bool again);
  void post_offers(Node& node);
  void cancel_offers_of(NodeId node, bool ours_too);
  void caught_up_now();
  wire::awaitable<void> prove_later(std::weak_ptr<MarketClient> session, UnitProver::UnitId unit,
                                    std::uint32_t judged, wire::duration pause);
  wire::awaitable<void> wait_for_reports(std::weak_ptr<MarketClient> session);
  void stop();
  wire::awaitable<void> leave(
      std::shared_ptr<Impl> self);  // held from here: the agent may go before it starts
};

Agent::Agent(wire::executor where, AgentConfig config, std::function<void(std::string const&)> log)
    : impl_(std::make_shared<Impl>(std::move(where), std::move(config), std::move(log))) {}
Agent::~Agent() = default;

wire::awaitable<std::string> Agent::run() {
  auto const impl = impl_;
  co_return co_await impl->run();
}

void Agent::stop() { impl_->stop(); }

// ---- connections ----

wire::awaitable<std::string> Agent::Impl::run() {
  auto const credentials = load_credentials(config.credentials);
  if (!credentials) co_return credentials.error();
  auto const url = wire::parse_url(config.exchange_url);
  if (!url) co_return "the exchange's url: " + url.error();
  auto pause = std::chrono::milliseconds(200);
  while (!stopping) {
    auto const started = std::chrono::steady_clock::now();
    auto const denied = co_await one_connection(*credentials, *url);
    end_work();
    if (denied) co_return *denied;
    if (std::chrono::steady_clock::now() - started > 10s) pause = 200ms;
    if (!stopping) co_await wake.wait(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(5000));
  }
  while (!left) co_await wake.wait();  // leases end without a connection too
  co_return std::string();
}

wire::awaitable<std::optional<std::string>> Agent::Impl::one_connection(Credentials credentials,
                                                                        wire::Url url) {
  ClientOptions options;
  options.url = std::move(url);
  options.credentials = credentials;
  options.last_report = last_report;
  options.on_trouble = log;
  if (!config.trust.empty()) {
    auto trust = wire::TlsClient::trusting(config.trust);
    if (!trust) {
      log(trust.error().text);  // the exchange makes its certificate at its first start: it may come yet
      co_return std::nullopt;
    }
    options.trust = std::move(*trust);
  }
  auto connected = co_await MarketClient::connect(where, std::move(options));
  if (!connected) {
    log(connected.error().sentence);
    if (connected.error().denied) co_return connected.error().sentence;
    co_return std::nullopt;
  }
  if (stopping) co_return std::nullopt;
  client = std::move(*connected);
  start_work(credentials);
  for (;;) {
    auto const message = co_await client->receive();
    if (!message) {
      if (!stopping) log("the connection ended: " + message.error().sentence);
      break;
    }
    handle(*message);
  }
  co_return std::nullopt;
}

void Agent::Impl::start_work(Credentials const& credentials) {
  log("logged in as participant " + std::to_string(credentials.participant.v));
  prover = std::make_unique<UnitProver>(
      where, credentials,
      [weak = std::weak_ptr(client)](UnitProver::UnitId unit, Bytes bytes, std::uint64_t epoch) {
        if (auto const session = weak.lock())
          session->send(msg::AttestFrame{unit.first, unit.second, std::move(bytes), epoch});
      });
  for (auto const& node : config.nodes)
    registering[client->ask(
        msg::RegisterNode{0, ClientOrderId{node.label}, node.place, node.klass, node.units})] = &node;
  leases->attach(client);
  if (last_report >= client->welcome().reports_have) return caught_up_now();
  wire::spawn(where, wait_for_reports(client));
}

void Agent::Impl::end_work() {
  jobs->cancel_all();
  prover.reset();
  registering.clear();
  offering.clear();
  bonding.clear();
  cancelling.clear();
  nodes.clear();
  caught_up = false;
  leases->detach();
  wake.notify();
  client.reset();
}

void Agent::Impl::handle(ServerMessage const& message) {
  if (auto const* const answer = std::get_if<msg::Answer>(&message)) on(*answer);
  if (auto const* const verdict = std::get_if<msg::AttestVerdict>(&message)) on(*verdict);
  if (auto const* const dispatch = std::get_if<msg::Dispatch>(&message)) on(*dispatch);
  if (auto const* const start = std::get_if<msg::LeaseStart>(&message)) on(*start);
  if (auto const* const stop = std::get_if<msg::LeaseStop>(&message)) leases->stop(stop->lease);
  if (auto const* const report = std::get_if<msg::Report>(&message)) on(*report);
  if (auto const* const closing = std::get_if<msg::Closing>(&message))
    log("the exchange closes: " + closing->sentence);
  if (auto const* const frame = std::get_if<msg::AttestFrame>(&message)) on(*frame);
  if (auto const* const cancel = std::get_if<msg::CancelJob>(&message)) jobs->cancel(cancel->job);
}

// ---- nodes, proofs, offers ----

void Agent::Impl::on(msg::Answer const& answer) {
  if (auto const node = registering.extract(answer.request); !node.empty()) {
    if (answer.refusal != Refusal::none)
      return log("node " + std::to_string(node.mapped()->label) + " refused: " + answer.sentence);
    NodeId const id{static_cast<std::uint32_t>(answer.id)};
    auto& known = nodes[id];
    known.config = node.mapped();
    known.id = id;
    for (std::uint16_t unit = 0; unit < known.config->units; ++unit) prove(id, unit);
    return;
  }
  if (leases->on_answer(answer)) return;
  if (cancelling.erase(answer.request) > 0) return wake.notify();
  if (auto const bond = bonding.extract(answer.request); !bond.empty()) {
    auto const [id, unit] = bond.mapped();
    auto& node = nodes.at(id);
    bool const there = answer.refusal == Refusal::none || answer.refusal == Refusal::exists;
    if (there || answer.refusal == Refusal::rules_unknown) return open(node, unit);  // or none is asked for
    node.units[unit].asked = false;
    return not_admitted(node, unit, bond_news(client->welcome().rules, answer), true);
  }
  auto const offer = offering.extract(answer.request);
  if (offer.empty()) return;
  // An offer of before a short loss of the link still stands at its price: that is what we want.
  if (answer.refusal != Refusal::none && answer.refusal != Refusal::offer_price_taken)
    log("offer refused (" + offer.mapped() + "): " + answer.sentence);
}

void Agent::Impl::prove(NodeId id, std::uint16_t unit) {
  auto const found = nodes.find(id);
  if (found == nodes.end()) return;
  auto& known = found->second.units[unit];
  // A second opening would end the challenge that runs.
  if (bonds_lost.contains({id, unit}) || std::exchange(known.asked, true)) return;
  if (!config.post_bonds || !bonds_asked()) return open(found->second, unit);
  bonding[client->ask(msg::BondPost{0, id, unit})] = {id, unit};
}

void Agent::Impl::open(Node& node, std::uint16_t unit) {
  auto const* const klass = tables.class_of(node.config->klass);
  if (!klass) return prover->open({node.id, unit}, ClassId{});
  prover->open({node.id, unit}, klass->id, attest::profile_of(*klass));
}

void Agent::Impl::on(msg::AttestFrame const& frame) {
  UnitProver::UnitId const unit{frame.node, frame.unit};
  // Called to a full challenge: the exchange has emptied the node for it.
  if (frame.epoch == 0 && frame.bytes.empty()) return prove(frame.node, frame.unit);
  if (frame.epoch == 0) return prover->on_frame(unit, frame.bytes);
  if (!frame.bytes.empty()) return prover->on_census_frame(unit, frame.bytes, frame.epoch);
  auto const node = nodes.find(frame.node);
  auto const* const klass = node == nodes.end() ? nullptr : tables.class_of(node->second.config->klass);
  if (klass) prover->called(unit, klass->id, frame.epoch, attest::profile_of(*klass));
}

void Agent::Impl::on(record::UnitState const& state, std::uint16_t reason) {
  auto const node = nodes.find(NodeId{state.node});
  if (node == nodes.end()) return;
  auto const label = node->second.config->label;
  auto& unit = node->second.units[state.unit];
  auto const news = census_news(state, reason, label, unit.asked, bonds_asked());
  bool const wrong = attest::is_failure(attest::RejectReason{reason});
  if (UnitPhase{state.phase} == UnitPhase::rejected && wrong && bonds_asked())
    bonds_lost.insert({node->first, state.unit});
  if (!news.empty()) log(news);
  if (ended_in_silence(state, reason)) prove(node->first, state.unit);
}

void Agent::Impl::on(msg::AttestVerdict const& verdict) {
  auto const found = nodes.find(verdict.node);
  if (found == nodes.end()) return;
  auto& node = found->second;
  auto const known = node.units.find(verdict.unit);
  // Without a challenge it answers a step that came after the end of one.
  if (known == node.units.end() || !std::exchange(known->second.asked, false)) return;
  auto& unit = known->second;
  if (!verdict.admitted) {
    if (bonds_asked() && attest::is_failure(attest::RejectReason{verdict.reason}))
      bonds_lost.insert({verdict.node, verdict.unit});
    return not_admitted(node, verdict.unit, verdict.sentence, unit.proven || may_pass_later(verdict.reason));
  }
  ++unit.judged;
  unit.proven = true;
  unit.pause = {};
  // Renewed at three quarters of its time, so that a slow queue does not let it lapse.
  auto const validity = std::chrono::microseconds(client->welcome().rules.attestation_validity.v);
  wire::spawn(where, prove_later(client, {verdict.node, verdict.unit}, unit.judged, validity * 3 / 4));
  post_offers(node);
}

void Agent::Impl::not_admitted(Node& node, std::uint16_t number, std::string words, bool again) {
  auto& unit = node.units[number];
  ++unit.judged;
  words = "unit " + std::to_string(number) + " of node " + std::to_string(node.config->label) +
          " not admitted: " + words;
  if (bonds_lost.contains({node.id, number})) {
    words += bond_is_lost;
  } else if (again) {
    auto const first = std::chrono::milliseconds(config.proof_retry_ms);
    unit.pause = unit.pause.count() == 0 ? first : std::min(unit.pause * 2, longest_proof_pause);
    words += "; tries again in " + std::to_string((unit.pause.count() + 999) / 1000) + " s";
    wire::spawn(where, prove_later(client, {node.id, number}, unit.judged, unit.pause));
  }
  log(words);
  post_offers(node);
}

wire::awaitable<void> Agent::Impl::prove_later(std::weak_ptr<MarketClient> session, UnitProver::UnitId unit,
                                               std::uint32_t judged, wire::duration pause) {
  auto const self = shared_from_this();
  co_await wire::sleep_for(pause);
  auto const still = session.lock();
  auto const node = nodes.find(unit.first);
  bool const last = node != nodes.end() && node->second.units[unit.second].judged == judged;
  if (still && still == client && !stopping && last) prove(unit.first, unit.second);
}

// Reports say which offers live: so the agent finds those of the program before it, whose file may have said
// something else. They go first, or their prices would be taken.
void Agent::Impl::on(msg::Report const& report) {
  last_report = report.report;
  if (report.record.head.kind == RecordKind::offer_state) {
    auto const offer = report.record.as<record::OfferState>();
    if (OfferPhase{offer.phase} == OfferPhase::live)
      live_offers[OfferId{offer.offer}] = offer;
    else
      live_offers.erase(OfferId{offer.offer});
  }
  if (report.record.head.kind == RecordKind::unit_state && caught_up)
    on(report.record.as<record::UnitState>(), report.record.head.code);
  if (report.record.head.kind == RecordKind::lease_state) {
    auto const lease = report.record.as<record::LeaseState>();
    auto const phase = LeasePhase{lease.phase};
    if (phase == LeasePhase::ended || phase == LeasePhase::failed) leases->stop(LeaseId{lease.lease});
  }
  if (report.report >= client->welcome().reports_have) caught_up_now();
}

void Agent::Impl::caught_up_now() {
  if (std::exchange(caught_up, true)) return;
  for (auto& [id, node] : nodes) post_offers(node);
}

// A long history does not come whole; then we trade beside what we do not know of.
wire::awaitable<void> Agent::Impl::wait_for_reports(std::weak_ptr<MarketClient> session) {
  auto const self = shared_from_this();
  co_await wire::sleep_for(10s);
  auto const still = session.lock();
  if (still && still == client) caught_up_now();
}

void Agent::Impl::cancel_offers_of(NodeId node, bool ours_too) {
  for (auto const& [id, offer] : live_offers) {
    bool const ours = offer.client >= first_client_id && offer.client < next_client_id;
    if (NodeId{offer.node} == node && (ours_too || !ours))
      cancelling.insert(client->ask(msg::CancelOffer{0, id}));
  }
}

void Agent::Impl::post_offers(Node& node) {
  // What a unit that fails would hold is not executable; the others trade.
  auto const is_judged = [](auto const& unit) { return unit.second.judged > 0; };
  auto const is_proven = [](auto const& unit) { return unit.second.proven; };
  if (!caught_up || stopping || !std::all_of(node.units.begin(), node.units.end(), is_judged) ||
      std::none_of(node.units.begin(), node.units.end(), is_proven))
    return;
  if (std::exchange(node.offered, true)) return;
  cancel_offers_of(node.id, false);
  for (auto const& offer : node.config->offers) {
    msg::PostOffer message;
    message.client = ClientOrderId{next_client_id++};
    message.node = node.id;
    message.product = offer.product;
    message.model = offer.model;
    message.tier = offer.tier;
    message.price = offer.price;
    message.quantity =
        Lots{offer.product == ProductKind::tokens ? slots_of(config, tables, *node.config, offer)
                                                  : offer.units_milli};
    message.replenish = true;
    if (message.quantity.v == 0) {
      log("node " + std::to_string(node.config->label) + " has no room for " + offer.model);
      continue;
    }
    offering[client->ask(std::move(message))] =
        offer.product == ProductKind::tokens ? offer.model : node.config->klass;
  }
}

// ---- jobs, leases, and the end ----

void Agent::Impl::on(msg::Dispatch const& dispatch) {
  auto const node = nodes.find(dispatch.node);
  jobs->start(client, dispatch, stopping || node == nodes.end() ? nullptr : node->second.config);
}

void Agent::Impl::on(msg::LeaseStart const& lease) {
  if (stopping)
    client->ask(msg::LeaseEndedMsg{0, lease.lease, FailCode::refused});
  else
    leases->start(lease);
}

void Agent::Impl::stop() {
  if (!std::exchange(stopping, true)) {
    wire::spawn(where, leave(shared_from_this()));
  } else {
    left = true;
    if (client) client->close();
  }
  wake.notify();
}

wire::awaitable<void> Agent::Impl::leave(std::shared_ptr<Impl>) {
  if (client)
    for (auto const& [id, node] : nodes) cancel_offers_of(id, true);
  co_await leases->end_all();
  auto const until = std::chrono::steady_clock::now() + 2s;
  while (!cancelling.empty() && !left && std::chrono::steady_clock::now() < until) co_await wake.wait(200ms);
  left = true;
  if (client) client->close();
  wake.notify();
}

}  // namespace spillway
