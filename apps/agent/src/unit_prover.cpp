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

attest::AttestOpen UnitProver::opening(UnitId unit, ClassId wanted, attest::Profile profile) const {
  attest::AttestOpen message;
  message.unit = key_of(unit);
  message.node = unit.first;
  message.wanted = wanted;
  message.profile = profile;
  message.backend = backend_.name();
  return message;
}

void UnitProver::enqueue(std::deque<std::function<void()>>& where, std::function<void()> task) {
  {
    std::lock_guard const lock(mutex_);
    where.push_back(std::move(task));
  }
  changed_.notify_one();
}

std::uint64_t UnitProver::begun(UnitId unit, bool light) { return ++(*attempts_)[{unit, light}]; }

void UnitProver::open(UnitId unit, ClassId wanted, attest::Profile profile) {
  auto message = opening(unit, wanted, profile);
  enqueue(tasks_, [this, unit, key = message.unit, attempt = begun(unit, false)] {
    provers_.insert_or_assign(unit, Trial{attest::Prover(key, backend_), attempt});
  });
  send_(unit, attest::encode(attest::AttestMessage(std::move(message))), 0);
}

void UnitProver::called(UnitId unit, ClassId wanted, std::uint64_t epoch, attest::Profile profile) {
  auto message = opening(unit, wanted, profile);
  enqueue(urgent_, [this, unit, key = message.unit, attempt = begun(unit, true)] {
    light_.insert_or_assign(unit, Trial{attest::Prover(key, backend_), attempt});
  });
  send_(unit, attest::encode(attest::AttestMessage(std::move(message))), epoch);
}

void UnitProver::on_frame(UnitId unit, std::vector<std::byte> bytes) {
  enqueue(tasks_, [this, unit, bytes = std::move(bytes)] { answer(provers_, unit, bytes, 0); });
}

void UnitProver::on_census_frame(UnitId unit, std::vector<std::byte> bytes, std::uint64_t epoch) {
  enqueue(urgent_, [this, unit, bytes = std::move(bytes), epoch] { answer(light_, unit, bytes, epoch); });
}

void UnitProver::answer(Provers& provers, UnitId unit, std::vector<std::byte> const& bytes,
                        std::uint64_t epoch) {
  auto const prover = provers.find(unit);
  auto const message = attest::decode(bytes);
  if (prover == provers.end() || !message) return;
  bool const last = std::holds_alternative<attest::Verdict>(*message);
  auto const attempt = prover->second.attempt;
  auto const said = prover->second.prover.answer(*message);
  if (said && *said)
    wire::post(where_, [send = send_, attempts = attempts_, attempt, unit, light = epoch != 0, epoch,
                        out = attest::encode(**said)]() mutable {
      if ((*attempts)[{unit, light}] == attempt) send(unit, std::move(out), epoch);
    });
  if (last) provers.erase(prover);  // its products are memory that the next unit needs
}

void UnitProver::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !tasks_.empty() || !urgent_.empty(); });
    if (stopping_) return;
    auto& first = urgent_.empty() ? tasks_ : urgent_;
    auto const task = std::move(first.front());
    first.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace spillway
