// tests/gateway/server_together_test.cpp - units of one node that are challenged in step: one moment for the
// rounds of all, one moment for the z_0 of all, as their transcripts say.
// Covers: attester.cpp, challenge_queue.hpp.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "attest/evidence_store.hpp"
#include "attest/prover.hpp"
#include "attest/recheck.hpp"
#include "gate_world.hpp"

namespace spillway {
namespace {

/// A provider's program with one node; its units answer honestly unless `says` changes it.
struct NodeOfUnits {
  NodeOfUnits(GateWorld& world, std::uint16_t units) : line(world.log_in(ada)) {
    auto const made = line.ask(msg::RegisterNode{0, ClientOrderId{1}, test_place, test_class, units});
    EXPECT_EQ(made.refusal, Refusal::none) << made.sentence;
    node = NodeId{static_cast<std::uint32_t>(made.id)};
  }
  void open(std::uint16_t unit) {
    attest::AttestOpen open;
    open.unit[0] = std::byte(node.v), open.unit[30] = std::byte(unit + 1);
    open.node = node, open.wanted = class_id(test_class), open.backend = "test";
    provers.insert_or_assign(unit, attest::Prover(open.unit));
    send(unit, attest::encode(attest::AttestMessage(open)));
  }
  /// All of its units, while another node's challenge holds the exchange: they wait together, however slow
  /// this machine is.
  void open_all(std::uint16_t units) {
    auto other = line.world().log_in(bert);
    auto const others = add_node(other);
    attest::AttestOpen first;
    first.node = others, first.wanted = class_id(test_class);
    other.send(msg::AttestFrame{others, 0, attest::encode(attest::AttestMessage(first))});
    (void)other.next<msg::AttestFrame>();
    for (std::uint16_t unit = 0; unit < units; ++unit) open(unit);
    (void)line.read(msg::ReadKind::instruments);  // by now they wait
    other.send(msg::AttestFrame{others, 0, bytes_of("no echo")});
    (void)other.next<msg::AttestVerdict>();
  }
  void send(std::uint16_t unit, Bytes bytes) { line.send(msg::AttestFrame{node, unit, std::move(bytes)}); }

  /// Answers until so many verdicts came since the start.
  void answer(std::size_t until_verdicts) {
    while (verdicts.size() < until_verdicts) {
      auto const message = line.receive();
      if (!message) throw std::runtime_error("no verdict: " + line.end());
      if (auto const* const verdict = std::get_if<msg::AttestVerdict>(&*message))
        verdicts.push_back(*verdict);
      auto const* const frame = std::get_if<msg::AttestFrame>(&*message);
      if (!frame) continue;
      if (frame->bytes.empty()) {
        called ? called(frame->unit) : open(frame->unit);
        continue;
      }
      auto const said = provers.at(frame->unit).answer(attest::decode(frame->bytes).value()).value();
      if (said) send(frame->unit, garbles(frame->unit, *said) ? Bytes(3) : attest::encode(*said));
    }
  }

