// tests/gateway/adversary.hpp - a plain CAP-1 prover that answers a live exchange and cheats where it is told
// to.
// Room:   tests; sees gate_world.hpp and the plain prover of tests/attest/reference.hpp.
#pragma once

#include <functional>
#include <optional>

#include "attest/messages.hpp"
#include "gate_world.hpp"
#include "reference.hpp"

namespace spillway {

/// Each hook is a place to cheat; none is set: honest.
struct Adversary {
  using Product = attest::reference::Matrix32;
  using Work = attest::reference::Prover;

  char const* klass = test_class;                              // of its node
  attest::Profile profile = attest::Profile::int8;             // in which it opens
  attest::UnitKey unit{};                                      // whom it says it is
  std::optional<attest::UnitKey> worker;                       // who computes; not set: the same
  std::function<void(std::uint32_t round, Product&)> compute;  // before a product is committed
  Work::Multiply multiply = attest::reference::product;
  std::function<void(Work&)> walk;  // before the passes are committed
  std::function<void(attest::AttestMessage&)> hear, say;

  attest::EpochParams epoch;
  attest::Challenge challenge;
  std::optional<Work> work;

  std::optional<attest::AttestMessage> answer(attest::AttestMessage asked) {
    using namespace attest;
    if (hear) hear(asked);
    std::optional<AttestMessage> out;
    if (auto const* const params = std::get_if<EpochParams>(&asked)) epoch = *params;
    if (auto const* const probe = std::get_if<RttProbe>(&asked)) out = RttEcho{probe->index, probe->nonce};
    if (auto const* const nonce = std::get_if<Challenge>(&asked)) {
      challenge = *nonce;
      do_work({});
      out = work->rounds;
    }
    if (auto const* const first = std::get_if<MemChallenge>(&asked)) {
      do_work(first->key);
      if (walk) walk(*work);
      out = work->memory;
    }
    if (auto const* const places = std::get_if<Open>(&asked)) out = work->open(places->places);
    if (out && say) say(*out);
    return out;
  }

 private:
  // The plain prover does rounds and passes in one go: it is made twice, with the same rounds.
  void do_work(Bytes32 const& pass_key) {
    work.emplace(epoch, worker.value_or(unit), challenge.nonce, pass_key, compute, multiply);
  }
};

[[nodiscard]] inline attest::UnitKey unit_key(int name) {
  attest::UnitKey key{};
  key.fill(std::byte(name));
  return key;
}

/// One challenge of the node's unit 0 against the running exchange, to its verdict.
inline msg::AttestVerdict attack(Line& provider, NodeId node, Adversary& adversary) {
  attest::AttestOpen const open{adversary.unit, node, class_id(adversary.klass), adversary.profile, "plain"};
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
    auto const answer = adversary.answer(attest::decode(frame->bytes).value());
    if (answer) provider.send(msg::AttestFrame{node, 0, attest::encode(*answer)});
  }
}

}  // namespace spillway
