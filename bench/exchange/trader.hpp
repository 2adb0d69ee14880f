// bench/exchange/trader.hpp - a small market under steady traffic: commands in waves, each wave made from
// what the waves before brought.
// Room:   bench; sees market.
// Rule:   the same seed and the same answers give the same commands; nothing here decides a match.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sent.hpp"

namespace spillway::bench {

enum class Traffic : std::uint8_t {
  orders,  // 44 % new orders at rest, 41 % cancels, 10 % new prices, 5 % orders that trade and become jobs
  jobs,    // whole jobs: order, acknowledgement, first token, completion
};

class Trader final : public Commands {
 public:
  /// `resting`: orders go to rest until so many do, and for a day; only then others come.
  Trader(Traffic traffic, std::uint64_t seed, std::uint64_t resting = 0)
      : traffic_(traffic), state_(seed), resting_wanted_(resting), buyers_(buyers_for(resting)) {}

  /// Tables, people, money: the first commands, all of the exchange's own.
  /// `resting`: as above; the rules then let token orders rest for a day.
  [[nodiscard]] static std::vector<spillway::Command> genesis(std::uint64_t resting = 0);
  /// Nodes, their proofs and offers.
  [[nodiscard]] std::vector<Sent> supply() const;
  [[nodiscard]] std::vector<Sent> market() const override;
  [[nodiscard]] std::vector<Sent> wave(std::size_t most) override;
  void told(Entry const& entry, std::span<Record const> records) override;

  [[nodiscard]] std::uint64_t jobs_done() const { return jobs_done_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t resting() const { return resting_.size(); }

 private:
  struct Resting {
    OrderId id;
    ParticipantId buyer;
  };
  std::uint64_t next();
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>((next() >> 33) % n); }
  [[nodiscard]] static std::uint32_t buyers_for(std::uint64_t resting);
  Sent order(bool crosses);
  Sent market_step();
  Resting take_resting();

  Traffic traffic_;
  std::uint64_t state_;
  std::uint64_t resting_wanted_;
  std::uint32_t buyers_;
  std::uint64_t client_ = 0;
  std::vector<Resting> resting_;
  std::vector<Sent> due_;  // what running jobs need next
  std::uint64_t jobs_done_ = 0, refused_ = 0;
};

}  // namespace spillway::bench