  Line line;
  NodeId node;
  std::map<std::uint16_t, attest::Prover> provers;
  std::function<void(std::uint16_t unit)> called;  // to a full challenge
  std::function<bool(std::uint16_t, attest::AttestMessage const&)> garbles =
      [](std::uint16_t, attest::AttestMessage const&) { return false; };
  std::vector<msg::AttestVerdict> verdicts;
};

/// When each message of a kind was said, in every transcript that the stopped exchange kept.
template <class M>
std::multiset<std::int64_t> times_of(std::vector<attest::Transcript> const& transcripts) {
  std::multiset<std::int64_t> out;
  for (auto const& transcript : transcripts)
    for (auto const& said : transcript.said)
      if (std::holds_alternative<M>(attest::decode(said.bytes).value())) out.insert(said.at.v);
  return out;
}

/// Each is one that an auditor plays again.
std::vector<attest::Transcript> kept_by(GateWorld const& world) {
  attest::EvidenceReader const reader(world.directory() / "journal" / attest::evidence_folder);
  std::vector<attest::Transcript> out;
  auto const names = reader.transcripts().value();
  for (auto const& name : names) {
    attest::Digest hash{};
    for (std::size_t i = 0; i < hash.size(); ++i)
      hash[i] = std::byte(std::stoi(name.substr(2 * i, 2), nullptr, 16));
    out.push_back(reader.transcript(hash).value().value());
    auto const epoch = attest::claim_of(out.back()).value().epoch;
    auto const seed = reader.seed(epoch.beacon).value().value();
    auto const again = attest::recheck(
        out.back(), std::make_shared<attest::EpochSecret>(epoch.epoch, seed, epoch.beacon, epoch.params.n));
    EXPECT_TRUE(again && again->admitted());
  }
  return out;
}

CensusConfig drained_at_once() {
  CensusConfig census;
  census.on = true;
  census.epoch = census.window_from = census.window_to = Micros{3'600'000'000};
  census.answer_within = Micros{6'000'000};
  census.full_every = Micros{300'000};
  census.drain_within = Micros{3'600'000'000};
  return census;
}

}  // namespace

TEST(Together, UnitsThatOpenTogetherBeginEachPhaseAtOneMoment) {
  GateWorld world;
  NodeOfUnits node(world, 3);
  node.open_all(3);
  node.answer(3);
  for (auto const& verdict : node.verdicts) EXPECT_TRUE(verdict.admitted) << verdict.sentence;
  (void)world.stop_exchange();
  auto const transcripts = kept_by(world);
  auto const rounds = times_of<attest::Challenge>(transcripts),
             z_0 = times_of<attest::MemChallenge>(transcripts);
  EXPECT_EQ(rounds.count(*rounds.begin()), 3u);
  EXPECT_EQ(z_0.count(*z_0.begin()), 3u);
  EXPECT_GE(*z_0.begin(), *times_of<attest::RoundsDone>(transcripts).rbegin())
      << "not before the last is done";
}

TEST(Together, WhoFailsInItsRoundsIsOutAndTheOthersGoOn) {
  GateWorld world;
  NodeOfUnits node(world, 2);
  node.garbles = [](std::uint16_t unit, attest::AttestMessage const& said) {
    return unit == 1 && std::holds_alternative<attest::RoundsDone>(said);
  };
  node.open_all(2);
  node.answer(2);
  for (auto const& verdict : node.verdicts)
    EXPECT_EQ(verdict.admitted, verdict.unit == 0) << verdict.sentence;
}

TEST(Together, AUnitThatComesAloneIsChallengedAlone) {
  GateWorld world;
  NodeOfUnits node(world, 2);
  node.open(1);
  node.answer(1);
  EXPECT_TRUE(node.verdicts.at(0).admitted);
}

TEST(Together, UnitsOfADrainedNodeGetTheirMemoryKeysAtOneMomentAndMayOpenTwice) {
  GateWorld world;
  {
    NodeOfUnits enrolled(world, 2);
    enrolled.open_all(2);
    enrolled.answer(2);
  }
  (void)world.stop_exchange();
  world.options().census = drained_at_once();
  world.start_exchange();
  NodeOfUnits node(world, 2);
  // As an agent does that renews just then: the first while the other is silent, the last when nobody is.
  node.called = [&](std::uint16_t unit) { node.open(unit), node.open(unit); };
  node.answer(4);
  for (auto const& verdict : node.verdicts) EXPECT_TRUE(verdict.admitted) << verdict.sentence;
  (void)world.stop_exchange();
  auto const transcripts = kept_by(world);
  auto const z_0 = times_of<attest::MemChallenge>(transcripts);
  EXPECT_EQ(z_0.size(), 6u);
  for (auto const at : z_0) EXPECT_EQ(z_0.count(at), 2u);
}

}  // namespace spillway
