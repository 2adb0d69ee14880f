// apps/agent/src/unit_prover.hpp - answers challenges of many units, one computation at a time, off the loop.
// Room:   apps, library agent, private.
// Thread: the loop's for its members; it computes on its own thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "attest/prover.hpp"
#include "gateway/client/credentials.hpp"
#include "gateway/wire/loop.hpp"

namespace spillway {

class UnitProver {
 public:
  using UnitId = std::pair<NodeId, std::uint16_t>;
  /// Called on the loop with bytes for the exchange; the epoch of the census that they are of, 0: of none.
  using Send = std::function<void(UnitId, std::vector<std::byte>, std::uint64_t epoch)>;

  UnitProver(wire::executor where, Credentials const& credentials, Send send);
  ~UnitProver();
  /// Asks the exchange for a challenge of this unit, in the profile that proves the class.
  void open(UnitId unit, ClassId wanted, attest::Profile profile = attest::Profile::int8);
  void on_frame(UnitId unit, std::vector<std::byte> bytes);
  /// The census of `epoch` calls the unit, which opens at once; its messages go before all others.
  void called(UnitId unit, ClassId wanted, std::uint64_t epoch,
              attest::Profile profile = attest::Profile::int8);
  void on_census_frame(UnitId unit, std::vector<std::byte> bytes, std::uint64_t epoch);

 private:
  struct Trial {
    attest::Prover prover;
    std::uint64_t attempt{};
  };
  using Provers = std::map<UnitId, Trial>;
  [[nodiscard]] attest::UnitKey key_of(UnitId unit) const;
  [[nodiscard]] attest::AttestOpen opening(UnitId unit, ClassId wanted, attest::Profile profile) const;
  /// Which challenge of a unit is the present one, of the census or a full one: what was computed for an
  /// earlier one is late, and would be out of turn in this one.
  using Attempts = std::map<std::pair<UnitId, bool>, std::uint64_t>;
  [[nodiscard]] std::uint64_t begun(UnitId unit, bool light);
  void answer(Provers& provers, UnitId unit, std::vector<std::byte> const& bytes, std::uint64_t epoch);
  void enqueue(std::deque<std::function<void()>>& where, std::function<void()> task);
  void work();

  wire::executor where_;
  Credentials credentials_;
  Send send_;
  attest::Backend const backend_;                                      // the fastest of this processor
  Provers provers_;                                                    // on the worker, after open()
  Provers light_;                                                      // the same, after called()
  std::shared_ptr<Attempts> attempts_ = std::make_shared<Attempts>();  // the loop's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_, urgent_;  // a census waits two seconds
  bool stopping_{};
  std::thread worker_;
};

}  // namespace spillway
