// bench/exchange/sent.hpp - what a traffic sends, and what a traffic is to the programs that apply it.
// Room:   bench; sees market.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "market/command.hpp"
#include "market/record.hpp"

namespace spillway::bench {

struct Sent {
  ParticipantId who;
  spillway::Command command;
};

/// Commands in waves; what they bring is told before the next wave.
class Commands {
 public:
  virtual ~Commands() = default;
  /// What has to be there before the first wave, in this order.
  [[nodiscard]] virtual std::vector<Sent> market() const = 0;
  /// At most `most`, at least one while there are any.
  [[nodiscard]] virtual std::vector<Sent> wave(std::size_t most) = 0;
  /// What one applied entry brought.
  virtual void told(Entry const& entry, std::span<Record const> records) = 0;
};

}  // namespace spillway::bench
