// tests/gateway/census_agent.hpp - a provider's program in the censuses of a test, honest or not.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "attest/prover.hpp"
#include "attest/session.hpp"
#include "gate_world.hpp"

namespace spillway {

/// Short, and patient: who is not silent has seconds for what takes milliseconds.
inline CensusConfig short_epochs() {
  CensusConfig census;
  census.on = true;
  census.epoch = Micros{200'000};
  census.window_from = Micros{}, census.window_to = Micros{50'000};
  census.answer_within = Micros{1'500'000};
  census.late_after = Micros{60'000'000};  // a busy machine is no reason
  census.full_every = Micros{};            // nobody is drained
  census.keep_epochs = 0;
  census.light = {.n = 64, .rounds = 1, .retained = 0, .passes = 0, .openings = 8};
  return census;
}

/// A provider's program with one node of one unit, proven before; answers what comes while the test waits.
/// Where its proof ended for silence it proves itself anew: on a machine that stands still for seconds
/// everybody misses.
struct CensusAgent {
  /// holding: the last echo, until `let_go`. deaf: to calls to a full challenge.
  enum class Manner { honest, silent, wrong, holding, deaf };
  std::shared_ptr<MarketClient> client;
  Manner manner = Manner::honest;
  char const* klass = test_class;
  /// By unit; of full challenges (false), of censuses and probes (true).
  std::map<std::pair<bool, std::uint16_t>, attest::Prover> provers;
  std::vector<msg::Report> units;  // what was told of its unit
  int calls{};                     // of censuses
  std::uint64_t called{};          // by the census of this epoch last
  std::ptrdiff_t before_call{};    // proofs and passed censuses by then
  std::optional<std::pair<msg::AttestFrame, attest::AttestMessage>> held;
  std::map<msg::Request, msg::Answer> answers;
  std::map<msg::Request, std::string> reads;
  std::vector<NodePhase> phases;  // of its node
  std::vector<JobId> jobs;        // that it got and does nothing about
  std::size_t phases_at_job{};    // told when the last one came
  int proven_while_drained{};

  void take(ServerMessage const& message) {
    if (auto const* const frame = std::get_if<msg::AttestFrame>(&message)) on(*frame);
    if (auto const* const answer = std::get_if<msg::Answer>(&message)) answers[answer->request] = *answer;
    if (auto const* const read = std::get_if<msg::ReadResult>(&message)) reads[read->request] = read->json;
    if (auto const* const job = std::get_if<msg::Dispatch>(&message))
      jobs.push_back(job->job), phases_at_job = phases.size();
    auto const* const report = std::get_if<msg::Report>(&message);
    if (report && report->record.head.kind == RecordKind::node_state)
      phases.push_back(NodePhase{report->record.as<record::NodeState>().phase});
    if (!report || report->record.head.kind != RecordKind::unit_state) return;
    units.push_back(*report);
    if (phase() == UnitPhase::attested && drained()) ++proven_while_drained;
    if (manner != Manner::silent) prove_again();
  }
  void prove_again() {
    if (phase() != UnitPhase::ended) return;
    auto const state = units.back().record.as<record::UnitState>();
    open({NodeId{state.node}, state.unit, {}, 0});
  }

  void open(msg::AttestFrame const& frame) {
    attest::AttestOpen open;
    open.unit[0] = std::byte(frame.node.v), open.unit[31] = std::byte{1};  // as gate_world's `prove`
    open.unit[1] = std::byte(frame.unit);
    open.node = frame.node, open.wanted = class_id(klass), open.backend = "test";
    provers.insert_or_assign({frame.epoch != 0, frame.unit}, attest::Prover(open.unit));
    say(frame, attest::AttestMessage(open));
  }

  void on(msg::AttestFrame const& frame) {
    bool const census = frame.epoch != 0;
    if (census && frame.bytes.empty())
      ++calls, called = frame.epoch, before_call = times(UnitPhase::attested);
    if (census && manner == Manner::silent) return;
    if (!census && manner == Manner::deaf && frame.bytes.empty()) return;
    if (frame.bytes.empty()) return open(frame);
    auto const prover = provers.find({census, frame.unit});
    if (prover == provers.end()) return;  // of a census whose call was passed over
    auto answer = prover->second.answer(attest::decode(frame.bytes).value());
    if (!answer || !*answer) return;
    auto const* const echo = std::get_if<attest::RttEcho>(&**answer);
    if (echo && census && manner == Manner::holding && echo->index + 1 == attest::rtt_probes)
      return void(held.emplace(frame, **answer));
    auto* const openings = std::get_if<attest::Openings>(&**answer);
    if (openings && census && manner == Manner::wrong) openings->rows[3].row[5] += 1;
    say(frame, **answer);
  }
  void say(msg::AttestFrame const& to, attest::AttestMessage const& message) {
    (void)client->send(msg::AttestFrame{to.node, to.unit, attest::encode(message), to.epoch});
  }
  void let_go() { say(held->first, held->second); }
  /// The last word on its unit.
  [[nodiscard]] UnitPhase phase() const {
    return units.empty() ? UnitPhase::unset : UnitPhase{units.back().record.as<record::UnitState>().phase};
  }
  [[nodiscard]] std::ptrdiff_t times(UnitPhase phase) const {
    return std::ranges::count_if(units, [=](auto const& report) {
      return UnitPhase{report.record.template as<record::UnitState>().phase} == phase;
    });
  }
  [[nodiscard]] bool drained() const { return !phases.empty() && phases.back() == NodePhase::draining; }
  /// The census of this epoch, or a later one: reports of earlier ones come before the call.
  [[nodiscard]] bool passed(std::uint64_t epoch) const {
    return called >= epoch && times(UnitPhase::attested) > before_call;
  }
  [[nodiscard]] bool was(UnitPhase phase) const { return times(phase) > 0; }
};

inline wire::awaitable<void> live(std::shared_ptr<CensusAgent> agent) {
  for (;;) {
    auto const message = co_await agent->client->receive();
    if (!message) co_return;
    agent->take(*message);
  }
}

/// Logged in; its node, registered and proven before, is back.
inline std::shared_ptr<CensusAgent> census_agent(GateWorld& world, ParticipantId who,
                                                 CensusAgent::Manner manner) {
  auto client = world.wait(MarketClient::connect(world.on(), world.client_options(world.key_of(who))));
  if (!client) throw std::runtime_error(client.error().sentence);
  auto made = std::make_shared<CensusAgent>();
  made->client = std::move(*client);
  made->manner = manner;
  wire::spawn(world.on(), live(made));
  auto const node = made->client->ask(msg::RegisterNode{0, ClientOrderId{1}, test_place, test_class, 1});
  world.until([&] { return made->answers.contains(node); }, "the node to come back");
  return made;
}

}  // namespace spillway
