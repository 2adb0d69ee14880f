// apps/agent/src/agent.cpp - one connection after another; within one: nodes, proofs, offers, jobs, leases.
#include "apps/agent/agent.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "engine_call.hpp"
#include "gateway/client/market_client.hpp"
#include "gateway/wire/signal.hpp"
#include "lease_hook.hpp"
#include "market/fail_words.hpp"
#include "reference/tables.hpp"
#include "unit_prover.hpp"

namespace spillway {
namespace {

using namespace std::chrono_literals;

std::string text_of(Bytes const& bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

std::uint64_t wall_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

struct Agent::Impl : std::enable_shared_from_this<Agent::Impl> {
  Impl(wire::executor w, AgentConfig c, std::function<void(std::string const&)> l)
      : where(std::move(w)), config(std::move(c)), log(std::move(l)), wake(where), tables(shipped_tables()) {}

  struct Node {
    AgentNode const* config{};
    NodeId id;
    std::set<std::uint16_t> proven;
    bool offered{};
  };

  wire::executor where;
  AgentConfig config;
  std::function<void(std::string const&)> log;
  wire::Signal wake;
  Tables tables;
  bool stopping{};

  std::shared_ptr<MarketClient> client;
  std::unique_ptr<UnitProver> prover;
  std::map<msg::Request, AgentNode const*> registering;
  std::map<msg::Request, std::string> offering;
  std::map<NodeId, Node> nodes;
  std::map<JobId, std::shared_ptr<EngineCall>> jobs;
  std::map<LeaseId, msg::LeaseStart> leases;
  std::uint64_t next_client_id = wall_us();

  wire::awaitable<std::string> run();
  wire::awaitable<std::optional<std::string>> one_connection(Credentials credentials, wire::Url url);
  void start_work(Credentials const& credentials);
  void end_work();
  void handle(ServerMessage const&);
  void on(msg::Answer const&);
  void on(msg::AttestVerdict const&);
  void on(msg::Dispatch const&);
  void on(msg::LeaseStart const&);
  void on(msg::LeaseStop const&);
  void prove(Node& node);
  void post_offers(Node& node);
  [[nodiscard]] std::int64_t slots_of(Node const& node, AgentOffer const& offer) const;
  wire::awaitable<void> renew(std::weak_ptr<MarketClient> session, NodeId node);
  wire::awaitable<void> run_job(std::shared_ptr<MarketClient> session, msg::Dispatch dispatch);
  wire::awaitable<void> start_lease(std::shared_ptr<MarketClient> session, msg::LeaseStart lease);
  wire::awaitable<void> end_lease(msg::LeaseStart lease);
};

Agent::Agent(wire::executor where, AgentConfig config, std::function<void(std::string const&)> log)
    : impl_(std::make_shared<Impl>(std::move(where), std::move(config), std::move(log))) {}
Agent::~Agent() = default;

wire::awaitable<std::string> Agent::run() {
  auto const impl = impl_;
  co_return co_await impl->run();
}

void Agent::stop() {
  impl_->stopping = true;
  if (impl_->client) impl_->client->close();
  impl_->wake.notify();
}

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
  co_return std::string();
}

wire::awaitable<std::optional<std::string>> Agent::Impl::one_connection(Credentials credentials,
                                                                        wire::Url url) {
  ClientOptions options;
  options.url = std::move(url);
  options.credentials = credentials;
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
  client = std::move(*connected);
  start_work(credentials);
  while (!stopping) {
    auto const message = co_await client->receive();
    if (!message) {
      log("the connection ended: " + message.error().sentence);
      break;
    }
    handle(*message);
  }
  co_return std::nullopt;
}

void Agent::Impl::start_work(Credentials const& credentials) {
  log("logged in as participant " + std::to_string(credentials.participant.v));
  prover = std::make_unique<UnitProver>(
      where, credentials, [weak = std::weak_ptr(client)](UnitProver::UnitId unit, Bytes bytes) {
        if (auto const session = weak.lock())
          session->send(msg::AttestFrame{unit.first, unit.second, std::move(bytes)});
      });
  for (auto const& node : config.nodes)
    registering[client->ask(
        msg::RegisterNode{0, ClientOrderId{node.label}, node.place, node.klass, node.units})] = &node;
}

void Agent::Impl::end_work() {
  for (auto const& [id, job] : jobs) job->cancel();
  jobs.clear();
  prover.reset();
  registering.clear();
  offering.clear();
  nodes.clear();
  client.reset();
}

void Agent::Impl::handle(ServerMessage const& message) {
  if (auto const* const answer = std::get_if<msg::Answer>(&message)) on(*answer);
  if (auto const* const verdict = std::get_if<msg::AttestVerdict>(&message)) on(*verdict);
  if (auto const* const dispatch = std::get_if<msg::Dispatch>(&message)) on(*dispatch);
  if (auto const* const start = std::get_if<msg::LeaseStart>(&message)) on(*start);
  if (auto const* const stop = std::get_if<msg::LeaseStop>(&message)) on(*stop);
  if (auto const* const closing = std::get_if<msg::Closing>(&message))
    log("the exchange closes: " + closing->sentence);
  if (auto const* const frame = std::get_if<msg::AttestFrame>(&message))
    prover->on_frame({frame->node, frame->unit}, frame->bytes);
  if (auto const* const cancel = std::get_if<msg::CancelJob>(&message))
    if (auto const job = jobs.find(cancel->job); job != jobs.end()) job->second->cancel();
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
    return prove(known);
  }
  auto const offer = offering.extract(answer.request);
  if (offer.empty()) return;
  // An offer of before a short loss of the link still stands at its price: that is what we want.
  if (answer.refusal != Refusal::none && answer.refusal != Refusal::offer_price_taken)
    log("offer refused (" + offer.mapped() + "): " + answer.sentence);
}

void Agent::Impl::prove(Node& node) {
  auto const* const klass = tables.class_of(node.config->klass);
  auto const wanted = klass ? klass->id : ClassId{};
  for (std::uint16_t unit = 0; unit < node.config->units; ++unit) prover->open({node.id, unit}, wanted);
}

void Agent::Impl::on(msg::AttestVerdict const& verdict) {
  auto const found = nodes.find(verdict.node);
  if (found == nodes.end()) return;
  auto& node = found->second;
  if (!verdict.admitted)
    return log("unit " + std::to_string(verdict.unit) + " of node " + std::to_string(node.config->label) +
               " not admitted: " + verdict.sentence);
  bool const first = node.proven.insert(verdict.unit).second;
  if (node.proven.size() < node.config->units) return;
  post_offers(node);
  if (first) wire::spawn(where, renew(client, verdict.node));
}

// Proofs are renewed at three quarters of their time, so that a slow queue does not let them lapse.
wire::awaitable<void> Agent::Impl::renew(std::weak_ptr<MarketClient> session, NodeId id) {
  auto const self = shared_from_this();
  auto const validity = std::chrono::microseconds(client->welcome().rules.attestation_validity.v);
  co_await wire::sleep_for(validity * 3 / 4);
  auto const still = session.lock();
  if (!still || still != client) co_return;
  auto const found = nodes.find(id);
  if (found == nodes.end()) co_return;
  found->second.proven.clear();
  prove(found->second);
}

std::int64_t Agent::Impl::slots_of(Node const& node, AgentOffer const& offer) const {
  auto const wanted = offer.slots > 0 ? std::min(offer.slots, config.engine_slots) : config.engine_slots;
  auto const* const klass = tables.class_of(node.config->klass);
  auto const* const model = tables.model_of(offer.model);
  if (!klass || !model) return wanted;
  Reference reference;
  (void)reference.set_classes(tables.classes);
  (void)reference.set_tiers(tables.tiers);
  (void)reference.set_models(tables.models);
  auto const* const tier = reference.tier_named(offer.tier, ProductKind::tokens);
  auto const fit = tier ? reference.fit(model->id, klass->id, tier->id) : std::nullopt;
  if (!fit) return wanted;
  return std::min<std::int64_t>(wanted, std::int64_t{node.config->units} / fit->cards * fit->slots);
}

void Agent::Impl::post_offers(Node& node) {
  if (std::exchange(node.offered, true)) return;
  for (auto const& offer : node.config->offers) {
    msg::PostOffer message;
    message.client = ClientOrderId{next_client_id++};
    message.node = node.id;
    message.product = offer.product;
    message.model = offer.model;
    message.tier = offer.tier;
    message.price = offer.price;
    message.quantity = Lots{offer.product == ProductKind::tokens ? slots_of(node, offer) : offer.units_milli};
    message.replenish = true;
    if (message.quantity.v == 0) {
      log("node " + std::to_string(node.config->label) + " has no room for " + offer.model);
      continue;
    }
    offering[client->ask(std::move(message))] =
        offer.product == ProductKind::tokens ? offer.model : node.config->klass;
  }
}

// ---- jobs ----

void Agent::Impl::on(msg::Dispatch const& dispatch) { wire::spawn(where, run_job(client, dispatch)); }

wire::awaitable<void> Agent::Impl::run_job(std::shared_ptr<MarketClient> session, msg::Dispatch dispatch) {
  auto const self = shared_from_this();
  auto const node = nodes.find(dispatch.node);
  auto const url = wire::parse_url(config.engine_url);
  auto const id = dispatch.job;
  if (node == nodes.end() || !url) {
    session->send(msg::JobRefuse{0, id, FailCode::refused});
    co_return;
  }
  EngineJob job{*url, dispatch.model, text_of(dispatch.prompt), dispatch.output_max.v,
                std::chrono::milliseconds(config.engine_silence_ms)};
  for (auto const& offer : node->second.config->offers)
    if (offer.model == dispatch.model && !offer.engine_model.empty()) job.engine_model = offer.engine_model;
  session->send(msg::JobAck{0, id});
  auto const call =
      std::make_shared<EngineCall>(where, std::move(job), [session, id](std::string_view content) {
        auto const* const first = reinterpret_cast<std::byte const*>(content.data());
        session->send(msg::JobChunk{0, id, Bytes(first, first + content.size()), {}});
      });
  jobs[id] = call;
  auto const result = co_await call->run();
  if (auto const mine = jobs.find(id); mine != jobs.end() && mine->second == call) jobs.erase(mine);
  Tokens const input{result.prompt_tokens}, output{result.completion_tokens};
  auto const signature = session->credentials().sign(usage_claim_bytes(id, input, output));
  if (result.failed == FailCode::unset)
    session->send(msg::JobDone{0, id, result.finish, output, input, signature});
  if (result.failed == FailCode::unset || result.failed == FailCode::buyer_left) co_return;
  // Cancelled by the exchange (buyer_left) it knows; what the engine did, its operator should hear too.
  log("job " + std::to_string(id.v) + " failed: " + words(result.failed) + " (" + config.engine_url + ")");
  session->send(msg::JobFail{0, id, result.failed, output, input, signature});
}

// ---- leases ----

void Agent::Impl::on(msg::LeaseStart const& lease) {
  leases[lease.lease] = lease;
  wire::spawn(where, start_lease(client, lease));
}

wire::awaitable<void> Agent::Impl::start_lease(std::shared_ptr<MarketClient> session, msg::LeaseStart lease) {
  auto const self = shared_from_this();
  auto const status =
      co_await run_lease_hook(where, config.lease_start_hook, lease.lease, lease.node, lease.lots);
  if (status == 0) {
    session->ask(msg::LeaseReadyMsg{0, lease.lease});
  } else {
    log("the lease start hook failed with status " + std::to_string(status));
    session->ask(msg::LeaseEndedMsg{0, lease.lease, FailCode::engine_error});
  }
}

void Agent::Impl::on(msg::LeaseStop const& stop) {
  auto const lease = leases.extract(stop.lease);
  if (!lease.empty()) wire::spawn(where, end_lease(lease.mapped()));
}

wire::awaitable<void> Agent::Impl::end_lease(msg::LeaseStart lease) {
  auto const self = shared_from_this();
  auto const status =
      co_await run_lease_hook(where, config.lease_end_hook, lease.lease, lease.node, lease.lots);
  if (status != 0) log("the lease end hook failed with status " + std::to_string(status));
}

}  // namespace spillway
