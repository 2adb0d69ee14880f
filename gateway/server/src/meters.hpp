// gateway/server/src/meters.hpp - what the server counts: histograms of latencies and totals of work.
// Room:   gateway, target server, private.
// Thread: the loop's.
#pragma once

#include <array>
#include <cstdint>
#include <set>

#include "exchange/pipeline.hpp"

namespace spillway {

/// Log-linear histogram of non-negative values: 16 steps per power of two, so at most 6 % off.
class Histogram {
 public:
  void add(std::int64_t value);
  /// The value below which `per_mille` of the samples lie (upper edge of its step); 0 without samples.
  [[nodiscard]] std::int64_t at(std::uint32_t per_mille) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t steps = 16;
  static std::size_t slot(std::uint64_t value);
  static std::int64_t upper_edge(std::size_t slot);
  std::array<std::uint64_t, 64 * steps> slots_{};
  std::uint64_t count_{};
};

struct Meters {
  Histogram match_ns;    // apply of an order
  Histogram ack_us;      // request read to its answer written
  Histogram latency_us;  // last request byte to first content byte, as the relay measures it
  std::uint64_t orders{}, refused{}, fills{}, jobs_completed{}, jobs_failed{}, leases{};
  std::array<std::uint64_t, 5> failed_by_fault{};  // index: Fault
  std::int64_t output_tokens{}, charged_nano{}, fees_nano{};
  std::uint64_t sessions{}, logins_failed{}, frames_bad{};
  std::uint64_t attested{}, attest_refused{};
  std::uint64_t censuses{}, censuses_void{};  // calls that are over; of these, while the exchange stood still
  std::set<std::uint64_t> offers_live;
  std::size_t offers_most{};  // largest number live at once

  /// Takes what a durable entry changed.
  void learn(Released const& released);

 private:
  void learn(Record const& record);
  void learn_offer(std::uint64_t offer, OfferPhase phase);
};

}  // namespace spillway
