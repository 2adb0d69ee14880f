// apps/agent/src/unit_prover.hpp - answers challenges of many units, one computation at a time, off the loop.
// Room:   apps, library agent, private.
// Thread: the loop's for its members; it computes on its own thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
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
  /// Called on the loop with bytes for the exchange.
  using Send = std::function<void(UnitId, std::vector<std::byte>)>;

  UnitProver(wire::executor where, Credentials const& credentials, Send send);
  ~UnitProver();
  /// Asks the exchange for a challenge of this unit, in the profile that proves the class.
  void open(UnitId unit, ClassId wanted, attest::Profile profile = attest::Profile::int8);
  void on_frame(UnitId unit, std::vector<std::byte> bytes);

 private:
  [[nodiscard]] attest::UnitKey key_of(UnitId unit) const;
  void work();

  wire::executor where_;
  Credentials credentials_;
  Send send_;
  attest::Backend const backend_;             // the fastest of this processor
  std::map<UnitId, attest::Prover> provers_;  // on the worker, after open()
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_{};
  std::thread worker_;
};

}  // namespace spillway
