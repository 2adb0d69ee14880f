// exchange/src/sequencer.hpp - the core's thread: stamps, sequences, applies; ticks when something is due;
// notices stalls.
// Room:   exchange_pipeline, private.
#pragma once

#include "exchange/core.hpp"
#include "exchange/inbox.hpp"
#include "exchange/stamp_clock.hpp"
#include "flusher.hpp"
#include "open_batch.hpp"

namespace spillway {

class Sequencer {
 public:
  Sequencer(ExchangeCore& core, StampClock const& clock, Inbox& inbox, OpenBatch& batch, Flusher& flusher)
      : core_(core), clock_(clock), inbox_(inbox), batch_(batch), flusher_(flusher) {}

  /// Runs until the inbox is closed and empty.
  void run();
  /// One command of the exchange's own, before run().
  void enter(Command command);

 private:
  void sequence(Submission&& submission);
  void sequence(Submission&& submission, Stamp stamp);
  void hand_over();
  void tick_if_due();
  void finish();
  void note_stall(std::chrono::steady_clock::time_point expected);

  ExchangeCore& core_;
  StampClock const& clock_;
  Inbox& inbox_;
  OpenBatch& batch_;
  Flusher& flusher_;
  Batch made_;  // not handed over yet
  Outcome outcome_;
};

}  // namespace spillway
