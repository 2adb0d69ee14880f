// apps/agent/src/unit_prover.cpp - a queue of messages for the provers; answers go back to the loop.
#include "unit_prover.hpp"

#include <cstring>

#include "attest/backend_loader.hpp"
#include "attest/conformance.hpp"

namespace spillway {

namespace {

// A file that somebody put there must not cost the bond: it computes small golden challenges first
// (milliseconds).
attest::Backend trusted_backend() {
  constexpr std::uint32_t small_n = 128;
  auto const best = attest::best_cpu_backend(attest::find_backends(attest::own_backends()));
  return attest::conforms(attest::conform(best, 0, small_n)) ? best : attest::portable_backend();
}

}  // namespace

UnitProver::UnitProver(wire::executor where, Credentials const& credentials, Send send)
    : where_(std::move(where)),
      credentials_(credentials),
      send_(std::move(send)),
      backend_(trusted_backend()),
      worker_([this] { work(); }) {}

UnitProver::~UnitProver() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  worker_.join();
}

// A unit's key is the provider's own word on which device this is: its key, the node and the unit's number.
attest::UnitKey UnitProver::key_of(UnitId unit) const {
  std::string text = "spillway-unit-v1";
  auto const open = credentials_.public_key();
  text.append(reinterpret_cast<char const*>(open.data()), open.size());
  text += std::to_string(unit.first.v) + "/" + std::to_string(unit.second);
  auto const hash = bearer_hash(text);
  attest::UnitKey key;
  std::memcpy(key.data(), hash.data(), key.size());
  return key;
}

void UnitProver::open(UnitId unit, ClassId wanted, attest::Profile profile) {
  attest::AttestOpen message;
  message.unit = key_of(unit);
  message.node = unit.first;
  message.wanted = wanted;
  message.profile = profile;
  message.backend = backend_.name();
  {
    std::lock_guard const lock(mutex_);
    tasks_.push_back(
        [this, unit, key = message.unit] { provers_.insert_or_assign(unit, attest::Prover(key, backend_)); });
  }
  changed_.notify_one();
  send_(unit, attest::encode(attest::AttestMessage(std::move(message))));
}

void UnitProver::on_frame(UnitId unit, std::vector<std::byte> bytes) {
  {
    std::lock_guard const lock(mutex_);
    tasks_.push_back([this, unit, bytes = std::move(bytes)] {
      auto const prover = provers_.find(unit);
      auto const message = attest::decode(bytes);
      if (prover == provers_.end() || !message) return;
      bool const last = std::holds_alternative<attest::Verdict>(*message);
      auto answer = prover->second.answer(*message);
      if (answer && *answer)
        wire::post(where_, [send = send_, unit, out = attest::encode(**answer)]() mutable {
          send(unit, std::move(out));
        });
      if (last) provers_.erase(prover);  // its products are memory that the next unit needs
    });
  }
  changed_.notify_one();
}

void UnitProver::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    auto const task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace spillway
